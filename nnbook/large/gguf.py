"""Open a model that others trained: the file format GGUF, and weights of four and eight bits unpacked.

A file is: four letters and a version, two counts, the metadata (name, kind, value), the list of arrays (name,
shape, kind, place), and then the numbers. It holds no program, so opening a stranger's file cannot run one.

Four bits are enough because 32 neighbours share a scale: of a block, Q4_1 stores a scale, a smallest value
and 32 whole numbers from 0 to 15, 20 bytes instead of 128. Q8_0 stores a scale and 32 whole numbers from
-127 to 127, 34 bytes.
Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; the blocks as in ggml-common.h beside it.
"""

import math
import mmap
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MAGIC, VERSIONS = b"GGUF", (2, 3)
BLOCK = 32  # weights that share a scale
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
Q4_1 = np.dtype([("scale", "<f2"), ("least", "<f2"), ("pairs", "u1", BLOCK // 2)])  # 20 bytes
Q8_0 = np.dtype([("scale", "<f2"), ("whole", "i1", BLOCK)])  # 34 bytes
KINDS = {0: "F32", 1: "F16", 3: "Q4_1", 8: "Q8_0"}
BYTES = {"F32": (1, 4), "F16": (1, 2), "Q4_1": (BLOCK, Q4_1.itemsize), "Q8_0": (BLOCK, Q8_0.itemsize)}


def unpack_q4_1(blocks):
    """Weights of blocks of 4 bits: scale · q + least, q from 0 to 15.

    Args:
        blocks: array of dtype `Q4_1`, shape (n,).
    Returns:
        float32 (n, 32). Byte j of a block holds weight j in its lower half and weight j + 16 in its upper.

    >>> block = np.zeros(1, Q4_1)
    >>> block["scale"], block["least"], block["pairs"][0, 0] = 0.5, -1.0, 0x52
    >>> unpack_q4_1(block)[0, [0, 1, 16]].tolist()  # 0.5 · 2 - 1, -1, 0.5 · 5 - 1
    [0.0, -1.0, 1.5]
    """
    pairs = blocks["pairs"]
    weights = np.concatenate([pairs & 15, pairs >> 4], axis=1).astype(np.float32)  # (n, 32)
    weights *= blocks["scale"].astype(np.float32)[:, None]
    weights += blocks["least"].astype(np.float32)[:, None]
    return weights


def unpack_q8_0(blocks):
    """Weights of blocks of 8 bits: scale · q, q from -127 to 127; float32 (n, 32)."""
    return blocks["whole"] * blocks["scale"].astype(np.float32)[:, None]


@dataclass(frozen=True)
class PackedArray:
    """An array as it lies in the file.

    `shape` is NumPy's order: (outputs, inputs) for a matrix. `data` are its bytes, uint8 (n_bytes,).
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    data: np.ndarray = field(repr=False)

    @property
    def size(self):
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def blocks(self):
        """Its bytes as records of dtype `Q4_1` or `Q8_0`, shape (size / 32,)."""
        return self.data.view({"Q4_1": Q4_1, "Q8_0": Q8_0}[self.kind])

    def unpack(self):
        """Its numbers, float32 of `shape`.

        Raises:
            ValueError: a number that is not finite, as a damaged block has.
        """
        with np.errstate(invalid="ignore", over="ignore"):  # said below, in words
            if self.kind == "Q4_1":
                numbers = unpack_q4_1(self.blocks)
            elif self.kind == "Q8_0":
                numbers = unpack_q8_0(self.blocks)
            else:
                numbers = self.data.view("<f4" if self.kind == "F32" else "<f2").astype(np.float32)
        # one sum instead of a test of each number: NaN and infinity go through it
        if not np.isfinite(numbers.sum(dtype=np.float64)):
            raise ValueError(f"{self.name} holds numbers that are not finite: the file is damaged.")
        return numbers.reshape(self.shape)


@dataclass(frozen=True)
class GGUF:
    """An open file: `metadata` {name: value} and `arrays` {name: PackedArray}."""

    path: Path
    metadata: dict = field(repr=False)
    arrays: dict = field(repr=False)

    @property
    def n_parameters(self):
        """All numbers of all arrays, counted from their shapes."""
        return sum(array.size for array in self.arrays.values())


def read_gguf(path):
    """Open a GGUF file; its numbers stay on the disk until an array is unpacked.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no GGUF file, it is cut off or damaged, or its weights are of a kind not known here.
    """
    path = Path(path)
    with path.open("rb") as file:
        if path.stat().st_size < 24:
            raise ValueError(f"{path.name} is no GGUF file: it has only {path.stat().st_size} bytes.")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _parse(_Bytes(data), path)
    except (ArithmeticError, LookupError, RecursionError, struct.error, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is no usable GGUF file, or it is damaged: {error}") from error


class _Bytes:
    """A file read from front to back."""

    def __init__(self, data):
        self.data, self.position = data, 0

    def take(self, n):
        start, self.position = self.position, self.position + n
        if self.position > len(self.data):
            raise ValueError(f"it ends after {len(self.data)} bytes, and {n} more are wanted at {start}.")
        return self.data[start : self.position]

    def number(self, code):
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def string(self):
        return self.take(self.number("Q")).decode()

    def value(self, kind):
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            kind, n = self.number("I"), self.number("Q")
            if n > len(self.data) - self.position:
                raise ValueError(f"a list of {n} entries does not fit into the rest of the file.")
            return [self.value(kind) for _ in range(n)]
        return self.number(SCALARS[kind])


def _parse(data, path):
    if data.take(4) != MAGIC:
        raise ValueError("it does not begin with the letters GGUF.")
    version, n_arrays, n_values = (data.number(code) for code in "IQQ")
    if version not in VERSIONS:
        raise ValueError(f"its version is {version}; known are 2 and 3, little-endian.")
    metadata = {}
    for _ in range(n_values):
        name, kind = data.string(), data.number("I")
        metadata[name] = data.value(kind)
    entries = []
    for _ in range(n_arrays):
        name = data.string()
        # the file names the axis that moves fastest first, NumPy last
        shape = tuple(data.number("Q") for _ in range(data.number("I")))[::-1]
        entries.append((name, shape, data.number("I"), data.number("Q")))
    alignment = metadata.get("general.alignment", 32)
    first = -(-data.position // alignment) * alignment
    whole = np.frombuffer(data.data, np.uint8)
    arrays = {name: _array(whole, first, name, *rest) for name, *rest in entries}
    return GGUF(path, metadata, arrays)


def _array(whole, first, name, shape, code, offset):
    if code not in KINDS:
        raise ValueError(f"{name} is of kind {code}; known are {', '.join(KINDS.values())}.")
    per_block, n_bytes = BYTES[KINDS[code]]
    if not shape or min(shape) < 1 or shape[-1] % per_block:
        raise ValueError(f"{name} has shape {shape}, whose rows are no whole blocks of {per_block}.")
    start, stop = first + offset, first + offset + math.prod(shape) // per_block * n_bytes
    if stop > len(whole):
        raise ValueError(f"it ends after {len(whole)} bytes, and {name} would reach to {stop}.")
    return PackedArray(name, KINDS[code], shape, whole[start:stop])
