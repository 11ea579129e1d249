"""Live pieces of the book: the same widget runs in JupyterLab and on the published page.

Import a widget from here, for example ``from nnbook.widgets import Playground``. ``import nnbook`` alone
does not load this package, so the library needs neither anywidget nor a browser.
"""

from importlib import import_module

from nnbook.widgets._base import Widget
from nnbook.widgets._modules import classic_script, css_text, esm_text, module_name, widget_names

__all__ = ["Widget", "classic_script", "css_text", "esm_text", "widget_names", *widget_names()]


def __getattr__(name):
    # A widget's own module is loaded at its first use: asking for the names alone costs nothing.
    if name in widget_names():
        return getattr(import_module(f"nnbook.widgets.{module_name(name)}"), name)
    raise AttributeError(f"module 'nnbook.widgets' has no attribute {name!r}")
