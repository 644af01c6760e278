"""A stateless scope that nests: it starts from the scope around it and remembers what changed."""

import threading

import keras

_active = threading.local()


class StateScope(keras.StatelessScope):
    """`keras.StatelessScope` that inherits the values of the enclosing `StateScope`.

    Inside it no variable changes; `updates` lists what would have. Keras's own scope forgets
    the enclosing one, so a variable changed out there would be read with its old value in here.

    Args:
        state_mapping: list of `(variable, tensor)`, the values to use inside. Defaults to none:
            each variable keeps the value that it has outside.
    """

    def __init__(self, state_mapping=()):
        super().__init__(state_mapping=state_mapping)
        self._enclosing = getattr(_active, "scope", None)
        if self._enclosing is not None:
            self.state_mapping = self._enclosing.state_mapping | self.state_mapping
        self._changed = {}

    def __enter__(self):
        _active.scope = self
        return super().__enter__()

    def __exit__(self, *args, **kwargs):
        _active.scope = self._enclosing
        return super().__exit__(*args, **kwargs)

    def add_update(self, update):
        """Records `(variable, value)`, as Keras calls it on every assignment."""
        super().add_update(update)
        self._changed[id(update[0])] = update[0]

    def updates(self, frozen=()):
        """The `(variable, value)` pairs assigned inside, those of `frozen` variables left out."""
        left_out = {id(variable) for variable in frozen}
        return [
            (variable, self.get_current_value(variable))
            for key, variable in self._changed.items()
            if key not in left_out
        ]

    def keep(self, variables):
        """Assigns, once the scope is left, what was assigned inside to these variables."""
        wanted = {id(variable) for variable in variables}
        for variable, value in self.updates():
            if id(variable) in wanted:
                variable.assign(value)


def without_state(function):
    """The result of `function()`, with its gradient and without the state that it would change."""
    with StateScope():
        return function()
