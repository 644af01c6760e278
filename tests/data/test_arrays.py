"""Images in memory."""

import numpy as np
import pytest

from keras_san.data import arrays

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)


def read(images, labels=None, **options):
    return arrays(images, labels, **{"batch_size": len(images), "shuffle": False, **options})[0]


def test_uint8_is_served_unchanged():
    batch = read(PIXELS)
    assert batch.dtype == np.uint8
    np.testing.assert_array_equal(batch, PIXELS)


def test_grey_images_get_a_channel():
    dataset = arrays(PIXELS[..., 0], batch_size=2)
    assert dataset.image_shape == (8, 8, 1)
    assert dataset[0].shape == (2, 8, 8, 1)
    assert dataset.num_classes == 0 and dataset.class_names == ()


@pytest.mark.parametrize(
    "value_range, scaled",
    [
        ((0, 1), PIXELS / 255),
        ((-1, 1), (PIXELS / 127.5 - 1).astype(np.float32)),
        ((0, 255), PIXELS.astype(np.float64)),
        ((0, 255), PIXELS.astype(np.int64)),
    ],
)
def test_stated_range_comes_back_to_the_same_pixels(value_range, scaled):
    np.testing.assert_array_equal(read(scaled, value_range=value_range), PIXELS)


@pytest.mark.parametrize(
    "images, value_range, message",
    [
        (PIXELS / 255, None, "need their value_range"),
        (PIXELS / 255, (0, 2), "value_range must be one of"),
        (PIXELS, (-1, 1), "uint8 images are in the range"),
        (PIXELS / 127.5 - 1, (0, 1), r"must lie in their value_range=\(0, 1\).*-1"),
        (PIXELS / 255, (0, 255), r"look like value_range=\(0, 1\)"),
        (np.where(PIXELS > 9, PIXELS / 255, np.nan), (0, 1), "NaN"),
        (np.where(PIXELS > 9, PIXELS / 255, np.inf), (0, 1), "NaN or infinite"),
        (PIXELS > 9, (0, 1), "must be numbers.*bool"),
        (PIXELS[0, 0], None, r"must have shape.*\(8, 3\)"),
        (PIXELS[None], None, "must have shape"),
        (PIXELS[..., :2], None, "channels in their last axis"),
        (PIXELS.transpose(0, 3, 1, 2), None, "channels-first"),
        (PIXELS[:0], None, "must not be empty"),
        (PIXELS[0], None, r"\(8, 8, 3\). One image alone needs images\[None\]"),
    ],
)
def test_wrong_images(images, value_range, message):
    with pytest.raises(ValueError, match=message):
        arrays(images, value_range=value_range, batch_size=1)


@pytest.mark.parametrize(
    "labels, class_names, message",
    [
        (np.arange(5), None, "5 labels for 6 images"),
        (np.arange(6) / 1.0, None, "must be integers.*float64"),
        (np.arange(6) - 1, None, "must not be negative.*-1"),
        (np.eye(6, dtype=int), None, "argmax"),
        (np.arange(6), ["a", "b"], "below the number of class_names, 2.*5"),
    ],
)
def test_wrong_labels(labels, class_names, message):
    with pytest.raises(ValueError, match=message):
        arrays(PIXELS, labels, batch_size=1, class_names=class_names)


def test_labels_and_class_names():
    labels = np.array([[0], [2], [1], [0], [2], [1]], np.uint8)
    _, batch_labels = read(PIXELS, labels)
    assert batch_labels.tolist() == [0, 2, 1, 0, 2, 1] and batch_labels.dtype == np.int32
    assert arrays(PIXELS, labels, batch_size=1).num_classes == 3
    named = arrays(PIXELS, labels, batch_size=1, class_names=["a", "b", "c", "d"])
    assert named.num_classes == 4 and named.class_names == ("a", "b", "c", "d")


def test_pad_centres_on_zeros_without_interpolation():
    batch = read(PIXELS, image_size=12, resize="pad")
    assert batch.shape == (6, 12, 12, 3)
    np.testing.assert_array_equal(batch[:, 2:10, 2:10], PIXELS)
    assert batch.sum() == PIXELS.sum()


def test_crop_resamples():
    flat = np.full((2, 8, 8, 1), 77, np.uint8)
    assert (read(flat, image_size=12) == 77).all()
    wide = np.zeros((2, 8, 24, 1), np.uint8)
    wide[:, :, 8:16] = 99
    assert (read(wide, image_size=8) == 99).all()


def test_wrong_resize():
    with pytest.raises(ValueError, match="resize must be one of 'crop', 'pad'"):
        arrays(PIXELS, resize="stretch", batch_size=1)


def test_memory_map_stays_on_disk(tmp_path):
    np.save(tmp_path / "images.npy", PIXELS)
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    np.testing.assert_array_equal(read(images), PIXELS)


def test_hash_follows_pixels_and_labels_only():
    first = arrays(PIXELS, batch_size=2).sha256()
    assert first == arrays(PIXELS.copy(), batch_size=3, image_size=4, seed=2).sha256()
    changed = PIXELS.copy()
    changed[0, 0, 0, 0] ^= 1
    others = [
        arrays(changed, batch_size=2).sha256(),
        arrays(PIXELS, np.arange(6), batch_size=2).sha256(),
        arrays(PIXELS.reshape(6, 4, 16, 3), batch_size=2).sha256(),
    ]
    assert len({first, *others}) == 4


def test_more_bad_input():
    images = np.zeros((3, 8, 8, 1), "uint8")
    with pytest.raises(ValueError, match="value_range must be one of .* Received: 1.0"):
        arrays(images.astype("float32"), value_range=1.0, batch_size=1)
    masked = np.ma.masked_array([0, 1, 999], mask=[False, False, True])
    with pytest.raises(ValueError, match="1 of the 3 labels are masked"):
        arrays(images, masked, batch_size=1)
    named = arrays(images, [0, 1, 0], class_names=np.array([b"cat", b"dog"]), batch_size=1)
    assert named.class_names == ("cat", "dog")


def test_numbers_that_no_image_has_make_no_silent_classes():
    labels = np.arange(6) % 3
    with pytest.warns(UserWarning, match="no image has the label 0: .*Pass labels - 1, or"):
        dataset = arrays(PIXELS, labels + 1, batch_size=6)
    assert dataset.num_classes == 4
    with pytest.warns(UserWarning, match=r"make 100 classes.*label 2, 3, 4, 5, 6, \.\.\.: "):
        arrays(PIXELS, np.where(labels == 2, 99, labels), batch_size=6)
    arrays(PIXELS, labels * 2, batch_size=6, class_names=("a", "none", "b", "none yet", "c"))
