"""The clinic reports what a listing does; it neither hides an error nor leaves a trace."""

import numpy as np
import pytest

from nnbook.clinic import Listing, kept, load_ipython_extension


def test_an_error_is_reported_with_its_line_and_message():
    outcome = Listing("a = 1\n\ndef f():\n    return a + b  # b is missing\n\nf()\n").run()
    assert isinstance(outcome.error, NameError)
    assert repr(outcome) == (
        "Stopped in line 4: return a + b  # b is missing\nNameError: name 'b' is not defined"
    )


def test_a_line_of_a_library_is_not_taken_for_a_line_of_the_listing():
    outcome = Listing("import numpy as np\nx = np.linalg.inv(np.zeros((2, 2)))").run()
    assert outcome.where.startswith("line 2:")


def test_a_syntax_error_is_reported_like_any_other():
    assert repr(Listing("x = 1\ny = = 2").run()).startswith("Stopped in line 2: y = = 2\nSyntaxError")


def test_what_is_printed_is_kept_and_long_decimals_are_rounded():
    outcome = Listing("print('loss', 0.123456789, 12, 0.5)").run()
    assert outcome.printed == "loss 0.123456789 12 0.5\n"
    assert repr(outcome) == "loss 0.1235 12 0.5\nThe listing ran to its end."


def test_a_warning_is_shown_once_with_its_line():
    code = "import numpy as np\nfor _ in range(3):\n    np.exp(np.array([1000.0]))"
    assert Listing(code).run().warnings == (
        "Warning in line 3: np.exp(np.array([1000.0])): overflow encountered in exp",
    )


def test_the_listing_gets_copies_and_cannot_change_the_readers_arrays():
    x = np.ones(3)
    outcome = Listing("x *= 5").run(x=x)
    assert outcome.names["x"].tolist() == [5, 5, 5]
    assert x.tolist() == [1, 1, 1]


def test_random_numbers_repeat_and_the_global_state_is_put_back():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    listing = Listing("import numpy as np\nx = np.random.randn(4)")
    assert np.array_equal(listing.run().names["x"], listing.run().names["x"])
    assert not np.array_equal(listing.run().names["x"], listing.run(seed=1).names["x"])
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_mending_changes_a_copy_and_shows_the_change():
    listing = Listing("y = W @ x")
    mended = listing.mend("W @ x", "x @ W")
    assert listing.code == "y = W @ x"
    assert mended.code == "y = x @ W"
    assert repr(mended) == "- W @ x\n+ x @ W"


@pytest.mark.parametrize(("old", "times"), [("q", 0), ("x", 2)])
def test_a_text_that_does_not_occur_exactly_once_is_refused(old, times):
    with pytest.raises(ValueError, match=f"occurs {times} times"):
        Listing("x = x").mend(old, "z")


def test_the_cell_magic_keeps_the_text_and_runs_nothing():
    class FakeShell:
        def __init__(self):
            self.magics = {}

        def register_magic_function(self, function, kind):
            self.magics[kind, function.__name__] = function

    shell = FakeShell()
    load_ipython_extension(shell)
    magic = shell.magics["cell", "listing"]
    magic("as_published", "1 / 0\n")
    assert kept["as_published"] == Listing("1 / 0\n")
    with pytest.raises(ValueError, match="needs a name"):
        magic("two words", "1 / 0\n")
