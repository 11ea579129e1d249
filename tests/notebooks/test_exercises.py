"""The exercises as a learner meets them: right answers pass, wrong ones hear what is wrong."""

import functools
import re

import nbformat
import pytest
from cut_exercises import NOTEBOOKS, exercises, hint
from learner import Exercise
from wrong_answers import chapter_6, chapters_1_to_5, chapters_7_to_9

WRONG = chapters_1_to_5.WRONG | chapter_6.WRONG | chapters_7_to_9.WRONG
PLACES = [
    (path.stem, number)
    for path in sorted(NOTEBOOKS.glob("*.ipynb"))
    for number in range(len(exercises(nbformat.read(path, as_version=4))))
]
# A body in place of the answer, and what the reply must hold
SLIPS = {
    "nothing returned": ("pass", "`return`"),
    "three dots returned": ("return ...", ""),
    "nothing but a text": ("return 'two'", ""),
    "nothing but an empty dictionary": ("return {}", ""),
    "a division by zero": ("return 1 / 0", "ZeroDivisionError: .* Treat the case"),
    "shapes that do not fit": (
        "import numpy\n    return numpy.ones((3, 2)) @ numpy.ones((3, 2))",
        r"Print both shapes.*transposed",
    ),
    "a name that does not exist": ("return nump.sum(1)", "NameError: .* misspelt"),
    "a failed assert without words": ("assert False", "AssertionError"),
    "no end": ("return ITSELF(*everything)", "calls itself without end"),
}

each = pytest.mark.parametrize(("stem", "number"), PLACES)


@functools.cache
def exercise(stem, number):
    return Exercise(NOTEBOOKS / f"{stem}.ipynb", number)


NOT_TRIED = "Not yet. Write your answer in the cell above, run it, then run this cell again.\n"


def is_help(reply, hint):
    """One line that begins with "Not yet." and holds a sentence, and a second one with the hint, if any."""
    return re.fullmatch(r"Not yet\. (?!None|assert)\S[^\n]{14,}\n" + re.escape(hint), reply)


@each
def test_the_right_answer_passes_and_the_blank_is_told_what_to_do(stem, number):
    one = exercise(stem, number)
    assert one.say(one.answer) == "Correct.\n"
    reply = one.say(one.cells[0].source)
    assert reply == NOT_TRIED if one.function else is_help(reply, ""), "no hint before a try"


@each
def test_plausible_wrong_answers_are_told_what_is_wrong(stem, number):
    one = exercise(stem, number)
    assert len(WRONG[one.label]) >= 3
    for right, wrong, told in WRONG[one.label]:
        assert right in one.answer, f"the solution has no {right!r} any more"
        reply = one.say(one.answer.replace(right, wrong))
        assert is_help(reply, "" if wrong.endswith("...") else one.hint), (
            f"{wrong!r} is answered by {reply!r}"
        )
        assert told in reply, f"{wrong!r} should be told {told!r}, not {reply!r}"


@each
def test_the_hint_is_not_the_answer(stem, number):
    """Words lead to a formula; a formula in the hint is the answer itself."""
    one = exercise(stem, number)
    words = hint(one.cells[1].source)
    assert 30 < len(words) < 200
    assert not re.search(r"[=*/²√·]|\bnp\.", words), words
    assert words not in one.cells[0].source


@each
def test_slips_of_every_day_are_told_in_a_line(stem, number):
    one = exercise(stem, number)
    if one.function is None:
        pytest.skip("it asks for a number")
    in_place = "in_place=True" in one.cells[1].source
    for slip, (body, told) in SLIPS.items():
        reply = one.say(
            f"def {one.function}(*everything, **named):\n    {body.replace('ITSELF', one.function)}\n"
        )
        assert is_help(reply, one.hint), f"{slip}: {reply!r}"
        assert in_place or re.search(told, reply), f"{slip}: {reply!r}"
    assert "Leave the first line" in one.say(f"def {one.function}():\n    return 1\n")
    assert "name" in one.say(f"{one.function} = 3\n")


def test_every_exercise_has_its_wrong_answers():
    labels = {exercise(stem, number).label for stem, number in PLACES}
    assert labels == set(WRONG)
