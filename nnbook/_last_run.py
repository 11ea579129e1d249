"""Which names of a notebook are older than the last run of their cell, because that run stopped.

A reader mends an answer, forgets a colon, and runs the cell: Python still holds the answer before. Who checks
it must know.
"""

import re
import sys

_GIVEN = re.compile(r"^(?:def[ \t]+\w+|\w+(?=[ \t]*=(?!=)))", re.MULTILINE)

_before: dict = {}  # name -> its value when the cell began that should give it anew
_old: dict = {}  # name -> (its value, how its cell stopped)


def why_old(name, notebook):
    """How the last run of the cell that gives `name` stopped; "" if it did not, or if `name` is newer."""
    value, words = _old.get(name, (None, ""))
    return words if name in notebook and notebook[name] is value else ""


def cell_begins(source, notebook):
    """Remember the values that a cell is about to replace."""
    names = [given.split()[-1] for given in _GIVEN.findall(source)]
    _before.clear()
    _before.update((name, notebook[name]) for name in names if name in notebook)


def cell_ended(error, notebook):
    """Keep in mind what was not replaced because of `error` (None if all went well)."""
    for name, value in _before.items():
        _old.pop(name, None)
        if error is not None and notebook.get(name) is value:
            words = " ".join(f"{type(error).__name__}: {getattr(error, 'msg', error)}".split())
            _old[name] = value, words
    _before.clear()


def watch(shell):
    """Let an IPython shell report its cells."""
    shell.events.register("pre_run_cell", lambda info: cell_begins(info.raw_cell, shell.user_ns))
    shell.events.register(
        "post_run_cell",
        lambda result: cell_ended(result.error_before_exec or result.error_in_exec, shell.user_ns),
    )


if "IPython" in sys.modules and (_shell := sys.modules["IPython"].get_ipython()) is not None:
    watch(_shell)
