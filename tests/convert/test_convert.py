"""From a file to a preset: sources, options, what is refused, what is written."""

import json

import keras
import numpy as np
import pytest
from drawn_tensors import draw

import keras_san
from keras_san import convert
from keras_san.convert.registry import SOURCES, find_source

WIDTH, CLASSES = 2, 3
GENERATOR = {
    "emb_class.weight": (CLASSES, 4),
    "fc.weight": (36 * WIDTH, 8),
    "fc.bias": (36 * WIDTH,),
    "g_function.0.weight": (4 * WIDTH, 2 * WIDTH, 4, 4),
    "g_function.0.bias": (2 * WIDTH,),
    "g_function.3.weight": (2 * WIDTH, WIDTH, 4, 4),
    "g_function.3.bias": (WIDTH,),
    "g_function.6.weight": (WIDTH, 1, 6, 6),
    "g_function.6.bias": (1,),
    "g_function.1.num_batches_tracked": (),
} | {
    f"g_function.{number}.{part}": (channels,)
    for number, channels in ((1, 2 * WIDTH), (4, WIDTH))
    for part in ("weight", "bias", "running_mean", "running_var")
}
DISCRIMINATOR = {
    "h_function.0.weight": (WIDTH, 1, 6, 6),
    "h_function.0.bias": (WIDTH,),
    "fc_w": (CLASSES, 36 * WIDTH),
} | {
    f"h_function.{number}.{part}": shape
    for number, channels in ((2, 2 * WIDTH), (4, 4 * WIDTH))
    for part, shape in {
        "weight_orig": (channels, channels // 2, 4, 4),
        "bias": (channels,),
        "weight_u": (channels,),
        "weight_v": (8 * channels,),
    }.items()
}


@pytest.fixture
def files(tmp_path):
    """Generator and discriminator of a small conditional simple-san."""
    paths = tmp_path / "g.npz", tmp_path / "d.npz"
    for path, shapes in zip(paths, (GENERATOR, DISCRIMINATOR), strict=True):
        np.savez(path, **draw(path.stem, shapes))
    return paths


def numbers(network):
    return [keras.ops.convert_to_numpy(weight) for weight in network.weights]


def test_every_source_builds_and_names_its_origin():
    assert convert.names() == sorted(SOURCES)
    for name in convert.names():
        module = find_source(name)
        assert callable(module.build)
        assert module.REFERENCE.startswith("https://")


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_strange_file_is_refused_with_its_names(source, tmp_path):
    np.savez(tmp_path / "file.npz", **{"strange.weight": np.ones((2, 2))})
    with pytest.raises(ValueError, match=rf"file.npz' cannot be converted as '{source}'"):
        convert.convert(source, tmp_path / "file.npz")


def test_unknown_names_list_the_known(files):
    with pytest.raises(ValueError, match="'simple'.*mimicry_sngan"):
        convert.convert("simple", files[0])
    with pytest.raises(ValueError, match="no option 'epsilon'.*head"):
        convert.convert("san_simple", files[0], epsilon=1e-3)


def test_the_epsilon_of_a_source_reaches_the_network(tmp_path):
    shapes = {"linear.weight": (16 * 8, 5), "output_layer.2.weight": (3, 8, 3, 3)}
    shapes |= {f"blocks.{i}.0.conv1.weight": (8, 8, 3, 3) for i in range(3)}
    shapes["blocks.0.0.bn1.gain.weight"] = (CLASSES, 8)
    tensors = draw("epsilon", shapes)
    plan = find_source("biggan_pytorch").build(tensors, epsilon=1e-3)
    assert plan.network.get_layer("normalization").epsilon == 1e-3
    assert plan.network.latent_dim == 5
    assert plan.network.num_classes == CLASSES


def test_a_pair_becomes_a_preset(files, tmp_path):
    result = convert.convert("san_simple", files[0], discriminator=files[1])
    folder = convert.save(
        result,
        tmp_path / "preset",
        data={"name": "MNIST", "license": "unknown"},
        license="MIT",
        origin="https://example.org/g.npz",
    )
    model = keras_san.SANModel.from_preset(folder)
    for network in ("generator", "discriminator"):
        for ours, theirs in zip(
            numbers(getattr(model, network)), numbers(getattr(result, network)), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7)
    assert model.generate(2, seed=0).shape == (2, 28, 28, 1)
    config = json.loads((folder / "config.json").read_text())
    assert config["license"]["weights"] == "MIT"
    assert config["data"]["name"] == "MNIST"
    card = (folder / "README.md").read_text()
    assert "https://example.org/g.npz" in card
    assert "sha256 of g.npz" in card


def test_a_generator_alone_becomes_a_preset(files, tmp_path):
    folder = convert.save(convert.convert("san_simple", files[0]), tmp_path / "alone")
    model = keras_san.SANModel.from_preset(folder)
    assert model.generate(2, labels=[0, 2]).shape == (2, 28, 28, 1)
    assert "placeholder" in (folder / "README.md").read_text()


@pytest.mark.parametrize("index", [0, 1])
def test_weights_of_one_network(files, tmp_path, index):
    result = convert.convert("san_simple", files[index])
    network = result.generator or result.discriminator
    path = convert.save(result, tmp_path / "new" / "one.weights.h5")
    expected = numbers(network)
    for weight in network.weights:
        weight.assign(0.0 * weight.value)
    network.load_weights(path)
    for ours, theirs in zip(numbers(network), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_head_is_a_choice(files):
    heads = {
        head: type(convert.convert("san_simple", files[1], head=head).discriminator.head).__name__
        for head in ("san", "dense")
    }
    assert heads == {"san": "SANProjection", "dense": "Projection"}
    with pytest.raises(ValueError, match="'sane'.*'san'"):
        convert.convert("san_simple", files[1], head="sane")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("fc.bias"), "missing fc.bias"),
        (lambda t: t.update(extra=np.ones(2)), r"unknown extra \(2,\)"),
        (lambda t: t.update({"fc.bias": np.ones(3)}), r"misshapen fc.bias \(3,\)"),
    ],
    ids=["missing", "unknown", "misshapen"],
)
def test_a_file_that_does_not_fit_writes_nothing(files, tmp_path, change, message):
    tensors = draw("g", GENERATOR)
    change(tensors)
    np.savez(files[0], **tensors)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match=message):
        convert.save(convert.convert("san_simple", files[0]), tmp_path / "preset")
    assert sorted(tmp_path.iterdir()) == before


