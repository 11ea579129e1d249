"""ChatPad on the Python side: its settings have bounds, and a page stores no more than them."""

import json

import pytest
import traitlets

from nnbook.widgets import ChatPad


def test_a_page_stores_its_settings_only():
    state = json.loads(ChatPad(mode="text").html_twin().split("data-state='")[1].split("'>")[0])
    assert state["mode"] == "text"
    drawing = {"temperature", "top_k", "top_p", "repetition_penalty", "seed", "max_tokens"}
    assert set(state) == {"mode", "prompt", "price"} | drawing


@pytest.mark.parametrize(
    "setting",
    [
        {"mode": "agent"},
        {"prompt": "x" * 4001},
        {"temperature": 2.1},
        {"temperature": float("nan")},
        {"top_k": -1},
        {"top_p": 0},
        {"repetition_penalty": 0.9},
        {"seed": 1.5},
        {"max_tokens": 0},
        {"price": {"name": "a model"}},
        {"price": {"name": "a model", "read_usd": -1, "written_usd": 1, "as_of": "2026-11-09"}},
    ],
)
def test_what_makes_no_sense_is_refused(setting):
    with pytest.raises(traitlets.TraitError):
        ChatPad(**setting)
