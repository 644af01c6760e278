"""The projected discriminator: against NumPy, in the step, in files."""

import h5py
import keras
import numpy as np
import pytest
import tiny_features
from gradients import close, gradients
from keras import ops

from keras_san import augment, layers, losses, models
from keras_san.features import frozen_network
from keras_san.features.resize import bilinear_antialiased
from keras_san.models.objective import Objective

CLASSES, WIDTH, SHAPE = 3, 4, (12, 12, 3)
LABELS = np.array([0, 2, 1, 1], "int32")
RANDOM = np.random.default_rng(3)
IMAGES = RANDOM.uniform(-1, 1, (4, *SHAPE)).astype("float32")


def number(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def make(num_classes=0, head="san", **kwargs):
    kwargs = {"width": WIDTH, "feature_network": tiny_features.network()} | kwargs
    return models.ProjectedDiscriminator(SHAPE, num_classes, head=head, **kwargs)


def make_model(num_classes=0, head="san", **kwargs):
    latents, labels = keras.Input((5,)), keras.Input((), dtype="int32")
    hidden = keras.layers.Dense(int(np.prod(SHAPE)), activation="tanh")(latents)
    if num_classes:
        hidden = hidden + keras.layers.Embedding(num_classes, hidden.shape[-1])(labels)
    images = keras.layers.Reshape(SHAPE)(hidden)
    generator = keras.Model([latents, labels] if num_classes else latents, images)
    discriminator = make(num_classes, head, **kwargs)
    return models.SANModel(generator, discriminator, num_classes=num_classes, seed=1)


def randomize(network):
    random = np.random.default_rng(4)
    for weight in network.weights:
        value = 0.3 * random.normal(size=weight.shape)
        weight.assign(np.abs(value) + 0.5 if "variance" in weight.path else value)


# The discriminator in NumPy --------------------------------------------------------------------


def convolution(x, kernel, stride=1, same=False):
    if same:
        sides = [max((-(-n // stride) - 1) * stride + len(kernel) - n, 0) for n in x.shape[1:3]]
        x = np.pad(x, [(0, 0), *((side // 2, side - side // 2) for side in sides), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], (1, 2))
    return np.einsum("bijcrs,rsco->bijo", windows[:, ::stride, ::stride], kernel)


def doubled(x):
    """Twice the size, bilinear, the corners where they were."""
    for axis in (1, 2):
        size = x.shape[axis]
        places = np.linspace(0, size - 1, 2 * size)
        low = np.floor(places).astype(int)
        high, share = np.minimum(low + 1, size - 1), places - low
        share = share.reshape([-1 if i == axis else 1 for i in range(4)])
        x = (1 - share) * x.take(low, axis) + share * x.take(high, axis)
    return x


def spectral(layer):
    kernel = number(layer.kernel)
    matrix = kernel.reshape(-1, kernel.shape[-1]).T
    right = number(layer.vector) @ matrix
    return kernel / (number(layer.vector) @ matrix @ right / np.linalg.norm(right))


def mixed(mixing, maps):
    """As the papers write it: enlarged first, then convolved."""
    outputs, coarser = [], 0.0
    for scale in (3, 2, 1, 0):
        first, second = mixing.channel_mixing[scale], mixing.scale_mixing[scale]
        x = convolution(maps[scale], number(first.kernel)) + number(first.bias) + coarser
        coarser = convolution(doubled(x), number(second.kernel)) + number(second.bias)
        outputs.append(coarser)
    return outputs[::-1]


def scored(discriminator, scale, x, labels):
    trunk, block = discriminator.trunk, 0
    while f"scale{scale}_convolution{block}" in [layer.name for layer in trunk.layers]:
        layer = trunk.get_layer(f"scale{scale}_convolution{block}")
        stride = 2 if x.shape[1] >= 8 else 1
        x = convolution(x, spectral(layer), stride, same=True) + number(layer.layer.bias)
        norm = trunk.get_layer(f"scale{scale}_normalization{block}")
        x = (x - number(norm.moving_mean)) / np.sqrt(number(norm.moving_variance) + 1e-5)
        x = x * number(norm.gamma) + number(norm.beta)
        x, block = np.where(x > 0, x, 0.2 * x), block + 1
    head = discriminator.head.heads[scale]
    if labels is None:
        if isinstance(head, layers.SpectralNormalization):
            return convolution(x, spectral(head))
        kernel = number(head.kernel)
        return convolution(x, kernel / np.linalg.norm(kernel)) * number(head.scale)
    x = convolution(x, spectral(trunk.get_layer(f"scale{scale}_features")))
    rows = number(head.rows.embeddings)
    if head.has_direction:
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True) * number(head.rows.scale)
    return (x * rows[labels][:, None, None]).sum(-1, keepdims=True) / np.sqrt(x.shape[-1])


def test_networks_of_the_same_weights_and_other_sizes_are_two():
    found = [
        make(feature_network=tiny_features.network(size=size)).frozen.networks[0]
        for size in (32, 64)
    ]
    assert [network.input_shape[0] for network in found] == [32, 64]
    assert found[0].sha256 != found[1].sha256


@pytest.mark.parametrize(
    ("head", "num_classes"), [("san", 0), ("san", CLASSES), ("dense", 0), ("dense", CLASSES)]
)
def test_equals_numpy(head, num_classes):
    network = tiny_features.network(size=64)
    discriminator = make(num_classes, head, feature_network=network)
    randomize(discriminator)
    labels = LABELS if num_classes else None
    found = discriminator([IMAGES, labels] if num_classes else IMAGES, training=False)
    matrix = bilinear_antialiased(12, 64)
    enlarged = np.einsum("ij,bjkc,lk->bilc", matrix, IMAGES, matrix)
    maps = mixed(discriminator.frozen.mixing[0], [number(x) for x in network(enlarged)])
    assert [x.shape[1:] for x in maps] == [(32, 32, 4), (16, 16, 4), (8, 8, 8), (4, 4, 16)]
    assert [x.shape[1:] for x in found] == [(5, 5, 1), (5, 5, 1), (1, 1, 1), (1, 1, 1)]
    for scale, (scores, x) in enumerate(zip(found, maps, strict=True)):
        close(number(scores), scored(discriminator, scale, x, labels), 1e-4)


@pytest.mark.parametrize("head", ["san", "dense"])
def test_classes_that_begin_alike(head):
    """At first all classes have one score and one image; training parts them."""
    model = make_model(CLASSES, head, classes_alike=True)
    player = models.FastGANGenerator((32, 32, 3), num_classes=CLASSES, width=1, classes_alike=True)
    apart = models.FastGANGenerator((32, 32, 3), num_classes=CLASSES, width=1)
    latents = RANDOM.normal(size=(1, 256)).repeat(CLASSES, 0).astype("float32")
    labels = np.arange(CLASSES, dtype="int32")
    alike = number(player([latents, labels], training=False))
    close(alike, alike[:1].repeat(CLASSES, 0), 1e-5)
    others = number(apart([latents, labels], training=False))
    assert np.abs(others - others[:1]).max() > 1e-3

    image = IMAGES[:1].repeat(CLASSES, 0)
    for scores in model.discriminator([image, labels]):
        close(number(scores), number(scores)[:1].repeat(CLASSES, 0), 1e-5)
    model.compile()
    model.fit(IMAGES, LABELS, batch_size=4, epochs=2, verbose=0)
    finest = number(model.discriminator([image, labels])[0])
    assert np.abs(finest - finest[:1]).max() > 1e-5


def test_no_classes_do_not_begin_alike():
    for network in (models.FastGANGenerator, models.ProjectedDiscriminator):
        with pytest.raises(ValueError, match="classes_alike=True.*there are none"):
            network((32, 32, 3), width=1, classes_alike=True)


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_all_there(channels):
    """A map of squares of n holds at each position the n x n pixels under it."""
    images = RANDOM.uniform(-1, 1, (2, 32, 32, channels)).astype("float32")
    discriminator = models.ProjectedDiscriminator(
        images.shape[1:], feature_network="pixels", width=WIDTH
    )
    (network,) = discriminator.frozen.networks
    assert network.variables == []
    for side, found in zip((2, 4, 8, 16), network(images), strict=True):
        found = number(found).reshape(2, 32 // side, 32 // side, side, side, channels)
        expected = np.lib.stride_tricks.sliding_window_view(images, (side, side), (1, 2))
        expected = np.moveaxis(expected[:, ::side, ::side], 3, -1)
        np.testing.assert_array_equal(found, expected)
    shapes = [x.shape[1:] for x in discriminator.trunk.inputs]
    assert shapes == [(32, 32, 4), (16, 16, 4), (8, 8, 8), (4, 4, 16)]


def test_pixels_beside_features(tmp_path):
    """Both have discriminators, images of any size are enlarged, and the file knows them."""
    both = [*tiny_features.reference(), "pixels"]
    model = make_model(CLASSES, feature_network=both)
    assert [network.input_shape[0] for network in model.discriminator.frozen.networks][1] == 16
    scores = model.discriminator([IMAGES, LABELS])
    assert len(scores) == 8
    model.compile()
    model.fit(IMAGES, LABELS, batch_size=4, verbose=0)
    model.discriminator.save(tmp_path / "discriminator.keras")
    loaded = keras.saving.load_model(tmp_path / "discriminator.keras")
    assert [reference["name"] for reference in loaded.feature_network][1] == "pixels"
    for one, other in zip(
        model.discriminator([IMAGES, LABELS]), loaded([IMAGES, LABELS]), strict=True
    ):
        close(number(one), number(other), 1e-6)


def test_pixels_of_another_size_are_refused():
    (reference,) = models.ProjectedDiscriminator(
        (32, 32, 3), feature_network="pixels", width=WIDTH
    ).feature_network
    with pytest.raises(ValueError, match="has the sha256"):
        make(feature_network=reference)


def test_sizes_of_the_papers():
    """At 256 pixels as many blocks, channels and scores as theirs, and their parameters."""
    with keras.StatelessScope(initialize_variables=False):
        discriminator = models.ProjectedDiscriminator((64, 64, 3), feature_size=256)
    names = [layer.name for layer in discriminator.trunk.layers if "convolution" in layer.name]
    assert [sum(f"scale{scale}_" in name for name in names) for scale in range(4)] == [4, 3, 2, 1]
    assert [shape[1:] for shape in discriminator.compute_output_shape((None, 64, 64, 3))] == [
        (5, 5, 1)
    ] * 4
    channels = [(64, 64, 128, 256, 512), (64, 128, 256, 512), (128, 256, 512), (256, 512)]
    blocks = sum(16 * a * b + 3 * b for row in channels for a, b in zip(row, row[1:], strict=False))
    count = sum(int(np.prod(v.shape)) for v in discriminator.trainable_variables)
    assert count == blocks + 4 * (16 * 512 + 1)


# The step --------------------------------------------------------------------------------------


def three_scales():
    """A discriminator of three heads on convolutions of their own, and its state of heads."""
    images = keras.Input((6, 6, 2))
    features = [keras.layers.Conv2D(3, 2 + scale, name=f"trunk{scale}")(images) for scale in (0, 1)]
    features.append(keras.layers.Conv2D(4, 3, strides=2, name="trunk2")(images))
    heads = [layers.SANConv2D(1, 2, use_bias=False) for _ in range(3)]
    return models.Discriminator(keras.Model(images, features), models.ScaleHeads(heads))


@pytest.mark.parametrize("part", ["fun", "dir"])
def test_gradients_of_every_scale_are_separate(part):
    """Trunk and scale learn from `fun` alone, each direction from `dir` of its own scale alone."""
    discriminator = three_scales()
    real, fake = RANDOM.normal(size=(2, 3, 6, 6, 2)).astype("float32")
    heads, trunk = discriminator.head.heads, discriminator.trunk.trainable_variables
    # The hinge weighs all patches alike, the other lets nothing cancel between real and fake.
    loss = "non_saturating" if part == "fun" else "hinge"
    objective = Objective(loss, (), None, None, 1.0, discriminator)

    def total():
        pairs = [discriminator(images, direction_pair=True) for images in (real, fake)]
        _, logs = objective.discriminator(*pairs)
        return logs["discriminator_loss"] if part == "fun" else logs["direction_loss"]

    kernels, scales = [head.kernel for head in heads], [head.scale for head in heads]
    found = gradients(total, [*kernels, *scales, *trunk])
    by_kernel, by_others = found[:3], found[3:]
    if part == "fun":
        assert all(np.abs(gradient).max() == 0 for gradient in by_kernel)
        assert all(np.abs(gradient).max() > 0 for gradient in by_others)
        return
    assert all(np.abs(gradient).max() == 0 for gradient in by_others)
    features = [discriminator.trunk(images) for images in (real, fake)]
    for scale, (head, gradient) in enumerate(zip(heads, by_kernel, strict=True)):
        patches = [
            np.lib.stride_tricks.sliding_window_view(number(x[scale]), (2, 2), (1, 2)).mean(
                (0, 1, 2)
            )
            for x in features
        ]
        difference = (patches[0] - patches[1]).transpose(1, 2, 0).ravel()
        kernel = number(head.kernel)
        norm = np.linalg.norm(kernel)
        direction = kernel.ravel() / norm
        across = difference - direction * (direction @ difference)
        close(gradient.ravel(), -number(head.scale)[0] / norm * across, 1e-4)


@pytest.mark.parametrize("name", ["hinge", "saturating", "non_saturating"])
def test_losses_are_means_of_a_scale_and_sums_of_scales(name):
    objective = Objective(name, (), None, None, 0.5, None)
    shapes = [(2, 5, 5, 1), (2, 1, 1, 1), (2, 3, 2, 1)]
    real, fake = (
        [tuple(RANDOM.normal(size=(2, *shape)).astype("float32")) for shape in shapes]
        for _ in range(2)
    )
    loss, logs = objective.discriminator(real, fake)
    single = losses.get(name)
    fun = sum(float(single.discriminator(r[0], f[0])) for r, f in zip(real, fake, strict=True))
    direction = sum(float(single.direction(r[1], f[1])) for r, f in zip(real, fake, strict=True))
    close(float(loss), fun + 0.5 * direction)
    close(float(logs["real_score"]), sum(r[0].mean() for r in real))
    generator = sum(number(single.generator_terms(f[0])).mean() for f in fake)
    close(float(objective.generator(fake)), generator)


@pytest.mark.parametrize("num_classes", [0, CLASSES])
def test_step_and_score(num_classes):
    model = make_model(num_classes)
    model.compile(augment=None, run_eagerly=keras.backend.backend() == "tensorflow")
    frozen = [number(v).copy() for v in model.discriminator.frozen.variables]
    batch = (IMAGES, LABELS) if num_classes else (IMAGES,)
    logs = model.train_on_batch(*batch, return_dict=True)
    assert set(logs) == {
        *("discriminator_loss", "direction_loss", "generator_loss", "direction_cosine"),
        *("real_score", "fake_score", "images_seen"),
    }
    assert all(np.isfinite(float(value)) for value in logs.values())
    for before, variable in zip(frozen, model.discriminator.frozen.variables, strict=True):
        np.testing.assert_array_equal(number(variable), before)
    for head in model.discriminator.head.heads:
        kernel = number(head.rows.embeddings if num_classes else head.kernel)
        norms = np.linalg.norm(kernel.reshape(CLASSES, -1) if num_classes else kernel.ravel()[None])
        close(norms, np.sqrt(max(num_classes, 1)))
    scores = model.discriminator([IMAGES, LABELS] if num_classes else IMAGES, training=False)
    expected = sum(number(score).mean((1, 2, 3)) for score in scores)
    close(model.score(IMAGES, LABELS if num_classes else None), expected, 1e-4)


@pytest.mark.parametrize("head", ["san", "dense"])
def test_scores_of_classes_are_float32_in_mixed_precision(head):
    keras.config.set_dtype_policy("mixed_bfloat16")
    discriminator = make(CLASSES, head)
    for scores in discriminator([IMAGES, LABELS]):
        assert keras.backend.standardize_dtype(scores.dtype) == "float32"
    assert all(v.dtype == "float32" for v in discriminator.head.trainable_variables)


def test_one_pass_of_the_frozen_part_for_real_and_fake(monkeypatch):
    """And the passes after it, which batch normalisation keeps apart, see what it made."""
    model = make_model()
    model.compile(augment=None, run_eagerly=True)
    kind, seen = type(model.discriminator.frozen), []
    call = kind.call

    def counted(self, images):
        seen.append(images.shape[0])
        return call(self, images)

    monkeypatch.setattr(kind, "call", counted)
    scorer = model._scorer
    real, fake = (ops.convert_to_tensor(x) for x in (IMAGES, IMAGES[::-1].copy()))
    compared = scorer.compare(real, fake, None, training=False)
    assert seen == [8]
    for images, scores in ((real, compared.real), (fake, compared.fake)):
        expected, _ = scorer.score(images, None, training=False)
        for one, other in zip(scores, expected, strict=True):
            close(number(one[0]), number(other[0]))


def test_outputs_in_a_tuple_count_as_a_list():
    images = keras.Input(SHAPE)
    flat = keras.layers.Flatten()(images)
    outputs = [keras.layers.Dense(1)(flat), keras.layers.Dense(2)(flat)]

    class Tuple(keras.Model):
        def call(self, inputs, training=None):
            return tuple(super().call(inputs))

    network = Tuple(images, outputs)
    from keras_san.models.scorer import Scorer

    scores, _ = Scorer(network).score(ops.convert_to_tensor(IMAGES), None, training=True)
    assert [tuple(fun.shape) for fun, _ in scores] == [(4, 1), (4, 2)]
    assert all(direction is None for _, direction in scores)


def test_auto_compile():
    model = make_model()
    model.compile()
    assert type(model.loss) is losses.Hinge
    assert [type(part) for part in model.augment.augmentations] == [
        augment.Blur,
        augment.DiffAugment,
    ]
    assert (model.ema.half_life, model.ema.ramp_up) == (20_000.0, 0.05)
    for optimizer in (model.optimizer.generator, model.optimizer.discriminator):
        close(float(optimizer.learning_rate), 2e-4)
        assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.99)


# Feature networks and files --------------------------------------------------------------------


def test_feature_network_is_in_no_file(tmp_path):
    model = make_model(CLASSES)
    model.compile(augment="blur")
    model.augment.variables[0].assign(7.0)
    scores = model.score(IMAGES, LABELS)
    model.discriminator.save_weights(tmp_path / "discriminator.weights.h5")
    stored = 0
    with h5py.File(tmp_path / "discriminator.weights.h5") as file:
        sizes = []
        file.visititems(lambda _, item: sizes.append(getattr(item, "size", 0)))
        stored = sum(sizes)
    assert stored == sum(int(np.prod(w.shape)) for w in model.discriminator.weights)
    frozen = model.discriminator.frozen
    kernels = {id(v) for network in frozen.networks for v in network.variables}
    assert kernels and not kernels & {id(w) for w in model.weights}
    assert kernels <= {id(v) for v in model.non_trainable_variables}
    assert not kernels & {id(v) for v in model.state_variables}

    model.save(tmp_path / "model.keras")
    keras.utils.set_random_seed(9)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.score(IMAGES, LABELS), scores)
    assert float(loaded.augment.variables[0]) == 7.0
    model.save_preset(tmp_path / "preset")
    preset = models.SANModel.from_preset(tmp_path / "preset")
    # Kernels are stored with half the bits.
    close(preset.score(IMAGES, LABELS), scores, 1e-2)


def test_config_names_networks_by_hash(monkeypatch):
    discriminator = make()
    config = discriminator.get_config()
    assert config["feature_network"] == tiny_features.reference()
    monkeypatch.setattr(frozen_network, "_known", {})
    with pytest.raises(ValueError, match="Unknown frozen network.*register_network"):
        models.ProjectedDiscriminator.from_config(config)
    models.register_network(tiny_features.network())
    models.ProjectedDiscriminator.from_config(config)
    monkeypatch.setattr(frozen_network, "_known", {})
    changed = {"name": "efficientnet_lite0", "sha256": "0" * 64}
    with pytest.raises(ValueError, match="efficientnet_lite0' has the sha256 .* saved with 000"):
        models.ProjectedDiscriminator.from_config(config | {"feature_network": [changed]})


def test_networks_combine():
    networks = [tiny_features.network(seed) for seed in (1, 2)]
    discriminator = make(feature_network=networks)
    scores = discriminator(IMAGES)
    assert len(scores) == len(discriminator.head.heads) == 8
    assert len(discriminator.get_config()["feature_network"]) == 2


def test_mixing_is_seeded():
    def kernels(seed):
        mixing = make(projection_seed=seed).frozen.mixing[0]
        return [number(w) for w in mixing.weights]

    first, again, other = kernels(3), kernels(3), kernels(4)
    assert len(first) == 16
    for one, two, three in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, two)
        assert not np.array_equal(one, three)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (8, 12, 3)}, "Received: image_shape="),
        ({"feature_network": "vgg"}, "Unknown frozen network: 'vgg'. Expected one of 'efficient"),
        ({"feature_network": keras.Sequential()}, "Expected a built"),
        ({"feature_size": 50}, "must be a multiple of 32"),
        ({"head": "san_shared"}, "Unknown head: 'san_shared'"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        models.ProjectedDiscriminator(**{"image_shape": (12, 12, 3)} | arguments)


def test_refuses_other_maps():
    images = keras.Input((16, 16, 3))
    halved = keras.layers.AveragePooling2D(2)(images)
    with pytest.raises(ValueError, match="four maps, finest first.*Received"):
        make(feature_network=keras.Model(images, [images, halved]))
