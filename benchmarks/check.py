"""Whether a plain loop and keras_san compute the same step: from it the comparison is honest."""

import keras
import numpy as np

import keras_san
from benchmarks import weights
from benchmarks.plain import make_loop
from benchmarks.plain.networks import DEFAULTS, NETWORKS
from keras_san.layers import NoiseInjection

LOSSES = ("discriminator_loss", "direction_loss", "generator_loss")
# Adam divides a gradient by its size. With a small epsilon this blows up the rounding errors of
# gradients that are zero (biases before a batch normalisation), so the check takes a large one.
EPSILON = 1e-3
IMAGES_SEEN = 4096
UPDATES_AGREE = 1e-3


def compare(network, width=8, batch_size=4, draws=1, **options):
    """The errors of one step from the same weights, images and latents, float32.

    Of a network with very many ReLUs there may be a few whose inputs two programs round to either
    side of zero: their gradients then differ by a percent. With `draws` above one, weights, images
    and latents are drawn anew until the updates agree; a wrong program is wrong at every draw.

    Args:
        network: name, one of `NETWORKS`.
        width: int, of the networks. Defaults to `8`.
        batch_size: int. Defaults to `4`.
        draws: int, how many there are at most. Defaults to `1`.
        **options: of the plain loop.

    Returns:
        `(losses, updates)`, dicts of name to error: the difference of the losses, and the root
        mean square of the difference of each weight's update over that of the update itself.
        Of several draws, those of the best.
    """
    best = None
    for seed in range(draws):
        losses, updates = _compare_draw(seed, network, width, batch_size, options)
        if best is None or max(updates.values()) < max(best[1].values()):
            best = losses, updates
        if max(updates.values()) < UPDATES_AGREE:
            break
    return best


def _compare_draw(seed, network, width, batch_size, options):
    keras.utils.set_random_seed(seed)
    image_shape = DEFAULTS[network][0]
    description = NETWORKS[network](width, image_shape[-1])
    random = np.random.RandomState(seed)
    images = random.randint(0, 256, (batch_size, *image_shape)).astype("uint8")
    latents = random.normal(size=(2, batch_size, description.latent_dim)).astype("float32")

    model = keras_san.models.build(
        network,
        image_shape,
        width=width,
        discriminator_steps=1,
        ema=10_000.0,
        **description.build_options,
    )
    model.compile(
        loss="hinge",
        penalties=(),
        augment=None,
        generator_optimizer=_adam(description),
        discriminator_optimizer=_adam(description),
    )
    start = _weights(description, model)
    loop = _loop(description, start, options)
    _share_noise(model.generator, loop)

    draws = iter(latents)
    model.sample_latents = lambda count: keras.ops.convert_to_tensor(next(draws))
    model.images_seen.assign(IMAGES_SEEN)
    logs = model.train_on_batch(images, return_dict=True)
    ours = _weights(description, model)

    plain_logs = _step(loop, images, latents)
    losses = {name: abs(float(logs[name]) - float(plain_logs[name])) for name in LOSSES}
    rate = description.learning_rate
    return losses, _update_errors(start, ours, loop.weights(), rate)


def _weights(description, model):
    current = weights.read_for(description, model)
    if description.loop:
        averaged = model.generator_ema.weights
        trainable = [
            average
            for average, weight in zip(averaged, model.generator.weights, strict=True)
            if weight.trainable
        ]
        return current | {"average": weights.list_of(trainable)}
    return current | {"average": weights.network_weights(model.generator_ema)}


def _share_noise(generator, loop):
    """Gives the noise of both generators, if they have any, the same numbers at each call."""
    ours = [layer for layer in generator.layers if isinstance(layer, NoiseInjection)]
    plain = [layer for layer in loop.generator.modules() if hasattr(layer, "draw")] if ours else []
    for layer, module in zip(ours, plain, strict=True):
        noise = keras.ops.convert_to_tensor(layer.fixed_map)
        layer._drawn = lambda inputs, noise=noise: noise
        module.draw = lambda x, noise=noise: noise[..., 0]


def _adam(network):
    beta_1, beta_2 = network.betas
    return keras.optimizers.Adam(network.learning_rate, beta_1, beta_2, epsilon=EPSILON)


def _loop(network, start, options):
    backend = keras.backend.backend()
    epsilon = EPSILON
    if backend == "torch" or network.loop:
        # PyTorch adds epsilon to the corrected second moment: the same at the first update.
        epsilon /= np.sqrt(1.0 - network.betas[1])
    given = {name: value for name, value in start.items() if name != "average"}
    backend = "torch" if network.loop else backend
    loop = make_loop(backend, network, given, epsilon=epsilon, **options)
    if backend == "jax":
        loop.state["images_seen"] += IMAGES_SEEN
    elif backend == "tensorflow":
        loop.images_seen.assign(IMAGES_SEEN)
    else:
        loop.images_seen = IMAGES_SEEN
    return loop


def _step(loop, images, latents):
    backend = keras.backend.backend()
    if backend == "jax":
        loop.state, logs = loop.step(loop.state, images, latents)
        return logs
    return loop.step(keras.ops.convert_to_tensor(images), keras.ops.convert_to_tensor(latents))


def _update_errors(start, ours, plain, rate):
    old, ours, plain = _flat(start), _flat(ours), _flat(plain)
    errors = {}
    for name, value in plain.items():
        update = _size(ours[name] - old[name])
        # Below this an update is rounding error: of a weight of this size, or of a zero gradient.
        floor = max(0.05 * rate, 1e-3 * _size(old[name]))
        errors[name] = _size(ours[name] - value) / max(update, floor)
    return errors


def _flat(tree, prefix=""):
    if isinstance(tree, np.ndarray):
        return {prefix: tree.astype("float64")}
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return {
        name: array
        for key, value in items
        if "vector" not in str(key)
        for name, array in _flat(value, f"{prefix}/{key}".lstrip("/")).items()
    }


def _size(array):
    return float(np.sqrt(np.mean(np.square(array))))
