"""Presets: trained models as folders that load on every backend.

The names are loaded when first used, so that listing the presets needs no backend.
"""

from importlib import import_module

_HOMES = {
    "names": "registry",
    "info": "registry",
    "save_preset": "save",
    "load_preset": "load",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return sorted({*globals(), *__all__})
