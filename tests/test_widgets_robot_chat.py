"""RobotChat on the Python side: it answers as the page does, and refuses settings that make no sense."""

import json

import pytest
import traitlets

from nnbook.widgets import RobotChat, classic_script
from nnbook.widgets._stored import stored_names, stored_script


def test_it_answers_in_the_language_of_the_sentence():
    chat = RobotChat()
    assert chat.answer("Unlock the front door").reply == "Shall I really unlock the front door? (yes or no)"
    assert chat.answer("打开前门").reply == "确定要给前门解锁吗？（请回答“是”或“否”）"


def test_a_number_has_the_language_of_the_talk():
    chat = RobotChat("service", language="zh")
    turn = chat.answer("取消订单")
    assert turn.kind == "ask"
    assert (
        chat.answer("4711", turn.state).reply
        == "订单 4711 还没发货，可以取消。确定要取消吗？（请回答“是”或“否”）"
    )


def test_the_threshold_decides_what_is_refused():
    chat = RobotChat()
    assert not chat.understand("water the flowers on the balcony").accepted
    chat.threshold = 0.001
    assert chat.understand("water the flowers on the balcony").accepted
    chat.threshold = 1.0
    assert not chat.understand("turn on the lamp").accepted


def test_small_talk_is_answered_from_the_corpus():
    turn = RobotChat().answer("What is your age?")
    assert (turn.kind, turn.reply) == ("chat", "I am still young by your standards.")


def test_a_page_gets_the_names_only_and_a_small_file():
    twin = RobotChat("service", opening="</div><b>x").html_twin()
    assert len(twin) < 800
    assert "<b>" not in twin
    assert "weights" not in twin
    assert "robots" in stored_names()
    script = stored_script("robots")
    assert len(script) <= 400_000
    data = json.loads(script[script.index('["robots"] = ') + len('["robots"] = ') : -2])
    assert set(data["models"]) == {"home_en", "home_zh", "service_en", "service_zh"}


def test_its_script_holds_all_its_modules():
    script = classic_script("RobotChat")
    for name in (
        "retrieval",
        "robot_words",
        "robot_dialogue",
        "robot_home",
        "robot_cues",
        "robot_quantities",
        "robot_world",
    ):
        assert f'modules["{name}"]' in script


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("robot", "garden", "robot must be one of home, service"),
        ("language", "fr", "language must be one of en, zh"),
        ("threshold", 1.5, "It is a probability"),
        ("threshold", float("nan"), "It is a probability"),
        ("opening", "x" * 201, "at most 200 characters"),
    ],
)
def test_settings_that_make_no_sense_are_refused(name, value, message):
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(RobotChat(), name, value)
