"""DriveFilm, RobotChat and CompressionExplorer: any state is taken and shown, or refused with a sentence."""

import html
import json
import math
from html.parser import HTMLParser

import pytest
import traitlets
from hostile import film
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbook.driving.recording import ALPHABET as RECORDED
from nnbook.widgets import CompressionExplorer, DriveFilm, RobotChat, drive_film

TEXT = st.text(alphabet=st.characters(codec=None), max_size=250)  # halves of characters, too
HTML_TEXT = st.sampled_from(["</div><script>alert(1)</script>", "'><img src=x onerror=alert(1)>", "&#39;\"'"])
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([0.0, 1.0, -0.0, 0.98, 0.9800001, 3600.0, 5e-324, 1e308, 16, 8, 2, 1, "column", "zh"]),
    TEXT,
    HTML_TEXT,
    st.lists(st.integers(), max_size=2),
)


WIDGETS = {
    "DriveFilm": (DriveFilm(film(), film()), ("film", "second", "speed")),
    "RobotChat": (RobotChat(), ("robot", "language", "threshold", "opening")),
    "CompressionExplorer": (
        CompressionExplorer(),
        ("bits", "pruned", "grain", "memory_share", "price_usd_per_customer_month"),
    ),
}


class Page(HTMLParser):
    """The tags of a text, and the state of the widget in it."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.state = json.loads(dict(attrs)["data-state"])


@pytest.mark.parametrize("name", WIDGETS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_value_of_any_trait_is_shown_or_refused(name, data):
    widget, traits = WIDGETS[name]
    trait, value = data.draw(st.sampled_from(traits)), data.draw(ANYTHING)
    before = widget.state()
    refusal = ""
    try:
        setattr(widget, trait, value)
    except traitlets.TraitError as error:
        refusal = str(error)
    if refusal:
        assert trait in refusal
        assert widget.state() == before, "a refused value changes nothing"
        return
    shown = getattr(widget, trait)
    assert not isinstance(shown, float) or math.isfinite(shown)
    text = widget.html_twin()
    text.encode()  # a notebook is a file: half a character must not break it
    page = Page(text)
    assert page.tags == ["div"]
    assert page.state[trait] == shown


def test_html_in_titles_and_sentences_stays_text():
    for widget in (DriveFilm(film()), RobotChat(opening="<script>alert('1')</script>")):
        text = widget.html_twin()
        assert Page(text).tags == ["div"]
        assert "<b>" not in text
        assert "<script" not in text
        assert html.unescape(text) != text


DAMAGED = {
    "no dictionary": None,
    "a time that stands still": film(tenths=[8, 8]),
    "a time that runs back": film(tenths=[8, 0]),
    "a negative time": film(tenths=[-8, 0]),
    "NaN": film(progress=[0, math.nan]),
    "half a metre": film(progress=[0, 0.5]),
    "a yes": film(speeds=[True, False]),
    "a number of 400 digits": film(ego=[0, 0, 0, 10**400, 0, 0]),
    "no list": film(tenths=7),
    "a car of text": film(cars=["abcdef"]),
    "cars that are none": film(cars=None),
    "a short car": film(cars=[[0, 0, 0]]),
    "another alphabet": film(pictures="é" * 384),
    "pictures as a list": film(pictures=["0"] * 384),
    "a title that is a number": film(title=7),
    "a long title": film(title="x" * 61),
    "a million cells": film(grid={"cells": 10**6, "cell": 15, "behind": 30}),
    "no grid": film(grid=None),
    "no lanes": film(lanes=[]),
    "half a lane": film(lanes=[[50, 0, 0]]),
    "half a path": film(paths=[[0], [0]]),
    "too few paths": film(paths=[[0, 0]]),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_recording_that_a_page_could_not_draw_is_refused(what):
    with pytest.raises(ValueError, match=r"recording|dictionary"):
        DriveFilm(DAMAGED[what])
    widget = DriveFilm(film())
    if what != "no dictionary":
        with pytest.raises(traitlets.TraitError, match="recording"):
            widget.films = [DAMAGED[what]]
    with pytest.raises(traitlets.TraitError):
        widget.films = []
    assert widget.films == [film()]


def test_a_whole_recording_is_taken():
    assert DriveFilm(film(paths=[[0, 0], [1, 1]])).films[0]["title"].startswith("</div>")
    assert drive_film.ALPHABET == RECORDED
    widget = DriveFilm(film(), film(), film=1)
    with pytest.raises(traitlets.TraitError, match="among them"):
        widget.films = [film()]


def test_what_is_no_business_is_refused():
    with pytest.raises(TypeError, match="business must be"):
        CompressionExplorer("<b>")


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "🤖" * 3000, "把" * 5000, "<b>", "9" * 5000])
def test_the_robots_answer_whatever_is_said(text):
    for robot in ("home", "service"):
        turn = RobotChat(robot).answer(text)
        assert turn.reply
        json.dumps(turn.state, allow_nan=False)
