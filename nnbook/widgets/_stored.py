"""Trained models that travel to a page beside it, not inside it.

A widget that shows a stored model keeps only the model's name in its state. On a page its JavaScript then
loads ``_static/models/<name>.js``, a classic script that also works on ``file://``; in JupyterLab the same
data come through the trait ``data``. So a notebook stores a short text that is the same on every machine,
and a page fetches a model only when a reader comes near the widget.
"""

import base64
import json
from importlib import import_module
from pathlib import Path

import numpy as np
import traitlets

from nnbook.serialization import read_arrays
from nnbook.widgets._base import Widget

MODELS = Path(__file__).resolve().parent.parent / "models"
# Which widget turns which kind of model into the data for its JavaScript
_PACKERS = {"MLP": "digit_pad", "Transformer": "text_sampler", "Robots": "robot_chat"}


def stored_names() -> list[str]:
    """Return the names of all stored models that a widget can show."""
    return sorted(path.stem for path in MODELS.glob("*.npz") if _kind(path.stem) in _PACKERS)


def stored_arrays(name: str) -> tuple[dict, dict]:
    """Return (header, arrays) of a stored model, or say which ones there are.

    Raises:
        ValueError: there is no stored model of this name, or its file is damaged.
    """
    path = MODELS / f"{name}.npz"
    if not path.exists():
        known = ", ".join(sorted(path.stem for path in MODELS.glob("*.npz"))) or "none (run `make models`)"
        raise ValueError(f"there is no stored model called {name!r}; nnbook/models holds {known}.")
    return read_arrays(path)


def stored_data(name: str) -> dict:
    """Return a stored model as the JSON-able data that its widget's JavaScript reads."""
    return import_module(f"nnbook.widgets.{_PACKERS[_kind(name)]}").pack_stored(name)


def stored_script(name: str) -> str:
    """Return the classic script ``_static/models/<name>.js`` of a stored model."""
    return data_script(name, stored_data(name))


def data_script(name: str, data: dict) -> str:
    """Return a classic script that hands data to the widgets of a page under this name."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return f"(window.nnbookModels = window.nnbookModels || {{}})[{json.dumps(name)}] = {text};\n"


def _kind(name: str) -> str:
    return stored_arrays(name)[0].get("kind", "")


class StoredModelWidget(Widget):
    """A widget whose model is either stored (``source`` names it) or its own (``data`` holds it)."""

    source = traitlets.Unicode("", help="name of a stored model, or empty").tag(sync=True)
    data = traitlets.Dict(help="the model, as its JavaScript reads it").tag(sync=True)

    def state(self) -> dict:
        """As for every widget; a stored model is left out, because a page loads it from its own file."""
        state = super().state()
        if self.source:
            del state["data"]
        return state


def to_base64(array, dtype) -> str:
    """Return the bytes of an array, little-endian, as base64 text."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode("ascii")
