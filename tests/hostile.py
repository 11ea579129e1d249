"""What the tests of hostile inputs share: the values nobody should pass, and what counts as an answer."""

import copy

import numpy as np


def read_only():
    array = np.ones((4, 3))
    array.setflags(write=False)
    return array


HOSTILE = {
    "a single number": np.array(1.0),
    "an empty matrix": np.empty((0, 3)),
    "an empty vector": np.empty(0),
    "NaN": np.array([[1, np.nan, 2.0], [0, 1, 2], [1, 1, 1], [0, 0, 1]]),
    "text": np.array([["a", "b", "c"]]),
    "objects": np.array([[None, 1, 2]], dtype=object),
    "complex numbers": np.ones((4, 3)) + 1j,
    "three axes": np.ones((4, 3, 1)),
    "a read-only array": read_only(),
    "columns first": np.asfortranarray(np.arange(12.0).reshape(4, 3)),
    "every second element": np.arange(48.0).reshape(8, 6)[::2, ::2],
    "small integers": np.ones((4, 3), np.int8),
    "unsigned bytes": np.full((4, 3), 200, np.uint8),
    "booleans": np.ones((4, 3), bool),
    "half precision": np.ones((4, 3), np.float16),
    "a list of lists": [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]],
    "rows of different lengths": [[1, 2], [3]],
    "nothing": None,
    "a vector": np.ones(3),
    "a string": "abc",
}


def rng():
    return np.random.default_rng(0)


# For doors that take one number
NUMBERS = {
    "NaN": np.nan,
    "infinity": np.inf,
    "minus infinity": -np.inf,
    "minus one": -1,
    "zero": 0,
    "the smallest number": 5e-324,
    "a huge number": 1e308,
    "a whole number of 400 digits": 10**400,
    "yes": True,
    "a 0-d array": np.array(0.5),
    "several": np.ones(3),
    "a list": [0.5],
    "nothing": None,
    "text": "0.5",
    "HTML": "<img src=x onerror=alert(1)>",
    "a complex number": 1j,
    "a dictionary": {},
}
OUR_WORDS = (
    *("must", "needs", "got", "empty", "hold", "different lengths", "no tokens", "is nan"),
    "inhomogeneous shape",  # NumPy's word for rows of different lengths; it says what is wrong
)
WORDLESS = {"text", "objects", "complex numbers", "a string", "HTML", "a complex number", "a dictionary"}


def knock(door, what, value, *, text_is_fine=False, gaps_are_fine=False):
    """Pass `value` to a door: it must answer sensibly, or refuse in our words, and leave the value alone."""
    before, refusal = copy.deepcopy(value), ""
    try:
        with np.errstate(all="ignore"):
            answer = door(value)
    except (ValueError, TypeError, FloatingPointError) as error:
        refusal = str(error)
    if refusal:
        ours = any(word in refusal for word in OUR_WORDS) and "must be real number" not in refusal
        assert ours, f"Python or NumPy speaks, not we: {refusal}"
    else:
        assert text_is_fine or what not in WORDLESS, f"an answer to {what}: {answer!r:.80}"
        assert gaps_are_fine or "nan" not in repr(answer), f"silent nonsense: {answer!r:.80}"
    assert repr(value) == repr(before)


def film(**change):
    """A recorded drive of two moments, its title full of HTML."""
    whole = {
        "title": "</div><b>A drive</b> '\"&",
        "outcome": "finished",
        "view": "believed",
        "tenths": [0, 8],
        "ego": [0, 0, 0, 80, 0, 100],
        "speeds": [100, 90],
        "progress": [0, 8],
        "cars": [[0, 0, 0, 1, 1, 1]],
        "pictures": "0" * 384,
        "paths": [],
        "lanes": [[50, 0, 0, 400, 0]],
        "grid": {"cells": 24, "cell": 15, "behind": 30},
    }
    return {**whole, **change}
