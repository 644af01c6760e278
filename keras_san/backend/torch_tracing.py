"""Models in inference mode without the Python of their layers: traced PyTorch operations."""

import collections

import torch
from absl import logging
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils import _pytree as pytree

# A trace takes as long as dozens of calls: what is called but once or twice does without.
CALLS_BEFORE_TRACE, LARGEST_CACHE = 2, 16
# At a time on the CPU: the memory of larger maps is asked of the system anew at each operation,
# which may take longer than the arithmetic.
ROWS = 16


class Traced:
    """Calls a model without gradient; from the third call of a shape on, by a trace of it.

    Keras's layers cost milliseconds a call, as much as a small network computes. A trace holds the
    model's own weights, so that training and loading show in it; it is used only if it gives what
    the model gives, and made anew where weights have moved in memory.
    """

    def __init__(self, model):
        self._model = model
        self._calls = collections.Counter()
        self._graphs = {}
        self._addresses = None

    @torch.no_grad()
    def __call__(self, inputs):
        """The model's outputs for a tensor, or a list of them."""
        tensors, structure = pytree.tree_flatten(inputs)
        if len(tensors[0]) > ROWS and tensors[0].device.type == "cpu":
            pieces = zip(*(tensor.split(ROWS) for tensor in tensors), strict=True)
            found = [self(pytree.tree_unflatten(list(piece), structure)) for piece in pieces]
            return pytree.tree_map(lambda *parts: torch.cat(parts), *found)
        key = tuple((tensor.shape, tensor.dtype, tensor.device) for tensor in tensors)
        self._forget_moved()
        self._calls[key] += 1
        if self._calls[key] <= CALLS_BEFORE_TRACE:
            return self._plain(inputs)
        if key not in self._graphs:
            self._graphs[key] = self._trace(inputs)
        return self._graphs[key](inputs)

    def _plain(self, inputs):
        return self._model(inputs, training=False)

    def _forget_moved(self):
        addresses = [variable.value.data_ptr() for variable in self._model.variables]
        if addresses != self._addresses or len(self._calls) > LARGEST_CACHE:
            self._addresses = addresses
            self._calls.clear()
            self._graphs.clear()

    def _trace(self, inputs):
        """The graph, or the model itself where it cannot be traced or is no function of inputs."""
        try:
            graph = make_fx(lambda given: self._plain(given))(inputs)
            pairs = [pytree.tree_leaves(call(inputs)) for call in (graph, self._plain)]
            same = all(torch.allclose(a, b, equal_nan=True) for a, b in zip(*pairs, strict=True))
        except Exception as error:  # Whatever tracing cannot follow, the model itself can do.
            logging.debug("%s is not traced: %s", self._model.name, error)
            return self._plain
        return graph if same else self._plain
