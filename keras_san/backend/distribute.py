"""Data-parallel training on the backend's own engine."""

import contextlib

import keras

from keras_san import backend


def distribute(engine="auto"):
    """Spreads training over several devices or processes; call it before the model is built.

    Each backend brings its own engine, and this only starts it:

    | engine | backend | what it is |
    |---|---|---|
    | `"jax"` | JAX | `keras.distribution.DataParallel` over all devices of all processes |
    | `"mirrored"` | TensorFlow | `tf.distribute.MirroredStrategy`, the devices of one host |
    | `"tpu"` | TensorFlow | `tf.distribute.TPUStrategy` |
    | `"torch"` | PyTorch | `torch.distributed`, one process a device, started by `torchrun` |

    The result is the training of one device with the whole batch: `batch_size` always counts the
    images of all replicas, batch statistics are taken over all of them, and the latents are those
    that one device would draw, each replica taking its rows.

    With several processes (JAX or PyTorch) each reads its own rows: a data set of
    `keras_san.data` is shared out by `fit`; a data set of another kind must yield this process's
    rows. Only the first process writes files.

    Args:
        engine: one of the above, `"none"`, or `"auto"` for what there is: JAX with several
            devices or processes, a TPU or several GPUs under TensorFlow, `torchrun`. Defaults to
            `"auto"`.

    Returns:
        A context manager. Build and compile the model inside it; `fit` may be outside.

    Raises:
        ValueError: if the engine is none of the current backend's, or cannot start here.

    Example:
    ```python
    import keras_san

    with keras_san.distribute("auto"):
        model = keras_san.models.build("dcgan", (32, 32, 3), width=4)
        model.compile()
    ```
    """
    engines = backend.ENGINES
    if engine == "none":
        # Also an engine that was started before.
        keras.distribution.set_distribution(None)
    elif engine == "auto":
        engine = backend.find_engine()
    if engine == "none":
        return contextlib.nullcontext()
    if engine not in engines:
        raise ValueError(
            f"distribute({engine!r}): the backend {keras.backend.backend()!r} has "
            f"{', '.join(map(repr, (*engines, 'none', 'auto')))}. Choose one of these, or another "
            "backend with KERAS_BACKEND."
        )
    return engines[engine]()
