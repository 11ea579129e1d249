import json

import numpy as np
import pytest

from nnbook.layers import Linear
from nnbook.mlp import MLP
from nnbook.serialization import (
    load_model,
    quantized_as_json,
    read_arrays,
    save_model,
    save_quantized,
    to_int8,
    write_arrays,
)
from nnbook.transformer import Transformer


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    model = Transformer(11, 8, 2, 2, 6, dropout=0.1, rng=rng)
    model.parameters += rng.normal(0, 0.3, model.n_parameters)
    return model


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_saved_and_loaded_bit_by_bit(model, dtype, tmp_path):
    other = Transformer(**model.settings, dtype=dtype, rng=np.random.default_rng(1))
    save_model(other, tmp_path / "model.npz", metadata={"text": "三国"})
    again, metadata = load_model(tmp_path / "model.npz")
    assert again.dtype == dtype
    assert again.settings == model.settings
    assert metadata == {"text": "三国"}
    np.testing.assert_array_equal(again.parameters, other.parameters)


@pytest.mark.parametrize("kind", [{"positions": "rotary", "window": 3}, {"positions": "none"}], ids=str)
def test_positions_and_window_are_kept(kind, tmp_path):
    model = Transformer(11, 8, 2, 2, 100_000, rng=np.random.default_rng(0), **kind)
    save_model(model, tmp_path / "model.npz")
    again, _ = load_model(tmp_path / "model.npz")
    tokens = np.array([[1, 2, 3, 4, 5]])
    np.testing.assert_array_equal(again(tokens), model(tokens))
    save_quantized(model, tmp_path / "small.npz")
    assert load_model(tmp_path / "small.npz")[0].settings == model.settings
    with pytest.raises(ValueError, match="knows learned positions"):
        quantized_as_json(tmp_path / "small.npz")


def test_a_file_from_before_positions_could_be_chosen_is_read(model, tmp_path):
    save_model(model, tmp_path / "model.npz")
    header, arrays = read_arrays(tmp_path / "model.npz")
    del header["settings"]["positions"], header["settings"]["window"]
    write_arrays(tmp_path / "old.npz", header, **arrays)
    np.testing.assert_array_equal(load_model(tmp_path / "old.npz")[0].parameters, model.parameters)


def test_int8_is_off_by_half_a_scale_at_most(model, tmp_path):
    save_quantized(model, tmp_path / "model.npz")
    again, _ = load_model(tmp_path / "model.npz")
    assert again.dtype == np.float32
    for leaf, stored in zip(model._leaves(), again._leaves(), strict=True):
        for name, array in leaf.params.items():
            half = np.abs(array).max(axis=0) / 254 if array.ndim == 2 else 0
            assert (np.abs(stored.params[name] - array) <= half * 1.001 + 1e-7).all()


def test_int8_keeps_the_logits_close_and_takes_a_quarter_of_the_space(tmp_path):
    model = Transformer(65, 64, 4, 2, 32, dtype=np.float32, rng=np.random.default_rng(0))
    save_model(model, tmp_path / "whole.npz")
    save_quantized(model, tmp_path / "small.npz")
    again, _ = load_model(tmp_path / "small.npz")
    tokens = np.random.default_rng(1).integers(0, 65, (4, 32))
    logits = model.forward(tokens)
    assert np.abs(again.forward(tokens) - logits).max() < 0.05 * logits.std()
    assert (tmp_path / "small.npz").stat().st_size < 0.3 * (tmp_path / "whole.npz").stat().st_size


def test_storing_twice_changes_nothing_more(model, tmp_path):
    save_quantized(model, tmp_path / "once.npz")
    once, _ = load_model(tmp_path / "once.npz")
    save_quantized(once, tmp_path / "twice.npz")
    twice, _ = load_model(tmp_path / "twice.npz")
    np.testing.assert_allclose(twice.parameters, once.parameters, rtol=1e-6)


