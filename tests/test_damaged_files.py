"""Stored models that are damaged or lie, of the newer kinds: refused with a sentence, and never unpickled."""

import json
import pickle
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbook.dialogue.understand import STORED, load_robots
from nnbook.driving import stored
from nnbook.exchange import load_safetensors, save_safetensors
from nnbook.mlp import MLP
from nnbook.recurrent import SequenceClassifier
from nnbook.sequence_dropout import SequenceDropout
from nnbook.serialization import load_model, read_arrays, save_model, write_arrays
from nnbook.transformer import Transformer


def rng():
    return np.random.default_rng(0)


def attempt(load):
    """(what was loaded, ""), or (None, the sentence that refuses)."""
    try:
        return load(), ""
    except ValueError as error:
        return None, str(error)


def small_models():
    dropout = SequenceDropout("naive", 0.5, rng=rng())
    return {
        "MLP": MLP([3, 4, 2], rng=rng()),
        "Transformer": Transformer(11, 8, 2, 1, 6, rng=rng()),
        "SequenceClassifier": SequenceClassifier(11, 3, 4, 2, dropout=dropout, rng=rng()),
    }


def rewrite(path, change, **arrays):
    header, old = read_arrays(path)
    change(header)
    write_arrays(path, header, **{**old, **arrays})


LIES = [None, -1, 0, 1.5, 10**9, 10**30, 1e400, "3", [], {}, True, ["naive"], ["naive", 2.0], ["odd", 0.1]]


@pytest.mark.parametrize("lie", LIES, ids=repr)
@pytest.mark.parametrize("kind", ["MLP", "Transformer", "SequenceClassifier"])
def test_a_header_that_lies_is_refused_at_once(tmp_path, kind, lie):
    path, model = tmp_path / "m.npz", small_models()[kind]
    save_model(model, path)
    header, _ = read_arrays(path)
    places = header["sizes"] if kind == "MLP" else header["settings"]
    keys = range(len(places)) if kind == "MLP" else list(places)
    for key in keys:
        save_model(model, path)

        def tell(header, key=key):
            (header["sizes"] if kind == "MLP" else header["settings"])[key] = lie

        rewrite(path, tell)
        start = time.perf_counter()
        loaded, refusal = attempt(lambda: load_model(path)[0])
        # a lie may change no number of parameters: one head instead of two
        assert str(path) in refusal or loaded.n_parameters == model.n_parameters
        assert time.perf_counter() - start < 2.0


@pytest.mark.parametrize("settings", [None, [], {}, "all", 7])
def test_settings_of_another_kind_are_refused(tmp_path, settings):
    path = tmp_path / "m.npz"
    save_model(small_models()["SequenceClassifier"], path)
    rewrite(path, lambda header: header.update(settings=settings))
    with pytest.raises(ValueError, match="not a usable model file"):
        load_model(path)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a file ran a program",))


@pytest.mark.parametrize("load", [load_model, load_robots])
def test_a_pickle_is_never_opened(tmp_path, load):
    (tmp_path / "plain").write_bytes(pickle.dumps(Bomb()))
    np.savez(tmp_path / "inside.npz", header=np.array([Bomb()], dtype=object))
    for name in ("plain", "inside.npz"):
        with pytest.raises(ValueError, match="not a model file of this book"):
            load(tmp_path / name)


def edited_robots(path, change):
    header, arrays = read_arrays(STORED)
    change(header, arrays)
    write_arrays(path, header, **arrays)
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda header, arrays: header.pop("models"),
        lambda header, arrays: header["models"].pop("home_zh"),
        lambda header, arrays: header["models"]["home_en"].update(threshold="high"),
        lambda header, arrays: header["models"]["home_en"].update(threshold=float("nan")),
        lambda header, arrays: header["models"]["home_en"].update(labels=["unlock_door"] * 11),
        lambda header, arrays: arrays.pop("service_en_scales"),
        lambda header, arrays: arrays.update(home_en_weights=arrays["home_en_weights"][:, :3]),
        lambda header, arrays: arrays.update(home_en_scales=np.full(11, np.nan, np.float32)),
        lambda header, arrays: arrays.update(home_en_bias=np.array(["a"] * 11)),
    ],
)
def test_damaged_robots_are_refused(tmp_path, change):
    with pytest.raises(ValueError, match="not a usable file of robots"):
        load_robots(edited_robots(tmp_path / "robots.npz", change))


