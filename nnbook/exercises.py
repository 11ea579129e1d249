"""Check a reader's answer and say in a sentence what is missing; a notebook always runs to its end.

A hint comes after a try that failed, never before: it is the docstring of the check. What is printed is for
the reader. A program reads the ``result`` of the check: anybody can print "Correct.".
"""

import contextlib
import dis
import functools
import itertools
import linecache
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType

import numpy as np

from nnbook import _last_run

BLANK = "Your turn"  # what a blank says that `tools/cut_exercises.py` wrote
_UNTOUCHED = "Write your answer in the cell above, run it, then run this cell again."

# The usual cause, by words of the error. The first that fits is told.
_CAUSES = [
    ("not defined", "Is the name misspelt, or has a cell above not been run yet?"),
    ("cannot access local variable", "A name must get its value before it is used."),
    (
        "positional argument",
        "Leave the first line of the function as it was: the check calls it as the task says.",
    ),
    (
        "keyword argument",
        "Leave the first line of the function as it was: the check calls it as the task says.",
    ),
    ("not callable", "Is a function's name used for a value? Or is an operator missing before a bracket?"),
    ("only integers, slices", "An index must be a whole number: `int(...)`."),
    ("zip()", "Two lists differ in length. (A tuple of one value needs a comma: `(value,)`.)"),
    ("for ^:", "A power is written `**`."),
    ("invalid index to scalar", "A single number stands where an array is needed."),
    ("must be real number", "One number is needed here."),
    ("NoneType", "A value is None: does a function that you call end without `return`?"),
    ("ellipsis", "Three dots are still to be replaced."),
    ("mismatch in its core dimension", "Print both shapes: must one array be transposed (`.T`)?"),
    ("not aligned", "Print both shapes: must one array be transposed (`.T`)?"),
    ("broadcast", "Print both shapes: is an axis wrong, or `keepdims=True` missing?"),
    ("inhomogeneous", "The rows have different lengths."),
    ("empty array", "The array is empty: did a slice or a mask leave nothing?"),
    ("ambiguous", "A whole array stands where one number, or one yes or no, is needed."),
    ("'list'", "Is a list where an array or a number is needed? `np.array(...)` makes an array of it."),
    ("'str'", "A text stands where a number is needed."),
    ("dtype('<U", "A text stands where a number is needed."),
    ("to unpack", "How many values does the task ask for, and in which order?"),
    ("unpack non-iterable", "How many values does the task ask for, and in which order?"),
    ("list indices", "Is a list where an array is needed? `np.array(...)` makes an array of it."),
    ("too many indices", "The array has fewer axes than expected: compare its shape with the task."),
    ("index", "Counting begins at 0 and ends at length - 1."),
    ("KeyError", "This key is not in the dictionary: print its keys."),
    ("by zero", "Treat the case in which the divisor is 0."),
    ("no attribute", "Does the answer have the form that the task asks for?"),
    ("recursion", "The function calls itself without end."),
]


@dataclass(frozen=True)
class Result:
    """What a check found: whether the answer holds, the sentence for its reader, and the hint after it.

    >>> str(Result(False, "Not yet. half of 4 is 2", "What is the opposite of doubling?"))
    'Not yet. half of 4 is 2\\nHint: What is the opposite of doubling?'
    """

    passed: bool
    said: str
    hint: str = ""

    def __str__(self):
        return f"{self.said}\nHint: {self.hint}" if self.hint else self.said


def check(tests: Callable[[], None] | None = None, *, in_place: bool = False) -> Callable[[], None]:
    """Run ``tests`` now, print whether the answer holds, and return a function that does so again.

    ``tests`` takes no arguments and asserts, each time with a message that teaches. A failed assert is
    reported in one line. So is any other error: with the line of the reader's code where it arose, or with
    what the reader's function returned, and with the usual cause. The docstring of ``tests`` is a hint: it
    follows in a second line. Who has not tried yet, or whose cell stopped before it gave an answer, is told
    so, without a hint. ``@check(in_place=True)`` is for functions that change their argument and return
    nothing.

    The function that is returned has the last :class:`Result` as its attribute ``result``; it is None while
    the check runs, and stays None where it did not come to an end.

    >>> half = lambda x: x / 2
    >>> @check
    ... def check_half():
    ...     "What is the opposite of doubling?"
    ...     assert half(4) == 2, "half of 4 is 2"
    Correct.
    >>> half = lambda x: x * 2
    >>> check_half()
    Not yet. half of 4 is 2
    Hint: What is the opposite of doubling?
    >>> check_half.result.passed
    False
    >>> def half(x):
    ...     x / 2
    >>> check_half()
    Not yet. half of 4 is 2 (`half` returned None: is `return` missing?)
    Hint: What is the opposite of doubling?
    """
    if tests is None:
        return functools.partial(check, in_place=in_place)

    @functools.wraps(tests)
    def run() -> None:
        run.result = None
        run.result = _examine(tests, in_place)
        print(run.result)

    run()
    return run


