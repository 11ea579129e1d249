"""Read numbers as people say them: 26.5度, 一个半小时, "one hour and twenty minutes", "two degrees warmer".

A run of digits or number words is taken as a whole and read by strict rules. What the rules cannot read is
not dropped: it becomes a quantity called "unclear", so that nobody acts on half of a number.
``static/robot_quantities.js`` does the same in a page, and a test compares the two.
"""

import re
from dataclasses import dataclass

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
         "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
         "nineteen")  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH = {w: i for i, w in enumerate(_ONES)} | {w: 10 * (i + 2) for i, w in enumerate(_TENS)}
_HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "幺": 1}

# Not \b: Python counts Chinese characters as letters of words, JavaScript does not
_BEFORE, _AFTER = "(?<![a-z0-9])", "(?![a-z0-9])"
_WORD = "|".join(sorted([*_ENGLISH, "hundred"], key=lambda word: (-len(word), word)))
_HAN = "零〇一二两俩三四五六七八九幺十百千万亿"
_RUN = re.compile(
    r"(?P<digits>[0-9]+(?:[.,:/\u2044][0-9]+)*(?:[点十百千万亿][0-9零〇一二三四五六七八九十百千万亿]*)?)"
    rf"|(?P<han>[{_HAN}][{_HAN}点]*[0-9]*)"
    rf"|{_BEFORE}(?P<words>(?:an? +(?=hundred))?(?:{_WORD})(?:(?:[ -]| and | point )(?:{_WORD}))*){_AFTER}"
    rf"|{_BEFORE}(?P<article>an?) (?=(?:hour|minute|second){_AFTER})"
    rf"|{_BEFORE}(?P<part>half an?|a half|half|(?:a )?quarter of an|(?:a )?quarter)"
    rf"[ -](?=(?:hour|minute|second){_AFTER})"
    rf"|(?P<half>半|{_BEFORE}(?:half|quarter|quarters){_AFTER})"
)
_UNITS = (
    (60, re.compile(r" *(?:个(?P<half>半)?个?)? *(?:小时|钟头)(?P<after>半)?")),
    (
        60,
        re.compile(rf"(?P<half> and (?:a |one )?half)?[ -]*(?:hours?|hrs?|h){_AFTER}(?P<after> and a half)?"),
    ),
    (1, re.compile(r" *(?:分(?P<half>半)钟?|分钟(?P<after>半)?|分(?!之))")),
    (
        1,
        re.compile(
            rf"(?P<half> and (?:a |one )?half)?[ -]*(?:minutes?|mins?){_AFTER}(?P<after> and a half)?"
        ),
    ),
    (15, re.compile(r" *个?刻钟?(?P<half>)(?P<after>)")),
    (15, re.compile(rf" quarters of an hour{_AFTER}(?P<half>)(?P<after>)")),
    (1 / 60, re.compile(r" *秒钟?(?P<half>半)?(?P<after>)")),
    (1 / 60, re.compile(rf"[ -]*(?:seconds?|secs?|s){_AFTER}(?P<half>)(?P<after>)")),
)
_DEGREES = re.compile(
    rf"(?P<half> and (?:a |one )?half)?(?: *(?:degrees?{_AFTER}|° *c?|个?度)| *c{_AFTER})"
    r"(?P<after>半)?(?P<tenth>[一二三四五六七八九1-9](?![0-9零〇一二三四五六七八九十百个]))?"
)
_CLOCK = re.compile(rf" *(?:点|时(?!候)|o'?clock|[ap]\.?m{_AFTER}|号|月|日|past{_AFTER})")
_PERIOD = re.compile(rf" *(?:个月|个?(?:天|周|星期|礼拜|年)|(?:days?|weeks?|months?|years?){_AFTER})")
_ROUGH = re.compile(r"(?:个|分钟?)?[多几来余]|个把|分之|[+％%]")
_ROUGHLY_BEFORE = re.compile(r"[几第.]\Z|零下\Z|负\Z|minus \Z|(?:^|[^0-9a-z])-\Z")
_AT = re.compile(r"(?<![a-z])at \Z")
_DAY_BEFORE = re.compile(r"(?:周|星期|礼拜|half past |quarter past |quarter to |past )\Z")
_UP = re.compile(r"(?:高|升|加|涨|(?:调|变|弄|再|更)(?:暖|热))(?:温|了|上|个|它| )*\Z")
_DOWN = re.compile(r"(?:低|降|减|(?:调|变|弄|再|更)(?:凉|冷))(?:温|了|下|个|它| )*\Z")
_BY = re.compile(rf"{_BEFORE}(?:by|up|down|higher|lower|warmer|cooler)(?: about| another)? \Z")
_MORE = re.compile(rf" *(?:warmer|hotter|higher|more|up|cooler|colder|lower|less|down){_AFTER}")
_UP_WORDS = re.compile(rf"{_BEFORE}(?:up|rais[a-z]*|increas[a-z]*|warmer|hotter|higher|more){_AFTER}")
_DOWN_WORDS = re.compile(rf"{_BEFORE}(?:down|lower|decreas[a-z]*|reduc[a-z]*|cool[a-z]*|colder|less){_AFTER}")
_EMPTY_ONE = re.compile(
    r"[下点些首会直起样共定般边遍次把盏扇台只曲段支瓶杯个件双条张份句声旦同切地闪码片块家]"
)
_NO_NUMBER = re.compile("零[件食售钱部]")
_EMPTY_BEFORE = re.compile(r"[统唯单专万]\Z")
_NOW = re.compile(r"(?:千万|万一)(?=别|不|要|记|注|\Z)")
_ALARM_BEFORE = re.compile(r"[定设置来开弄搞要上]\Z")
_NEW_ALARM = re.compile(r"[定设置来开弄搞]个\Z")
_GLUE = re.compile(r" *(?:零|又|and|,)? *")
_LARGEST_CHANGE = 10


