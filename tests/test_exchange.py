"""Weights that travel between frameworks arrive unchanged, and a damaged file is refused."""

import numpy as np
import pytest

from nnbook.exchange import load_safetensors, save_safetensors

ARRAYS = {
    "layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "layer.bias": np.array([0.1, -0.2]),
    "steps": np.array(7, dtype=np.int64),
    "empty": np.zeros((0, 4), np.float32),
}


def same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype, name
        np.testing.assert_array_equal(a[name], b[name])


def test_there_and_back(tmp_path):
    save_safetensors(ARRAYS, tmp_path / "a.safetensors")
    same(ARRAYS, load_safetensors(tmp_path / "a.safetensors"))


def test_a_file_by_hand(tmp_path):
    text = b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    numbers = bytes.fromhex("0000803f 000000c0")  # 1 and -2 as IEEE 754
    (tmp_path / "w").write_bytes(len(text).to_bytes(8, "little") + text + numbers)
    assert load_safetensors(tmp_path / "w")["w"].tolist() == [1.0, -2.0]


def test_the_reference_program_reads_ours_and_we_read_its(tmp_path):
    reference = pytest.importorskip("safetensors.numpy", reason="it is in requirements-frameworks.txt")
    save_safetensors(ARRAYS, tmp_path / "ours")
    same(ARRAYS, reference.load_file(tmp_path / "ours"))
    reference.save_file(ARRAYS, tmp_path / "theirs", metadata={"made": "by the reference"})
    same(ARRAYS, load_safetensors(tmp_path / "theirs"))


def test_columns_in_another_order_in_memory_are_written_in_rows(tmp_path):
    save_safetensors({"w": ARRAYS["layer.weight"].T}, tmp_path / "w")
    np.testing.assert_array_equal(load_safetensors(tmp_path / "w")["w"], ARRAYS["layer.weight"].T)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"abc",
        (10**12).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (3).to_bytes(8, "little") + b"{]}",
        (55).to_bytes(8, "little") + b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,80]}}' + b"0" * 8,
        (54).to_bytes(8, "little") + b'{"w":{"dtype":"F32","shape":[9],"data_offsets":[0,8]}}' + b"0" * 8,
        (55).to_bytes(8, "little") + b'{"w":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}' + b"0" * 8,
    ],
)
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path, data):
    (tmp_path / "bad").write_bytes(data)
    with pytest.raises(ValueError, match="damaged, or no safetensors file"):
        load_safetensors(tmp_path / "bad")


def test_text_is_refused(tmp_path):
    with pytest.raises(TypeError, match="known are float64"):
        save_safetensors({"w": np.array(["a"])}, tmp_path / "w")
