"""Writes `convert.npz`: small networks of other codebases, computed by plain PyTorch.

    python tests/golden/make_convert.py

It shares no code with keras_san, nor with those codebases: what each of them computes, and how it
names its tensors, is written out here, channels first. A network draws its tensors as it asks for
them, so the file holds their names and shapes, the inputs and the outputs. `tests/convert` holds
the converted networks to it, on every backend.
"""

import json
import pathlib

import numpy as np
import torch
from named_tensors import Tensors, attention, half, modulated, twice
from torch.nn import functional

CLASSES, SHARED = 4, 3
# The generator of 32 pixels that keras_san adds to the published ones, for its size: multiples of
# the width, and whether the map doubles.
DEEP_BLOCKS = [(8, 0), (8, 1), (8, 0), (4, 1), "attention", (4, 0), (2, 1)]


# BigGAN-PyTorch --------------------------------------------------------------------------------


def brock_conditional(t, x, name, condition):
    y = t.normalized(x, f"{name}.stored_mean", f"{name}.stored_var", 1e-5)
    gain, bias = (
        t.dense(condition, f"{name}.{part}", x.shape[1], "u0", bias=False)
        for part in ("gain", "bias")
    )
    return modulated(y, 1 + gain, bias)


def brock_tables(t, x, name, labels):
    y = t.normalized(x, f"{name}.stored_mean", f"{name}.stored_var", 1e-5)
    gain, bias = (
        t(f"{name}.{part}.weight", CLASSES, x.shape[1])[labels] for part in ("gain", "bias")
    )
    return modulated(y, 1 + gain, bias)


def brock_attention(t, x, name):
    return attention(
        t, x, [f"{name}.{part}" for part in ("theta", "phi", "g", "o")], t(f"{name}.gamma"), "u0"
    )


def brock_end(t, x):
    x = t.batch_norm(x, "output_layer.0", "gain", ("stored_mean", "stored_var"))
    return torch.tanh(t.convolution(torch.relu(x), "output_layer.2", 3, form="u0"))


