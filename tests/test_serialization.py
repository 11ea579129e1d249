import io
import json
import os
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbook.activations import GELU, Identity, ReLU, Sigmoid, Tanh
from nnbook.layers import Linear
from nnbook.mlp import MLP
from nnbook.serialization import load_model, save_model

RNG = np.random.default_rng(0)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.npz"
    save_model(MLP([3, 4, 2], activation=Tanh, rng=RNG), path)
    return path


def rewrite(path, **changes):
    """Store the same file with another header or other arrays; None removes an array."""
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays.pop("header").tobytes())
    arrays["parameters"] = changes.pop("parameters", arrays["parameters"])
    header = {name: value for name, value in (header | changes).items() if value is not ...}
    arrays = {name: value for name, value in arrays.items() if value is not None}
    np.savez(path, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)


@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=4),
    st.sampled_from([Identity, ReLU, Tanh, Sigmoid, GELU]),
    st.sampled_from([Identity, Sigmoid]),
    st.sampled_from([np.float32, np.float64]),
)
def test_round_trip(tmp_path_factory, sizes, activation, output_activation, dtype):
    path = tmp_path_factory.mktemp("model") / "model.npz"
    model = MLP(
        sizes,
        activation=activation,
        output_activation=output_activation,
        dtype=dtype,
        rng=np.random.default_rng(0),
    )
    save_model(model, path, metadata={"accuracy": 0.97, "classes": ["no", "ja", "是"]})
    loaded, metadata = load_model(path)
    assert metadata == {"accuracy": 0.97, "classes": ["no", "ja", "是"]}
    assert repr(loaded) == repr(model)
    assert loaded.dtype == dtype
    assert np.array_equal(loaded.parameters, model.parameters)
    x = np.ones((2, sizes[0]), dtype)
    assert np.array_equal(loaded(x), model(x))


def test_what_is_stored_is_plain_data(saved):
    with np.load(saved, allow_pickle=False) as file:
        assert sorted(file.files) == ["header", "parameters"]


def test_any_file_name_is_kept(tmp_path):
    save_model(MLP([2, 1], rng=RNG), str(tmp_path / "no ending"))
    assert os.listdir(tmp_path) == ["no ending"]
    load_model(tmp_path / "no ending")


def test_a_new_file_replaces_the_old_one(saved):
    save_model(MLP([2, 1], rng=RNG), saved)
    assert load_model(saved)[0].sizes == [2, 1]


def test_a_failed_save_leaves_the_old_file_and_no_other(saved):
    before = saved.read_bytes()
    with pytest.raises(TypeError, match="metadata must be plain numbers, strings, lists and dictionaries"):
        save_model(MLP([2, 1], rng=RNG), saved, metadata={"x": np.ones(2)})
    with pytest.raises(
        TypeError, match=r"save_model stores an MLP, a Transformer or a SequenceClassifier; got Linear."
    ):
        save_model(Linear(2, 1, rng=RNG), saved)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == ["model.npz"]


def test_others_may_read_what_they_may_read_elsewhere(saved, tmp_path):
    (tmp_path / "plain").touch()
    assert saved.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_an_activation_of_ones_own_is_refused_when_saving(tmp_path):
    class Mine(Tanh):
        pass

    with pytest.raises(TypeError, match="save_model knows the activations of nnbook only; got Mine"):
        save_model(MLP([2, 2, 1], activation=Mine, rng=RNG), tmp_path / "model.npz")
    assert os.listdir(tmp_path) == []


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "nothing.npz")


# damaged, foreign, newer: always a ValueError that names the file


def not_npz(path):
    path.write_text("Dear reader")


def empty(path):
    path.write_bytes(b"")


def truncated(path):
    path.write_bytes(path.read_bytes()[:-40])


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped_byte(path):
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        info = archive.getinfo("parameters.npy")
    data[info.header_offset + 120] ^= 0xFF
    path.write_bytes(bytes(data))


def foreign_npz(path):
    np.savez(path, weights=np.ones(3))


def foreign_npz_with_header(path):
    np.savez(path, header=np.frombuffer(b'{"format": "other"}', np.uint8))


def single_array(path):
    with open(path, "wb") as file:
        np.save(file, np.ones(3))


def pickled(path):
    np.savez(path, header=np.array([{"format": "nnbook-model"}], dtype=object))


DAMAGED = {
    "not an npz": (not_npz, "is not a model file of this book, or it is damaged"),
    "empty": (empty, "is not a model file of this book, or it is damaged"),
    "truncated": (truncated, "is not a model file of this book, or it is damaged"),
    "cut in half": (cut_in_half, "is not a model file of this book, or it is damaged"),
    "one byte flipped": (flipped_byte, "is not a model file of this book, or it is damaged"),
    "other npz": (foreign_npz, "is not a model file of this book, or it is damaged"),
    "other header": (foreign_npz_with_header, "is an .npz file, but not a model of this book"),
    "a single array": (single_array, "is not a model file of this book, or it is damaged"),
    "pickled header": (pickled, "is not a model file of this book, or it is damaged"),
    "newer": (
        lambda p: rewrite(p, version=2),
        "has format version 2; this nnbook reads version 1. Update nnbook.",
    ),
    "unknown activation": (
        lambda p: rewrite(p, activation="Cube"),
        "not a usable model file: its header lacks",
    ),
    "no sizes": (
        lambda p: rewrite(p, sizes=...),
        "not a usable model file: its header lacks or garbles 'sizes'",
    ),
    "wrong sizes": (
        lambda p: rewrite(p, sizes=[3, 4, 9]),
        r"expected 61 finite parameters, got shape \(26,\)",
    ),
    "sizes as text": (lambda p: rewrite(p, sizes="34"), "not a usable model file"),
    "absurd sizes": (lambda p: rewrite(p, sizes=[10**9, 10**9]), "not a usable model file"),
    "integer format": (lambda p: rewrite(p, dtype="int32"), "not a usable model file"),
    "no metadata": (
        lambda p: rewrite(p, metadata=...),
        "not a usable model file: its header lacks or garbles 'meta",
    ),
    "no parameters": (lambda p: rewrite(p, parameters=None), "lacks or garbles 'parameters'"),
    "NaN": (
        lambda p: rewrite(p, parameters=np.full(26, np.nan)),
        "is damaged: expected 26 finite parameters",
    ),
    "words": (
        lambda p: rewrite(p, parameters=np.array(["a"] * 26)),
        "is damaged: expected 26 finite parameters",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_is_no_model(saved, name):
    damage, sentence = DAMAGED[name]
    damage(saved)
    with pytest.raises(ValueError, match=sentence) as caught:
        load_model(saved)
    assert "model.npz" in str(caught.value)
