"""Which names of a notebook are older than the last run of their cell.

A reader mends an answer, forgets a colon, and runs the cell: Python still holds the answer before. The same
happens where a cell no longer gives the name, because it was misspelt or deleted. Who checks it must know.
"""

import re
import sys

_GIVEN = re.compile(r"^(?:def[ \t]+\w+|\w+(?=[ \t]*=(?!=)))", re.MULTILINE)

_before: dict = {}  # name -> its value when the cell began that should give it anew
_old: dict = {}  # name -> (its value, why it is old)
_gave: dict = {}  # cell -> {name: the value that its last run gave}


def why_old(name, notebook):
    """Why `name` is older than the last run of its cell; "" if it is not."""
    value, words = _old.get(name, (None, ""))
    return words if name in notebook and notebook[name] is value else ""


def _names(source):
    return [given.split()[-1] for given in _GIVEN.findall(source)]


def cell_begins(source, notebook):
    """Remember the values that a cell is about to replace."""
    _before.clear()
    _before.update((name, notebook[name]) for name in _names(source) if name in notebook)


def cell_ended(error, notebook, source="", cell=None):
    """Keep in mind what was not replaced: `error` stopped the cell (None: it ran), or `source` changed."""
    for name, value in _before.items():
        _old.pop(name, None)
        if error is not None and notebook.get(name) is value:
            words = " ".join(f"{type(error).__name__}: {getattr(error, 'msg', error)}".split())
            _old[name] = value, f"stopped ({words})"
    _before.clear()
    if error is None and cell is not None:
        names = _names(source)
        for name, value in _gave.get(cell, {}).items():
            if name not in names and notebook.get(name) is value:
                _old[name] = value, "no longer does"
        _gave[cell] = {name: notebook[name] for name in names if name in notebook}


def watch(shell):
    """Let an IPython shell report its cells."""
    shell.events.register("pre_run_cell", lambda info: cell_begins(info.raw_cell, shell.user_ns))
    shell.events.register(
        "post_run_cell",
        lambda result: cell_ended(
            result.error_before_exec or result.error_in_exec,
            shell.user_ns,
            result.info.raw_cell,
            result.info.cell_id,
        ),
    )


if "IPython" in sys.modules and (_shell := sys.modules["IPython"].get_ipython()) is not None:
    watch(_shell)