@dataclass(frozen=True)
class Quantity:
    """What `text[start:end]` says: `value` of the kind `name`, or None if it cannot be read exactly.

    Kinds: degrees, change (degrees more or less), duration (minutes), clock, period, number, unclear.
    """

    name: str
    value: float | None
    start: int
    end: int


def read_number(run: str) -> float | None:
    """Return the number that a run of digits or number words stands for, or None if it is not one.

    >>> [read_number(text) for text in ("1.5", "一百二十", "二十六点五", "a hundred and twenty", "两三")]
    [1.5, 120, 26.5, 120, None]
    """
    if re.fullmatch("[0-9]{1,6}", run):
        return int(run)
    if re.fullmatch("[0-9]{1,6}[.][0-9]{1,4}", run):
        return float(run)
    if run[:1].isascii():
        return _read_english(run)
    whole, dot, tenths = run.partition("点")
    number = _read_han(whole)
    if not dot or number is None:
        return number
    if not tenths or any(c not in _HAN_DIGITS for c in tenths):
        return None
    return float(f"{number}.{''.join(str(_HAN_DIGITS[c]) for c in tenths)}")


def _read_han(run):
    match = re.fullmatch(
        r"(?:([一二两三四五六七八九])千)?(零|〇)?(?:([一二两三四五六七八九])百)?(零|〇)?"
        r"(?:([一二三四五六七八九])?(十))?([零〇一二两俩三四五六七八九])?",
        run,
    )
    if not run or not match:
        return None
    thousands, gap, hundreds, second, tens, ten, unit = match.groups()
    # a skipped place is said as 零: 一百零五, but 一百五 is no number of a strict reader
    skipped = bool(thousands) and not hundreds and bool(ten or unit)
    skipped_tens = bool(thousands or hundreds) and not ten and bool(unit)
    zeros = bool(gap) + bool(second)
    if zeros != (1 if skipped or skipped_tens else 0) or (
        (thousands or hundreds or ten) and unit in ("零", "〇")
    ):
        return None
    digit = _HAN_DIGITS.get
    return (
        1000 * digit(thousands, 0)
        + 100 * digit(hundreds, 0)
        + (10 * digit(tens, 1) if ten else 0)
        + digit(unit, 0)
    )


