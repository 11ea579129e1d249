"""Find the slots of a sentence: names from a list, and numbers by a pattern.

A home robot knows its rooms and lamps, and a shop knows its goods. So most slots are names from a list (a
*gazetteer*), the longest name first. Degrees, durations and order numbers are numbers, and a pattern finds
them. ``static/robot_words.js`` does the same in a page, and a test compares the two.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nnbook.retrieval import fold

DATA = Path(__file__).parent / "data"
ROBOTS = ("home", "service")
LANGUAGES = ("en", "zh")
MOST_DIGITS = 6  # of a number that means something; static/robot_words.js has the same

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_ENGLISH = {word: i + 1 for i, word in enumerate((_ONES + " seventeen eighteen nineteen").split())}
_TENS = {
    w: 10 * (i + 2)
    for i, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
}
_CHINESE = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_ONE_TO_NINE = "|".join(list(_ENGLISH)[:9])
# Not \b: Python counts Chinese characters as letters of words, JavaScript does not
_BEFORE, _AFTER = "(?<![a-z0-9])", "(?![a-z0-9])"
_NUMBER = re.compile(
    rf"(?P<digits>[0-9]+)"
    rf"|{_BEFORE}(?P<tens>{'|'.join(_TENS)})(?:[ -](?P<unit>{_ONE_TO_NINE}){_AFTER})?(?![a-z])"
    rf"|{_BEFORE}(?P<word>{'|'.join(sorted(_ENGLISH, key=len, reverse=True))}){_AFTER}"
    r"|(?P<han>[零一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九](?=度|分|秒|个|小))"
)
_MINUTES = re.compile(
    rf" *(?:(?P<h>hours?{_AFTER}|个?小时|个?钟头)|(?P<m>minutes?{_AFTER}|min{_AFTER}|分钟?)"
    rf"|(?P<s>seconds?{_AFTER}|秒钟?))"
)
_HALF_HOUR = re.compile(r"half an hour|(?:半个小时|半小时)")
_DEGREES = re.compile(rf" *(?:degrees?{_AFTER}|°c?|度)")


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
def _names(robot: str) -> tuple[dict[str, tuple[str, str]], re.Pattern]:
    """Every name -> (slot, value), and one pattern in which longer names come first."""
    table = {
        name: (slot, value)
        for slot, values in gazetteer(robot).items()
        for value, languages in values.items()
        for names in languages.values()
        for name in names
    }
    ordered = sorted(table, key=lambda name: (-len(name), name))
    parts = [name if _HAN.search(name) else f"{_BEFORE}{name}{_AFTER}" for name in ordered]
    return table, re.compile("|".join(parts))


def parse_number(match: re.Match) -> int:
    """Return the whole number that a match of the number pattern stands for."""
    if match["digits"]:
        return int(match["digits"])
    if match["tens"]:
        return _TENS[match["tens"]] + _ENGLISH.get(match["unit"] or "", 0)
    if match["word"]:
        return _ENGLISH[match["word"]]
    if "十" not in match["han"]:
        return _CHINESE[match["han"]]
    tens, unit = match["han"].split("十")
    return 10 * _CHINESE.get(tens, 1) + _CHINESE.get(unit, 0)


def find_slots(text: str, robot: str) -> list[Slot]:
    """Return the slots of a sentence from left to right; `start` and `end` count in `fold(text)`.

    Durations are in minutes, order numbers are text.

    >>> [(s.name, s.value) for s in find_slots("Set the living room to twenty-one degrees", "home")]
    [('room', 'living'), ('degrees', 21)]
    >>> [(s.name, s.value) for s in find_slots("十五分钟后提醒我", "home")]
    [('duration', 15)]
    >>> [(s.name, s.value) for s in find_slots("Where is order 4711?", "service")]
    [('order', '4711')]
    """
    text = fold(text)
    table, pattern = _names(robot)
    found = [Slot(*table[m[0]], m.start(), m.end()) for m in pattern.finditer(text)]
    taken = [(slot.start, slot.end) for slot in found]
    if robot == "home":
        found += [Slot("duration", 30, m.start(), m.end()) for m in _HALF_HOUR.finditer(text)]
    for match in _NUMBER.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            found += _number_slot(text, match, robot)
    return sorted(found, key=lambda slot: slot.start)


def _number_slot(text, match, robot):
    if len(match["digits"] or "") > MOST_DIGITS:
        return []
    number = parse_number(match)
    if robot == "service":
        digits = match["digits"] or ""
        return [Slot("order", digits, match.start(), match.end())] if 4 <= len(digits) <= 6 else []
    if unit := _MINUTES.match(text, match.end()):
        factor = 60 if unit["h"] else 1 if unit["m"] else 1 / 60
        return [Slot("duration", number * factor, match.start(), unit.end())]
    degrees = _DEGREES.match(text, match.end())
    if degrees or (match["digits"] and 5 <= number <= 35):
        return [Slot("degrees", number, match.start(), match.end())]
    return []


def mask(text: str, robot: str) -> str:
    """Return the folded text with each slot replaced by its kind: new rooms then look like known ones.

    >>> mask("Turn on the lamp in the hall!", "home")
    'turn on the DEVICE in the ROOM!'
    """
    text, at, parts = fold(text), 0, []
    for slot in find_slots(text, robot):
        if slot.start >= at:
            parts += [text[at : slot.start], slot.name.upper()]
            at = slot.end
    return "".join([*parts, text[at:]])
