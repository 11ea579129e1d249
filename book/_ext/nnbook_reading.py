"""Reading with or without code: a switch in the header of every page that has code cells.

The script stands in the head of each page, so that code which a reader has hidden is never drawn.
"""

from pathlib import Path

from sphinx.application import Sphinx

SCRIPT = Path(__file__).with_name("code_switch.js")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_js_file(None, body=SCRIPT.read_text(encoding="utf-8"))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
