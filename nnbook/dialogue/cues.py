"""Words that must stand in a sentence before a robot acts on it, and words that must not.

A model of word counts can be sure and wrong. So each intent has a second witness that does not learn: a few
patterns over the masked sentence, in ``data/cues.json``, which ``static/robot_cues.js`` reads as well.
`doubt` says why a robot should ask before it acts, or "" if nothing speaks against it.
"""

import json
import re
from functools import cache

from nnbook.dialogue.slots import DATA, LANGUAGES, ROBOTS, language_of, mask
from nnbook.retrieval import fold

LONGEST_ANSWER = 24  # characters of a yes or a no; more is a new sentence
_END = re.compile(
    r"[ \t\r\n\f\v。！？!?,，.～~…]+\Z"
)  # the page has the same; \s differs between the languages
_BLANK = re.compile(r"[ \t\r\n\f\v]+")


@cache
def patterns(robot: str, language: str) -> dict[str, re.Pattern]:
    """Return {cue: pattern} of a robot and a language."""
    if robot not in ROBOTS or language not in LANGUAGES:
        raise ValueError(
            f"robot and language must be of {ROBOTS} and {LANGUAGES}; got {robot!r}, {language!r}."
        )
    written = json.loads((DATA / "cues.json").read_text(encoding="utf-8"))[robot][language]
    if language == "en":  # whole words
        written = {name: f"(?<![a-z0-9'])(?:{words})(?![a-z0-9])" for name, words in written.items()}
    return {name: re.compile(words) for name, words in written.items()}


def heard(text: str, robot: str, language: str) -> str:
    """Return the masked sentence as the patterns want it: no end marks, in Chinese no spaces.

    >>> heard("把客厅的灯 打开！", "home", "zh")
    '把ROOM的DEVICE打开'
    """
    masked = _END.sub("", mask(text, robot)).replace("’", "'")
    return _BLANK.sub("" if language == "zh" else " ", masked).strip(" ")


def says(said: str, cue: str, robot: str, language: str) -> bool:
    """Whether a heard sentence holds a cue; what `not_except` lists ("could not see") is no "not"."""
    known = patterns(robot, language)
    if cue.startswith("not"):
        said = known["not_except"].sub(" ", said)
    return bool(known[cue].search(said))


def families(text: str, robot: str) -> list[str]:
    """Return the names of the word families that a sentence holds: "lock" for 锁, 反锁, 关好 …

    >>> families("锁上后门", "home")
    ['lock']
    """
    language = language_of(text)
    said = heard(text, robot, language)
    return [cue for cue in _families()[robot] if says(said, cue, robot, language)]


@cache
def _families():
    return json.loads((DATA / "dialogue.json").read_text(encoding="utf-8"))["families"]


def yes_or_no(text: str, robot: str, language: str) -> str | None:
    """Return "yes", "no" or None.

    >>> [yes_or_no(t, "home", "zh") for t in ("嗯嗯，好的", "不用了，谢谢", "4711")]
    ['yes', 'no', None]
    """
    gap = "" if language == "zh" else " "
    said = re.sub(r"[^a-z'0-9\u4e00-\u9fff]+", gap, fold(text).replace("’", "'")).strip(" ")
    if not said or len(said) > LONGEST_ANSWER:
        return None
    known = patterns(robot, language)
    return "no" if known["no"].search(said) else "yes" if known["yes"].search(said) else None


@cache
def checks() -> dict:
    """Return {intent: {"must", "against", "slots", "not", "changes"}}: what `doubt` looks for."""
    return json.loads((DATA / "dialogue.json").read_text(encoding="utf-8"))["checks"]


def doubt(intent: str, slots: dict, text: str, sure: bool, robot: str, language: str, *, answer=False) -> str:
    """Return why a robot should ask before it acts on this intent, or "".

    Args:
        slots: {slot: value or list of values} of the sentence.
        sure: whether the model's confidence was above the bound from which it may act.
        answer: whether the text answers a question of the robot; it then need not name the intent again.

    >>> doubt("turn_off", {"device": "light"}, "别关灯", True, "home", "zh")
    'not'
    >>> doubt("turn_off", {"device": "light"}, "关灯", True, "home", "zh")
    ''
    """
    said, check = heard(text, robot, language), checks()[intent]

    def hears(cue):
        return says(said, cue, robot, language)

    if check["not"] and hears(check["not"]):
        return "not"
    timed = "time" in slots or ("duration" in slots and "duration" not in check["slots"])
    if timed or (check["changes"] and hears("later")):
        return "later"
    if check["changes"] and hears("except"):
        return "several"
    more = set(slots) - {*check["slots"]} - {"time", "duration"}
    if set(check["slots"]) & {"degrees", "duration"}:
        more -= {"unclear"}  # the number is asked for
    if any(hears(cue) for cue in check["against"]) or more:
        return "several"
    if answer:
        return ""
    question = robot == "home" and check["changes"] and hears("question") and not hears("polite")
    if question or (check["changes"] and hears("told")):
        return "unsure"
    sure = sure or check.get("at_once", False)
    return "" if sure and (not check["must"] or hears(check["must"])) else "unsure"
