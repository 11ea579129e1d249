"""The phrases of the two robots, written for this book: templates with slots, and wishes out of scope."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from nnbook._validate import check_generator
from nnbook.dialogue.slots import DATA, LANGUAGES, gazetteer
from nnbook.functional import as_array

OTHER = "other"  # the label of a wish that is not the robot's business
_POLITE = {
    "en": (
        ("please ", "hey robot, ", "robot, ", "hi, ", "ok, "),
        (" please", " now", ", thanks", " thank you"),
    ),
    "zh": (("请", "你好，", "机器人，", "麻烦你", "那个，"), ("吧", "，谢谢", "，好吗", "，快点")),
}  # fmt: skip
_STYLE = {"en": ("", "!", ".", "?"), "zh": ("", "！", "。", "？")}


@dataclass(frozen=True)
class Template:
    """A way to say something, with slots in braces; `intent` is what it means, `group` its subject."""

    text: str
    intent: str
    group: str


@dataclass(frozen=True)
class Phrase:
    """A template with its slots filled: the text, what it means, and where each slot stands."""

    text: str
    intent: str
    template: int
    spans: tuple[tuple[str, int, int], ...] = ()  # (slot, start, end)


@cache
def load_templates(robot: str, language: str) -> tuple[Template, ...]:
    """Return the templates of a robot ("home", "service") in a language ("en", "zh"): 70 for each intent.

    >>> templates = load_templates("home", "en")
    >>> len(templates), templates[0].text, templates[0].intent
    (700, 'turn on the {device}', 'turn_on')
    """
    gazetteer(robot)  # refuses an unknown robot
    return _read(f"{robot}_{language}.txt", language)


@cache
def load_outside(robot: str, language: str) -> tuple[Template, ...]:
    """Return near misses: wishes that sound like this robot's business and are not, each with a subject."""
    gazetteer(robot)
    return tuple(
        Template(t.text, OTHER, t.intent) for t in _read(f"{robot}_{language}_outside.txt", language)
    )


@cache
def load_exam(robot: str, language: str) -> tuple[tuple[str, str], ...]:
    """Return (sentence, intent) pairs written after the models were finished: five for each intent."""
    gazetteer(robot)
    return tuple((t.text, t.intent) for t in _read(f"exam_{robot}_{language}.txt", language))


def _read(name, language):
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}; got {language!r}.")
    templates, intent = [], ""
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            intent = line[3:].strip()
        elif line.strip():
            templates.append(Template(line.strip(), intent, intent))
    return tuple(templates)


def intents(robot: str) -> tuple[str, ...]:
    """Return the names of what a robot can do, in the order of its file."""
    return tuple(dict.fromkeys(template.intent for template in load_templates(robot, "en")))


def split_templates(templates, *, rng, shares=(0.6, 0.2, 0.2), by="template"):
    """Return three lists of template numbers (train, validation, test); no template is in two of them.

    Args:
        templates: of `load_templates` or `load_outside`.
        shares: of the whole; every intent (or, with ``by="group"``, all subjects together) is split alike.
        by: "template" splits the templates of each intent; "group" splits whole subjects, so that a
            test holds subjects that were never seen.
    """
    check_generator(rng)
    shares = as_array(shares, "shares", (3,))
    if shares.min() < 0 or abs(shares.sum() - 1) > 1e-6:
        raise ValueError(f"shares must be at least 0 and sum to 1; got {shares.tolist()}.")
    parts = ([], [], [])
    if by == "group":
        units = [[i for i, t in enumerate(templates) if t.group == g] for g in _unique(templates, "group")]
        pools = [units]
    elif by == "template":
        pools = [
            [[i] for i, t in enumerate(templates) if t.intent == n] for n in _unique(templates, "intent")
        ]
    else:
        raise ValueError(f'by must be "template" or "group"; got {by!r}.')
    for pool in pools:
        order = rng.permutation(len(pool))
        cuts = np.round(np.cumsum(shares)[:2] * len(pool)).astype(int)
        for part, chosen in zip(parts, np.split(order, cuts), strict=True):
            part.extend(i for unit in chosen for i in pool[unit])
    return parts


def _unique(templates, field):
    return tuple(dict.fromkeys(getattr(template, field) for template in templates))


def realise(template: Template, number: int, robot: str, language: str, *, rng, names=None) -> Phrase:
    """Fill the slots of a template with random values, and now and then add a word of politeness.

    Args:
        number: of the template, kept in the phrase.
        names: {slot: names to draw from}; None means all names of `gazetteer`.
    """
    check_generator(rng)
    text, spans, rest = "", [], template.text
    while "{" in rest:
        before, _, rest = rest.partition("{")
        slot, _, rest = rest.partition("}")
        value = _draw(slot, robot, language, names, rng)
        spans.append((slot, len(text + before), len(text + before + value)))
        text += before + value
    text += rest
    heads, tails = _POLITE[language]
    head = rng.choice(heads) if rng.random() < 0.2 else ""
    tail = rng.choice(tails) if rng.random() < 0.15 else ""
    shifted = tuple((slot, start + len(head), end + len(head)) for slot, start, end in spans)
    mark = str(rng.choice(_STYLE[language]))
    return Phrase(f"{head}{text}{tail}{mark}", template.intent, number, shifted)


def _draw(slot, robot, language, names, rng):
    if slot == "degrees":
        return str(rng.integers(15, 29))
    if slot == "order":
        return str(rng.integers(1000, 99_999))
    if slot == "duration":
        number = int(rng.choice((2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 45)))
        return f"{number} minutes" if language == "en" else f"{number}分钟"
    values = gazetteer(robot)[slot].values()
    known = [name for value in values for name in value[language]]
    return str(rng.choice(known if names is None else names[slot]))


def realise_all(templates, numbers, robot, language, *, copies, rng, names=None) -> list[Phrase]:
    """Return `copies` phrases of each template whose number is given."""
    return [
        realise(templates[number], number, robot, language, rng=rng, names=names)
        for number in numbers
        for _ in range(copies)
    ]
