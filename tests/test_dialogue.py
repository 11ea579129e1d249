"""The two robots of chapter 6.4: words, slots, dialogue, and the figures of the stored models."""

import json
from collections import Counter

import numpy as np
import pytest

from nnbook.dialogue import features, phrases, smalltalk, tagger, trial, understand
from nnbook.dialogue.cues import yes_or_no
from nnbook.dialogue.manager import first_state, step
from nnbook.dialogue.slots import LANGUAGES, ROBOTS, Slot, find_slots, language_of, mask
from nnbook.dialogue.understand import Understanding, by_keywords, load_robots
from nnbook.dialogue.worlds import rules, say
from nnbook.models import FOLDER

both = pytest.mark.parametrize(("robot", "language"), [(r, n) for r in ROBOTS for n in LANGUAGES])


@pytest.fixture(scope="module")
def robots():
    return load_robots()


@pytest.fixture(scope="module")
def log():
    return json.loads((FOLDER / "robots.json").read_text(encoding="utf-8"))


def values(text, robot="home"):
    return [(slot.name, slot.value) for slot in find_slots(text, robot)]


class TestPhrases:
    @both
    def test_every_intent_has_many_different_templates(self, robot, language):
        templates = phrases.load_templates(robot, language)
        counts = Counter(template.intent for template in templates)
        assert set(counts) == set(phrases.intents(robot)) <= set(rules()["needs"])
        assert min(counts.values()) >= 25
        assert len({template.text for template in templates}) == len(templates)

    @both
    def test_a_near_miss_is_no_template_and_no_exam_is_either(self, robot, language):
        known = {template.text for template in phrases.load_templates(robot, language)}
        assert not known & {template.text for template in phrases.load_outside(robot, language)}
        exam = phrases.load_exam(robot, language)
        assert not known & {text for text, _ in exam}
        assert Counter(intent for _, intent in exam) == dict.fromkeys(phrases.intents(robot), 5)

    @both
    def test_a_split_shares_no_template_and_no_subject(self, robot, language):
        parts = trial.make_parts(robot, language, 3)
        ours = [{p.template for p in part} for part in (parts.train, parts.validation, parts.test)]
        assert sum(map(len, ours)) == len(phrases.load_templates(robot, language)) == len(set.union(*ours))
        outside = phrases.load_outside(robot, language)
        theirs = [
            {outside[p.template].group for p in part}
            for part in (parts.outside_train, parts.outside_validation, parts.outside_test)
        ]
        assert sum(map(len, theirs)) == len(set.union(*theirs))

    def test_spans_point_at_the_names(self):
        rng = np.random.default_rng(0)
        template = phrases.Template("put the {device} in the {room} on", "turn_on", "turn_on")
        for _ in range(20):
            phrase = phrases.realise(template, 7, "home", "en", rng=rng)
            found = [(s.name, s.start, s.end) for s in find_slots(phrase.text, "home")]
            assert found == list(phrase.spans)

    def test_what_does_not_exist_is_refused(self):
        with pytest.raises(ValueError, match="robot must be one of home, service"):
            phrases.load_templates("garden", "en")
        with pytest.raises(ValueError, match="language must be one of en, zh"):
            phrases.load_templates("home", "fr")
        with pytest.raises(ValueError, match='by must be "template" or "group"'):
            phrases.split_templates([], rng=np.random.default_rng(0), by="word")


