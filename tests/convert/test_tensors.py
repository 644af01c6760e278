"""Files of tensors: every kind reads alike, and none runs code."""

import pickle
import sys

import numpy as np
import pytest

from keras_san.convert import read_tensors

TENSORS = {
    "fc.weight": np.arange(6, dtype="float32").reshape(2, 3),
    "fc.bias": np.ones(2, "float32"),
}


class Thief:
    """Pickles as a call."""

    def __reduce__(self):
        return print, ("this must not run",)


def check(found):
    assert found.keys() == TENSORS.keys()
    for name, array in TENSORS.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], array)


def test_npz(tmp_path):
    np.savez(tmp_path / "file.npz", **TENSORS)
    check(read_tensors(tmp_path / "file.npz"))


def test_safetensors(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    numpy.save_file(TENSORS, tmp_path / "file.safetensors")
    check(read_tensors(str(tmp_path / "file.safetensors")))
    (tmp_path / "file.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="not a readable safetensors file"):
        read_tensors(tmp_path / "file.safetensors")


@pytest.mark.parametrize("key", [None, "state_dict", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_torch(tmp_path, key, prefix):
    torch = pytest.importorskip("torch")
    content = {prefix + name: torch.tensor(array) for name, array in TENSORS.items()}
    content = content if key is None else {key: content, "optimizer": {"state": {}}, "step": 3}
    torch.save(content, tmp_path / "file.pth")
    check(read_tensors(tmp_path / "file.pth"))


def test_parameters_are_read_as_tensors(tmp_path):
    torch = pytest.importorskip("torch")
    parameters = {name: torch.nn.Parameter(torch.tensor(a)) for name, a in TENSORS.items()}
    torch.save(parameters, tmp_path / "file.pth")
    check(read_tensors(tmp_path / "file.pth"))


def test_half_precision_is_read_as_float32(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"w": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "file.pt")
    assert read_tensors(tmp_path / "file.pt")["w"].dtype == np.float32


@pytest.mark.parametrize("content", [b"junk\n", b"PK\x03\x04", b"", b"\x80\x02}q\x00."])
def test_a_damaged_torch_file_is_refused(tmp_path, content):
    pytest.importorskip("torch")
    (tmp_path / "file.pth").write_bytes(content)
    with pytest.raises(ValueError, match="file.pth"):
        read_tensors(tmp_path / "file.pth")


def test_code_in_a_torch_file_is_refused(tmp_path, capsys):
    torch = pytest.importorskip("torch")
    torch.save({"w": torch.ones(2), "thief": Thief()}, tmp_path / "file.pth")
    with pytest.raises(ValueError, match=r"state_dict\(\)"):
        read_tensors(tmp_path / "file.pth")
    assert "must not run" not in capsys.readouterr().out


def test_a_torch_file_without_names_is_refused(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save([torch.ones(2)], tmp_path / "file.pth")
    with pytest.raises(ValueError, match="no state dictionary"):
        read_tensors(tmp_path / "file.pth")


def test_code_in_an_npz_file_is_refused(tmp_path, capsys):
    np.savez(tmp_path / "file.npz", thief=np.array([Thief()], dtype=object))
    with pytest.raises(ValueError, match="numbers"):
        read_tensors(tmp_path / "file.npz")
    assert "must not run" not in capsys.readouterr().out


def test_a_plain_pickle_is_refused(tmp_path, capsys):
    pytest.importorskip("torch")
    (tmp_path / "file.bin").write_bytes(pickle.dumps(Thief(), protocol=2))
    with pytest.raises(ValueError, match="not a file of tensors"):
        read_tensors(tmp_path / "file.bin")
    assert "must not run" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("suffix", "library"), [(".pth", "torch"), (".safetensors", "safetensors.numpy")]
)
def test_a_missing_library_is_named(tmp_path, monkeypatch, suffix, library):
    path = tmp_path / f"file{suffix}"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=r"pip install"):
        read_tensors(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        read_tensors(tmp_path / "file.pth")
