"""An exam of whole turns: natural sentences, and what a robot would rightly do with each.

The intent alone says little. A good robot does the right thing in the right rooms for the right time, asks
back where it should, and leaves alone what is not its business. The worst verdict is "acted wrongly".
"""

import json
from collections import Counter
from dataclasses import dataclass, field

from nnbook.dialogue.manager import Turn, first_state, step
from nnbook.dialogue.slots import DATA, ROBOTS, gazetteer, language_of
from nnbook.dialogue.smalltalk import SmallTalk
from nnbook.dialogue.worlds import rules

VERDICTS = ("done rightly", "asked rightly", "declined rightly", "acted wrongly", "missed")
RIGHT = ("do", "ask", "refuse")


@dataclass(frozen=True)
class Question:
    """A sentence, perhaps after others, and what is right: "do", "ask" or "refuse".

    `what` is an intent or None (any), `slots` its values. `also` lists further outcomes that are right.
    """

    robot: str
    text: str
    right: str
    what: str | None = None
    slots: dict = field(default_factory=dict)
    before: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


def load_natural(name: str) -> tuple[Question, ...]:
    """Return the questions of ``data/natural_<name>.json`` ("tuning_zh", "held_out_zh", …).

    Slots may be written in plain words (客厅); they become the values of the robot's list.
    """
    known = natural_names()
    if name not in known:
        raise ValueError(f"name must be one of {', '.join(known)}; got {name!r}.")
    rows = json.loads((DATA / f"natural_{name}.json").read_text(encoding="utf-8"))
    return tuple(_question(row) for row in rows)


def natural_names() -> list[str]:
    """Return the names of all sets of natural sentences."""
    return sorted(path.stem.removeprefix("natural_") for path in DATA.glob("natural_*.json"))


def _question(row):
    robot, right, what = row["robot"], row["right"], row.get("what")
    if robot not in ROBOTS or right not in RIGHT or (what is not None and what not in rules()["needs"]):
        raise ValueError(f"expected a robot of {ROBOTS}, right of {RIGHT} and a known intent; got {row}.")
    slots = {name: _value(robot, name, value) for name, value in row.get("slots", {}).items()}
    return Question(
        robot, row["text"], right, what, slots, tuple(row.get("before", ())), tuple(row.get("also", ()))
    )


def _value(robot, name, value):
    if isinstance(value, list):
        return [_value(robot, name, one) for one in value]
    for known, languages in gazetteer(robot).get(name, {}).items():
        if value == known or any(value in names for names in languages.values()):
            return known
    return value


def mark(question: Question, turn: Turn, before: dict) -> str:
    """Return the verdict on one turn.

    Args:
        before: the state in which the sentence was said.
    """
    same = (question.what is None and question.right == "ask") or _same(question, turn)
    outcomes = {question.right, *question.also}
    if turn.kind == "done":
        if "do" in outcomes and same:
            return "done rightly"
        # the robot answers that it cannot be done, and changes nothing
        impossible = turn.state["world"] == before["world"] and question.what in rules()["dangerous"]
        return "asked rightly" if "ask" in outcomes and same and impossible else "acted wrongly"
    if turn.kind in ("ask", "confirm"):
        return "asked rightly" if {"do", "ask"} & outcomes and same and _needed(question, turn) else "missed"
    return "declined rightly" if "refuse" in outcomes else "missed"


def _same(question, turn):
    """Whether a turn is about the intent and, as far as it goes, the slots of the question."""
    if question.what is None or turn.intent != question.what:
        return False
    needs = rules()["needs"][question.what]
    names = {*needs, "style", "change", "degrees", *question.slots} - ({"item"} - {*needs})
    for name in names:
        has, wants = turn.slots.get(name), question.slots.get(name)
        if name == "order" and wants is None and "item" in question.slots:
            continue
        if has is None and turn.kind != "done" and name == (turn.state["pending"] or {}).get("waiting"):
            continue
        if has is None and turn.kind == "ask":
            continue  # later questions
        if _plain(has) != _plain(wants) and not (wants is None and question.right == "ask"):
            return False
    return True


def _needed(question, turn):
    """Whether a question asks for something that the sentence did not say."""
    waiting = (turn.state["pending"] or {}).get("waiting")
    return question.right == "ask" or turn.kind == "confirm" or waiting not in question.slots


def _plain(value):
    return (
        sorted(map(str, value))
        if isinstance(value, list)
        else float(value)
        if isinstance(value, int)
        else value
    )


def sit(questions, models) -> tuple[Counter, list[tuple[Question, Turn, str]]]:
    """Say all sentences; return the counts of the verdicts and, for each sentence, what came of it.

    Args:
        models: {(robot, language): IntentModel}, as `load_robots` returns them.
    """
    talk = {language: SmallTalk.of(language) for language in {language_of(q.text) for q in questions}}
    counts, told = Counter(dict.fromkeys(VERDICTS, 0)), []
    for question in questions:
        state = first_state(question.robot)
        language = language_of("".join((*question.before, question.text)))
        for text in (*question.before, question.text):
            before = state
            if any(letter.isalpha() for letter in text):  # "24" has the language of the talk
                language = language_of(text)
            seen = models[question.robot, language].understand(text)
            turn = step(state, text, seen, question.robot, language, chat=talk[language].answer(text))
            state = turn.state
        verdict = mark(question, turn, before)
        counts[verdict] += 1
        told.append((question, turn, verdict))
    return counts, told


def shares(counts: Counter) -> tuple[float, float]:
    """Return (acted wrongly, understood or rightly asked or rightly declined) as shares of all sentences."""
    total = sum(counts.values())
    if not total:
        raise ValueError("there are no sentences: got 0. Is the file empty?")
    wrong, missed = counts["acted wrongly"], counts["missed"]
    return wrong / total, (total - wrong - missed) / total
