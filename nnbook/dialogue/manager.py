"""The state of a dialogue: what was said before, what is still missing, what needs a yes.

A state is plain data: {"world": …, "pending": None or {"intent", "slots", "waiting", "doubt", "tries"},
"last": {slot: value}}. "doubt" says why a wish needs a yes (see `nnbook.dialogue.cues.doubt`), "tries" how
often the robot asked in vain. `step` maps (state, sentence) to (new state, reply).
``static/robot_dialogue.js`` does the same in a page.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise

from nnbook.dialogue.cues import checks, doubt, heard, says, yes_or_no
from nnbook.dialogue.quantities import find_quantities
from nnbook.dialogue.slots import gazetteer, mask
from nnbook.dialogue.understand import Understanding
from nnbook.dialogue.worlds import act, fill, first_world, in_words, rules, say, wish
from nnbook.retrieval import fold

MOST_TRIES = 2  # questions in vain, after which a robot stops
_WORD = re.compile("[A-Za-z]+|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]")
_NUMBERS = ("degrees", "change", "duration")
_CLAUSE = re.compile("[,。.!;、]+ *")
_TARGET = re.compile(r"(?:到|成|为|去|至|往|(?<![a-z])to|(?<![a-z])into) *\Z")
_STATES = ("turn_on", "turn_off", "lock_door", "unlock_door")


@dataclass(frozen=True)
class Turn:
    """What came of one sentence: `kind` is done, ask, confirm, dropped, refused or chat.

    `intent` and `slots` say what was done, or what is asked about.
    """

    state: dict
    reply: str
    kind: str
    intent: str | None = None
    slots: dict = field(default_factory=dict)


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
    if pending:
        said = yes_or_no(text, robot, language) or _yes_and_more(pending, found, text, robot, language)
        if said == "no":
            return Turn({**state, "pending": None}, say("dropped", language, robot, {}), "dropped")
        if said == "yes" and pending["waiting"] == "confirm":
            return _do(state, pending["intent"], pending["slots"], robot, language)
        answer = _answer(pending, found, text, robot)
        bare = _bare(text, robot, language)
        same = not understood.accepted or understood.intent == pending["intent"]
        if answer and (bare or same):
            slots = {**pending["slots"], **answer}
            why = pending["doubt"] or doubt(
                pending["intent"], found, text, True, robot, language, answer=True
            )
            return _next(state, pending["intent"], slots, text, robot, language, why=why)
        if not understood.accepted or bare:
            return _again(state, pending, robot, language)
    intent, sure = _second_witness(understood, found, text, robot, language)
    if intent is None:
        reply = chat if chat else say(f"refused_{robot}", language, robot, {})
        return Turn({**state, "pending": None}, reply, "chat" if chat else "refused")
    return _wish(state, intent, sure, understood.slots, found, text, robot, language)


def _second_witness(understood, found, text, robot, language):
    """(intent or None, whether one may act): the model's guess, heard against the words of each intent.

    If the words of the best guess are missing, the next plausible intent whose words are there takes its
    place. If the model refuses, but the words are there and all slots, too, the robot asks.
    """
    said = heard(text, robot, language)

    def heard_of(intent):
        return not checks()[intent]["must"] or says(said, checks()[intent]["must"], robot, language)

    named = next((intent for intent in understood.ranking if heard_of(intent)), None)
    if understood.accepted:
        intent = understood.intent
        return (intent, understood.sure) if named is None or heard_of(intent) else (named, False)
    needs = rules()["needs"][named] if named else []
    complete = needs and all(name in found or (name == "degrees" and "change" in found) for name in needs)
    return (named, False) if complete and "thing" not in found else (None, False)


def _wish(state, intent, sure, all_slots, found, text, robot, language):
    """A new wish: whether something speaks against doing it, and what is to be asked first."""
    slots, said = dict(found), heard(text, robot, language)
    if intent in _STATES and _hears(said, robot, language, "state_question", but="ability"):
        intent = "ask_state"
    why = doubt(intent, slots, text, sure, robot, language)
    strange = "thing" in slots and "thing" not in checks()[intent]["slots"]
    if strange and not any(name in slots for name in rules()["needs"][intent]):
        thing = slots["thing"] if isinstance(slots["thing"], str) else slots["thing"][0]
        reply = say(f"no_such_{robot}", language, robot, {"thing": thing})
        return Turn({**state, "pending": None}, reply, "refused")
    if _crossed(all_slots):
        return Turn({**state, "pending": None}, say("one_thing", language, robot, {}), "ask", intent)
    if "unclear" in slots or sum(slot.name in _NUMBERS for slot in all_slots) > 1:
        slots = {name: value for name, value in slots.items() if name not in _NUMBERS}
    for name, value in list(slots.items()):
        if isinstance(value, list) and name not in rules()["several"]:
            one = _target(text, all_slots) if name == "city" else None
            if one:
                slots[name] = one
            else:
                why = why or "several"
                del slots[name]
    return _next(state, intent, slots, text, robot, language, why=why)


def _hears(said, robot, language, cue, *, but):
    return says(said, cue, robot, language) and not says(said, but, robot, language)


def _next(state, intent, slots, text, robot, language, *, why=""):
    """Fill what is known from before; then ask, confirm or do."""
    own = {name: value for name, value in slots.items() if name in checks()[intent]["slots"]}
    said = heard(text, robot, language)
    slots = _everything(own, intent, said, robot, language)
    for name in rules()["needs"][intent]:
        if name == "degrees" and "change" in slots:
            continue
        if name not in slots and _says(text, language, "pronouns") and name in state["last"]:
            slots[name] = state["last"][name]
        if name == "order" and name not in slots and isinstance(slots.get("item"), str):
            same = [n for n, order in state["world"]["orders"].items() if order["item"] == slots["item"]]
            if len(same) == 1:
                slots["order"] = same[0]
        if name not in slots:
            return _ask(state, intent, slots, name, why, robot, language)
    dangerous = intent in rules()["dangerous"]
    if dangerous and why != "not" and act(robot, state["world"], intent, slots)[0] == state["world"]:
        return _do(state, intent, slots, robot, language)  # it cannot be done, and the reply says why
    if why or dangerous:
        return _ask(state, intent, slots, "confirm", why, robot, language)
    return _do(state, intent, slots, robot, language)


def _everything(slots, intent, said, robot, language):
    """ "All the lights", "are the doors locked?": rooms and doors that are meant without being named."""
    slots = dict(slots)
    if robot != "home":
        return slots
    if intent == "ask_state" and not slots:
        if says(said, "lock", robot, language):
            return {"door": "all"}
        return {"room": "all"} if says(said, "climate", robot, language) else slots
    for name in ("room", "door"):
        if (
            name in rules()["needs"][intent]
            and name not in slots
            and says(said, "everything", robot, language)
        ):
            slots[name] = "all"
    return slots


def _ask(state, intent, slots, waiting, why, robot, language, *, tries=0):
    pending = {"intent": intent, "slots": slots, "waiting": waiting, "doubt": why, "tries": tries}
    if waiting != "confirm":
        reply = say(f"ask_{waiting}", language, robot, slots)
    elif intent in rules()["dangerous"] and why != "not":
        reply = say(f"confirm_{intent}", language, robot, slots)
    else:
        reply = say(f"confirm_{why}", language, robot, {"wish": wish(intent, language, robot, slots)})
    if tries and waiting != "confirm":
        reply += " " + _choices(waiting, language, robot)
    return Turn(
        {**state, "pending": pending}, reply, "confirm" if waiting == "confirm" else "ask", intent, slots
    )


def _again(state, pending, robot, language):
    """Ask once more, with choices; after that, stop."""
    tries = pending["tries"] + 1
    if tries >= MOST_TRIES:
        return Turn({**state, "pending": None}, say("stuck", language, robot, {}), "dropped")
    return _ask(
        state,
        pending["intent"],
        pending["slots"],
        pending["waiting"],
        pending["doubt"],
        robot,
        language,
        tries=tries,
    )


def _choices(waiting, language, robot):
    known = gazetteer(robot).get(waiting)
    if not known:
        return say("a_number", language, robot, {}) if waiting in _NUMBERS else ""
    names = [in_words(waiting, value, language, robot) for value in known]
    return fill(
        rules()["replies"]["choices"][language],
        language,
        robot,
        {"choices": ("、" if language == "zh" else ", ").join(names)},
    )


def _do(state, intent, slots, robot, language):
    world, key, values = act(robot, state["world"], intent, slots)
    after = {"world": world, "pending": None, "last": {**state["last"], **slots}}
    return Turn(after, say(key, language, robot, values), "done", intent, slots)


def _answer(pending, found, text, robot):
    """The slots that a sentence gives to the question that was asked."""
    waiting = pending["waiting"]
    if "unclear" in found or "thing" in found or "time" in found:
        found = {
            name: value
            for name, value in found.items()
            if name not in (*_NUMBERS, "unclear", "thing", "time")
        }
        if waiting in ("degrees", "duration"):
            numbers = [q for q in find_quantities(fold(text)) if q.name == "number"]
            plain = len(numbers) == 1 and len(find_quantities(fold(text))) == 1
            return {waiting: numbers[0].value} if plain else {}
    several = any(isinstance(value, list) and name not in rules()["several"] for name, value in found.items())
    if several or sum(name in _NUMBERS for name in found) > 1:
        return {}
    if waiting == "duration" and "duration" not in found:
        numbers = [q for q in find_quantities(fold(text)) if q.name == "number"]
        return {"duration": numbers[0].value} if len(numbers) == 1 and "degrees" in found else {}
    own = {name: value for name, value in found.items() if name in checks()[pending["intent"]]["slots"]}
    if waiting == "degrees" and "change" in own:
        return own
    if waiting == "confirm":  # "no, in the kitchen": the wish is put right, and asked again
        return own
    return own if waiting in own else {}


def _yes_and_more(pending, found, text, robot, language):
    """ "Yes, cancel it", "no, let me think": a yes or a no that is followed by nothing new."""
    first, *rest = _CLAUSE.split(fold(text), maxsplit=1)
    answer = yes_or_no(first, robot, language)
    if not answer or not rest:
        return None
    if any(pending["slots"].get(name) != value for name, value in found.items()):
        return None
    if answer == "no":
        return "no"
    said = heard(rest[0], robot, language)
    doubts = any(says(said, cue, robot, language) for cue in ("not", "later", "except"))
    return "yes" if not doubts and says(said, checks()[pending["intent"]]["must"], robot, language) else None


def _crossed(slots):
    """Whether rooms and devices alternate: the lamp in the hall and the fan in the study are two wishes."""
    places = [slot for slot in slots if slot.name in ("room", "device")]
    kinds = [slot.name for slot in places]
    turns = sum(a != b for a, b in pairwise(kinds))
    different = [len({slot.value for slot in places if slot.name == name}) for name in ("room", "device")]
    return turns > 1 and min(different) > 1


def _target(text, slots):
    """The one city of several that stands after a "to", or None."""
    folded = fold(text)
    meant = {slot.value for slot in slots if slot.name == "city" and _TARGET.search(folded[: slot.start])}
    return meant.pop() if len(meant) == 1 else None


def _words(text):
    return _WORD.findall(text)


def _bare(text, robot, language):
    """Whether a sentence holds nothing but slots and small words: "in the kitchen, please"."""
    rest = [word for word in _words(mask(text, robot)) if not word.isupper() and not word.isdigit()]
    return all(word in rules()["fillers"][language] for word in rest)


def _says(text, language, what):
    """Whether a sentence holds one of the words of a list of the rules."""
    folded = fold(text)
    within = _words(folded) if language == "en" else folded
    return any(word in within for word in rules()[what][language])
