"""Quiz: questions on a chapter, with a reply to every answer, also the wrong ones."""

import json
from pathlib import Path

import traitlets

from nnbook.widgets._base import Widget
from nnbook.widgets._checks import one_of
from nnbook.widgets._stored import data_script

QUIZZES = Path(__file__).parent / "quizzes"


def quiz_names() -> list[str]:
    """Return the names of all quizzes: ``chapter-01``, …"""
    return sorted(path.stem for path in QUIZZES.glob("*.json"))


def read_quiz(name: str) -> dict:
    """Return a quiz as its file has it: title, page, questions with choices and feedback.

    Raises:
        ValueError: there is no quiz of this name.
    """
    if name not in quiz_names():
        raise ValueError(f"there is no quiz called {name!r}; there are {', '.join(quiz_names())}.")
    return json.loads((QUIZZES / f"{name}.json").read_text(encoding="utf-8"))


def quiz_script(name: str) -> str:
    """Return the classic script ``_static/quizzes/quiz-<name>.js`` that a page loads."""
    return data_script(f"quiz-{name}", read_quiz(name))


class Quiz(Widget):
    """Questions with one right answer each; what was answered is kept in the reader's browser only.

    Args:
        quiz: name of the quiz to begin with, for example ``"chapter-04"``.
        menu: whether the reader can change to the quiz of another chapter.
    Raises:
        TraitError: there is no quiz of this name.
    """

    fallback = "Here is a quiz with a reply to every answer. It needs JavaScript in the browser."

    quiz = traitlets.Unicode("chapter-01", help="which quiz").tag(sync=True)
    menu = traitlets.Bool(True, help="can another chapter be chosen?").tag(sync=True)
    quizzes = traitlets.List(help="name and title of each quiz").tag(sync=True)
    data = traitlets.Dict(help="the quizzes, as the JavaScript reads them").tag(sync=True)

    def __init__(self, quiz="chapter-01", *, menu=True):
        everything = {name: read_quiz(name) for name in quiz_names()}
        super().__init__(
            quiz=quiz,
            menu=menu,
            quizzes=[[name, q["title"], len(q["questions"])] for name, q in everything.items()],
            data=everything,
        )

    @traitlets.validate("quiz")
    def _check_quiz(self, proposal):
        return one_of(proposal, quiz_names())

    def state(self) -> dict:
        """As for every widget; the questions are left out, because a page loads them from their own file."""
        state = super().state()
        del state["data"]
        return state
