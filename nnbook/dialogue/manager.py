"""The state of a dialogue: what was said before, what is still missing, what needs a yes.

A state is plain data: {"world": …, "pending": None or {"intent", "slots", "waiting", "careful"}, "last":
{slot: value}}. "careful" is set when the wish held a "not": models that count words do the opposite of it.
`step` maps (state, sentence) to (new state, reply). ``static/robot_dialogue.js`` does the same in a page.
"""

import re
from dataclasses import dataclass

from nnbook.dialogue.slots import mask
from nnbook.dialogue.understand import Understanding
from nnbook.dialogue.worlds import act, first_world, rules, say
from nnbook.retrieval import fold

_WORD = re.compile("[A-Za-z]+|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True)
class Turn:
    """What came of one sentence: `kind` is done, ask, confirm, dropped, refused or chat."""

    state: dict
    reply: str
    kind: str


def first_state(robot: str) -> dict:
    """Return the state in which a dialogue begins."""
    return {"world": first_world(robot), "pending": None, "last": {}}


def step(state: dict, text: str, understood: Understanding, robot: str, language: str, *, chat=None) -> Turn:
    """Answer one sentence.

    Args:
        state: from `first_state` or an earlier `Turn`; it is not changed.
        understood: what `IntentModel.understand` made of the text.
        chat: a small-talk answer to give if the wish is refused, or None.
    """
    pending, found = state["pending"], understood.values()
    plain = _plain(text, language)
    if pending:
        if plain in rules()["no"][language]:
            return Turn({**state, "pending": None}, say("dropped", language, robot, {}), "dropped")
        if pending["waiting"] == "confirm" and plain in rules()["yes"][language]:
            return _do(state, pending["intent"], pending["slots"], robot, language)
        answer = _answer(pending["waiting"], found)
        bare = _bare(text, robot, language)
        same = not understood.accepted or understood.intent == pending["intent"]
        if answer and (bare or same):
            slots = {**pending["slots"], **found, **answer}
            return _next(state, pending["intent"], slots, text, robot, language, careful=pending["careful"])
        if not understood.accepted:  # ask once more
            return _ask(state, **pending, robot=robot, language=language)
    if not understood.accepted:
        reply = chat if chat else say("refused", language, robot, {})
        return Turn({**state, "pending": None}, reply, "chat" if chat else "refused")
    return _next(state, understood.intent, found, text, robot, language)


def _next(state, intent, slots, text, robot, language, *, careful=False):
    """Fill what is known from before; then ask, confirm or do."""
    slots = dict(slots)
    careful = careful or (intent in rules()["guarded"] and _says(text, language, "not"))
    for name in rules()["needs"][intent]:
        if name not in slots and _says(text, language, "pronouns") and name in state["last"]:
            slots[name] = state["last"][name]
        if name == "order" and name not in slots and "item" in slots:
            same = [n for n, order in state["world"]["orders"].items() if order["item"] == slots["item"]]
            if len(same) == 1:
                slots["order"] = same[0]
        if name not in slots:
            return _ask(state, intent, slots, name, careful, robot, language)
    if careful or intent in rules()["dangerous"]:
        return _ask(state, intent, slots, "confirm", careful, robot, language)
    return _do(state, intent, slots, robot, language)


def _ask(state, intent, slots, waiting, careful, robot, language):
    pending = {"intent": intent, "slots": slots, "waiting": waiting, "careful": careful}
    confirm = waiting == "confirm"
    if confirm and careful:
        reply = say("confirm_not", language, robot, {"wish": rules()["wishes"][intent][language]})
    else:
        reply = say(f"confirm_{intent}" if confirm else f"ask_{waiting}", language, robot, slots)
    return Turn({**state, "pending": pending}, reply, "confirm" if confirm else "ask")


def _do(state, intent, slots, robot, language):
    world, key, values = act(robot, state["world"], intent, slots)
    after = {"world": world, "pending": None, "last": {**state["last"], **slots}}
    return Turn(after, say(key, language, robot, values), "done")


def _answer(waiting, found):
    """The slot that was asked for, if the sentence holds it; a bare number answers "how many minutes?"."""
    if waiting == "duration" and waiting not in found and "degrees" in found:
        return {"duration": found["degrees"]}
    return {waiting: found[waiting]} if waiting in found else {}


def _words(text):
    return _WORD.findall(text)


def _plain(text, language):
    return ("" if language == "zh" else " ").join(_words(fold(text)))


def _bare(text, robot, language):
    """Whether a sentence holds nothing but slots and small words: "in the kitchen, please"."""
    rest = [word for word in _words(mask(text, robot)) if not word.isupper() and not word.isdigit()]
    return all(word in rules()["fillers"][language] for word in rest)


def _says(text, language, what):
    """Whether a sentence holds one of the words of a list of the rules: "pronouns" or "not"."""
    folded = fold(text)
    within = _words(folded) if language == "en" else folded
    return any(word in within for word in rules()[what][language])