def brock_generator(t, z, labels, widths, shared=True):
    """Hierarchical latents and a shared embedding, or tables in the blocks (CIFAR)."""
    count = len(widths) - 1
    conditions = [labels] * count
    normalization = brock_tables
    if shared:
        embedding = t("shared.weight", CLASSES, SHARED)[labels]
        z, *chunks = torch.split(z, z.shape[1] // (count + 1), 1)
        conditions = [torch.cat([embedding, chunk], 1) for chunk in chunks]
        normalization = brock_conditional
    x = t.dense(z, "linear", 16 * widths[0], "u0").reshape(len(z), widths[0], 4, 4)
    for index, condition in enumerate(conditions):
        name, filters = f"blocks.{index}.0", widths[index + 1]
        y = twice(torch.relu(normalization(t, x, f"{name}.bn1", condition)))
        y = t.convolution(y, f"{name}.conv1", filters, form="u0")
        y = torch.relu(normalization(t, y, f"{name}.bn2", condition))
        y = t.convolution(y, f"{name}.conv2", filters, form="u0")
        x = y + t.convolution(twice(x), f"{name}.conv_sc", filters, 1, "u0")
    return brock_end(t, x)


def brock_head(t, x, labels):
    x = torch.relu(x).sum((2, 3))
    rows = t.kernel("embed", (CLASSES, x.shape[1]), "u0")[labels]
    return t.dense(x, "linear", 1, "u0") + (rows * x).sum(1, keepdim=True)


def brock_discriminator(t, x, labels, widths, downsamples):
    for index, filters in enumerate(widths):
        name, down = f"blocks.{index}.0", index < downsamples
        y = t.convolution(torch.relu(x) if index else x, f"{name}.conv1", filters, form="u0")
        y = t.convolution(torch.relu(y), f"{name}.conv2", filters, form="u0")
        if down or x.shape[1] != filters:
            x = t.convolution(x, f"{name}.conv_sc", filters, 1, "u0")
        x = half(x) + half(y) if down else x + y
    return brock_head(t, x, labels)


def deep_blocks(t, x, blocks, block_names, parts, form, normalization, attend):
    """BigGAN-deep's generator blocks: `(filters, upsample)`, or `"attention"`."""
    index = 0
    for position, entry in enumerate(blocks):
        if entry == "attention":
            x = attend(t, x, index - 1, position)
            continue
        (filters, up), name = entry, block_names(index, position)
        index += 1
        hidden, y = x.shape[1] // 4, x
        for number, (bn, conv) in enumerate(parts):
            y = torch.relu(normalization(t, y, f"{name}.{bn}"))
            y = twice(y) if up and number == 1 else y
            size, made = (3, hidden) if number in (1, 2) else (1, filters if number else hidden)
            y = t.convolution(y, f"{name}.{conv}", made, size, form)
        skip = x[:, :filters]
        x = y + (twice(skip) if up else skip)
    return x


def brock_deep_generator(t, z, labels, width):
    condition = torch.cat([t("shared.weight", CLASSES, SHARED)[labels], z], 1)
    x = t.dense(condition, "linear", 128 * width, "u0").reshape(len(z), 8 * width, 4, 4)
    x = deep_blocks(
        t,
        x,
        [b if b == "attention" else (b[0] * width, b[1]) for b in DEEP_BLOCKS],
        lambda index, position: f"blocks.{index}.0",
        [(f"bn{number}", f"conv{number}") for number in range(1, 5)],
        "u0",
        lambda t, x, name: brock_conditional(t, x, name, condition),
        lambda t, x, index, position: brock_attention(t, x, f"blocks.{index}.1"),
    )
    return brock_end(t, x)


def brock_deep_discriminator(t, x, labels, width):
    x = t.convolution(x, "input_conv", width, form="u0")
    for stage, filters in enumerate((2 * width, 4 * width, 8 * width)):
        for number in (0, 1):
            name, hidden = f"blocks.{stage}.{number}", filters // 4
            y = t.convolution(torch.relu(x), f"{name}.conv1", hidden, 1, "u0")
            y = t.convolution(torch.relu(y), f"{name}.conv2", hidden, form="u0")
            y = torch.relu(t.convolution(torch.relu(y), f"{name}.conv3", hidden, form="u0"))
            x, y = (half(x), half(y)) if number == 0 else (x, y)
            if x.shape[1] != filters:
                more = t.convolution(x, f"{name}.conv_sc", filters - x.shape[1], 1, "u0")
                x = torch.cat([x, more], 1)
            x = x + t.convolution(y, f"{name}.conv4", filters, 1, "u0")
        if stage == 0:
            x = brock_attention(t, x, "blocks.0.2")
    return brock_head(t, x, labels)


# pytorch-pretrained-BigGAN ---------------------------------------------------------------------


def hugging_face(t, z, labels, width, sets, truncation):
    """`truncation` must be one of the grid."""
    row = round(truncation * (sets - 1))
    embedding = t("embeddings.weight", SHARED, CLASSES).T[labels]
    condition = torch.cat([z, embedding], 1)

    def statistics(t, x, name):
        mean, variance = (
            t(f"{name}.{part}", sets, x.shape[1])[row][:, None, None]
            for part in ("running_means", "running_vars")
        )
        return (x - mean) / torch.sqrt(variance + 1e-4)

    def normalization(t, x, name):
        y = statistics(t, x, name)
        gain, bias = (
            t.dense(condition, f"{name}.{part}", x.shape[1], "torch", bias=False)
            for part in ("scale", "offset")
        )
        return modulated(y, 1 + gain, bias)

    def attend(t, x, index, position):
        name = f"generator.layers.{position}"
        names = [f"{name}.snconv1x1_{part}" for part in ("theta", "phi", "g", "o_conv")]
        return attention(t, x, names, t(f"{name}.gamma", 1), "torch")

    x = t.dense(condition, "generator.gen_z", 128 * width, "torch")
    x = x.reshape(len(z), 4, 4, 8 * width).permute(0, 3, 1, 2)
    x = deep_blocks(
        t,
        x,
        [b if b == "attention" else (b[0] * width, b[1]) for b in DEEP_BLOCKS],
        lambda index, position: f"generator.layers.{position}",
        [(f"bn_{number}", f"conv_{number}") for number in range(4)],
        "torch",
        normalization,
        attend,
    )
    x = statistics(t, x, "generator.bn")
    gain, bias = (t(f"generator.bn.{part}", x.shape[1]) for part in ("weight", "bias"))
    x = torch.relu(x * gain[:, None, None] + bias[:, None, None])
    x = t.convolution(x, "generator.conv_to_rgb", x.shape[1], form="torch")
    return torch.tanh(x[:, :3])


# StudioGAN -------------------------------------------------------------------------------------


def studio_discriminator(t, x, labels, width):
    """The projection discriminator at 32 pixels; the ReLU before a block is in place."""
    for index in range(4):
        name, filters = f"blocks.{index}.0", 4 * width
        x = torch.relu(x) if index else x
        y = t.convolution(x, f"{name}.conv2d1", filters, form="torch")
        y = t.convolution(torch.relu(y), f"{name}.conv2d2", filters, form="torch")
        if index < 2:
            x, y = t.convolution(half(x), f"{name}.conv2d0", filters, 1, "torch"), half(y)
        x = x + y
    x = torch.relu(x).sum((2, 3))
    rows = t.kernel("embedding", (CLASSES, x.shape[1]), "torch")[labels]
    return t.dense(x, "linear1", 1, "torch") + (rows * x).sum(1, keepdim=True)


# mimicry ---------------------------------------------------------------------------------------


def mimicry_generator(t, z, labels, widths, map_size, classes):
    x = t.dense(z, "l1", map_size**2 * widths[0]).reshape(len(z), widths[0], map_size, map_size)

    def normalization(x, name):
        if not classes:
            return t.batch_norm(x, name)
        y = t.normalized(x, f"{name}.bn.running_mean", f"{name}.bn.running_var", 1e-5)
        return modulated(y, *t(f"{name}.embed.weight", classes, 2 * x.shape[1])[labels].chunk(2, 1))

    def larger(x):
        return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    for number, filters in enumerate(widths[1:], start=2):
        name = f"block{number}"
        y = larger(torch.relu(normalization(x, f"{name}.b1")))
        y = torch.relu(normalization(t.convolution(y, f"{name}.c1", filters), f"{name}.b2"))
        y = t.convolution(y, f"{name}.c2", filters)
        x = y + t.convolution(larger(x), f"{name}.c_sc", filters, 1)
    last = len(widths) + 1
    x = torch.relu(t.batch_norm(x, f"b{last}"))
    return torch.tanh(t.convolution(x, f"c{last}", 3))


def mimicry_discriminator(t, x, labels, widths, downsamples, classes, last="l5"):
    """Conditional ones use mimicry's own spectral norm in the head; the first ReLU is in place."""
    for number, filters in enumerate(widths, start=1):
        name, down, before = f"block{number}", number <= downsamples, x.shape[1]
        x = torch.relu(x) if number > 1 else x
        hidden = before if number > 1 else filters
        y = t.convolution(x, f"{name}.c1", hidden, form="torch")
        y = t.convolution(torch.relu(y), f"{name}.c2", filters, form="torch")
        if down or before != filters:
            x = t.convolution(x, f"{name}.c_sc", filters, 1, "torch")
        x = half(x) + half(y) if down else x + y
    x = torch.relu(x).sum((2, 3))
    if not classes:
        return t.dense(x, last, 1, "torch")
    rows = t.kernel("l_y", (classes, x.shape[1]), "sn_u")[labels]
    return t.dense(x, last, 1, "sn_u") + (rows * x).sum(1, keepdim=True)


# simple-san ------------------------------------------------------------------------------------


def simple_generator(t, z, labels, width, classes):
    if classes:
        z = torch.cat([z, t("emb_class.weight", classes, z.shape[1])[labels]], 1)
    x = functional.leaky_relu(t.dense(z, "fc", 36 * width)).reshape(len(z), 4 * width, 3, 3)
    for number, filters in ((0, 2 * width), (3, width)):
        x = transposed(t, x, f"g_function.{number}", filters, 4, 1)
        x = functional.silu(t.batch_norm(x, f"g_function.{number + 1}"))
    # Their images lie in [0, 1].
    return 2 * torch.sigmoid(transposed(t, x, "g_function.6", 1, 6, 0)) - 1


def transposed(t, x, name, filters, size, padding):
    kernel, bias = t(f"{name}.weight", x.shape[1], filters, size, size), t(f"{name}.bias", filters)
    return functional.conv_transpose2d(x, kernel, bias, stride=2, padding=padding)


def simple_discriminator(t, x, labels, width, classes):
    kernel, bias = t("h_function.0.weight", width, 1, 6, 6), t("h_function.0.bias", width)
    x = functional.leaky_relu(functional.conv2d((x + 1) / 2, kernel, bias, stride=2), 0.2)
    for number, filters in ((2, 2 * width), (4, 4 * width)):
        name = f"h_function.{number}"
        kernel = t.kernel(name, (filters, x.shape[1], 4, 4), "torch")
        x = functional.conv2d(x, kernel, t(f"{name}.bias", filters), stride=2, padding=1)
        x = functional.leaky_relu(x, 0.2)
    rows = t("fc_w", classes or 1, 36 * width)
    return (x.flatten(1) * (rows[labels] if classes else rows)).sum(1, keepdim=True)


# The file --------------------------------------------------------------------------------------

# Case: source, network, its widths or width, length of the latents or size of the images, classes.
CASES = {
    "cifar_generator": ("biggan_pytorch", brock_generator, ([8] * 4, False), 5, True),
    "cifar_discriminator": ("biggan_pytorch", brock_discriminator, ([8] * 4, 2), 32, True),
    "biggan_generator": ("biggan_pytorch", brock_generator, ([8] * 4,), 8, True),
    "deep_generator": ("biggan_pytorch", brock_deep_generator, (4,), 5, True),
    "deep_discriminator": ("biggan_pytorch", brock_deep_discriminator, (4,), 32, True),
    "hugging_face": ("huggingface_biggan_deep", hugging_face, (4, 6, 1.0), 5, True),
    "hugging_face_truncated": ("huggingface_biggan_deep", hugging_face, (4, 6, 0.4), 5, True),
    "studio_discriminator": ("studiogan_biggan", studio_discriminator, (2,), 32, True),
    "sngan_generator": ("mimicry_sngan", mimicry_generator, ([32, 16, 8, 4], 6, 0), 5, False),
    "sngan_discriminator": (
        "mimicry_sngan",
        mimicry_discriminator,
        ([4, 8, 16, 32, 64], 4, 0),
        48,
        False,
    ),
    "projection_generator": ("mimicry_sngan", mimicry_generator, ([8] * 4, 4, CLASSES), 5, True),
    "projection_discriminator": (
        "mimicry_sngan",
        mimicry_discriminator,
        ([8] * 4, 2, CLASSES),
        32,
        True,
    ),
    "simple_generator": ("san_simple", simple_generator, (4, CLASSES), 5, True),
    "simple_discriminator": ("san_simple", simple_discriminator, (4, CLASSES), 28, True),
    "simple_discriminator_unconditional": ("san_simple", simple_discriminator, (4, 0), 28, False),
}


def run(case):
    """The arrays of a case: what it is as JSON, inputs, and every fourth pixel of the output."""
    source, network, arguments, size, conditional = CASES[case]
    random = np.random.RandomState(3)
    labels = np.array([1, 3])
    if case.endswith(("discriminator", "unconditional")):
        channels = 1 if size == 28 else 3
        inputs = random.uniform(-1, 1, (2, size // 4, size // 4, channels)).astype("float32")
        given = torch.tensor(inputs.repeat(4, 1).repeat(4, 2)).permute(0, 3, 1, 2)
    else:
        inputs = random.normal(size=(2, size)).astype("float32")
        given = torch.tensor(inputs)
    # Cases of one network share their tensors.
    tensors = Tensors(case.removesuffix("_truncated"))
    outputs = network(tensors, given, torch.tensor(labels), *arguments)
    if outputs.ndim == 4:
        outputs = outputs.permute(0, 2, 3, 1)[:, ::4, ::4]
    shapes = {name: array.shape for name, array in tensors.arrays.items()}
    description = {"source": source, "draws": tensors.case, "shapes": shapes}
    return {
        case: np.array(json.dumps(description)),
        f"{case}/inputs": inputs,
        f"{case}/labels": labels if conditional else np.zeros(0, "int64"),
        f"{case}/outputs": outputs.numpy(),
    }


def main():
    """Writes the file beside this script."""
    arrays = {}
    for case in CASES:
        arrays |= run(case)
        outputs = arrays[f"{case}/outputs"]
        print(f"{case}: {outputs.shape}, {outputs.min():.3f} to {outputs.max():.3f}")
    path = pathlib.Path(__file__).with_name("convert.npz")
    np.savez_compressed(path, **arrays)
    print(f"wrote {path} ({path.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
