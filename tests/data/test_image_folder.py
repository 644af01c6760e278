"""Reading a folder of pictures."""

import os

import keras
import numpy as np
import pytest
from PIL import Image

from keras_san.data import image_folder


def gradient(height=24, width=24):
    """Grey values that rise from left to right."""
    return np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))


def write(path, pixels, mode=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def read_one(path, image_size=24, **options):
    dataset = image_folder(path, image_size, batch_size=1, **options)
    assert dataset.num_images == 1
    image = dataset[0]
    assert image.dtype == np.uint8 and image.shape[1:3] == (image_size, image_size)
    return image[0]


def write_many(folder, count=6):
    for index in range(count):
        write(folder / f"{index}.png", np.full((8, 8), 10 * index, np.uint8))
    return folder


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    suffix = "tif" if mode in ("CMYK", "YCbCr") else "png"
    write(tmp_path / f"a.{suffix}", gradient(), mode)
    image = read_one(tmp_path)
    expected = np.repeat(gradient()[..., None], 3, axis=-1)
    # Palette and colour-space conversions round.
    assert np.abs(image.astype(int) - expected).max() <= 6


def test_one_bit_image(tmp_path):
    write(tmp_path / "a.png", Image.fromarray(gradient() > 127))
    image = read_one(tmp_path, color_mode="grayscale")
    assert image[0, 0, 0] == 0 and image[0, -1, 0] == 255


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_grey_keeps_its_gradation(tmp_path, suffix):
    write(tmp_path / f"a.{suffix}", gradient().astype(np.uint16) * 257)
    image = read_one(tmp_path, color_mode="grayscale")
    np.testing.assert_array_equal(image[..., 0], gradient())


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_12_bits_in_a_file_of_16_are_told_of(tmp_path, suffix):
    write(tmp_path / f"a.{suffix}", gradient().astype(np.uint16) * 16)
    with pytest.warns(UserWarning, match="no value above an eighth of the range.*nearly black"):
        assert read_one(tmp_path, color_mode="grayscale").max() == 16


def test_float_file_has_no_known_range(tmp_path):
    write(tmp_path / "a.tif", gradient().astype(np.float32) / 255)
    with pytest.raises(ValueError, match=r"a\.tif.*no known range"):
        read_one(tmp_path)


def test_transparency_shows_white(tmp_path):
    pixels = np.zeros((24, 24, 4), np.uint8)
    pixels[:, 12:, 3] = 255
    write(tmp_path / "a.png", pixels)
    image = read_one(tmp_path)
    assert image.shape[-1] == 3
    assert (image[:, :12] == 255).all() and (image[:, 12:] == 0).all()
    assert (read_one(tmp_path, color_mode="grayscale")[:, :12] == 255).all()
    np.testing.assert_array_equal(read_one(tmp_path, color_mode="rgba")[..., 3], pixels[..., 3])


def test_transparent_palette_shows_white(tmp_path):
    image = Image.new("P", (24, 24), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(0, (0, 0, 12, 24))
    write(tmp_path / "a.png", image, transparency=0)
    pixels = read_one(tmp_path)
    assert (pixels[:, :12] == 255).all()
    assert (pixels[:, 12:] == [0, 0, 255]).all()


def test_exif_rotation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    write(tmp_path / "a.png", gradient(), exif=exif)
    image = read_one(tmp_path, color_mode="grayscale")[..., 0]
    np.testing.assert_array_equal(image, np.rot90(gradient(), -1))


def test_crop_takes_the_centre_square(tmp_path):
    pixels = np.zeros((20, 60), np.uint8)
    pixels[:, 20:40] = 200
    write(tmp_path / "a.png", pixels)
    assert (read_one(tmp_path, 20) == 200).all()
    # The filter reaches a little beyond the cut.
    assert np.abs(read_one(tmp_path, 10).astype(int) - 200).max() < 15


def test_reduction_is_antialiased(tmp_path):
    checkerboard = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    write(tmp_path / "a.png", checkerboard)
    image = read_one(tmp_path, 8).astype(int)
    assert np.abs(image - 127.5).max() < 10


def test_pad_keeps_the_whole_image(tmp_path):
    write(tmp_path / "a.png", np.full((20, 40), 200, np.uint8))
    image = read_one(tmp_path, 20, resize="pad", color_mode="grayscale")[..., 0]
    assert (image[5:15] == 200).all()
    assert (image[:5] == 0).all() and (image[15:] == 0).all()


def test_pad_leaves_a_small_image_as_it_is(tmp_path):
    write(tmp_path / "a.png", gradient(8, 6))
    image = read_one(tmp_path, 12, resize="pad", color_mode="grayscale")[..., 0]
    np.testing.assert_array_equal(image[2:10, 3:9], gradient(8, 6))
    assert image.sum() == gradient(8, 6).sum()


def test_folder_classes(tmp_path):
    write(tmp_path / "zebra" / "deep" / "1.png", gradient())
    write(tmp_path / "ape" / "2.JPG", gradient())
    write(tmp_path / "ape" / ".hidden.png", gradient())
    (tmp_path / "ape" / "notes.txt").write_text("not an image")
    dataset = image_folder(tmp_path, 8, batch_size=2, labels="folder", shuffle=False)
    images, labels = dataset[0]
    assert dataset.class_names == ("ape", "zebra")
    assert dataset.num_classes == 2
    assert labels.tolist() == [0, 1] and labels.dtype == np.int32
    assert dataset.name == tmp_path.name
    unlabelled = image_folder(tmp_path, 8, batch_size=2)
    assert unlabelled.num_classes == 0 and unlabelled[0].shape == (2, 8, 8, 3)


def test_linked_folders_are_followed_once(tmp_path):
    write(tmp_path / "elsewhere" / "1.png", gradient())
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path / "elsewhere")
    (inside / "loop").symlink_to(inside)
    assert image_folder(inside, 8, batch_size=1).num_images == 1


def test_folder_messages(tmp_path):
    with pytest.raises(ValueError, match="There is no folder"):
        image_folder(tmp_path / "none", 8)
    with pytest.raises(ValueError, match="No image found"):
        image_folder(tmp_path, 8)
    write_many(tmp_path, 2)
    with pytest.raises(ValueError, match='sub-folder.*labels="none"'):
        image_folder(tmp_path, 8, labels="folder")
    write(tmp_path / "class" / "1.png", gradient())
    with pytest.raises(ValueError, match="2 lie directly.*'0.png'"):
        image_folder(tmp_path, 8, labels="folder")


@pytest.mark.parametrize("argument", ["labels", "color_mode", "resize", "on_error"])
def test_unknown_choice_is_named(tmp_path, argument):
    with pytest.raises(ValueError, match=f"{argument} must be one of .*'other'"):
        image_folder(write_many(tmp_path), 8, batch_size=1, **{argument: "other"})


def test_wrong_image_size(tmp_path):
    with pytest.raises(ValueError, match="image_size must be an integer"):
        image_folder(write_many(tmp_path), 0)


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_broken_file_is_named(tmp_path, damage):
    path = write(tmp_path / "bad.png", np.random.default_rng(0).integers(0, 255, (32, 32), "uint8"))
    content = {"cut": path.read_bytes()[:200], "text": b"hello", "empty": b""}[damage]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.png.*cannot be read.*skip"):
        read_one(tmp_path)


def test_broken_files_are_skipped_and_counted(tmp_path):
    write_many(tmp_path)
    for name in ("2.png", "3.png", "5.png"):
        (tmp_path / name).write_bytes(b"broken")
    dataset = image_folder(tmp_path, 8, batch_size=6, on_error="skip", shuffle=False)
    assert dataset.skipped == []
    with pytest.warns(UserWarning, match=r"2\.png") as warned:
        images = dataset[0]
    assert len(warned) == 1
    # The next whole image takes the place, round the end.
    assert images[:, 0, 0, 0].tolist() == [0, 10, 40, 40, 40, 0]
    assert dataset.skipped == [str(tmp_path / name) for name in ("2.png", "3.png", "5.png")]
    np.testing.assert_array_equal(dataset[0], images)


def test_replacement_brings_its_own_label(tmp_path):
    write(tmp_path / "a" / "1.png", gradient()).write_bytes(b"broken")
    write(tmp_path / "b" / "1.png", gradient())
    options = {"batch_size": 2, "labels": "folder", "shuffle": False}
    dataset = image_folder(tmp_path, 8, on_error="skip", **options)
    with pytest.warns(UserWarning, match="skipped"):
        assert dataset[0][1].tolist() == [1, 1]


def test_nothing_but_broken_files(tmp_path):
    (tmp_path / "1.png").write_bytes(b"broken")
    dataset = image_folder(tmp_path, 8, batch_size=1, on_error="skip")
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="None of the 1 images"):
        dataset[0]


