"""The trained networks of the chapter and what they did; made by `tools/train_driving_model.py`."""

import json
from pathlib import Path

from nnbook.driving.imitation import SIZES, Imitator
from nnbook.driving.perception import WINDOW, RoadReader
from nnbook.mlp import MLP
from nnbook.serialization import load_model

FOLDER = Path(__file__).resolve().parents[1] / "models" / "driving"


def load_reader(name="clear"):
    """The network that reads the road: trained in clear weather ("clear") or in both ("all-weather").

    >>> load_reader().model
    MLP(81 → 32 → 1, ReLU, 2,657 parameters)
    """
    path = _path({"clear": "reader", "all-weather": "reader-all-weather"}, name)
    return RoadReader(_load(path, WINDOW * WINDOW, 1))


def load_imitator(name="dagger"):
    """The end-to-end driver after plain cloning ("clone") or after practice with an expert ("dagger")."""
    return Imitator(_load(_path({"clone": "clone", "dagger": "dagger"}, name), SIZES[0], SIZES[-1]))


def load_results():
    """What the tool measured, as it wrote it down: {"iou": …, "stack": …, "imitation": …}."""
    return json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))


def _load(path, n_inputs, n_outputs):
    model, _ = load_model(path)
    if not isinstance(model, MLP) or (model.sizes[0], model.sizes[-1]) != (n_inputs, n_outputs):
        raise ValueError(f"{path} must hold an MLP from {n_inputs} to {n_outputs} numbers; got {model!r}.")
    return model


def _path(files, name):
    if not isinstance(name, str) or name not in files:
        raise KeyError(f"name must be one of {', '.join(files)}; got {name!r}.")
    return FOLDER / f"{files[name]}.npz"
