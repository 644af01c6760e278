"""Packaging of keras-san; the settings of the tools live in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "(.+)"', (ROOT / "keras_san" / "__init__.py").read_text("utf-8"), re.MULTILINE
).group(1)

EXTRAS = {
    # One backend is enough; the floors are the releases the suite runs on.
    "jax": ["jax>=0.10"],
    # The plain name: it runs on CPU and GPU and exists for every platform, while `tensorflow-cpu`
    # would overwrite a GPU build that is already there. On a CPU, install `tensorflow-cpu`
    # yourself and leave this extra out, as `make test` does.
    "tensorflow": ["tensorflow>=2.21"],
    "torch": ["torch>=2.13"],
    "hub": ["huggingface_hub"],
    "convert": ["safetensors"],
    # Programs that the suite compares the measures with where they are installed; torch-fidelity
    # and tensorflow-gan without their dependencies: see tests/golden/make_metrics.py.
    "oracles": ["scipy", "tqdm"],
    # Augmentation of input pipelines by KerasCV, which is not maintained any more: one test.
    "keras_cv": ["keras-cv"],
    # The plots of benchmarks/: --plot of san_versus_gan and san_study, and mixture.
    "benchmarks": ["matplotlib"],
    "dev": [
        "build",
        "pytest",
        "pytest-timeout",
        "pytest-xdist",
        # A new minor release of ruff may format differently.
        "ruff~=0.17.6",
        "safetensors",
        "scipy",
        # The test of the wheel builds it without build isolation.
        "setuptools>=77",
    ],
}

setup(
    name="keras-san",
    version=VERSION,
    description="Train, evaluate, share and reuse GANs in Keras 3, with SAN discriminators.",
    long_description=(ROOT / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    author="The keras-san authors",
    license="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    python_requires=">=3.11",
    install_requires=["keras>=3.12", "numpy", "pillow>=10.1", "h5py", "absl-py", "rich"],
    extras_require=EXTRAS,
    packages=[*find_packages(include=["keras_san", "keras_san.*"]), "keras_san.zoo"],
    package_dir={"keras_san.zoo": "zoo"},
    package_data={
        "keras_san.data": ["*.npz", "*LICENSE*"],
        "keras_san.zoo": [
            "*/config.json",
            "*/*.weights.h5",
            "*/README.md",
            "*/recipe.json",
            "*/history.json",
            "*/samples.png",
            "extractors/*/extractor.json",
            "extractors/*/network.weights.h5",
            "extractors/*/README.md",
        ],
    },
    exclude_package_data={"keras_san.zoo": ["tools/*"]},
    entry_points={"console_scripts": ["keras-san = keras_san.cli.main:main"]},
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