def test_a_column_of_zeros_stays_zero(model, tmp_path):
    model.head.params["weight"][:, 3] = 0
    save_quantized(model, tmp_path / "model.npz")
    again, _ = load_model(tmp_path / "model.npz")
    np.testing.assert_array_equal(again.head.params["weight"][:, 3], 0)


def test_what_a_page_gets(model, tmp_path):
    save_quantized(model, tmp_path / "model.npz", metadata={"a": 1})
    page = json.loads(json.dumps(quantized_as_json(tmp_path / "model.npz")))
    assert page["settings"]["vocab_size"] == 11
    assert page["metadata"] == {"a": 1}
    assert len(page["integers"]) == pytest.approx(model.n_parameters * 4 / 3, rel=0.15)
    save_model(model, tmp_path / "whole.npz")
    with pytest.raises(ValueError, match="not written by save_quantized"):
        quantized_as_json(tmp_path / "whole.npz")


@pytest.mark.parametrize("save", [save_model, save_quantized])
def test_other_layers_are_refused_and_nothing_is_overwritten(save, model, tmp_path):
    path = tmp_path / "model.npz"
    save(model, path)
    before = path.read_bytes()
    with pytest.raises(TypeError, match=r"stores .*; got Linear"):
        save(Linear(2, 2, rng=np.random.default_rng(0)), path)
    with pytest.raises(TypeError, match="metadata"):
        save(model, path, metadata={"x": object()})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_mlp_is_not_quantized(tmp_path):
    with pytest.raises(TypeError, match="got MLP"):
        save_quantized(MLP([2, 2], rng=np.random.default_rng(0)), tmp_path / "model.npz")


@pytest.mark.parametrize("save", [save_model, save_quantized])
@pytest.mark.parametrize("damage", ["half", "nothing", "noise", "bit"])
def test_a_damaged_file_gets_a_sentence(save, damage, model, tmp_path):
    path = tmp_path / "model.npz"
    save(model, path)
    data = bytearray(path.read_bytes())
    if damage == "bit":
        data[len(data) // 2] ^= 1
    path.write_bytes(
        {"half": data[: len(data) // 2], "nothing": b"", "noise": b"noise" * 99, "bit": data}[damage]
    )
    with pytest.raises(ValueError, match="damaged"):
        load_model(path)


def change(path, edit):
    header, arrays = read_arrays(path)
    edit(header, arrays)
    write_arrays(path, header, **arrays)


@pytest.mark.parametrize(
    "edit",
    [
        lambda header, arrays: header.pop("settings"),
        lambda header, arrays: header["settings"].pop("d_model"),
        lambda header, arrays: header["settings"].update(d_model="many"),
        lambda header, arrays: header["settings"].update(vocab_size=12),
        lambda header, arrays: header["settings"].update(surprise=1),
        lambda header, arrays: header.update(dtype="text"),
        lambda header, arrays: arrays.pop("scales"),
        lambda header, arrays: arrays.update(vectors=arrays["vectors"][:-1]),
        lambda header, arrays: arrays.update(integers=np.append(arrays["integers"], np.int8(1))),
        lambda header, arrays: arrays["scales"].fill(np.nan),
        lambda header, arrays: header.update(kind="Oracle"),
    ],
)
def test_a_garbled_file_gets_a_sentence(edit, model, tmp_path):
    path = tmp_path / "model.npz"
    save_quantized(model, path)
    change(path, edit)
    with pytest.raises(ValueError, match=r"usable model file|damaged"):
        load_model(path)


def test_a_foreign_npz_gets_a_sentence(tmp_path):
    np.savez(tmp_path / "foreign.npz", a=np.ones(3))
    with pytest.raises(ValueError, match=r"not a model (file )?of this book"):
        load_model(tmp_path / "foreign.npz")


def test_int8_is_within_half_a_step():
    weight = np.random.default_rng(0).normal(size=(9, 4))
    weight[:, 2] = 0
    integers, scale = to_int8(weight)
    assert np.abs(integers * scale.astype(float) - weight).max() <= 0.5001 * scale.max()
    assert integers.dtype == np.int8
