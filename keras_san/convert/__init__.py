"""Checkpoints of other codebases as networks and presets of this one.

The names are loaded when first used, so that listing the sources needs no backend.
"""

from importlib import import_module

_HOMES = {
    "Converted": "converted",
    "assign": "assignment",
    "convert": "converted",
    "names": "registry",
    "read_tensors": "tensors",
    "save": "saving",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return sorted({*globals(), *__all__})
