"""Save and load a model as data: an `.npz` with one flat array and a JSON header. Never pickle."""

import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from nnbook import activations, mlp

FORMAT, VERSION = "nnbook-model", 1
ACTIVATIONS = {name: getattr(activations, name) for name in ("Identity", "ReLU", "Tanh", "Sigmoid", "GELU")}


def save_model(model, path, *, metadata=None):
    """Write an `MLP` to `path`; an existing file is replaced only when the new one is complete.

    Args:
        model: an `nnbook.mlp.MLP`.
        path: file name; `.npz` is the custom.
        metadata: small dictionary that JSON can hold, given back by `load_model`.
    Raises:
        TypeError: a model of another kind, or metadata that JSON cannot hold.
    """
    if not isinstance(model, mlp.MLP):
        raise TypeError(f"save_model stores an MLP; got {type(model).__name__}.")
    header = {
        "format": FORMAT,
        "version": VERSION,
        "kind": "MLP",
        "sizes": model.sizes,
        "activation": model.activation.__name__,
        "output_activation": model.output_activation.__name__,
        "dtype": str(model.dtype),
        "metadata": metadata or {},
    }
    write_arrays(path, header, parameters=model.parameters)


def load_model(path):
    """Read a model written by `save_model`.

    Returns:
        (model, metadata).
    Raises:
        ValueError: the file is damaged, foreign, or of a newer version; nothing is changed.
        FileNotFoundError: there is no such file.
    """
    header, arrays = read_arrays(path)
    try:
        model = mlp.MLP(
            header["sizes"],
            activation=ACTIVATIONS[header["activation"]],
            output_activation=ACTIVATIONS[header["output_activation"]],
            dtype=np.dtype(header["dtype"]),
            rng=np.random.default_rng(0),
        )
        parameters = arrays["parameters"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is not a usable model file: its header lacks or garbles {error}."
        ) from error
    if parameters.shape != model.parameters.shape or not np.isfinite(parameters).all():
        raise ValueError(
            f"{path} is damaged: expected {model.n_parameters} finite parameters, "
            f"got shape {parameters.shape}."
        )
    model.parameters[...] = parameters
    return model, header["metadata"]


def write_arrays(path, header, **arrays):
    """Write a JSON-able `header` and named arrays to one `.npz`, all or nothing."""
    path = Path(path)
    try:
        text = json.dumps(header, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"metadata must be plain numbers, strings, lists and dictionaries: {error}."
        ) from error
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez_compressed(file, header=np.frombuffer(text.encode(), np.uint8), **arrays)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


def read_arrays(path):
    """Return (header, arrays) of a file written by `write_arrays`, or say what is wrong with it."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop("header").tobytes().decode())
    except FileNotFoundError:
        raise
    except (ValueError, KeyError, EOFError, OSError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a model file of this book, or it is damaged ({error}).") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"{path} is an .npz file, but not a model of this book.")
    if header.get("version") != VERSION:
        raise ValueError(
            f"{path} has format version {header.get('version')}; this nnbook reads version {VERSION}. "
            "Update nnbook."
        )
    return header, arrays