def test_hash_follows_content_and_names_only(tmp_path):
    dataset = image_folder(write_many(tmp_path), 8, batch_size=2)
    first = dataset.sha256()
    assert len(first) == 64
    assert image_folder(tmp_path, 16, batch_size=3, seed=4).sha256() == first
    write(tmp_path / "0.png", gradient())
    changed = image_folder(tmp_path, 8, batch_size=2).sha256()
    (tmp_path / "0.png").rename(tmp_path / "00.png")
    renamed = image_folder(tmp_path, 8, batch_size=2).sha256()
    assert len({first, changed, renamed}) == 3


def small_model():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_fit_reads_ahead_from_the_folder(tmp_path):
    write_many(tmp_path / "a")
    write_many(tmp_path / "b")
    dataset = image_folder(tmp_path, 8, batch_size=4, labels="folder")
    history = small_model().fit(dataset, epochs=2, shuffle=False, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


def test_fit_names_the_broken_file(tmp_path):
    write_many(tmp_path / "a")
    (tmp_path / "a" / "0.png").write_bytes(b"broken")
    dataset = image_folder(tmp_path, 8, batch_size=3, labels="folder")
    # TensorFlow wraps what a data set raises in an error of its own.
    with pytest.raises(Exception, match=r"0\.png.*cannot be read"):
        small_model().fit(dataset, shuffle=False, verbose=0)


def test_a_name_that_is_not_utf8(tmp_path):
    picture = write(tmp_path / "a.png", gradient())
    name = os.fsencode(tmp_path) + b"/caf\xe9.png"
    try:
        os.rename(picture, name)
    except OSError:
        pytest.skip("this file system knows UTF-8 alone")
    dataset = image_folder(tmp_path, 8, batch_size=1)
    assert dataset[0].shape == (1, 8, 8, 3) and len(dataset.sha256()) == 64


def test_the_hash_of_a_folder_with_an_unreadable_file(tmp_path):
    write_many(tmp_path)
    (tmp_path / "9.png").symlink_to(tmp_path / "no_longer_there")
    with pytest.raises(ValueError, match=r"9\.png.*cannot be read.*skip"):
        image_folder(tmp_path, 8, batch_size=1).sha256()
    skipping = image_folder(tmp_path, 8, batch_size=1, on_error="skip").sha256()
    (tmp_path / "9.png").unlink()
    assert skipping != image_folder(tmp_path, 8, batch_size=1).sha256()


def test_what_cannot_be_read_is_no_silent_shift_of_the_labels(tmp_path, monkeypatch):
    for name in "abc":
        write(tmp_path / name / "x.png", gradient())
    (tmp_path / "b" / "x.png").rename(tmp_path / "b" / "x.heic")
    with pytest.warns(UserWarning, match="lies in 'b' of .* the 2 other folders"):
        assert image_folder(tmp_path, 24, batch_size=1, labels="folder").class_names == ("a", "c")
    walk = os.walk

    def denied(folder, onerror=None, **options):
        onerror(PermissionError(13, "Permission denied", str(tmp_path / "b")))
        return walk(folder, **options)

    monkeypatch.setattr(os, "walk", denied)
    with pytest.raises(ValueError, match="b' cannot be read: Permission denied"):
        image_folder(tmp_path, 24, batch_size=1)
