"""Numbers are read as they are said, or they are marked as unclear; nobody acts on half of a number."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from said_numbers import SAID

from nnbook.dialogue.manager import first_state, step
from nnbook.dialogue.quantities import find_quantities, read_number
from nnbook.dialogue.slots import find_slots
from nnbook.dialogue.understand import Understanding
from nnbook.retrieval import fold

HAN = "零一二三四五六七八九"
ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ONES += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


@pytest.mark.parametrize("text", SAID)
def test_a_number_means_what_a_person_means(text):
    found = [(quantity.name, quantity.value) for quantity in find_quantities(fold(text))]
    assert [name for name, _ in found] == [name for name, _ in SAID[text]]
    assert [v for _, v in found] == [v if v is None else pytest.approx(v) for _, v in SAID[text]]


def chinese(n):
    """A number below 10 000 in Chinese words, written here anew."""
    if n < 10:
        return HAN[n]
    if n < 20:
        return "十" + (HAN[n - 10] if n > 10 else "")
    if n < 100:
        return HAN[n // 10] + "十" + (HAN[n % 10] if n % 10 else "")
    place, word = (1000, "千") if n >= 1000 else (100, "百")
    rest = n % place
    said = HAN[n // place] + word
    if not rest:
        return said
    if rest < place // 10:
        return said + "零" + chinese(rest)
    return said + ("一" if 10 <= rest < 20 else "") + chinese(rest)


def english(n):
    """A number below 1000 in English words, written here anew."""
    if n < 20:
        return ONES[n - 1]
    if n < 100:
        return TENS[n // 10 - 2] + (f"-{ONES[n % 10 - 1]}" if n % 10 else "")
    return f"{ONES[n // 100 - 1]} hundred" + (f" and {english(n % 100)}" if n % 100 else "")


@given(st.integers(1, 9999))
def test_every_number_in_chinese_words_is_read(n):
    assert read_number(chinese(n)) == n


@given(st.integers(1, 999))
def test_every_number_in_english_words_is_read(n):
    assert read_number(english(n)) == n


spoken = st.one_of(
    st.integers(1, 999).map(lambda n: (str(n), n)),
    st.integers(1, 999).map(lambda n: (chinese(n), n)),
    st.tuples(st.integers(1, 99), st.integers(1, 9)).map(lambda p: (f"{p[0]}.{p[1]}", p[0] + p[1] / 10)),
    st.tuples(st.integers(1, 99), st.integers(1, 9)).map(
        lambda p: (f"{chinese(p[0])}点{HAN[p[1]]}", p[0] + p[1] / 10)
    ),
)
durations = st.one_of(
    spoken.map(lambda p: (f"{p[0]}分钟", p[1])),
    spoken.map(lambda p: (f"{p[0]}小时", 60 * p[1])),
    spoken.map(lambda p: (f"{p[0]}个小时", 60 * p[1])),
    spoken.map(lambda p: (f"{p[0]}秒", p[1] / 60)),
    st.integers(1, 99).map(lambda n: (f"{chinese(n)}个半小时", 60 * n + 30)),
    st.integers(1, 99).map(lambda n: (f"{chinese(n)}分半钟", n + 0.5)),
    st.tuples(st.integers(1, 23), st.integers(10, 59)).map(
        lambda p: (f"{chinese(p[0])}小时{chinese(p[1])}分钟", 60 * p[0] + p[1])
    ),
)


@given(durations)
def test_every_duration_of_the_grammar_is_read_exactly(said):
    text, minutes = said
    found = find_quantities(f"{text}后叫我")
    assert [q.name for q in found] == ["duration"]
    assert found[0].value == pytest.approx(minutes)
    assert (found[0].start, found[0].end) == (0, len(text))


@given(st.integers(1, 99), st.sampled_from(["hours", "minutes", "seconds"]), st.booleans())
def test_every_english_duration_of_the_grammar_is_read_exactly(n, unit, half):
    factor = {"hours": 60, "minutes": 1, "seconds": 1 / 60}[unit]
    half = half and unit != "seconds"
    text = f"wake me in {english(n)}{' and a half' if half else ''} {unit}"
    (found,) = find_quantities(text)
    assert (found.name, found.value) == ("duration", pytest.approx((n + half / 2) * factor))


@given(spoken)
def test_every_temperature_of_the_grammar_is_read_exactly(said):
    text, degrees = said
    (found,) = find_quantities(f"调到{text}度")
    assert (found.name, found.value) == ("degrees", pytest.approx(degrees))


NUMERALS = "0123456789.零一两三五十百千半点几多:,/½-"
NUMERAL = re.compile("[0-9零〇一二两三四五六七八九十百千半½]")


@settings(deadline=None, max_examples=300)
@given(
    st.text(NUMERALS, min_size=1, max_size=6),
    st.sampled_from(["分钟", "小时", "个小时", "个半小时", "秒", "度", "", "刻钟", "点"]),
    st.text(NUMERALS, max_size=3),
)
def test_an_action_never_takes_another_number_than_was_said(run, unit, rest):
    """Whatever stands there: if a timer or a heater is set, all numerals of the sentence are in its slot."""
    said = f"{run}{unit}{rest}"
    for text, intent, name in (
        (f"{said}后叫我", "set_timer", "duration"),
        (f"卧室调到{said}", "set_temperature", "degrees"),
    ):
        slots = tuple(find_slots(text, "home"))
        wish = Understanding(intent, 1.0, True, slots, True, (intent,))
        turn = step(first_state("home"), text, wish, "home", "zh")
        if turn.kind == "done":
            folded = fold(text)
            spans = [slot for slot in slots if slot.name in (name, "change")]
            outside = "".join(c for i, c in enumerate(folded) if not any(s.start <= i < s.end for s in spans))
            left = NUMERAL.search(re.sub("度半|度[一二三四五六七八九1-9]", "", outside))
            assert len(spans) == 1, f"{text}: {turn.slots}"
            assert not left, f"{text}: {turn.slots} leaves {outside}"
