"""Converted networks beside the packages that their checkpoints come from, where installed.

pip install --no-deps pytorch-pretrained-biggan torch-mimicry
"""

import importlib.util
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_san import backend, convert

torch = pytest.importorskip("torch")
# The other backends are held to the saved outputs of `test_parity.py`.
pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="on torch alone")
LABELS = np.array([1, 3], "int32")
# What the packages import to download files, which nothing here does.
DOWNLOADERS = {"boto3": (), "botocore": ("botocore.exceptions",), "requests": (), "tqdm": ()}


@pytest.fixture
def package(monkeypatch):
    """Imports a module of a package without the package's `__init__`, which needs far more."""

    def load(name, module):
        found = importlib.util.find_spec(name)
        if found is None:
            pytest.skip(f"{name} is not installed")
        shell = types.ModuleType(name)
        shell.__path__ = [str(Path(found.origin).parent)]
        monkeypatch.setitem(sys.modules, name, shell)
        for absent in [n for n in DOWNLOADERS if importlib.util.find_spec(n) is None]:
            for part in (absent, *DOWNLOADERS[absent]):
                stand_in = types.ModuleType(part)
                stand_in.ClientError = stand_in.tqdm = Exception
                monkeypatch.setitem(sys.modules, part, stand_in)
        return importlib.import_module(f"{name}.{module}")

    yield load
    for name in [n for n in sys.modules if n.startswith(("pytorch_pretrained", "torch_mimicry"))]:
        del sys.modules[name]


def trained(network, *inputs):
    """The network in inference mode, with statistics and vectors as training leaves them."""
    torch.manual_seed(0)
    with torch.no_grad():
        for _ in range(3 * bool(inputs)):
            network.train()(*inputs)
        for name, tensor in network.state_dict().items():
            if "var" in name:
                tensor.uniform_(0.5, 1.5)
            elif "mean" in name or name.endswith(("bias", "gamma")):
                tensor.normal_(0, 0.3)
    return network.eval()


def check(network, inputs, expected):
    inputs = [keras.ops.convert_to_tensor(array) for array in inputs]
    found = backend.compiled(network)(inputs if len(inputs) > 1 else inputs[0])
    expected = expected.detach().numpy()
    if expected.ndim == 4:
        expected = expected.transpose(0, 2, 3, 1)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, rtol=1e-4, atol=1e-4)


def normal(*shape):
    return np.random.RandomState(0).normal(size=shape).astype("float32")


def test_hugging_face(package, tmp_path):
    module = package("pytorch_pretrained_biggan", "model")
    config = module.BigGANConfig(z_dim=5, class_embed_dim=5, channel_width=4, num_classes=4)
    theirs = trained(module.BigGAN(config))
    torch.save(theirs.state_dict(), tmp_path / "model.bin")
    found = convert.convert("huggingface_biggan_deep", tmp_path / "model.bin")
    one_hot = torch.nn.functional.one_hot(torch.tensor(LABELS).long(), 4).float()
    # Off the grid their interpolation swaps its two weights.
    for truncation, swapped in ((0.4, False), (0.43, True)):
        latents = truncation * normal(2, 5)
        found.truncation_statistics.swapped = swapped
        found.truncation_statistics.apply(found.generator, truncation)
        with torch.no_grad():
            expected = theirs(torch.tensor(latents), one_hot, truncation)
        check(found.generator, [latents, LABELS], expected)


@pytest.mark.parametrize("resolution", [32, 48])
def test_sngan(package, tmp_path, resolution):
    module = package("torch_mimicry", f"nets.sngan.sngan_{resolution}")
    generator = getattr(module, f"SNGANGenerator{resolution}")(nz=5, ngf=32)
    discriminator = getattr(module, f"SNGANDiscriminator{resolution}")(ndf=32)
    latents, images = normal(2, 5), np.tanh(normal(2, resolution, resolution, 3))
    compare(tmp_path, generator, discriminator, latents, images)


def test_projection_cgan(package, tmp_path):
    module = package("torch_mimicry", "nets.cgan_pd.cgan_pd_32")
    generator = module.CGANPDGenerator32(num_classes=4, nz=5, ngf=16)
    discriminator = module.CGANPDDiscriminator32(num_classes=4, ndf=16)
    compare(tmp_path, generator, discriminator, normal(2, 5), np.tanh(normal(2, 32, 32, 3)), LABELS)


def compare(folder, generator, discriminator, latents, images, labels=None):
    for network, inputs in ((generator, latents), (discriminator, images)):
        given = torch.tensor(inputs)
        given = [given.permute(0, 3, 1, 2) if given.ndim == 4 else given]
        given += [] if labels is None else [torch.tensor(labels).long()]
        theirs = trained(network, *given)
        torch.save({"model_state_dict": theirs.state_dict(), "global_step": 1}, folder / "n.pth")
        found = convert.convert("mimicry_sngan", folder / "n.pth")
        with torch.no_grad():
            expected = theirs(*given)
        extra = [] if labels is None else [labels]
        check(found.generator or found.discriminator, [inputs, *extra], expected)
