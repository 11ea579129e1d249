"""The base of all widgets: one view, two homes.

In JupyterLab anywidget draws the widget and its traits are live in Python. On a page, where there is no
Python, ``widget-host.js`` draws the very same JavaScript from a small ``<div>`` that stands in the cell's
output.
"""

import html
import json
import re
from typing import ClassVar

import anywidget
import ipywidgets

from nnbook.widgets._modules import css_text, esm_text

_HALVES = re.compile("[\ud800-\udfff]")
_HOST_TRAITS = frozenset(ipywidgets.DOMWidget.class_trait_names())


class Widget(anywidget.AnyWidget):
    """A widget whose class name finds its files (``BackpropStepper``: ``static/backprop_stepper.js``).

    A subclass declares its state as traits tagged ``sync=True`` and says in ``fallback`` what a reader
    without JavaScript should know.
    """

    fallback: ClassVar[str] = "This is a live widget. It needs JavaScript in the browser."

    @property
    def _esm(self) -> str:
        return esm_text(type(self).__name__)

    @property
    def _css(self) -> str:
        return css_text(type(self).__name__)

    def state(self) -> dict:
        """Return the widget's own synchronised traits, without what Jupyter adds to every widget."""
        own = self.get_state()
        return {name: own[name] for name in sorted(own) if name[0] != "_" and name not in _HOST_TRAITS}

    def html_twin(self) -> str:
        """Return the ``<div>`` from which ``widget-host.js`` draws this widget on a page without Python.

        The text depends on nothing but the state, so that a test can compare it, and whatever the state
        holds stays data: it can neither end the attribute nor open a tag. Raises ValueError for NaN or
        infinity in the state.
        """
        name = type(self).__name__
        try:
            state = json.dumps(self.state(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except ValueError as error:
            raise ValueError(
                f"{name} cannot be shown: its state holds NaN or infinity, which JSON lacks."
            ) from error
        # half a character has no bytes in a file; as JSON's escape it has
        state = _HALVES.sub(lambda match: f"\\u{ord(match[0]):04x}", state)
        # Inside single quotes a double quote is harmless; left alone, it keeps the JSON readable in the
        # stored notebook.
        state = html.escape(state, quote=False).replace("'", "&#x27;")
        return (
            f'<div class="nnbook-widget" data-nnbook-widget="{html.escape(name)}" '
            f"data-state='{state}'>{html.escape(self.fallback)}</div>"
        )

    def __repr__(self) -> str:
        # No object address: the text is stored in notebooks and compared.
        return f"{type(self).__name__}()"

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/html": self.html_twin()}, metadata
