"""Find the slots of a sentence: names from a list, and quantities by strict rules.

A home robot knows its rooms and lamps, and a shop knows its goods. So most slots are names from a list (a
*gazetteer*), the longest name first. A second list holds things that the robot does not have (windows, cities
to which the shop does not send): they become slots called "thing". Degrees, durations and order numbers are
read by `nnbook.dialogue.quantities`. ``static/robot_words.js`` does the same in a page, and a test compares
the two.
"""

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from nnbook.dialogue.quantities import find_quantities
from nnbook.retrieval import fold

DATA = Path(__file__).parent / "data"
ROBOTS = ("home", "service")
LANGUAGES = ("en", "zh")
# What a sentence may hold beside the slots of an intent, and what keeps a robot from acting at once
MARKS = ("thing", "time", "unclear")

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
# Not \b: Python counts Chinese characters as letters of words, JavaScript does not
_BEFORE, _AFTER = "(?<![a-z0-9])", "(?![a-z0-9])"
_SPOKEN_ORDER = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_ORDER = re.compile("[0-9]{4,6}|[零〇一二三四五六七八九幺]{4,6}")


@dataclass(frozen=True)
class Slot:
    """A piece of a sentence with a meaning: `text[start:end]` names `value` of the kind `name`."""

    name: str
    value: str | float
    start: int
    end: int


def language_of(text: str) -> str:
    """Return "zh" if the text holds a Chinese character, else "en".

    >>> language_of("turn on the light"), language_of("打开灯")
    ('en', 'zh')
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a text (str); got {type(text).__name__}.")
    return "zh" if _HAN.search(text) else "en"


@cache
def gazetteer(robot: str) -> dict:
    """Return {slot: {value: {"en": names, "zh": names}}} of a robot."""
    if robot not in ROBOTS:
        raise ValueError(f"robot must be one of {', '.join(ROBOTS)}; got {robot!r}.")
    return json.loads((DATA / "slots.json").read_text(encoding="utf-8"))[robot]


@cache
def others(robot: str) -> dict:
    """Return {"en": names, "zh": names} of things near the robot's business that it does not have."""
    gazetteer(robot)  # refuses an unknown robot
    return json.loads((DATA / "others.json").read_text(encoding="utf-8"))[robot]


@cache
def _names(robot: str) -> tuple[dict[str, tuple[str, str]], re.Pattern]:
    """Every name -> (slot, value), and one pattern in which longer names come first."""
    table = {name: ("thing", name) for names in others(robot).values() for name in names} | {
        name: (slot, value)
        for slot, values in gazetteer(robot).items()
        for value, languages in values.items()
        for names in languages.values()
        for name in names
    }
    ordered = sorted(table, key=lambda name: (-len(name), name))
    parts = [name if _HAN.search(name) else f"{_BEFORE}{name}{_AFTER}" for name in ordered]
    return table, re.compile("|".join(parts))


def find_slots(text: str, robot: str) -> list[Slot]:
    """Return the slots of a sentence from left to right; `start` and `end` count in `fold(text)`.

    Durations are in minutes, "change" in degrees more (or less, if negative), order numbers are text.
    "unclear" is a number that cannot be read exactly, "time" a time of day, "thing" a name that is not the
    robot's.

    >>> [(s.name, s.value) for s in find_slots("Set the living room to twenty-one degrees", "home")]
    [('room', 'living'), ('degrees', 21)]
    >>> [(s.name, s.value) for s in find_slots("一个半小时后提醒我", "home")]
    [('duration', 90)]
    >>> [(s.name, s.value) for s in find_slots("Where is order 4711?", "service")]
    [('order', '4711')]
    """
    text = fold(text)
    table, pattern = _names(robot)
    found = [Slot(*table[m[0]], m.start(), m.end()) for m in pattern.finditer(text)]
    taken = [(slot.start, slot.end) for slot in found]
    for quantity in find_quantities(text, taken):
        slot = _quantity_slot(text, quantity, robot)
        if slot:
            found.append(slot)
    return sorted(found, key=lambda slot: slot.start)


def _quantity_slot(text, quantity, robot):
    start, end, said = quantity.start, quantity.end, text[quantity.start : quantity.end]
    if robot == "service":
        if _ORDER.fullmatch(said):
            return Slot("order", said.translate(_SPOKEN_ORDER), start, end)
        return Slot("unclear", said, start, end) if quantity.name in ("number", "unclear") else None
    name, value = quantity.name, quantity.value
    if name == "number":
        # "make it 21": a bare number that a room can have; anything else has no meaning of its own
        name = "degrees" if 5 <= value <= 35 else "unclear"
    if name in ("clock", "period"):
        name = "time"
    return Slot(name, said if name in MARKS else value, start, end)


def mask(text: str, robot: str) -> str:
    """Return the folded text with each slot replaced by its kind: new rooms then look like known ones.

    >>> mask("Turn on the lamp in the hall!", "home")
    'turn on the DEVICE in the ROOM!'
    """
    return _mask(fold(text), robot)


@lru_cache(maxsize=50_000)
def _mask(text, robot):
    at, parts = 0, []
    for slot in find_slots(text, robot):
        if slot.start >= at:
            gap = " " if parts and slot.start == at else text[at : slot.start]  # 客厅灯: two names
            parts += [gap, slot.name.upper()]
            at = slot.end
    return "".join([*parts, text[at:]])