def _read_english(run):
    whole, point, tenths = run.partition(" point ")
    if point:
        number = _read_english(whole)
        digits = [_ENGLISH.get(word) for word in re.split("[ -]", tenths)]
        known = number is not None and all(digit is not None and digit < 10 for digit in digits)
        return float(f"{number}.{''.join(map(str, digits))}") if known else None
    hundreds, found, rest = "", re.match(r"(?:(an?|[a-z]+) )?hundred(?: and)?(?: |$)", run), run
    if found:
        first = found[1] or ""
        hundreds = {"a": 100, "": 100}.get(first) or (100 * _ENGLISH[first] if first in _ONES[1:10] else None)
        rest = run[found.end() :]
        if hundreds is None:
            return None
        if not rest:
            return hundreds
    tens, _, unit = rest.replace("-", " ").partition(" ")
    if tens in _TENS and (not unit or unit in _ONES[1:10]):
        return (hundreds or 0) + _ENGLISH[tens] + _ENGLISH.get(unit, 0)
    return (hundreds or 0) + _ENGLISH[tens] if tens in _ONES and not unit else None


def find_quantities(text: str, taken=()) -> list[Quantity]:
    """Return all quantities of a folded text from left to right.

    Args:
        taken: spans (start, end) of names, inside which no number is looked for.

    >>> [(q.name, q.value) for q in find_quantities("一个半小时后叫我")]
    [('duration', 90)]
    >>> [(q.name, q.value) for q in find_quantities("about 20 to 2x minutes")]
    [('number', 20), ('unclear', None)]
    """
    found, at = [], 0
    while match := _RUN.search(text, at):
        inside = next((end for start, end in taken if start < match.end() and match.start() < end), None)
        if inside is not None:
            at = max(inside, match.start() + 1)
            continue
        quantity = _quantity(text, match)
        if quantity:
            found.append(quantity)
        at = max(match.end(), quantity.end if quantity else 0)
    return found


def _quantity(text, match):
    start, end = match.start(), match.end()
    before = text[:start]
    if match["part"]:
        value = 0.25 if "quarter" in match["part"] else 0.5
        return _duration(text, start, end, value) or Quantity("unclear", None, start, end)
    if match["half"]:
        clear = match["half"] == "半" and (not before.endswith(("个", "一")) or _NEW_ALARM.search(before))
        value = 0.5 if clear else None
        return _duration(text, start, end, value) or Quantity("unclear", None, start, end)
    run = match["digits"] or match["han"] or match["words"] or match["article"]
    if run.endswith("点") and (match["digits"] or match["han"]) and _is_empty_one(text, run, start):
        return None
    value = 1 if match["article"] else read_number(run)
    tens = before.endswith("数") and run[0] in "十百千万"
    if (
        tens
        or _ROUGHLY_BEFORE.search(before)
        or _ROUGH.match(text, end)
        or (match["digits"] and _glued(text, start, end))
    ):
        value = None
    timed = _duration(text, start, end, value) or _degrees(text, start, end, value)
    if timed:
        return timed
    at_one = _AT.search(before) and (value is None or value <= 12)  # "at 7", but "keep it at 23"
    if at_one or _DAY_BEFORE.search(before) or _CLOCK.match(text, end) or ":" in run or "点" in run:
        return Quantity("clock", None, start, end)
    if period := _PERIOD.match(text, end):
        return Quantity("period", value, start, period.end())
    if _is_empty_one(text, run, start) or run == "one":
        return None
    return Quantity("number" if value is not None else "unclear", value, start, end)


def _glued(text, start, end):
    """Whether digits touch a Latin letter that is no unit: x200, 2h30."""
    near = text[start - 1 : start], text[end : end + 1]
    letter = re.compile("[a-z]")
    if letter.match(near[0] or " "):
        return True
    return bool(letter.match(near[1] or " ")) and not (_unit(text, end) or _DEGREES.match(text, end))


