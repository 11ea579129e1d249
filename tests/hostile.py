"""What the tests of hostile inputs share: the values nobody should pass, and what counts as an answer."""

import copy

import numpy as np
from test_hostile_inputs import CLEAR, HOSTILE, OUR_WORDS, rng

__all__ = ["HOSTILE", "NUMBERS", "knock", "rng"]

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
        ours = any(word in refusal for word in (*OUR_WORDS, CLEAR)) and "must be real number" not in refusal
        assert ours, f"Python or NumPy speaks, not we: {refusal}"
    else:
        assert text_is_fine or what not in WORDLESS, f"an answer to {what}: {answer!r:.80}"
        assert gaps_are_fine or "nan" not in repr(answer), f"silent nonsense: {answer!r:.80}"
    assert repr(value) == repr(before)