class TestSlots:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Open the garage door", [("door", "garage")]),  # the longest name
            ("the lamp in the LIVING ROOM", [("device", "light"), ("room", "living")]),
            ("lamplight", []),
            ("twenty-two degrees", [("degrees", 22)]),
            ("make it 7 degrees", [("degrees", 7)]),
            ("room 99", [("unclear", "99")]),
            ("turn off the oven", [("thing", "oven")]),
            ("at 7", [("time", "7")]),
            ("客厅和次卧调低两度", [("room", "living"), ("room", "second"), ("change", -2)]),
            ("全屋的灯", [("room", "all"), ("device", "light")]),
            ("把窗帘拉上", [("thing", "窗帘")]),
            ("remind me in 90 seconds", [("duration", 1.5)]),
            ("wake me in two hours", [("duration", 120)]),
            ("in half an hour", [("duration", 30)]),
            ("厨房调到二十二度", [("room", "kitchen"), ("degrees", 22)]),
            ("十分钟后叫我", [("duration", 10)]),
            ("两个小时", [("duration", 120)]),
            ("半小时", [("duration", 30)]),
            ("打开LAMP吧", [("device", "light")]),
            ("that one", []),
        ],
    )
    def test_home(self, text, expected):
        assert values(text) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("order 4711, the lamp", [("order", "4711"), ("item", "lamp")]),
            ("123 or 1234567", [("unclear", "123"), ("unclear", "1234567")]),
            ("订单四七一一", [("order", "4711")]),
            ("外套", [("thing", "外套")]),  # a coat is no jacket
            ("把4712寄到北京", [("order", "4712"), ("city", "beijing")]),
        ],
    )
    def test_shop(self, text, expected):
        assert values(text, "service") == expected

    def test_mask_and_language(self):
        assert mask("客厅灯", "home") == "ROOM DEVICE", "two names side by side are two words"
        assert mask("Fan on in the hall, 21 degrees", "home") == "DEVICE on in the ROOM, DEGREES degrees"
        assert (language_of("4711"), language_of("ok 好")) == ("en", "zh")

    def test_f1_by_hand(self):
        assert tagger.span_f1([{("room", 0, 4)}, set()], [{("room", 0, 4)}, {("room", 1, 2)}]) == 2 / 3
        assert tagger.span_f1([set()], [set()]) == 1

    def test_a_tagger_finds_a_name_that_it_never_saw(self):
        parts = trial.make_parts("home", "en", 0, train_share=0.5)
        learned = tagger.Tagger().fit(parts.train, rng=np.random.default_rng(0))
        text = "switch on the projector in the attic"
        assert learned.find(text) == {("device", 14, 23), ("room", 31, 36)}
        assert learned.find("") == set()


class TestModel:
    def test_hash_is_the_published_one(self):
        assert features.fnv1a("foobar") == 0xBF9CF968

    def test_a_row_has_length_one(self):
        X = features.vectorise(["lock the door", "锁门", "!!"], "home")
        assert X.shape == (3, features.N_BUCKETS)
        assert np.linalg.norm(X, axis=1) == pytest.approx([1, 1, 1]), (
            "even an empty sentence has a beginning and an end"
        )

    def test_keywords(self):
        assert by_keywords("请打扫卧室", "home") == "clean_room"
        assert by_keywords("hm", "home") is None

    def test_a_model_without_near_misses_is_not_fitted(self):
        few = trial.make_parts("service", "zh", 0, train_share=0.1)
        with pytest.raises(ValueError, match="missing: other"):
            understand.fit_intents(few.train, "service", "zh")

    def test_threshold_is_a_quantile(self):
        assert understand.choose_threshold(np.linspace(0, 1, 101), false_refusals=0.1) == pytest.approx(0.1)

    def test_evidence_names_the_word(self, robots):
        pieces = [piece for piece, _ in robots["home", "en"].evidence("please unlock the back door")[:6]]
        assert any("un" in piece for piece in pieces)


