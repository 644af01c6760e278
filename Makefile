# `make help` lists the commands. Everything is installed into .venv, nothing elsewhere.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
BACKENDS := tensorflow jax torch
# The least that setup.py asks for.
OLDEST_KERAS := 3.12.0
# Tests are many small compilations: a process a core is faster than threads.
WORKERS ?= 2
SOURCES := keras_san zoo tests setup.py $(wildcard benchmarks)

export TF_CPP_MIN_LOG_LEVEL ?= 2

# Two targets would otherwise install into one environment at the same time under `make -j`.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test $(BACKENDS:%=test-%) test-oldest-keras lint format wheel clean

help:
	@echo "make demo       generate images with the shipped preset, then train for a minute (JAX)"
	@echo "make test       lint, then the suite on TensorFlow, JAX and PyTorch, its core on the oldest Keras"
	@echo "make test-jax   the suite on one backend; also test-tensorflow, test-torch"
	@echo "make test-oldest-keras   layers, models, presets and callbacks on the oldest Keras, PyTorch"
	@echo "make lint       ruff check and ruff format --check"
	@echo "make format     let ruff mend what it can"
	@echo "make wheel      build the wheel, presets included, into dist/"
	@echo "make clean      remove the environment, the builds, the caches and demo/"

demo: export KERAS_BACKEND := jax
demo: $(VENV)/.demo
	@mkdir -p demo && touch demo/.started
	$(BIN)/keras-san generate --preset dcgan_fashion_mnist_32 --seeds 0-63 --out demo/generated
	$(BIN)/keras-san train --data sample --model dcgan --resolution 32 --width 16 --minutes 1 \
		--batch-size 32 --generator-learning-rate 0.001 --discriminator-learning-rate 0.001 \
		--ema-half-life 2000 --out demo/runs
	@echo "Written by this demo:"
	@find demo -name '*.png' ! -name 'seed*' -newer demo/.started | sort

test: lint $(BACKENDS:%=test-%) test-oldest-keras

$(BACKENDS:%=test-%): export OMP_NUM_THREADS ?= 1
$(BACKENDS:%=test-%): test-%: $(VENV)/.test
	@echo "== the suite on $*"
	KERAS_BACKEND=$* $(BIN)/python -m pytest -q -n $(WORKERS)

test-oldest-keras: export OMP_NUM_THREADS ?= 1
test-oldest-keras: $(VENV)/keras-$(OLDEST_KERAS)/.installed
	@echo "== layers, models, presets and callbacks on Keras $(OLDEST_KERAS)"
	PYTHONPATH=$(CURDIR)/$(<D) KERAS_BACKEND=torch $(BIN)/python -c \
		'import keras; assert keras.__version__ == "$(OLDEST_KERAS)", keras'
	PYTHONPATH=$(CURDIR)/$(<D) KERAS_BACKEND=torch $(BIN)/python -m pytest -q -n $(WORKERS) \
		tests/layers tests/models tests/presets tests/callbacks

lint: $(VENV)/.test
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

format: $(VENV)/.test
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

wheel: $(VENV)/.test
	$(BIN)/python -m build --wheel --outdir dist
	@ls dist/*.whl

clean:
	rm -rf $(VENV) build dist demo .pytest_cache .ruff_cache *.egg-info
	find keras_san zoo tests -name __pycache__ -prune -exec rm -rf {} +

# A stamp is younger than what it was installed from, so a second call installs nothing.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: setup.py pyproject.toml | $(BIN)/python
	$(PIP) install --editable ".[jax]"
	@touch $@

$(VENV)/.test: setup.py pyproject.toml | $(BIN)/python
	$(PIP) install "torch==2.13.0"
	$(PIP) install "tensorflow-cpu==2.21.0" "jax==0.10.2" "keras==3.15.1"
	$(PIP) install --editable ".[dev]"
	@touch $@

# In a folder of its own, which goes before the environment's Keras in PYTHONPATH.
$(VENV)/keras-$(OLDEST_KERAS)/.installed: | $(VENV)/.test
	$(PIP) install --no-deps --target $(@D) "keras==$(OLDEST_KERAS)"
	@touch $@
