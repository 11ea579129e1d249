"""A sentence that is acted on wrongly is the gravest fault: what the robots of chapter 6.4 must never do."""

import json
import re

import numpy as np
import pytest

from nnbook.dialogue import exam, phrases
from nnbook.dialogue.manager import first_state, step
from nnbook.dialogue.slots import DATA, LANGUAGES, ROBOTS, language_of
from nnbook.dialogue.understand import choose_sure, load_robots
from nnbook.dialogue.worlds import rules
from nnbook.models import FOLDER

both = pytest.mark.parametrize(("robot", "language"), [(r, n) for r in ROBOTS for n in LANGUAGES])


@pytest.fixture(scope="module")
def robots():
    return load_robots()


def talk(robots, robot, *sentences):
    """The last turn of a dialogue with the stored models, and the world before it."""
    state = first_state(robot)
    for text in sentences:
        language = language_of(text)
        before = state["world"]
        turn = step(state, text, robots[robot, language].understand(text), robot, language)
        state = turn.state
    return turn, before


NEVER_AT_ONCE = {
    "home": [
        # a "not", in many forms
        "别关卧室的灯",
        "不要打开客厅的电视",
        "甭开书房的空调",
        "先别锁前门",
        "书房灯别忘了关",
        "空调不许关，客厅的",
        "不用打扫厨房了",
        "勿开车库门",
        "don't turn on the light in the kitchen",
        "Never open the garage door",
        "do not lock the back door",
        "please don’t clean the study",
        "do not forget to turn off the fan in the hall",
        # later, or under a condition
        "十分钟后关客厅的灯",
        "明天早上打开厨房的咖啡机",
        "如果下雨就锁后门",
        "等我到家再开客厅的空调",
        "turn on the tv in the living room at 7",
        "lock the front door when I leave",
        "半小时后把客厅的空调关掉",
        # two wishes, or all but one
        "把客厅的灯关了，把卧室的空调打开",
        "打开客厅的灯和卧室的电视",
        "除了卧室，把所有房间的灯都关掉",
        "turn off the light in the hall and turn on the fan in the study",
        # numbers that cannot be read exactly
        "卧室调到二十几度",
        "两三分钟后叫我",
        "定一个半小时的闹钟",
        "卧室调到25-27度",
        "打开客厅的3号灯",
        # questions and reports
        "谁把客厅的空调打开了",
        "为什么要关客厅的灯",
        "我把客厅的灯关了",
        "why is the light in the hall off",
    ],
    "service": [
        "Do not return order 4713",
        "Please don't change the address of 4711 to Berlin, keep it",
        "Don't send order 4711 to London",
        "4713我不想退了",
        "不要退4713",
        "4711的地址不要改成北京",
        "4711别改到北京",
        "4711先不取消",
        "不用给4711开发票",
        "i do not need an invoice for 4711",
        "别转人工",
        # a question about an action is answered, not executed
        "4713能退吗",
        "4711可以取消吗",
        "4711还能改到上海吗",
        "Can I return 4713?",
        "could 4711 still be cancelled?",
        # dangerous even when said plainly
        "取消订单4711",
        "退货4713",
        "把4711改寄到上海",
        "4713坏了",
        "return order 4713",
        "cancel order 4711",
        "send order 4711 to London",
        "4711和4713都退了",
    ],
}


@pytest.mark.parametrize(("robot", "text"), [(r, t) for r, texts in NEVER_AT_ONCE.items() for t in texts])
def test_nothing_changes_before_a_yes(robots, robot, text):
    turn, before = talk(robots, robot, text)
    assert turn.state["world"] == before, f"{text} -> {turn.reply}"


FRONTS = {"en": ("do not ", "don't ", "please never "), "zh": ("不要", "别", "千万别", "先不要")}


@both
def test_no_order_with_a_not_in_front_changes_anything(robots, robot, language):
    """Every template that is an order, with a "not" in front: 0 of them may be carried out at once."""
    rng = np.random.default_rng(0)
    done = []
    for number, template in enumerate(phrases.load_templates(robot, language)):
        if phrases.sentence_type(template.text, language) != "order" or template.intent == "ask_state":
            continue
        text = phrases.realise(template, number, robot, language, rng=rng).text
        while re.match("机器人|你好|那个|hey|hi,|ok,|robot", text):  # 别机器人，… means something else
            text = phrases.realise(template, number, robot, language, rng=rng).text
        for front in FRONTS[language]:
            turn, before = talk(robots, robot, front + text)
            if turn.state["world"] != before:
                done.append((front + text, turn.reply))
    assert not done, f"{len(done)}: {done[:5]}"