def test_generator_and_discriminator_in_the_wrong_place(files, tmp_path):
    with pytest.raises(ValueError, match="expected the generator"):
        convert.convert("san_simple", files[1], discriminator=files[1])
    with pytest.raises(ValueError, match="expected the discriminator"):
        convert.convert("san_simple", files[0], discriminator=files[0])
    with pytest.raises(ValueError, match="needs a generator"):
        convert.save(convert.convert("san_simple", files[1]), tmp_path / "preset")
    pair = convert.convert("san_simple", files[0], discriminator=files[1])
    with pytest.raises(ValueError, match="one network"):
        convert.save(pair, tmp_path / "pair.weights.h5")


def test_standing_statistics_of_biggan_pytorch_are_sums():
    module = find_source("biggan_pytorch")
    tensors = {
        "a.bn.stored_mean": np.full(2, 12.0),
        "a.bn.stored_var": np.full(2, 8.0),
        "a.bn.accumulation_counter": np.full(1, 4.0),
        "b.bn.stored_mean": np.full(2, 12.0),
        "b.bn.accumulation_counter": np.zeros(1),
    }
    found, endings = module.batch_statistics(tensors)
    assert endings == (".bn.stored_mean", ".bn.stored_var")
    assert found["a.bn.stored_mean"][0] == 3.0
    assert found["a.bn.stored_var"][0] == 2.0
    assert found["b.bn.stored_mean"][0] == 12.0
