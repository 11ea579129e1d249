"""The trained networks of the chapter and what they did; made by `tools/train_driving_model.py`."""

import json
from pathlib import Path

from nnbook.driving.imitation import Imitator
from nnbook.driving.perception import RoadReader
from nnbook.serialization import load_model

FOLDER = Path(__file__).resolve().parents[1] / "models" / "driving"


def load_reader(name="clear"):
    """The network that reads the road: trained in clear weather ("clear") or in both ("all-weather").

    >>> load_reader().model
    MLP(81 → 32 → 1, ReLU, 2,657 parameters)
    """
    return RoadReader(load_model(_path({"clear": "reader", "all-weather": "reader-all-weather"}, name))[0])


def load_imitator(name="dagger"):
    """The end-to-end driver after plain cloning ("clone") or after practice with an expert ("dagger")."""
    return Imitator(load_model(_path({"clone": "clone", "dagger": "dagger"}, name))[0])


def load_results():
    """What the tool measured, as it wrote it down: {"iou": …, "stack": …, "imitation": …}."""
    return json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))


def _path(files, name):
    if name not in files:
        raise KeyError(f"name must be one of {', '.join(files)}; got {name!r}.")
    return FOLDER / f"{files[name]}.npz"
