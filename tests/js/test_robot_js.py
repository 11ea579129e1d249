"""The JavaScript of RobotChat must understand and answer as nnbook.dialogue does."""

import numpy as np
import pytest
from javascript import Cases
from said_numbers import SAID

from nnbook.dialogue import cues, exam, features, phrases, trial
from nnbook.dialogue.quantities import find_quantities
from nnbook.dialogue.slots import LANGUAGES, ROBOTS, find_slots, language_of, mask
from nnbook.functional import softmax
from nnbook.retrieval import fold
from nnbook.widgets import RobotChat
from nnbook.widgets.robot_chat import pack_stored

STRANGE = [
    "",
    "!!",
    "😀🚀 lights",
    "Café lamp ＬＡＭＰ",
    "二十五度 or twenty-five degrees",
    "打开LAMP吧",
    "don't turn it on!!",
    "10min",
    "half an hour",
    "半个小时",
    "十 分钟",
    "order #4711 and 4712",
    "constructor __proto__",
    "°c 21°C",
    "one two thirty three",
    "seventeen seconds",
    "十二个小时",
    "𠮷灯",
]
ODD = [
    "\ufeffturn on the lamp",  # a mark at the beginning of a file
    "turn\u00a0on\u2009the\u200blamp",  # spaces that do not break, that are thin, that have no width
    "\u202etnirp eht no nrut",  # from right to left
    "İSTANBUL ışık ſ K Å ﬁ ß ẞ ΟΔΟΣ Σ",  # letters whose lower case is unusual
    "l\u0301\u0302\u0303\u0304amp" * 9,
    "👩‍👩‍👧‍👦🏳️‍🌈 kitchen",
    "٣ ３ ³ ① Ⅷ ½ minutes",  # digits of other kinds
    "豈更車賈 ㍿ ㊙ ﷺ",  # compatibility forms
    "\u1100\u1161\u11a8 각 カ゛ ガ",
    "line\none\ttwo\r\x00three\x7f\x1b[31m",
    "<img src=x onerror=alert(1)> &amp; ${7*7} {room} {{device}}",
    "\U0010ffff\ue000\ufffd\uffff",
    "timer for 99999999999999999999999 minutes",
    "9" * 200,
    "99999999 hours and 100 seconds",
    "100001 seconds",
    "toString hasOwnProperty valueOf __proto__",
    "开" * 200,
    "十" * 100,
    "a" * 5000,
    "转" + "人工" * 2000,
]
TALKS = {
    "home": [
        [
            "don't turn on the light",
            "bedroom",
            "no thanks",
            "turn off the lights in the kitchen and the hall",
            "turn the study down two degrees",
            "wake me",
            "in an hour and a half",
            "lock all doors, please",
            "unlock a door",
            "hm",
            "hm?",
            "yes",
            "turn on the light",
            "kitchen",
            "turn it off",
            "play jazz",
            "stop the music",
            "what is on?",
        ],
        ["unlock the front door", "hm", "yes", "is the front door locked?", "lock it", "Hello!"],
        [
            "不要开卧室的灯",
            "不",
            "把灯打开",
            "在客厅",
            "关掉它",
            "打开前门",
            "不要",
            "十五分钟后叫我",
            "打扫厨房",
            "卧室多少度",
            "厨房和次卧的灯都打开",
            "把卧室的灯关了，把客厅的空调打开",
            "现在室温多少",
            "客厅空调关了没",
            "定一个半小时的闹钟",
            "九十",
            "开灯",
            "嗯？",
            "什么",
            "打开前门",
            "后门",
            "没错",
            "打开前门",
            "不用了，谢谢",
            "关窗帘",
            "十分钟后关客厅的灯",
            "嗯嗯，关吧",
        ],
        [
            "set a timer",
            "10",
            "set the bedroom to 35 degrees",
            "make the bedroom 21 degrees",
            "water the plants",
        ],
        ["lock up", "never mind", "remind me in 90 seconds", "clean the hall", "你好"],
    ],
    "service": [
        [
            "where is my lamp",
            "cancel order 4711",
            "yes",
            "cancel order 4711",
            "yes please",
            "invoice for order 9999",
        ],
        [
            "the headphones are broken",
            "i want to return the shoes",
            "change the address of order 4711",
            "to Madrid",
        ],
        ["4713能退吗", "对，退了", "把4711从柏林改到上海", "好的谢谢"],
        ["寄到哈尔滨多少钱", "4711和4712都取消", "4712"],
        ["取消订单", "4711", "是的", "寄到北京多少钱", "有水壶吗", "转人工", "你几岁"],
        ["do you have the lamp in stock", "how much is delivery", "Berlin please", "what is your age"],
    ],
}