class TestStored:
    @both
    def test_the_figures_come_out_of_the_file(self, robots, log, robot, language):
        parts = trial.make_parts(robot, language, 0)
        result = trial.measure(robots[robot, language], parts.test, parts.outside_test)
        told = log["stored"][f"{robot}_{language}"]
        one = 1 / len(parts.outside_test) + 1e-3  # one sentence at the threshold may fall on either side
        assert result.accuracy == pytest.approx(told["accuracy"], abs=one)
        assert result.caught == pytest.approx(told["caught"], abs=one)
        assert result.false_refusals == pytest.approx(told["false_refusals"], abs=one)
        right, confidence = trial.judge(robots[robot, language], parts.test)
        assert right.mean() == result.accuracy
        assert np.mean(confidence < result.threshold) == pytest.approx(result.false_refusals)

    @both
    def test_the_goals_are_met_on_average(self, log, robot, language):
        rows = log["splits"][f"{robot}_{language}"]
        assert np.mean(rows["accuracy"]) >= 0.90
        assert np.mean(rows["caught"]) >= 0.80
        assert np.mean(rows["false_refusals"]) <= 0.05
        assert np.mean(rows["accuracy"]) > np.mean(rows["keywords"]) + 0.2

    def test_the_exam_is_as_the_card_says(self, robots):
        shares = []
        for (robot, language), model in robots.items():
            exam = phrases.load_exam(robot, language)
            best, _ = model.scores([text for text, _ in exam])
            shares.append(
                np.mean([model.labels[j] == intent for j, (_, intent) in zip(best, exam, strict=True)])
            )
        card = (FOLDER / "robots.md").read_text(encoding="utf-8")
        assert f"{100 * min(shares):.0f} to {100 * max(shares):.0f} %" in card

    def test_it_is_small_enough_for_a_page(self, log):
        assert (FOLDER / "robots.npz").stat().st_size <= 100_000
        card = (FOLDER / "robots.md").read_text(encoding="utf-8")
        for rows in log["splits"].values():
            accuracy = 100 * np.array(rows["accuracy"])
            assert f"{accuracy.mean():.1f} ± {accuracy.std(ddof=1):.1f}" in card


def understood(intent, accepted=True, **slots):
    found = tuple(Slot(n, v, 0, 1) for n, v in slots.items())
    return Understanding(intent, 0.9, accepted, found, accepted, (intent,))


