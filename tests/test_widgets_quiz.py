"""Quizzes: one right answer, a reply to every choice, and links to sections that exist."""

import json
import re
from pathlib import Path

import nbformat
import pytest
import traitlets
from docutils.nodes import make_id

from nnbook.widgets import Quiz
from nnbook.widgets.quiz import quiz_names, quiz_script, read_quiz

ROOT = Path(__file__).parent.parent
QUIZZES = {name: read_quiz(name) for name in quiz_names()}
QUESTIONS = [(name, q) for name, quiz in QUIZZES.items() for q in quiz["questions"]]
each_quiz = pytest.mark.parametrize("name", QUIZZES)
each_question = pytest.mark.parametrize(
    ("name", "question"), QUESTIONS, ids=[f"{n}-{q['id']}" for n, q in QUESTIONS]
)


def test_each_chapter_has_a_quiz():
    assert quiz_names() == [f"chapter-{number:02}" for number in range(1, 10)]


@each_quiz
def test_a_quiz_has_a_title_a_page_and_enough_questions(name):
    quiz = QUIZZES[name]
    assert set(quiz) == {"title", "page", "questions"}
    assert quiz["title"][0] == name[-1]
    assert re.fullmatch(r"notebooks/0\d_\w+", quiz["page"])
    assert len(quiz["questions"]) >= (5 if name in ("chapter-06", "chapter-07", "chapter-08") else 6)


@each_question
def test_a_question_has_one_right_choice_and_a_reply_to_each(name, question):
    assert set(question) <= {"id", "question", "choices", "section"}
    assert re.fullmatch(r"[a-z0-9-]+", question["id"])
    choices = question["choices"]
    assert 3 <= len(choices) <= 5
    assert sum(choice.get("right", False) for choice in choices) == 1
    assert len({choice["text"] for choice in choices}) == len(choices)
    for choice in choices:
        assert set(choice) <= {"text", "right", "feedback"}
        assert len(choice["feedback"]) >= 30, f"say why: {choice}"


def test_no_question_is_asked_twice():
    for key in ("question", "id"):
        values = [(name if key == "id" else "", q[key]) for name, q in QUESTIONS]
        assert len(set(values)) == len(values)


def test_the_right_answer_cannot_be_guessed_from_its_place():
    for quiz in QUIZZES.values():
        places = [[c.get("right", False) for c in q["choices"]].index(True) for q in quiz["questions"]]
        assert len(set(places)) >= 3
        assert all(places.count(place) <= 0.6 * len(places) for place in places)


@each_question
def test_a_section_exists(name, question):
    section = question.get("section")
    if section is None:
        pytest.skip("no link")
    page, anchor = section.split("#") if "#" in section else (QUIZZES[name]["page"], section)
    cells = nbformat.read(ROOT / f"{page}.ipynb", as_version=4).cells
    prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    prose = re.sub(r"^```.*?^```", "", prose, flags=re.MULTILINE | re.DOTALL)
    assert anchor in {make_id(title) for title in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)}


def test_the_script_holds_the_quiz():
    assert json.loads(quiz_script("chapter-04").split("] = ")[1][:-2]) == QUIZZES["chapter-04"]


class TestWidget:
    def test_a_page_does_not_store_the_questions(self):
        twin = Quiz("chapter-04").html_twin()
        assert '"quiz":"chapter-04"' in twin
        assert "saturated" not in twin

    def test_an_unknown_quiz_is_refused(self):
        with pytest.raises(traitlets.TraitError, match="quiz must be one of chapter-01"):
            Quiz("chapter-10")
        with pytest.raises(ValueError, match="no quiz called 'x'"):
            read_quiz("x")