def texts():
    rng = np.random.default_rng(0)
    for robot in ROBOTS:
        for text in STRANGE + ODD:
            yield robot, text
        for language in LANGUAGES:
            yield from ((robot, text) for text, _ in phrases.load_exam(robot, language))
            test = trial.make_parts(robot, language, 0).test
            yield from ((robot, test[i].text) for i in rng.integers(0, len(test), 40))
        yield from ((robot, text) for text in SAID)
    for name in exam.natural_names():
        yield from ((question.robot, question.text) for question in exam.load_natural(name))


def text_case(robot, text, models):
    language = language_of(text)
    masked = mask(text, robot)
    slots = [
        [s.name, s.value if isinstance(s.value, str) else f"{s.value:.9f}"] for s in find_slots(text, robot)
    ]
    return {
        "robot": robot,
        "text": text,
        "language": language,
        "masked": masked,
        "found": features.pieces(text, robot),
        "slots": slots,
        "hash": features.fnv1a(text),
        "answer": cues.yes_or_no(text, robot, language),
        "quantities": [list(vars(q).values()) for q in find_quantities(fold(text))],
        "probabilities": softmax(models[robot, language].logits([text]))[0].tolist(),
    }


def talk_case(robot, sentences, threshold=0.0):
    usual = language_of(sentences[0])
    chat, state, turns = RobotChat(robot, language=usual, threshold=threshold), None, []
    for text in sentences:
        turn = chat.answer(text, state)
        state = turn.state
        turns.append(
            {
                "text": text,
                "reply": turn.reply,
                "kind": turn.kind,
                "intent": turn.intent,
                "slots": turn.slots,
                "after": state,
            }
        )
    return {"robot": robot, "usual": usual, "threshold": threshold, "turns": turns}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    models = RobotChat()._models
    talks = [talk_case(robot, sentences) for robot in ROBOTS for sentences in TALKS[robot]]
    talks += [talk_case("home", [text for text, _ in phrases.load_exam("home", "en")], 0.05)]
    talks += [talk_case("service", [text for text, _ in phrases.load_exam("service", "zh")], 0.05)]
    talks += [talk_case(robot, ODD) for robot in ROBOTS]
    for name in exam.natural_names():
        talks += [talk_case(q.robot, [*q.before, q.text]) for q in exam.load_natural(name)]
    everything = {
        "data": pack_stored("robots"),
        "texts": [text_case(robot, text, models) for robot, text in texts()],
        "talks": talks,
    }
    return Cases(tmp_path_factory, "robot.parity.mjs", everything)


def test_the_page_answers_as_python_does(cases):
    assert cases.passed() == 3


def test_a_probability_that_is_off_by_a_millionth_is_found(cases):
    everything = cases.copy()
    everything["texts"][30]["probabilities"][0] *= 1 + 1e-6
    assert "relative error" in cases.complaint(everything)


def test_the_dialogues_cover_every_kind_of_turn():
    kinds = {turn["kind"] for robot in ROBOTS for s in TALKS[robot] for turn in talk_case(robot, s)["turns"]}
    assert kinds == {"done", "ask", "confirm", "dropped", "refused", "chat"}