def _is_empty_one(text, run, start):
    """Whether a number word counts nothing: 一下, 一点, 千万别, 统一."""
    end = start + len(run)
    if run in ("一", "一点"):
        rest = text[start + 1 :]
        if re.match("个[多几来把]", rest):
            return False
        if re.match("点(?:半|钟|整|[0-9零一二三四五六七八九十])", rest):
            return False
        twice = text[start - 1 : start] and text[start - 1 : start] == text[start + 1 : start + 2]  # 扫一扫
        return bool(twice or _EMPTY_ONE.match(rest) or _EMPTY_BEFORE.search(text[:start]))
    return bool(
        _NO_NUMBER.match(text, start) if run == "零" else _NOW.match(text, start) and end - start == 2
    )


def _unit(text, at):
    for factor, pattern in _UNITS:
        if unit := pattern.match(text, at):
            return factor, unit
    return None


def _duration(text, start, end, value):
    """A duration that begins with this number, with the smaller units that follow it, or None."""
    total, last, at = 0.0, None, end
    while unit := _unit(text, at):
        factor, found = unit
        half = found["half"] or found["after"]
        if (
            value is not None
            and half
            and (value != int(value) or value < 1 or (found["half"] and found["after"]))
        ):
            value = None
        if value is None or (last is not None and factor >= last) or (factor == 15 and value > 3):
            total = None
        if total is not None:
            total += (value + (0.5 if half else 0)) * factor
        end, last = found.end(), factor
        glue = _GLUE.match(text, end)
        more = _RUN.match(text, glue.end())
        if not more or more["half"] or more["part"]:
            break
        if not _unit(text, more.end()):
            if (
                glue[0].strip() in ("", "零", "又")
                and (more["digits"] or more["han"])
                and _counts(text, more)
            ):
                return Quantity("unclear", None, start, more.end())
            break
        run = (more["digits"] or more["han"] or more["words"] or "").lstrip("零〇")
        value, at = (1 if more["article"] else read_number(run) if run else None), more.end()
    if last is None:
        return None
    vague = _ROUGH.match(text, end) or re.match(r" and (?:a |one )?(?:half|quarter)| plus", text[end:])
    if total is None or vague or _two_readings(text, start, end):
        return Quantity("unclear", None, start, end)
    total = round(total, 9)
    return Quantity("duration", int(total) if total == int(total) else total, start, end)


def _counts(text, match):
    run = match["digits"] or match["han"]
    return not _is_empty_one(text, run, match.start()) and not _DEGREES.match(text, match.end())


def _two_readings(text, start, end):
    """定一个半小时的闹钟: an alarm of half an hour, or of one and a half?"""
    said = text[start:end]
    return (
        said.startswith("一个半") and bool(_ALARM_BEFORE.search(text[:start])) and text[end : end + 1] == "的"
    )


def _degrees(text, start, end, value):
    unit = _DEGREES.match(text, end)
    if not unit:
        return None
    half = unit["half"] or unit["after"]
    stop = unit.end() if unit["after"] or unit["tenth"] or unit["half"] else end
    odd = (half or unit["tenth"]) and (value is None or value != int(value) or (half and unit["tenth"]))
    if value is None or odd or _ROUGH.match(text, unit.end()):
        return Quantity("unclear", None, start, unit.end())
    value += 0.5 if half else int(_HAN_DIGITS.get(unit["tenth"], unit["tenth"])) / 10 if unit["tenth"] else 0
    before = text[:start]
    up, down = bool(_UP.search(before)), bool(_DOWN.search(before))
    if _BY.search(before) or _MORE.match(text, unit.end()):
        up, down = bool(_UP_WORDS.search(text)), bool(_DOWN_WORDS.search(text))
        if up == down:
            return Quantity("unclear", None, start, unit.end())
    if up or down:
        if value > _LARGEST_CHANGE:
            return Quantity("unclear", None, start, unit.end())
        return Quantity("change", value if up else -value, start, stop)
    return Quantity("degrees", value, start, stop)
