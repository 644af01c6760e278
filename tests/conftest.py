"""What every test starts from: one backend, one seed, float32."""

import os
import sys
from pathlib import Path

# Before anything imports Keras: the backend cannot be changed afterwards.
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# As keras_san does where it is imported before Keras.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# The suite compiles the same small programs again and again, in processes of their own too.
os.environ.setdefault(
    "JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "jax")
)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
# And runs each a few times: what XLA's optimizer takes is more than what it gives. Fusions emitted
# through MLIR, in 32 parts of a module, take as long to compile as everything else together.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    " --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
    " --xla_cpu_use_xnnpack=false",
)

import keras
import pytest

# Tests share `gradients.py`.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def clean_keras():
    """Seeds before each test; the default policy and names after it, whatever it did."""
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")
    keras.utils.clear_session(free_memory=False)


@pytest.fixture
def backend():
    """The name of the backend this run tests."""
    return keras.backend.backend()
