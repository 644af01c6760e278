"""Augmentations: what they do to pixels, their gradients, and what ADA steers by."""

import keras
import numpy as np
import pytest
from gradients import close, gradients
from keras import ops

from keras_san import augment, backend
from keras_san.augment import colour, spatial

IMAGES = np.random.default_rng(1).uniform(-1, 1, (6, 8, 6, 3)).astype("float32")


def number(tensor):
    return ops.convert_to_numpy(tensor)


def per_image(*values):
    return ops.reshape(ops.convert_to_tensor(values, "float32"), (-1, 1, 1, 1))


def test_shift_brings_zeros_or_a_reflection():
    images = IMAGES[:2]
    rows, columns = per_image(2, -1), per_image(0, 3)
    moved = number(spatial.shift(ops.convert_to_tensor(images), rows, columns))
    expected = np.zeros_like(images)
    expected[0, 2:] = images[0, :-2]
    expected[1, :-1, 3:] = images[1, 1:, :-3]
    np.testing.assert_array_equal(moved, expected)
    moved = number(spatial.shift(ops.convert_to_tensor(images), rows, columns, reflect=True))
    np.testing.assert_array_equal(moved[0, :2], images[0, [2, 1]])
    np.testing.assert_array_equal(moved[1, -1, 3:], images[1, -2, :-3])


def test_sample_is_bilinear_and_reflects():
    images = ops.convert_to_tensor(IMAGES[:1])
    grid = np.meshgrid(np.arange(8.0), np.arange(6.0), indexing="ij")
    rows, columns = (ops.convert_to_tensor(x[None], "float32") for x in grid)
    np.testing.assert_array_equal(number(spatial.sample(images, rows, columns)), IMAGES[:1])
    between = number(spatial.sample(images, rows + 0.25, columns))
    close(between[0, :-1], 0.75 * IMAGES[0, :-1] + 0.25 * IMAGES[0, 1:])
    close(between[0, -1], 0.75 * IMAGES[0, -1] + 0.25 * IMAGES[0, -2])
    outside = number(spatial.sample(images, rows, -1.0 - columns))
    close(outside[0, :, :5], IMAGES[0, :, 1:])


def test_colours():
    images = ops.convert_to_tensor(IMAGES)
    grey = IMAGES.mean(3, keepdims=True)
    ones = per_image(*[1.0] * 6)
    for function, neutral in (
        (colour.saturate, ones),
        (colour.contrast, ones),
        (colour.flip_luma, 0.0 * ones),
        (colour.rotate_hue, 0.0 * ones),
    ):
        np.testing.assert_array_equal(number(function(images, neutral)), IMAGES)
    close(number(colour.saturate(images, 0.0 * ones)), np.broadcast_to(grey, IMAGES.shape))
    close(number(colour.contrast(images, 2.0 * ones)).mean((1, 2, 3)), IMAGES.mean((1, 2, 3)))
    close(number(colour.flip_luma(images, ones)), IMAGES - 2 * grey)
    # A third of a turn about grey exchanges the channels in a circle.
    turned = number(colour.rotate_hue(images, 2.0 * np.pi / 3.0 * ones))
    close(turned, np.roll(IMAGES, 1, axis=3))


POLICIES = {
    "color": "diff_augment:color",
    "translation": "diff_augment:translation",
    "cutout": "diff_augment:cutout",
    "flip_and_shift": "flip_and_shift:2",
    "ada": augment.AdaptiveAugment(target=None, probability=0.7),
}


