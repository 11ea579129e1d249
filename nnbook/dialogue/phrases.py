"""The phrases of the two robots, written for this book: templates with slots, and wishes out of scope."""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from nnbook._validate import check_generator
from nnbook.dialogue.slots import DATA, LANGUAGES, MARKS, find_slots, gazetteer
from nnbook.functional import as_array

OTHER = "other"  # the label of a wish that is not the robot's business
# What may stand before and after a sentence depends on what it is: 请 before an order, not a question
_FRONTS = {
    "en": {"order": ("please ", "hey robot, please ", "ok, "), "question": (), "statement": ()},
    "zh": {"order": ("请", "麻烦", "麻烦你"), "question": ("请问，",), "statement": ()},
}
_GREETINGS = {"en": ("hey robot, ", "robot, ", "hi, "), "zh": ("你好，", "机器人，", "那个，")}
_ENDS = {
    "en": {"order": (" please", " now", ", thanks", ", thank you"), "question": (), "statement": ()},
    "zh": {"order": ("，谢谢", "，好吗", "，快点", "，可以吗"), "question": (), "statement": ()},
}
_MARKS = {
    "en": {"order": ("", "", ".", "!"), "question": ("", "?"), "statement": ("", ".", "!")},
    "zh": {"order": ("", "", "。", "！"), "question": ("", "？"), "statement": ("", "。", "！")},
}
_QUESTION = {
    "en": re.compile(
        "^(?:is|are|was|were|do|does|did|has|have|can|could|would|will|should|may|how|what|when|where|which|who"
        "|whose|why|any|got any)(?![a-z])|, (?:is|are|do|can|have|has) [a-z]"
    ),
    "zh": re.compile(
        "[吗呢么]$|没有?$|不$|什么|哪|多少|多久|几|怎么|谁|啥|咋|能不能|可不可以|是不是|有没有|(.)[不没]\\1|能否"
    ),
}
_ORDER = {
    "en": re.compile(
        "^(?:turn|switch|put|start|get|make|let|power|activate|set|run|flip|enable|have|bring|shut|stop|kill|cut|change"
        "|lower|raise|heat|cool|keep|adjust|check|tell|play|give|find|pause|end|lock|close|secure|unlock|open|clean"
        "|vacuum|sweep|mop|dust|track|cancel|send|return|take|refund|update|show|call|connect|transfer|wake|remind)"
        "(?![a-z])(?!.*(?:please|thank))"
    ),
    "zh": re.compile(
        "^(?:打开|关闭|关掉|关上|关(?![于])|开(?![着车])|把|给\\{|给我|帮我|帮忙|播放?|放(?!假)|停止|暂停|定|设|倒计时|计时|锁|解锁|反锁|打扫|清扫|清洁|清理"
        "|收拾|扫|拖|吸|擦|取消|撤|查|改|换|转|接|找|催|拦截|更新|更正|修改|调|设置|设定|退)(?!.*(?:麻烦|谢谢|请|吧$))"
    ),
}


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


def sentence_type(text: str, language: str) -> str:
    """Return "question", "order" or "statement": what a template is, by its words.

    >>> [sentence_type(t, "zh") for t in ("打开{device}", "{device}关了没", "我的{item}坏了")]
    ['order', 'question', 'statement']
    """
    if _QUESTION[language].search(text):
        return "question"
    return "order" if _ORDER[language].search(text) else "statement"


def _unique(templates, field):
    return tuple(dict.fromkeys(getattr(template, field) for template in templates))


def realise(template: Template, number: int, robot: str, language: str, *, rng, names=None) -> Phrase:
    """Fill the slots of a template with random values, and now and then add a word of politeness.

    Args:
        number: of the template, kept in the phrase.
        names: {slot: names to draw from}; None means all names of `gazetteer`.
    """
    check_generator(rng)
    text, spans, rest, used = "", [], template.text, set()
    while "{" in rest:
        before, _, rest = rest.partition("{")
        slot, _, rest = rest.partition("}")
        value = _draw(slot, robot, language, names, rng, used)
        used.add(value)
        spans.append((slot, len(text + before), len(text + before + value)))
        text += before + value
    text += rest
    # a template may also name a thing itself: 客厅太暗了，开灯
    spans += [
        (slot.name, slot.start, slot.end)
        for slot in find_slots(text, robot)
        if slot.name not in MARKS and all(slot.end <= start or end <= slot.start for _, start, end in spans)
    ]
    spans.sort(key=lambda span: span[1])
    kind = sentence_type(template.text, language)
    heads, tails = (*_GREETINGS[language], *_FRONTS[language][kind]), _ENDS[language][kind]
    head = str(rng.choice(heads)) if rng.random() < 0.2 else ""
    tail = str(rng.choice(tails)) if tails and rng.random() < 0.15 else ""
    shifted = tuple((slot, start + len(head), end + len(head)) for slot, start, end in spans)
    mark = str(rng.choice(_MARKS[language]["question" if tail.endswith(("吗",)) else kind]))
    return Phrase(f"{head}{text}{tail}{mark}", template.intent, number, shifted)


def _singular(names):
    """Names without their plurals ("light", "lights"): most templates say "is"."""
    return [name for name in names if not (name.endswith("s") and name[:-1] in names)]


_DURATIONS = {
    "en": ("2 minutes", "5 minutes", "ten minutes", "12 minutes", "20 minutes", "45 minutes", "half an hour",
           "an hour", "one hour and twenty minutes", "1.5 hours", "an hour and a half", "90 seconds"),
    "zh": ("2分钟", "5分钟", "十分钟", "12分钟", "20分钟", "四十五分钟", "1小时", "一小时二十分钟",
           "两个半小时", "1.5小时", "30秒"),
}  # fmt: skip


def _draw(slot, robot, language, names, rng, used=()):
    if slot == "degrees":
        return f"{rng.integers(15, 29)}{'.5' if rng.random() < 0.1 else ''}"
    if slot == "order":
        return str(rng.integers(1000, 99_999))
    if slot == "duration":
        return str(rng.choice(_DURATIONS[language]))
    values = gazetteer(robot)[slot]
    known = [name for value, own in values.items() if value != "all" for name in _singular(own[language])]
    left = [name for name in (known if names is None else names[slot]) if name not in used]
    return str(rng.choice(left))


def realise_all(templates, numbers, robot, language, *, copies, rng, names=None) -> list[Phrase]:
    """Return `copies` phrases of each template whose number is given."""
    return [
        realise(templates[number], number, robot, language, rng=rng, names=names)
        for number in numbers
        for _ in range(copies)
    ]
