"""A damaged link, or one of somebody who means harm: the page shows what it would show without it."""

import dataclasses
import json
from urllib.parse import quote

import pytest
from explore_page import Opener, state
from hostile import film

from nnbook.economics import PLANS
from nnbook.widgets import CompressionExplorer, DriveFilm, FounderCalculator, RobotChat
from nnbook.widgets._stored import stored_script

pytestmark = pytest.mark.browser

NUMBERS = [float(value) for value in dataclasses.astuple(PLANS["API reseller"])]

LINKS = {  # a widget, the name of its link, a good state, and lies about each part of it
    "film": (
        lambda: DriveFilm(film(), film()),
        "drive",
        [1, 0.5, 4],
        [[-1, 0.5, 1e300, "0", None, [0], True], [-1, 3601, 1e300, "1", {}], [3, 0, -1, "2", None, [1]]],
    ),
    "robot": (
        RobotChat,
        "robot",
        ["service", "zh", 0.5],
        [["garden", "constructor", 0, None, ["home"]], ["__proto__", "<b>", 1], [-0.1, 1.1, "0.5", None]],
    ),
    "founder": (
        FounderCalculator,
        "founder",
        ["mine", *NUMBERS[:-1], 0.7, 0.2, 3, [0, 0.1, 0, 0], "ltv_cac", "CNY", 7.1, "API reseller"],
        [
            [None, {}, 7],
            *([["1", None, -1e13, 1e300, [1], True]] * len(NUMBERS)),
            [1.1, "0.2", None],
            [0.5, -1, 1e5, "3"],
            [[0, 0, 0], [0, 0, 0, "0"], [0, 0, 0, 13], {}, "0000", [None] * 4],
            ["glory", "constructor", 3],
            ["GBP", "toString", None],
            [0, -1, 1e9, "7"],
            ["nobody", "__proto__", 3],
        ],
    ),
    "compression": (
        CompressionExplorer,
        "compression",
        [3, 0.8, "matrix", 0.5],
        [[7, 3.5, "3", None, 32], [-0.1, 0.99, "0.8", {}], ["row", "toString", 1, ""], [-1, 2, None, "1"]],
    ),
}
BROKEN = [
    "",
    "[",
    "null",
    "7",
    "[]",
    "{}",
    '{"0":1}',
    "[1e999,1e999,1e999,1e999]",
    "\ud83d",
    "%",
    "<script>",
    "[" * 9999,
]


@pytest.fixture
def open_page(browser, tmp_path):
    # a widget's script looks for its model in ../models, beside the folder of the page
    for folder in ("page", "models"):
        (tmp_path / folder).mkdir()
    for name in ("robots", "digits"):
        (tmp_path / "models" / f"{name}.js").write_text(stored_script(name), encoding="utf-8")
    with Opener(browser, tmp_path / "page") as opener:
        yield opener


@pytest.mark.parametrize("name", LINKS)
def test_a_damaged_link_changes_nothing(open_page, name):
    make, key, good, lies = LINKS[name]
    page = open_page(make())
    page.locator(".drf-track, .rch-input, .cpx-figures, .fdc-figures").first.wait_for()
    page.wait_for_timeout(100)
    usual = state(page)

    def follow(text):
        page.evaluate("(hash) => { location.hash = hash; }", f"{key}={text}")
        page.wait_for_timeout(20)
        return state(page)

    for text in BROKEN:
        assert follow(quote(text, errors="replace")) == usual, text[:20]
    for raw in ("%E0%A4%A", "%%%", "&&&=", "\x00"):
        assert follow(raw) == usual, raw
    for place, values in enumerate(lies):
        for value in values:
            changed = [*good[:place], value, *good[place + 1 :]]
            assert follow(quote(json.dumps(changed))) == usual, changed
    assert follow(quote(json.dumps([*good, 1]))) == usual
    assert follow(quote(json.dumps(good))) != usual, "a good link is followed: the test can fail"
