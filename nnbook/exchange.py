"""Named arrays in a file that every framework reads: the format safetensors, in twenty lines.

A file is: 8 bytes with the length of the header (little-endian), the header as JSON, then the raw numbers. It
holds no program, so opening a stranger's file cannot run one; a pickle can.
Source: the format's description at https://github.com/huggingface/safetensors.
"""

import json
from pathlib import Path

import numpy as np

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I8": "|i1", "U8": "|u1"}
METADATA = "__metadata__"
LARGEST_HEADER = 100_000_000  # bytes; the reference program refuses more


def save_safetensors(arrays, path):
    """Write a dictionary {name: array} to `path`.

    Raises:
        TypeError: an array of a kind that the format (or this module) does not know, or a name that is none.
    """
    if not isinstance(arrays, dict) or not all(isinstance(name, str) for name in arrays):
        raise TypeError("arrays must be a dictionary {name: array} with texts as names; got another thing.")
    if METADATA in arrays:
        raise TypeError(f"an array must not be called {METADATA}: the format keeps this name for itself.")
    names = {np.dtype(code): name for name, code in TYPES.items()}
    header, blocks, end = {}, [], 0
    for name, array in arrays.items():
        array = np.asarray(array)
        if array.dtype not in names:
            raise TypeError(f"{name} has dtype {array.dtype}; known are {', '.join(map(str, names))}.")
        blocks.append(np.ascontiguousarray(array).astype(TYPES[names[array.dtype]], copy=False).tobytes())
        start, end = end, end + len(blocks[-1])
        header[name] = {
            "dtype": names[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of 8
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blocks))


def load_safetensors(path):
    """Read a dictionary {name: array}.

    Raises:
        ValueError: the file is damaged, or holds numbers that NumPy does not have (BF16, for example).
    """
    data = Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(len(data) - 8, LARGEST_HEADER):
        raise ValueError(f"{path} is damaged, or no safetensors file: it is shorter than its header says.")
    try:
        header = json.loads(data[8 : 8 + size])
        header.pop(METADATA, None)
        numbers = memoryview(data)[8 + size :]
        _check_tiling([entry["data_offsets"] for entry in header.values()], len(numbers))
        return {name: _array(numbers, **entry) for name, entry in header.items()}
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged, or no safetensors file: {error}.") from error


def _check_tiling(offsets, length):
    """Refuse arrays that overlap or leave gaps: a short file must not unfold into a huge memory."""
    end = 0
    for start, stop in sorted((start, stop) for start, stop in offsets):
        if not (type(start) is type(stop) is int and start == end and start <= stop <= length):
            raise ValueError(f"numbers {start} to {stop} lie outside the file, overlap or leave a gap")
        end = stop
    if end != length:
        raise ValueError(f"its arrays end after {end} of {length} bytes")


def _array(numbers, dtype, shape, data_offsets):
    start, stop = data_offsets
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"a shape must be a list of whole numbers of at least 0; got {shape!r:.60}")
    return np.frombuffer(numbers[start:stop], TYPES[dtype]).reshape(shape).copy()
