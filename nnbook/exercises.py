"""Check a reader's answer and say in one line what is missing; a notebook always runs to its end."""

import functools
from collections.abc import Callable


def check(tests: Callable[[], None]) -> Callable[[], None]:
    """Run ``tests`` now, print whether the answer holds, and return a function that does so again.

    ``tests`` takes no arguments and asserts, each time with a message that teaches. A blank
    (NotImplementedError) and a failed assert are reported in one line; any other error is the reader's to
    see in full, and goes through.

    >>> half = lambda x: x / 2
    >>> @check
    ... def check_half():
    ...     assert half(4) == 2, "half of 4 is 2"
    Correct.
    >>> half = lambda x: x * 2
    >>> check_half()
    Not yet. half of 4 is 2
    """

    @functools.wraps(tests)
    def run() -> None:
        try:
            tests()
        except (NotImplementedError, AssertionError) as hint:
            print(f"Not yet. {hint}")
        else:
            print("Correct.")

    run()
    return run
