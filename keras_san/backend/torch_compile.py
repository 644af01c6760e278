"""`torch.compile` of the training step, with the eager step where it fails."""

import contextlib
import warnings

import keras
import torch


class CompiledStep:
    """A step that is compiled at its first call, or goes on eagerly where that fails.

    The first call with batches of a shape, which compiles, starts from a copy of the state, so that
    a failure half-way leaves no trace.

    Args:
        step: function of one argument.
        variables: list of the `keras.Variable`s that the step changes.
    """

    def __init__(self, step, variables):
        self._eager = step
        self._variables = variables
        self._compiled = torch.compile(step)
        self._tried = set()

    def __call__(self, data):
        """One step."""
        shapes = tuple(getattr(leaf, "shape", None) for leaf in keras.tree.flatten(data))
        with _plain_errors():
            if self._compiled is self._eager or shapes in self._tried:
                return self._compiled(data)
            self._tried.add(shapes)
            return self._first(data)

    def _first(self, data):
        variables = self._variables
        before = [variable.value.detach().clone() for variable in variables]
        try:
            return self._compiled(data)
        except Exception as error:  # Whatever the compiler or its backward pass cannot do.
            with torch.no_grad():
                for variable, value in zip(variables, before, strict=True):
                    variable.value.copy_(value)
            self._compiled = self._eager
            reason = str(error).strip().splitlines() or [""]
            warnings.warn(
                f"jit_compile=True: torch.compile failed on this step ({type(error).__name__}: "
                f"{reason[0][:200]}). Training goes on eagerly, which gives the same numbers.",
                stacklevel=2,
            )
            return self._eager(data)


@contextlib.contextmanager
def _plain_errors():
    """Keras's traceback filtering off: it wraps the signals that the compiler raises in a trace."""
    filtered = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()
    try:
        yield
    finally:
        if filtered:
            keras.config.enable_traceback_filtering()
