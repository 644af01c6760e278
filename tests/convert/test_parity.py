"""Converted networks compute what the networks of other codebases compute.

`tests/golden/make_convert.py` wrote the file; it shares no code with the library.
"""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from drawn_tensors import draw

from keras_san import backend, convert
from keras_san.layers import SpectralNormalization

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "convert.npz")
TRUNCATED = "hugging_face_truncated"
CASES = [name for name in GOLDEN.files if "/" not in name and name != TRUNCATED]
TRUNCATION = 0.4
# Of the network of 32 pixels: its blocks, and the place of attention among them.
BLOCKS, ATTENTION = 6, 4


def tensors_of(case):
    """The source and the state dictionary of a case."""
    description = json.loads(str(GOLDEN[case]))
    return description["source"], draw(description["draws"], description["shapes"])


def converted(case, folder):
    source, tensors = tensors_of(case)
    np.savez(folder / "file.npz", **tensors)
    return convert.convert(source, folder / "file.npz")


def outputs(network, case):
    """What the network makes of the golden inputs, every fourth pixel of images."""
    inputs = GOLDEN[f"{case}/inputs"]
    if inputs.ndim == 4:
        inputs = inputs.repeat(4, 1).repeat(4, 2)
    labels = GOLDEN[f"{case}/labels"].astype("int32")
    given = [keras.ops.convert_to_tensor(array) for array in (inputs, labels)[: 1 + len(labels)]]
    result = backend.compiled(network)(given if len(labels) else given[0])
    result = keras.ops.convert_to_numpy(result)
    return result[:, ::4, ::4] if result.ndim == 4 else result


def check(network, case):
    expected = GOLDEN[f"{case}/outputs"]
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(outputs(network, case), expected, rtol=0, atol=1e-4 * scale)


@pytest.mark.parametrize("case", CASES)
def test_the_outputs_agree(case, tmp_path):
    found = converted(case, tmp_path)
    check(found.generator or found.discriminator, case)
    if found.truncation_statistics is not None:
        found.truncation_statistics.apply(found.generator, TRUNCATION)
        check(found.generator, TRUNCATED)


def test_the_dense_head_of_simple_san_scores_alike(tmp_path):
    for case in ("simple_discriminator", "simple_discriminator_unconditional"):
        source, tensors = tensors_of(case)
        np.savez(tmp_path / "file.npz", **tensors)
        network = convert.convert(source, tmp_path / "file.npz", head="dense").discriminator
        np.testing.assert_allclose(outputs(network, case), GOLDEN[f"{case}/outputs"], atol=1e-4)


def test_variables_of_tf_hub_give_the_network_of_hugging_face(tmp_path):
    _, tensors = tensors_of("hugging_face")
    hub = {}
    for name in [name for name in tensors if name.endswith(".weight_u")]:
        # Their converter did half an iteration from the stored vector, and stored both.
        layer = name.removesuffix(".weight_u")
        kernel = tensors[f"{layer}.weight_orig"]
        matrix, vector = kernel.reshape(len(kernel), -1), tensors[name]
        right = unit(vector @ matrix)
        tensors[f"{layer}.weight_v"], tensors[name] = right, unit(matrix @ right)
        hub[f"{hub_name(layer)}/u0"] = vector[None]
    for name, tensor in tensors.items():
        hub |= hub_variable(name, tensor)
    np.savez(tmp_path / "hub.npz", **{f"module/{name}:0": array for name, array in hub.items()})
    np.savez(tmp_path / "face.npz", **tensors)
    found = convert.convert("tfhub_biggan_deep", tmp_path / "hub.npz")
    expected = convert.convert("huggingface_biggan_deep", tmp_path / "face.npz")
    for ours, theirs in zip(weights_of(found), weights_of(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    for sets in ("means", "variances"):
        pairs = (getattr(each.truncation_statistics, sets) for each in (found, expected))
        for ours, theirs in zip(*pairs, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def unit(vector):
    return vector / np.linalg.norm(vector)


def weights_of(result):
    """All weights, with kernels as they are used in place of kernel and vector."""
    generator, kernels, used = result.generator, [], set()
    for layer in generator._flatten_layers():
        if isinstance(layer, SpectralNormalization):
            kernels.append(layer.normalized_kernel())
            used |= {id(layer.kernel), id(layer.vector)}
    rest = [weight for weight in generator.weights if id(weight) not in used]
    return [keras.ops.convert_to_numpy(array) for array in (*kernels, *rest)]


PARTS = {
    "gen_z": "GenZ/G_linear",
    "bn": "BatchNorm",
    "conv_to_rgb": "conv_to_rgb",
    "scale": "scale",
    "offset": "offset",
}


def hub_name(layer):
    """The name on TF-Hub of a layer of Hugging Face's."""
    parts = layer.split(".")
    if parts[0] == "embeddings":
        return "linear"
    if parts[1] != "layers":
        return f"Generator/{PARTS[parts[1]]}"
    position = int(parts[2])
    if position == ATTENTION:
        return "/".join(["Generator/attention", *(p.split("x1_")[1] for p in parts[3:])])
    block = position - (position > ATTENTION)
    numbered = [f"Generator/GBlock_{block}" if block else "Generator/GBlock"]
    for part in parts[3:]:
        kind, _, number = part.partition("_")
        names = {"conv": f"conv{number}", "bn": f"BatchNorm_{number}".removesuffix("_0")}
        numbered.append(names.get(kind, part))
    return "/".join(numbered)


def hub_variable(name, tensor):
    """The variable, or the constant of the graph, that a tensor of Hugging Face's came from."""
    layer, _, kind = name.rpartition(".")
    if kind in ("weight_u", "weight_v"):
        return {}
    if kind.startswith("running"):
        parts = layer.split(".")
        position = 0 if parts[1] == "bn" else int(parts[2])
        block = BLOCKS if parts[1] == "bn" else position - (position > ATTENTION)
        number = 4 * block + (int(parts[3][-1]) if len(parts) > 3 else 0)
        return {f"stack_{5 * number + (1 if kind == 'running_means' else 3)}": tensor}
    if tensor.ndim == 4:
        tensor = tensor.transpose(2, 3, 1, 0)
    elif tensor.ndim == 2:
        tensor = tensor.T
    variables = {"weight_orig": "w", "weight": "w", "bias": "b", "gamma": "gamma"}
    if layer == "generator.bn":
        variables = {"weight": "scale", "bias": "offset"}
        tensor = tensor.reshape(1, 1, 1, -1)
    averaged = f"{hub_name(layer)}/{variables[kind]}/ema_0.9999"
    # Beside every average lies the weight as it was trained.
    return {averaged: tensor, averaged.removesuffix("/ema_0.9999"): tensor + 1.0}
