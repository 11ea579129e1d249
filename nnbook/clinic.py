"""Run a piece of published code as it stands, see where it stops, and mend it one line at a time.

In a notebook, ``%load_ext nnbook.clinic`` adds the cell magic ``%%listing name``: the text of the cell is not
run but kept as a `Listing`, to be had as ``kept["name"]``.
"""

import contextlib
import io
import re
import textwrap
import traceback
import warnings
from dataclasses import dataclass, field

import numpy as np

FILE = "<listing>"
kept = {}  # what %%listing put aside in this kernel, by name


@dataclass(frozen=True)
class Outcome:
    """What happened when a listing ran: its names, what it printed, and where it stopped, if it did."""

    names: dict
    printed: str = ""
    warnings: tuple[str, ...] = ()
    error: Exception | None = None
    where: str = ""

    def __repr__(self):
        # the last digits of a float differ between processors: long decimals are shown with four places
        printed = re.sub(r"\d+\.\d{5,}(?:e[-+]?\d+)?", lambda number: f"{float(number[0]):.4f}", self.printed)
        lines = [*printed.splitlines(), *self.warnings]
        if self.error is None:
            lines.append("The listing ran to its end.")
        else:
            message = f"{type(self.error).__name__}: {self.error}"
            lines += [f"Stopped in {self.where}", *textwrap.wrap(message, 88, subsequent_indent="    ")]
        return "\n".join(lines)


@dataclass(frozen=True)
class Listing:
    """Code as text. `run` executes it in a namespace of its own; `mend` returns a changed copy.

    >>> Listing("y = 2 * x").run()
    Stopped in line 1: y = 2 * x
    NameError: name 'x' is not defined
    >>> Listing("y = 2 * x").mend("2 *", "3 *").run(x=5).names["y"]
    15
    """

    code: str
    changes: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def run(self, *, seed=0, **names):
        """Execute the code with `names` defined, and return the `Outcome`; an error is reported, not raised.

        Args:
            seed: for `np.random`, which listings use directly; its state is put back afterwards.
            names: what the listing takes for granted, for example its data. Arrays are copied.
        """
        namespace = {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in names.items()
        }
        printed, error, where = io.StringIO(), None, ""
        state = np.random.get_state()  # noqa: NPY002 - listings call np.random.randn
        np.random.seed(seed)  # noqa: NPY002
        try:
            with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(printed):
                warnings.simplefilter("default")
                exec(compile(self.code, FILE, "exec"), namespace)
        except Exception as caught_error:
            error, where = caught_error, self._place(caught_error)
        finally:
            np.random.set_state(state)  # noqa: NPY002
        told = (f"Warning in {self._line(w.lineno)}: {w.message}" for w in caught if w.filename == FILE)
        return Outcome(namespace, printed.getvalue(), tuple(dict.fromkeys(told)), error, where)

    def mend(self, old, new):
        """Return a copy in which the text `old`, which must occur exactly once, is replaced by `new`.

        Raises:
            ValueError: `old` occurs not at all or more than once.
        """
        found = self.code.count(old)
        if found != 1:
            raise ValueError(
                f"the text to mend must occur exactly once; it occurs {found} times: {old!r}. "
                "Copy a longer piece of the line."
            )
        return Listing(self.code.replace(old, new), (*self.changes, (old, new)))

    def _place(self, error):
        if isinstance(error, SyntaxError):
            return self._line(error.lineno)
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
        return self._line(frames[-1].lineno)

    def _line(self, number):
        return f"line {number}: {self.code.splitlines()[number - 1].strip()}"

    def __repr__(self):
        if not self.changes:
            return self.code
        old, new = self.changes[-1]
        return "\n".join(
            [f"- {line}" for line in old.splitlines()] + [f"+ {line}" for line in new.splitlines()]
        )


def load_ipython_extension(ipython):
    """Register ``%%listing`` (called by ``%load_ext nnbook.clinic``)."""

    def listing(line, cell):
        """Keep the text of the cell in `kept`, under the name on the first line; run nothing."""
        name = line.strip()
        if not name.isidentifier():
            raise ValueError(f"%%listing needs a name made of letters, digits and _; got {name!r}.")
        kept[name] = Listing(cell)

    ipython.register_magic_function(listing, "cell")