class TestDialogue:
    def test_it_asks_and_takes_the_answer(self):
        turn = step(first_state("home"), "light on", understood("turn_on", device="light"), "home", "en")
        assert (turn.kind, turn.reply) == ("ask", "In which room?")
        turn = step(turn.state, "in the hall", understood("clean_room", room="hall"), "home", "en")
        assert turn.kind == "done", "a bare answer is no new wish"
        assert "hall/light" in turn.state["world"]["on"]

    def test_a_new_wish_ends_the_old_one(self):
        turn = step(first_state("home"), "light on", understood("turn_on", device="light"), "home", "en")
        turn = step(turn.state, "play music", understood("play_music"), "home", "en")
        assert (turn.kind, turn.state["pending"]) == ("done", None)

    @pytest.mark.parametrize(("word", "locked"), [("Yes!", False), ("no", True)])
    def test_a_door_opens_after_a_yes_only(self, word, locked):
        wish = understood("unlock_door", door="front")
        turn = step(first_state("home"), "open", wish, "home", "en")
        assert turn.kind == "confirm"
        assert turn.state["world"]["locked"]["front"] is True
        turn = step(turn.state, word, understood("turn_on", accepted=False), "home", "en")
        assert turn.state["world"]["locked"]["front"] is locked

    def test_a_not_costs_one_more_question(self):
        wish = understood("turn_on", device="light")
        turn = step(first_state("home"), "do not turn on the light", wish, "home", "en")
        turn = step(turn.state, "hall", understood("turn_on", accepted=False, room="hall"), "home", "en")
        assert (turn.kind, turn.reply[:21]) == ("confirm", "You said no or not. S")
        assert step(turn.state, "no", understood("turn_on", accepted=False), "home", "en").kind == "dropped"
        asked = understood("ask_state", room="hall")
        assert step(first_state("home"), "is it not cold in the hall", asked, "home", "en").kind == "done"

    def test_it_looks_back(self):
        state = first_state("home") | {"last": {"device": "fan", "room": "study"}}
        turn = step(state, "turn it off", understood("turn_off"), "home", "en")
        assert turn.reply == "The fan in the study is off."
        assert step(state, "turn off", understood("turn_off"), "home", "en").kind == "ask"

    def test_refusal_changes_nothing(self):
        state = first_state("service")
        turn = step(state, "hm", understood("cancel_order", accepted=False), "service", "zh")
        assert (turn.kind, turn.state["world"]) == ("refused", state["world"])
        chat = step(state, "hm", understood("cancel_order", accepted=False), "service", "zh", chat="嗨")
        assert (chat.kind, chat.reply) == ("chat", "嗨")

    @pytest.mark.parametrize(
        ("text", "intent", "slots", "reply"),
        [
            (
                "where is it",
                "track_order",
                {"item": "lamp"},
                "Order 4711 (lamp) is packed and leaves tomorrow.",
            ),
            ("where is it", "track_order", {"order": "9999"}, "I do not find order 9999."),
            (
                "change the address",
                "change_address",
                {"order": "4712", "city": "paris"},
                "Order 4712 has left us already: too late for that.",
            ),
            (
                "return it",
                "return_item",
                {"order": "4711"},
                "Order 4711 has not been delivered yet, so it cannot be returned or replaced now.",
            ),
            ("in stock?", "check_stock", {"item": "kettle"}, "Sold out: kettle."),
            ("what does it cost", "delivery_cost", {"city": "berlin"}, "Delivery to Berlin costs 82 yuan."),
        ],
    )
    def test_the_shop(self, text, intent, slots, reply):
        state = first_state("service")
        before = json.dumps(state)
        assert step(state, text, understood(intent, **slots), "service", "en").reply == reply
        assert json.dumps(state) == before, "the old state is not changed"

    def test_a_temperature_out_of_range_is_not_set(self):
        wish = understood("set_temperature", degrees=35, room="hall")
        turn = step(first_state("home"), "make it warmer", wish, "home", "en")
        assert turn.reply == "I only set 10 to 30 degrees."
        assert turn.state["world"]["temperature"]["hall"] == 18

    def test_it_does_not_ask_for_ever(self):
        nothing = understood("play_music", accepted=False)
        turn = step(first_state("home"), "开灯", understood("turn_on", device="light"), "home", "zh")
        kinds = []
        for _ in range(4):
            turn = step(turn.state, "嗯？", nothing, "home", "zh")
            kinds.append(turn.kind)
            if turn.kind != "ask":
                break
            assert "厨房" in turn.reply, "the second question names what may be said"
        assert kinds == ["ask", "dropped"]

    @pytest.mark.parametrize(
        "text", ["嗯", "嗯嗯", "没错", "对", "好的", "是的", "可以", "行", "对，没错", "好的谢谢", "嗯，退吧"]
    )
    def test_a_yes_is_a_yes(self, text):
        assert yes_or_no(text, "service", "zh") == "yes"

    @pytest.mark.parametrize(
        "text", ["不用了", "算了", "不用了，谢谢", "不是", "不对", "先不了", "算了吧", "好的，不用了"]
    )
    def test_a_no_is_a_no(self, text):
        assert yes_or_no(text, "home", "zh") == "no"

    @pytest.mark.parametrize(
        "text", ["对了，打开灯", "是不是", "不错", "行李箱", "好像没有", "可以退吗", "要不要"]
    )
    def test_what_only_begins_like_an_answer_is_none(self, text):
        assert yes_or_no(text, "home", "zh") is None

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("yep", "yes"),
            ("Yes, please!", "yes"),
            ("no thanks", "no"),
            ("Never mind.", "no"),
            ("not sure", None),
        ],
    )
    def test_english_answers(self, text, answer):
        assert yes_or_no(text, "service", "en") == answer

    @both
    def test_every_question_has_words(self, robot, language):
        for intent in phrases.intents(robot):
            for name in rules()["needs"][intent]:
                assert say(f"ask_{name}", language, robot, {})


class TestSmallTalk:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_topic_is_right_far_above_chance(self, language):
        answered, right, chance = smalltalk.right_topic(smalltalk.load_small_talk(language), 0.5)
        assert answered > 0.3
        assert right > 2 * chance

    def test_nothing_similar_no_answer(self):
        assert smalltalk.SmallTalk.of("zh").answer("qwertz") is None
        assert smalltalk.SmallTalk.of("zh").answer("你几岁？") == "我还年轻"
