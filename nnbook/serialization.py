"""Save and load a model as data: an `.npz` with one flat array and a JSON header. Never pickle."""

import base64
import json
import os
from itertools import pairwise
from pathlib import Path

import numpy as np

from nnbook import activations, mlp
from nnbook.functional import as_whole
from nnbook.recurrent import SequenceClassifier
from nnbook.transformer import Transformer

FORMAT, VERSION = "nnbook-model", 1
ACTIVATIONS = {name: getattr(activations, name) for name in ("Identity", "ReLU", "Tanh", "Sigmoid", "GELU")}


def save_model(model, path, *, metadata=None):
    """Write a model to `path`; an existing file is replaced only by a complete new one.

    Args:
        model: an `nnbook.mlp.MLP`, `nnbook.transformer.Transformer` or `nnbook.recurrent.SequenceClassifier`.
        path: file name; `.npz` is the custom.
        metadata: small dictionary that JSON can hold, given back by `load_model`.
    Raises:
        TypeError: another kind of model, an activation of one's own, or metadata that JSON cannot hold.
    """
    write_arrays(path, _header(model, metadata), parameters=model.parameters)


def save_quantized(model, path, *, metadata=None):
    """Write a `Transformer` in about a quarter of the space: `load_model` reads it as a float32 model.

    Matrices are rounded by `to_int8`. Vectors (biases, LayerNorm) stay float32.

    Args, raises: as `save_model`.
    """
    if not isinstance(model, Transformer):
        raise TypeError(f"save_quantized stores a Transformer; got {type(model).__name__}.")
    integers, scales, vectors = [], [], []
    for array in _arrays(model):
        if array.ndim == 1:
            vectors.append(array.astype(np.float32))
            continue
        whole, scale = to_int8(array)
        integers.append(whole.ravel())
        scales.append(scale)
    header = {**_header(model, metadata), "dtype": "float32", "storage": "int8"}
    arrays = {"integers": integers, "scales": scales, "vectors": vectors}
    write_arrays(path, header, **{name: np.concatenate(parts) for name, parts in arrays.items()})


def to_int8(weight):
    """Round a matrix to whole numbers from -127 to 127, with one scale for each column (an output neuron).

    Args:
        weight: (rows, columns), finite.
    Returns:
        (int8 of the same shape, float32 scales of the columns: largest absolute value / 127).

    >>> integers, scale = to_int8(np.array([[254.0, 0.0], [-1.0, 0.0]]))
    >>> integers.tolist(), scale.tolist()
    ([[127, 0], [0, 0]], [2.0, 1.0])
    """
    scale = (np.abs(weight).max(axis=0) / 127).astype(np.float32)
    scale[scale == 0] = 1.0  # a column of zeros
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale


def _header(model, metadata):
    header = {"format": FORMAT, "version": VERSION, "dtype": str(model.dtype), "metadata": metadata or {}}
    if isinstance(model, mlp.MLP):
        for activation in (model.activation, model.output_activation):
            if ACTIVATIONS.get(activation.__name__) is not activation:
                raise TypeError(
                    f"save_model knows the activations of nnbook only; got {activation.__name__}."
                )
        return {
            **header,
            "kind": "MLP",
            "sizes": model.sizes,
            "activation": model.activation.__name__,
            "output_activation": model.output_activation.__name__,
        }
    if isinstance(model, Transformer):
        return {**header, "kind": "Transformer", "settings": model.settings}
    if isinstance(model, SequenceClassifier):
        return {**header, "kind": "SequenceClassifier", "settings": model.settings}
    raise TypeError(
        f"save_model stores an MLP, a Transformer or a SequenceClassifier; got {type(model).__name__}."
    )


def load_model(path):
    """Read a model written by `save_model` or `save_quantized`.

    Returns:
        (model, metadata).
    Raises:
        ValueError: the file is damaged, foreign, or of a newer version; nothing is changed.
        FileNotFoundError: there is no such file.
    """
    header, arrays = read_arrays(path)
    try:
        least, stored = _least_parameters(header), sum(array.size for array in arrays.values())
        if least > 10 * stored + 1000:  # a lie, found before the memory for them is asked for
            raise ValueError(f"its sizes: they need {least} parameters, and it holds {stored}")
        model = _build(header)
        if header.get("storage") == "int8":
            parameters = _dequantize(model, arrays["integers"], arrays["scales"], arrays["vectors"])
        else:
            parameters = arrays["parameters"]
        metadata = header["metadata"]
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(
            f"{path} is not a usable model file: its header lacks or garbles {error}."
        ) from error
    fits = parameters.shape == model.parameters.shape and parameters.dtype.kind == "f"
    if not fits or not np.isfinite(parameters).all():
        raise ValueError(
            f"{path} is damaged: expected {model.n_parameters} finite parameters, "
            f"got shape {parameters.shape}."
        )
    model.parameters[...] = parameters
    return model, metadata