@pytest.mark.parametrize("name", POLICIES)
def test_is_affine_to_the_last_pixel(name):
    """So its gradient is the adjoint, for the generator, and the second derivative is zero.

    A linear map A has <A x, y> = <x, A^T y>; the gradient of <A x, y> must be that A^T y.
    """
    function = augment.get(POLICIES[name])
    random = np.random.default_rng(2)
    direction, y = (random.normal(size=IMAGES.shape).astype("float32") for _ in range(2))

    def total(images):
        return ops.sum(function(images, seed=7) * ops.convert_to_tensor(y))

    (slope,) = gradients(total, inputs=[IMAGES])
    step = number(total(ops.convert_to_tensor(IMAGES + direction)))
    start = number(total(ops.convert_to_tensor(IMAGES)))
    np.testing.assert_allclose(step - start, (slope * direction).sum(), rtol=1e-3, atol=1e-2)

    def squares(images):
        return ops.sum(ops.square(backend.input_gradient(total, images)))

    (second,) = gradients(squares, inputs=[IMAGES])
    assert np.abs(slope).max() > 0.1 and np.abs(second).max() < 1e-5


@pytest.mark.parametrize("name", POLICIES)
def test_each_image_has_its_own_draw_and_the_seed_decides(name):
    function = augment.get(POLICIES[name])
    images = ops.convert_to_tensor(np.repeat(IMAGES[:1], 16, axis=0))
    first, again, other = (number(function(images, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert len(np.unique(first.reshape(16, -1).round(4), axis=0)) > 3
    grey = np.random.default_rng(3).uniform(-1, 1, (4, 5, 5, 1)).astype("float32")
    assert function(ops.convert_to_tensor(grey), seed=1).shape == (4, 5, 5, 1)


def test_cutout_and_translation_are_as_large_as_published():
    images = ops.ones((64, 8, 8, 1))
    holes = number(augment.get("diff_augment:cutout")(images, seed=1) == 0).sum((1, 2, 3))
    assert holes.max() == 16 and holes.min() >= 4
    left = number(augment.get("diff_augment:translation")(images, seed=1)).sum((1, 2, 3))
    assert set(left) == {64.0, 56.0, 49.0}


def test_ada_does_nothing_at_first():
    images = ops.convert_to_tensor(IMAGES)
    np.testing.assert_array_equal(number(augment.get("ada")(images, seed=1)), IMAGES)


def test_ada_mirrors_and_turns_whole_pixels():
    """With every blit and nothing else the pixels of a square are only moved."""
    ada = augment.AdaptiveAugment(target=None, probability=1.0)
    image = np.zeros((64, 8, 8, 1), "float32")
    image[:, 3:5, 3:5] = 1.0
    # A uniform number below the chance applies a transformation: no geometry has a value here.
    draws = augment.adaptive_augment.Draws(image, 1, uniforms=23, normals=7)
    draws._normals = ops.zeros((64, 7))
    places = augment.adaptive_augment._places(image, ops.convert_to_tensor(0.0), draws)
    np.testing.assert_array_equal(number(places[0])[0, :, 0], np.arange(8))
    assert number(ada(ops.convert_to_tensor(image), seed=1)).std() > 0.0


def test_ada_follows_the_signs_of_the_scores():
    ada = augment.AdaptiveAugment(target=0.5, images=100, interval=2)
    scores = {"sure": ops.ones((8,)), "half": ops.convert_to_tensor([1.0, -1.0] * 4)}

    def observe(kind):
        logs = ada.observe(scores[kind])
        assert set(logs) == set(ada.log_names)
        return [float(number(logs[name])) for name in ada.log_names]

    assert observe("sure") == [0.0, 1.0]
    np.testing.assert_allclose(observe("sure"), [0.16, 1.0], rtol=1e-6)
    # What was counted begins anew.
    np.testing.assert_allclose(observe("half"), [0.16, 0.0], rtol=1e-6)
    np.testing.assert_allclose(observe("half"), [0.0, 0.0], atol=1e-6)
    ada.variables[0].assign(0.95)
    observe("sure")
    assert observe("sure")[0] == 1.0
    fixed = augment.AdaptiveAugment(target=None, probability=0.3, interval=1)
    fixed.observe(scores["sure"])
    np.testing.assert_allclose(number(fixed.variables[0]), 0.3)


def blurred(images, sigma):
    """Sums of shifted images, the weights outside left out."""
    places = np.arange(images.shape[1])
    distances = np.abs(places[:, None] - places)
    weights = 2.0 ** -((distances / sigma) ** 2) * (distances <= np.floor(3 * sigma))
    weights /= weights.sum(1, keepdims=True)
    return np.einsum("ij,bjkc,lk->bilc", weights, images, weights)


def test_blur_fades_out():
    images = np.random.default_rng(1).normal(size=(2, 7, 7, 3)).astype("float32")
    blur = augment.Blur(2.0, images=100)
    close(number(blur(images)), blurred(images, 2.0))
    close(number(blur(np.ones_like(images))), np.ones_like(images))
    for _ in range(3):
        blur.observe(ops.zeros((25,)))
    close(number(blur(images)), blurred(images, 0.5))
    for _ in range(2):
        blur.observe(ops.zeros((25,)))
    np.testing.assert_array_equal(number(blur(images)), images)
    with pytest.raises(ValueError, match="must be positive. Received: sigma=0"):
        augment.Blur(0.0)


def test_instance_noise_falls():
    noise = augment.InstanceNoise(0.5, images=100)
    images = ops.zeros((8, 16, 16, 1))
    assert abs(number(noise(images, seed=1)).std() - 0.5) < 0.05
    noise.variables[0].assign(42.0)
    noise.observe(ops.zeros((8,)))
    assert abs(number(noise(images, seed=1)).std() - 0.25) < 0.03
    noise.variables[0].assign(101.0)
    assert number(noise(images, seed=1)).std() == 0.0
    assert augment.InstanceNoise(0.1).variables == []


def halved(images):
    return 0.5 * images


@pytest.mark.parametrize(
    "augmentation",
    [
        augment.AdaptiveAugment(0.3, 1000, 0.25, 3),
        augment.DiffAugment("cutout"),
        augment.FlipAndShift(2),
        augment.InstanceNoise(0.2, 50),
        augment.Blur(1.5, 50),
        augment.Chain([augment.DiffAugment("color"), augment.InstanceNoise(0.3)]),
        augment.get(keras.layers.RandomFlip("vertical", seed=3)),
    ],
    ids=lambda augmentation: type(augmentation).__name__,
)
def test_config_round_trip(augmentation):
    copy = augment.get(keras.saving.serialize_keras_object(augmentation))
    assert type(copy) is type(augmentation)
    assert copy.get_config() == augmentation.get_config()
    assert len(copy.variables) == len(augmentation.variables)


def test_get():
    assert augment.get(None) is None and augment.get([]) is None
    assert augment.get("ada:0.4").target == 0.4
    assert augment.get(["flip_and_shift"]).pixels == 4
    blur = augment.get("blur:1.5:50000")
    assert (blur.sigma, blur.images) == (1.5, 50_000)
    assert augment.get("instance_noise:0.1").images is None
    chain = augment.get(["ada", halved])
    assert chain.log_names == ("augment_probability", "overfitting") and len(chain.variables) == 4
    assert number(augment.get(halved)(ops.ones((1, 2, 2, 1)))).max() == 0.5
    for name in augment.names():
        assert isinstance(augment.get(name), augment.Augmentation)


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("mixup", "Unknown augmentation: 'mixup'. Expected one of .*'ada'"),
        ("diff_augment:colour", "Unknown in the policy 'colour'"),
        ("ada:x", "'ada:x': could not convert"),
        ("blur:2:few", "'blur:2:few': invalid literal"),
        ("blur:2:100:3", "'blur:2:100:3' has 3 arguments, but 'blur' takes at most 2"),
        (3, "Expected a layer or a function"),
        (keras.layers.Equalization(value_range=(-1, 1)), "No gradient passes through"),
    ],
)
def test_get_refuses(identifier, message):
    with pytest.raises(ValueError, match=message):
        augment.get(identifier)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="its RandomHue has none there")
def test_a_layer_without_gradient_is_found_inside_others():
    hue = keras.layers.RandomHue(0.5, value_range=(-1, 1))
    for layer in (keras.Sequential([hue]), keras.layers.Pipeline([hue])):
        with pytest.raises(ValueError, match="No gradient passes through .*RandomHue"):
            augment.get(layer)
