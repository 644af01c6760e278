"""Giving a network the tensors of another codebase."""

import re

import keras
import numpy as np

from keras_san.convert.layouts import LAYOUTS, UnusableTensorError


def assign(model, tensors, mapping, ignore=()):
    """Gives every weight of a network its tensor, or refuses all of them.

    Use it to bring a generator of your own from PyTorch: build the network of Keras layers, then
    say where each of its weights comes from. The sources of `keras_san.convert.names()` are
    mappings of this kind too.

    A weight is named by the way to it: the layer's name, then attributes and numbers of list
    entries, such as `"conv1.kernel"`, `"bn1.moving_mean"` or `"block1.convolutions.0.kernel"`.
    Its layout is a function of arrays, or one of these names: `"as_it_is"`, `"dense"` (transposed),
    `"convolution"`, `"transposed_convolution"` (PyTorch's axes to Keras's), `"scalar"`, `"vector"`.

    Args:
        model: built `keras.Model`.
        tensors: dictionary from names to arrays, as `keras_san.convert.read_tensors` gives.
        mapping: dictionary from the way to a weight to a tensor's name (then it is taken as it
            is), or to `(name, layout)`, or to `(names, layout)` where a weight is made of several
            tensors.
        ignore: sequence of regular expressions; tensors that none of the weights needs may have
            names in which one of them is found. Defaults to none.

    Raises:
        ValueError: if tensors are missing, unknown, misshapen or not finite, or weights have no
            tensor; all of them are listed, and the network stays as it was.

    Example:
    ```python
    import keras
    import numpy as np
    import keras_san

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="fc")])
    tensors = {"fc.weight": np.ones((4, 3)), "fc.bias": np.zeros(4)}
    mapping = {"fc.kernel": ("fc.weight", "dense"), "fc.bias": "fc.bias"}
    keras_san.convert.assign(model, tensors, mapping)
    ```
    """
    faults, pairs, used, given = [], [], set(), set()
    for path, entry in mapping.items():
        names, layout = _read_entry(path, entry)
        used.update(names)
        faults += [f"missing {name}" for name in names if name not in tensors]
        variable = find_weight(model, path)
        given.add(id(variable))
        if variable is None:
            faults.append(f"the network has no weight {path}")
        elif all(name in tensors for name in names):
            value, fault = _arrange(path, variable, names, layout, tensors)
            faults += [fault] if fault else []
            pairs.append((variable, value))
    faults += [
        f"no tensor for {v.path} {tuple(v.shape)}" for v in model.weights if id(v) not in given
    ]
    faults += [
        f"unknown {name} {tensors[name].shape}"
        for name in tensors
        if name not in used and not any(re.search(pattern, name) for pattern in ignore)
    ]
    if faults:
        raise ValueError(
            f"The tensors do not fit the network '{model.name}': "
            f"{'; '.join(dict.fromkeys(faults))}. Nothing was assigned."
        )
    for variable, value in pairs:
        variable.assign(value)


def find_weight(model, path):
    """The variable at the end of a way such as `"block1.convolutions.0.kernel"`, or None."""
    found = model
    for step in path.split("."):
        found = _step(found, step)
        if found is None:
            return None
    return found if isinstance(found, keras.Variable) else None


def _step(found, step):
    if step.isdigit():
        return found[int(step)] if isinstance(found, list) and int(step) < len(found) else None
    if isinstance(found, keras.Model):
        layers = {layer.name: layer for layer in found.layers}
        if step in layers:
            return layers[step]
    return getattr(found, step, None)


def _read_entry(path, entry):
    """`(names, function)` of an entry of a mapping."""
    names, layout = (entry, "as_it_is") if isinstance(entry, str) else entry
    if not callable(layout):
        if layout not in LAYOUTS:
            raise ValueError(
                f"The layout of '{path}' is {layout!r}; expected a function or one of "
                f"{', '.join(map(repr, LAYOUTS))}."
            )
        layout = LAYOUTS[layout]
    return ((names,) if isinstance(names, str) else tuple(names)), layout


def _arrange(path, variable, names, layout, tensors):
    """`(value, fault)`, one of them None."""
    arrays = [np.asarray(tensors[name]) for name in names]
    shapes = " and ".join(
        f"{name} {array.shape}" for name, array in zip(names, arrays, strict=True)
    )
    try:
        value = np.asarray(layout(*arrays))
    except UnusableTensorError as error:
        return None, f"unusable {shapes} ({error})"
    except (ValueError, IndexError) as error:
        return None, f"misshapen {shapes} for {path} {tuple(variable.shape)} ({error})"
    if value.shape != tuple(variable.shape):
        return None, f"misshapen {shapes} for {path} {tuple(variable.shape)}"
    if not np.isfinite(value).all():
        return None, f"not finite {shapes}"
    return value.astype(variable.dtype), None