def _least_parameters(header):
    """No model with the sizes of this header has fewer parameters (its largest matrices, counted alone)."""
    if header["kind"] in ("Transformer", "SequenceClassifier"):
        settings = header["settings"]
        width, words = (
            as_whole(settings["d_model"], "d_model"),
            as_whole(settings["vocab_size"], "vocab_size"),
        )
        layers = as_whole(settings.get("n_layers", 1), "n_layers")
        hidden = as_whole(settings.get("hidden", width), "hidden")
        context = as_whole(settings.get("context_length", 1), "context_length")
        if settings.get("positions", "learned") != "learned":
            context = 1  # no table of places
        return max(words * width, layers * width * width, hidden * hidden, context * width)
    sizes = [as_whole(size, "a size") for size in header["sizes"]]
    return sum(a * b for a, b in pairwise(sizes))


def _build(header):
    """A model of the kind and size that the header tells, with any weights."""
    dtype, rng = np.dtype(header["dtype"]), np.random.default_rng(0)
    if header["kind"] == "Transformer":
        return Transformer(**header["settings"], dtype=dtype, rng=rng)
    if header["kind"] == "SequenceClassifier":
        return SequenceClassifier.from_settings(header["settings"], dtype=dtype, rng=rng)
    return mlp.MLP(
        header["sizes"],
        activation=ACTIVATIONS[header["activation"]],
        output_activation=ACTIVATIONS[header["output_activation"]],
        dtype=dtype,
        rng=rng,
    )


def _arrays(model):
    """The parameter arrays in the order of the flat vector."""
    return [array for leaf in model._leaves() for array in leaf.params.values()]


def _dequantize(model, integers, scales, vectors):
    """The flat float32 vector that `save_quantized` stored: integer · scale of its column."""
    parts, places = [], {"integers": 0, "scales": 0, "vectors": 0}

    def take(name, source, n):
        places[name] += n
        return source[places[name] - n : places[name]]

    for array in _arrays(model):
        if array.ndim == 1:
            parts.append(take("vectors", vectors, array.size))
        else:
            scale = take("scales", scales, array.shape[1])
            parts.append((take("integers", integers, array.size).reshape(array.shape) * scale).ravel())
    if places != {"integers": integers.size, "scales": scales.size, "vectors": vectors.size}:
        raise ValueError("its arrays: they hold more numbers than the settings say")
    return np.concatenate(parts).astype(np.float32)


def quantized_as_json(path):
    """A file of `save_quantized` as a dictionary of JSON values, for a page: arrays as base64, little-endian.

    Keys: `settings` and `metadata` as stored; `integers` (int8), `scales` and `vectors` (float32).
    """
    header, arrays = read_arrays(path)
    if header.get("storage") != "int8":
        raise ValueError(f"{path} was not written by save_quantized.")
    settings = header["settings"]
    if settings.get("positions", "learned") != "learned" or settings.get("window") is not None:
        raise ValueError(f"{path}: the page's JavaScript knows learned positions and the whole past only.")
    types = {"integers": "i1", "scales": "<f4", "vectors": "<f4"}
    blobs = {
        name: base64.b64encode(arrays[name].astype(kind).tobytes()).decode() for name, kind in types.items()
    }
    return {"settings": header["settings"], "metadata": header["metadata"], **blobs}


def write_arrays(path, header, **arrays):
    """Write a JSON-able `header` and named arrays to one `.npz`, all or nothing."""
    path = Path(path)
    try:
        text = json.dumps(header, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"metadata must be plain numbers, strings, lists and dictionaries: {error}."
        ) from error
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            np.savez_compressed(file, header=np.frombuffer(text.encode(), np.uint8), **arrays)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_arrays(path):
    """Return (header, arrays) of a file written by `write_arrays`, or say what is wrong with it."""
    try:
        # opened here, because np.load leaves a damaged file open
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop("header").tobytes().decode())
    except (FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as error:  # zipfile, zlib, NumPy and JSON each have their own ways to say "damaged"
        raise ValueError(f"{path} is not a model file of this book, or it is damaged ({error}).") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"{path} is an .npz file, but not a model of this book.")
    if header.get("version") != VERSION:
        raise ValueError(
            f"{path} has format version {header.get('version')}; this nnbook reads version {VERSION}. "
            "Update nnbook."
        )
    return header, arrays
