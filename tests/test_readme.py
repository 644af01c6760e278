"""Every python block of the README and of the public docstrings runs as it stands."""

import contextlib
import importlib
import inspect
import pkgutil
import re
import textwrap
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import keras_san

README = Path(__file__).parents[1] / "README.md"
FENCE = re.compile(r"^[ \t]*```python\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)


def python_blocks(text):
    """Return (line number, source) of each ```python block of a text."""
    return [
        (text.count("\n", 0, match.start(1)) + 1, textwrap.dedent(match.group(1)))
        for match in FENCE.finditer(text)
    ]


@contextlib.contextmanager
def short_training():
    """Cut every `fit` down to one epoch of two steps, as KERAS_MAX_EPOCHS does."""
    keras.config.set_max_epochs(1)
    keras.config.set_max_steps_per_epoch(2)
    try:
        with warnings.catch_warnings():
            # Keras says that it heeds the two limits.
            warnings.filterwarnings("ignore", "Limiting (epochs|steps_per_epoch)", UserWarning)
            yield
    finally:
        keras.config.set_max_epochs(None)
        keras.config.set_max_steps_per_epoch(None)


def run_blocks(text, name):
    """Run the blocks of a text in order, in one namespace, and return how many there were."""
    blocks = python_blocks(text)
    namespace = {"__name__": name}
    with short_training():
        for line, source in blocks:
            # The padding makes a traceback name the line of the text.
            exec(compile("\n" * (line - 1) + source, name, "exec"), namespace)
    return len(blocks)


def public_objects():
    """Return name -> object for what the `__all__` of each package of the library lists."""
    packages = [keras_san]
    for found in pkgutil.walk_packages(keras_san.__path__, "keras_san."):
        # The backend's functions are the library's own business, the zoo holds no code.
        if found.ispkg and found.name not in ("keras_san.zoo", "keras_san.backend"):
            packages.append(importlib.import_module(found.name))
    objects = {}
    for package in packages:
        for name in getattr(package, "__all__", ()):
            thing = getattr(package, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                objects[f"{thing.__module__}.{thing.__qualname__}"] = thing
    return dict(sorted(objects.items()))


def docstrings():
    """Return name -> docstring of each public object, and of its methods that show an example."""
    found = {}
    for name, thing in public_objects().items():
        found[name] = inspect.getdoc(thing) or ""
        methods = inspect.getmembers(thing, inspect.isroutine) if inspect.isclass(thing) else ()
        for method_name, method in methods:
            ours = (getattr(method, "__module__", None) or "").startswith("keras_san.")
            text = (method.__doc__ or "") if ours else ""
            if not method_name.startswith("_") and python_blocks(text):
                found[f"{name}.{method_name}"] = text
    return found


DOCSTRINGS = docstrings()


@pytest.fixture
def user_folder(tmp_path, monkeypatch):
    """An empty working directory but for `photos/`: 128 real images in two folders."""
    sample = Path(keras_san.__file__).parent / "data"
    (archive,) = sample.glob("*.npz")
    images = next(array for array in np.load(archive).values() if array.ndim > 2)
    for index, image in enumerate(images[:128]):
        folder = tmp_path / "photos" / ("even" if index % 2 == 0 else "odd")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.squeeze()).convert("RGB").save(folder / f"{index:03}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_runs(user_folder):
    assert run_blocks(README.read_text("utf-8"), "README.md") > 0


# Hundreds of small programs would take longest to compile of all tests; what they call is tested on
# every backend by the other tests.
@pytest.mark.skipif(keras.backend.backend() != "torch", reason="examples run on PyTorch")
@pytest.mark.parametrize("name", DOCSTRINGS)
def test_the_example_of_a_docstring_runs(name, user_folder):
    assert run_blocks(DOCSTRINGS[name], name) > 0, f"{name} shows no example in a python block"