def _examine(tests: FunctionType, in_place: bool) -> Result:
    """Run the tests and put what came of it into words."""
    if missing := _nothing_to_check(tests):
        return Result(False, f"Not yet. {missing}")
    results: list = []
    asked = _asked_for(tests)
    try:
        _noting(tests, asked, results)()
    except AssertionError as failed:
        said = " ".join(str(failed).split())
        said += _remark(said, tests, asked, [] if in_place else results)
        return _not_yet(tests, said or _explain(failed, tests, asked, results))
    except (Exception, SystemExit) as error:  # who leaves early has not passed
        if isinstance(error, NotImplementedError) and str(error).startswith(BLANK):
            return Result(False, f"Not yet. {_UNTOUCHED}")
        return _not_yet(tests, _explain(error, tests, asked, results))
    return Result(True, "Correct.")


def _nothing_to_check(tests: FunctionType) -> str:
    """Say that the cell with the answer stopped, so that what it gave before is still there."""
    for name in tests.__code__.co_names:
        if words := _last_run.why_old(name, tests.__globals__):
            return f"The cell that gives `{name}` {words}. Mend it, run it, and run this again."
    return ""


def _not_yet(tests: FunctionType, said: str) -> Result:
    """What is wrong, and the hint if the reader has tried."""
    hint = "" if _blanks(tests) else " ".join((tests.__doc__ or "").split())
    return Result(False, f"Not yet. {said}", hint)


def _asked_for(tests: FunctionType) -> str:
    """The reader's function: of those that the tests call, the one that came last into the notebook."""
    notebook, called = tests.__globals__, set(tests.__code__.co_names)
    own = [
        name
        for name, value in notebook.items()
        if name in called and isinstance(value, FunctionType) and value.__globals__ is notebook
    ]
    return own[-1] if own else ""


def _noting(tests: FunctionType, asked: str, results: list) -> FunctionType:
    """The same tests, which note each result of the reader's function."""
    names = dict(tests.__globals__)
    if asked:
        answer = names[asked]

        @functools.wraps(answer)
        def call(*args, **kwargs):
            results.append(answer(*args, **kwargs))
            return results[-1]

        names[asked] = call
    return FunctionType(tests.__code__, names, tests.__name__, tests.__defaults__, tests.__closure__)


def _blanks(tests: FunctionType) -> list[str]:
    """The names that the tests ask for and that are still three dots."""
    return [name for name in tests.__code__.co_names if tests.__globals__.get(name) is ...]


def _remark(hint: str, tests: FunctionType, asked: str, results: list) -> str:
    """What a hint does not say by itself: a blank, a missing ``return``, a NaN."""
    if _blanks(tests) and "three dots" not in hint:
        return f" (still three dots: {', '.join(_blanks(tests))})"
    if results and results[-1] is None and _never_returns(tests.__globals__[asked]):
        return f" (`{asked}` returned None: is `return` missing?)"
    if results and _holds_nan(results[-1]):
        return f" (`{asked}` returned NaN, not a number: 0/0, inf - inf, or the root of a negative number?)"
    return ""


def _never_returns(function: FunctionType) -> bool:
    """Whether the function has no ``return`` with a value."""
    steps = list(dis.get_instructions(function))
    ends = [
        step if step.opname == "RETURN_CONST" else before
        for before, step in itertools.pairwise(steps)
        if step.opname in ("RETURN_VALUE", "RETURN_CONST")
    ]
    return all(step.opname in ("RETURN_CONST", "LOAD_CONST") and step.argval is None for step in ends)


def _holds_nan(value: object) -> bool:
    with contextlib.suppress(ValueError):
        array = np.asarray(value)
        return array.dtype.kind == "f" and bool(np.isnan(array).any())
    return False


def _explain(error: BaseException, tests: FunctionType, asked: str, results: list) -> str:
    """Say where an error arose, what it is, and its usual cause."""
    words = " ".join(f"{type(error).__name__}: {error}".rstrip(": ").split()).rstrip(".")
    cause = next((f" {told}" for sign, told in _CAUSES if sign.lower() in words.lower()), "")
    own = [
        (frame.f_code, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals is tests.__globals__
    ]
    if own:
        code, line = own[-1]
        text = linecache.getline(code.co_filename, line).strip()
        place = f"line {line} of its cell" + (f", `{text}`" if text else "")
        return f"Your code stops in `{code.co_name}`, {place}: {words}.{cause}"
    if _blanks(tests):
        return f"Replace the three dots of {', '.join(_blanks(tests))} by your answer."
    if isinstance(error, NameError) or not results:
        return f"The check could not use your answer ({words}).{cause}"
    if results[-1] is None:
        return f"`{asked}` returned None: is `return` missing?"
    return f"`{asked}` returned {_describe(results[-1])}, and the check cannot use that ({words}).{cause}"


def _describe(value: object) -> str:
    """A value in a few words.

    >>> _describe(np.zeros((2, 3))), _describe([1, 2]), _describe(...)
    ('an array of shape (2, 3)', 'the list [1, 2]', 'three dots')
    """
    if value is ...:
        return "three dots"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = repr(value)
    return f"the {type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