@pytest.mark.parametrize(
    ("robot", "sentences", "reply"),
    [
        ("home", ["打开前门", "没错"], "前门已解锁。"),
        ("home", ["打开前门", "不用了，谢谢"], "好的，保持不变。"),
        ("home", ["别关走廊的灯", "嗯嗯，关吧"], "走廊的灯已关闭。"),
        ("home", ["一个半小时后叫我"], "好的，1 小时 30 分钟后提醒您。"),
        ("home", ["两三分钟后叫我", "3分钟"], "好的，3 分钟后提醒您。"),
        ("home", ["把厨房和卧室的灯关了"], "厨房和卧室的灯已关闭。"),
        ("home", ["次卧灯打开一下"], "次卧的灯已打开。"),
        ("home", ["卧室升高两度"], "卧室的温度已调高 2 度。"),
        ("home", ["家里门都锁了吗"], "车库门没锁。"),
        ("home", ["打开灯", "阳台"], "阳台的灯已打开。"),
        ("home", ["打开灯", "客厅和餐厅"], "客厅和餐厅的灯已打开。"),
        ("service", ["4713能退吗", "退吧"], "订单 4713 的退货申请已受理，退货地址和退货码已发送给您。"),
        ("service", ["4713能退吗", "算了"], "好的，保持不变。"),
        ("service", ["4712能改地址到上海吗"], "订单 4712 已发货，无法再修改或取消。"),
        ("service", ["把4711从柏林改到上海", "对"], "订单 4711 的收货地址已改为上海。"),
        ("service", ["寄到成都多少钱"], "寄到成都的运费是 17 元。"),
        ("service", ["外套有货吗"], "抱歉，“外套”目前不在我们的商品或配送范围内。需要的话可以为您转人工。"),
        ("service", ["物流三天没更新了"], "请问订单号是多少？（可以试试 4711、4712 或 4713）"),
        ("service", ["我要投诉"], "马上为您转接人工客服。"),
    ],
)
def test_what_a_speaker_expects(robots, robot, sentences, reply):
    assert talk(robots, robot, *sentences)[0].reply == reply


@pytest.mark.parametrize("text", ["下一首", "声音小一点", "打开窗户", "关窗帘", "把烤箱打开"])
def test_what_it_cannot_do_it_says(robots, text):
    turn, before = talk(robots, "home", text)
    assert turn.kind in ("refused", "confirm")
    assert turn.state["world"] == before


@pytest.mark.parametrize("name", exam.natural_names())
def test_natural_sentences(robots, name):
    counts, told = exam.sit(exam.load_natural(name), robots)
    stored = json.loads((FOLDER / "robots.json").read_text(encoding="utf-8"))["natural"]
    assert dict(counts) == stored[name], "tools/train_robots_model.py writes them"
    wrong, fine = exam.shares(counts)
    assert wrong <= 0.03, [(q.text, turn.reply) for q, turn, verdict in told if verdict == "acted wrongly"]
    assert fine >= 0.85


def test_the_marks_of_an_exam_by_hand(robots):
    def verdict(right, *sentences, robot="home", also=(), **more):
        state = first_state(robot)
        for text in sentences:
            before = state
            turn = step(
                state, text, robots[robot, language_of(text)].understand(text), robot, language_of(text)
            )
            state = turn.state
        return exam.mark(exam.Question(robot, sentences[-1], right, also=also, **more), turn, before)

    light = {"device": "light", "room": "kitchen"}
    assert verdict("do", "打开厨房的灯", what="turn_on", slots=light) == "done rightly"
    assert verdict("do", "打开厨房的灯", what="turn_off", slots=light) == "acted wrongly"
    assert verdict("do", "打开厨房的灯", what="turn_on", slots={**light, "room": "hall"}) == "acted wrongly"
    assert verdict("ask", "打开厨房的灯", what="turn_on") == "acted wrongly", "it should have asked"
    assert verdict("refuse", "打开厨房的灯") == "acted wrongly"
    assert verdict("ask", "开灯", what="turn_on") == "asked rightly"
    assert verdict("do", "打开灯", what="turn_on", slots={"device": "light"}) == "asked rightly"
    assert verdict("refuse", "开灯") == "missed"
    assert verdict("refuse", "打开窗户") == "declined rightly"
    assert verdict("do", "打开窗户", what="turn_on", slots=light) == "missed"
    assert verdict("ask", "打开窗户", also=("refuse",)) == "declined rightly"
    assert verdict("ask", "4712取消", robot="service", what="cancel_order") == "asked rightly", (
        "too late for it"
    )


def test_an_exam_says_what_is_wrong_with_it():
    with pytest.raises(ValueError, match="name must be one of"):
        exam.load_natural("nobody")
    with pytest.raises(ValueError, match="there are no sentences"):
        exam.shares(exam.Counter())


def test_acting_at_once_is_chosen_by_hand():
    right, confidence = np.array([True, True, True, False]), np.array([0.9, 0.8, 0.7, 0.6])
    assert choose_sure(right, confidence, np.array([0.1]), wrong_share=0) == pytest.approx(0.7)
    assert choose_sure(right, confidence, np.array([0.75]), wrong_share=0) == pytest.approx(0.8)
    assert choose_sure(right, confidence, np.array([0.1]), wrong_share=0.25) == pytest.approx(0.6)
    assert choose_sure(np.array([False]), np.array([0.9]), np.array([0.1])) == 1, "never at once"


