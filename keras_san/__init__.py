"""GANs for Keras 3 on TensorFlow, JAX and PyTorch, with the Slicing Adversarial Network."""

import importlib
import os
import pathlib
import sys

__version__ = "0.1.0"

# TensorFlow leaves oneDNN off on x86 processors without AVX-512's neural instructions, where its
# convolutions are several times as fast all the same; it looks once, when it is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

_MODULES = ("augment", "callbacks", "data", "layers", "losses", "models", "penalties", "presets")
_MODULES += ("convert", "metrics", "sampling")
_NAMES = {
    "SANModel": "keras_san.models",
    "distribute": "keras_san.backend.distribute",
    "to_san": "keras_san.models",
}

__all__ = ["SANModel", "augment", "callbacks", "convert", "data", "distribute", "layers", "losses"]
__all__ += ["metrics", "models"]
__all__ += ["penalties", "presets", "sampling", "to_san"]


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"keras_san.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'keras_san' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])


def _is_command_line():
    """Whether Python was started for `keras-san` or `python -m keras_san`."""
    program = pathlib.PurePath(next(iter(sys.argv), "")).name
    # "-m" is what Python says while it looks for a module, whichever that is.
    asked = zip(sys.orig_argv, sys.orig_argv[1:], strict=False)
    modules = [module for option, module in asked if option == "-m"]
    return program == "keras-san" or (program == "-m" and modules[:1] == ["keras_san"])


# The command line answers `--help` without Keras; everybody else gets all names at once, so that
# saved models find the classes they name.
if not _is_command_line():
    for _name in __all__:
        globals()[_name] = __getattr__(_name)