def test_robots_that_are_only_copied_are_read(tmp_path):
    path = edited_robots(tmp_path / "robots.npz", lambda header, arrays: None)
    assert load_robots(path)["home", "en"].threshold == load_robots()["home", "en"].threshold


def test_a_foreign_network_does_not_drive(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "FOLDER", tmp_path)
    for name in ("reader", "dagger"):
        save_model(MLP([3, 4, 2], rng=rng()), tmp_path / f"{name}.npz")
    for load in (stored.load_reader, stored.load_imitator):
        with pytest.raises(ValueError, match="must hold an MLP from"):
            load()
    (tmp_path / "reader.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ValueError, match="damaged"):
        stored.load_reader()


# ---------------------------------------------------------------------------------------- safetensors
def write(path, header, numbers=b"0" * 8):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + numbers)
    return path


def entry(**change):
    return {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **change}


@pytest.mark.parametrize(
    "header",
    [
        {"w": entry(shape=[-1])},  # NumPy would guess
        {"w": entry(shape=[2.0])},
        {"w": entry(shape=[True, 2])},
        {"w": entry(shape=2)},
        {"w": entry(shape=[10**30])},
        {"w": entry(data_offsets=[8, 0])},
        {"w": entry(data_offsets=[-8, 0])},
        {"w": entry(data_offsets=[0.0, 8.0])},
        {"w": entry(data_offsets=[0, 8, 9])},
        {"w": entry(data_offsets=[0, 10**30])},
        {"w": entry(shape=[1], data_offsets=[4, 8])},  # a gap in which something may hide
        {"w": entry(shape=[1], data_offsets=[0, 4])},  # something behind the end
        {"v": entry(), "w": entry()},  # both read the same bytes: a small file, a huge memory
        {"w": entry(dtype=["F32"])},
        {"w": entry(dtype="O")},
        {"w": entry(more=1)},
        {"w": None},
        {},
        b"[" * 100_000,
        b'{"w": ' * 5000,
        b"\xff\xfe{}",
    ],
)
def test_a_lying_safetensors_header_is_refused(tmp_path, header):
    with pytest.raises(ValueError, match="damaged, or no safetensors file"):
        load_safetensors(write(tmp_path / "w", header))


def test_names_are_only_names(tmp_path):
    arrays = {"../../outside": np.ones(2), "/etc/passwd": np.ones(1), "": np.ones(1), "重\x00😀": np.ones(3)}
    save_safetensors(arrays, tmp_path / "w")
    assert load_safetensors(tmp_path / "w").keys() == arrays.keys()
    assert [file.name for file in tmp_path.iterdir()] == ["w"]


@pytest.mark.parametrize("arrays", [{"__metadata__": np.ones(1)}, {1: np.ones(1)}, [np.ones(1)], None])
def test_what_could_not_be_read_back_is_not_written(tmp_path, arrays):
    with pytest.raises(TypeError, match="must"):
        save_safetensors(arrays, tmp_path / "w")
    assert not (tmp_path / "w").exists()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("safe") / "w"
    save_safetensors({"w": np.arange(6.0).reshape(2, 3), "b": np.ones(3, np.float32)}, path)
    return path.read_bytes()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_damaged_byte_or_cut_is_refused_or_changes_numbers_only(tmp_path_factory, whole, data):
    path = tmp_path_factory.mktemp("damaged") / "w"
    broken = bytearray(whole)
    broken[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for candidate in (bytes(broken), whole[:cut]):
        path.write_bytes(candidate)
        arrays, refusal = attempt(lambda: load_safetensors(path))
        ours = "damaged, or no safetensors file" in refusal
        assert ours or sum(array.nbytes for array in arrays.values()) == 60