# What the book itself says; not what people may say (natural_*), and not patterns
WRITTEN = [path.name for path in sorted(DATA.glob("*.*")) if not re.match("natural_|cues", path.name)]


class TestChinese:
    """What a native speaker would not say."""

    @pytest.mark.parametrize("robot", ROBOTS)
    def test_politeness_fits_the_sentence(self, robot):
        wrong = re.compile(
            "请请|请我|请你们|请可以|请能|麻烦你?[我您能可这那]|麻烦你?.{0,12}[吗呢么][，。！]|[吗呢没][，]?吧|吗，[快好谢可]"
            "|吗[！。]|^请?问，?(?:把|给)|^请[太有好]|没[！。]?，快点"
        )
        rng = np.random.default_rng(7)
        templates = phrases.load_templates(robot, "zh")
        said = phrases.realise_all(templates, range(len(templates)), robot, "zh", copies=4, rng=rng)
        found = [phrase.text for phrase in said if wrong.search(phrase.text)]
        assert not found, found[:10]

    def test_a_question_mark_stands_after_questions_only(self):
        rng = np.random.default_rng(8)
        for robot in ROBOTS:
            for language in LANGUAGES:
                templates = phrases.load_templates(robot, language)
                for number, template in enumerate(templates):
                    text = phrases.realise(template, number, robot, language, rng=rng).text
                    if text[-1] in "?？" and template.text[-1] not in "?？":
                        polite = text[:-1].endswith(("好吗", "可以吗"))
                        assert polite or phrases.sentence_type(template.text, language) == "question", text

    TRANSLATED = (
        "是或不",
        "美元",
        "退货标签",
        "退货单",
        "账单",
        "不工作",
        "转人$",
        "发票复印件",
        "恒温器",
        "吸一下尘的",
        "谁开了",
        "看旁边的家",
        "什么都不",
        "删除我的订单",
        "停止我的订单",
        "停掉订单",
        "启动灯",
        "和人说",
        "跟人谈",
        "换房子",
        "的时$",
        "计[{]duration[}]吗",
        "弄没了",
        "弄安全",
        "多暖和",
        "把星星",
        "哪一个设备",
        "改寄到[{]city[}]。",
        "真的要打开",
        "别的事",
        "你们的应用",
        "没有锁。",
    )

    @pytest.mark.parametrize("name", WRITTEN)
    def test_no_line_is_translated_word_by_word(self, name):
        wrong = re.compile("|".join(self.TRANSLATED))
        for line in (DATA / name).read_text(encoding="utf-8").splitlines():
            for text in re.findall('"([^"]*)"', line) if name.endswith("json") else [line]:
                assert not wrong.search(text), f"{name}: {text}"

    def test_every_reply_and_wish_exists_in_both_languages(self):
        for table in ("replies", "wishes"):
            for key, texts in rules()[table].items():
                assert set(texts) == set(LANGUAGES), key
                blanks = [set(re.findall("{([a-z]+)}", text)) - {"is"} for text in texts.values()]
                assert blanks[0] == blanks[1], key

    def test_ascii_punctuation_does_not_stand_between_chinese_characters(self):
        for path in sorted(DATA.glob("*")):
            if path.name == "cues.json" or path.suffix not in (".txt", ".json"):
                continue
            assert not re.search("[\u4e00-\u9fff][,?!;:][\u4e00-\u9fff]", path.read_text(encoding="utf-8")), (
                path.name
            )


GLOSSARY = {
    "gazetteer": "专名词典",
    "busy share": "忙碌时间占比",
    "near miss": "似是而非的请求",
    "predictive value": "阳性预测值",
    "drift": "概念漂移",
    "rule of three": "3/n 法则",
    "dropout": "丢弃法",
    "ReLU": "修正线性单元",
    "gradient clipping": "梯度截断",
    "operational design domain": "设计运行范围",
    "demographic parity": "人口统计均等",
    "fine-tuning": "微调",
    "hallucination": "幻觉",
    "large language model": "大语言模型",
    "prompt": "提示词",
    "retrieval-augmented generation": "检索增强生成",
    "agent": "智能体",
    "context length": "上下文长度",
    "alignment": "对齐",
    "transfer learning": "迁移学习",
    "data leak": "数据泄漏",
    "data breach": "数据泄露",
    "pneumonia": "肺炎",
    "diabetes": "糖尿病",
}


def test_the_glossary_uses_the_words_of_chinese_textbooks():
    text = (FOLDER.parents[1] / "book" / "glossary.md").read_text(encoding="utf-8")
    entries = {block.split("\n")[0]: block.split("\n")[1:] for block in text.split("\n\n")}
    for english, chinese in GLOSSARY.items():
        assert entries[english][0] == chinese, english
    names = [line for block in entries.values() for line in block if line[:1].strip()]
    for wrong in ("词表", "忙时占比", "近似请求", "预测值", "数据漂移", "三倍法则", "人口均等"):
        assert wrong not in names
