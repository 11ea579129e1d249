"""Hostile inputs for the doors of chapter 6: the parts of the driving car, and the robots that listen."""

import numpy as np
import pytest
from hostile import HOSTILE, NUMBERS, knock, rng

from nnbook.dialogue import features, manager, phrases, slots, smalltalk, tagger, trial, understand, worlds
from nnbook.driving import control, imitation, memory, perception, planning, recording, road, stack, stored
from nnbook.driving.world import World

SQUARE, PATH = np.ones((24, 24)), np.column_stack([np.arange(20.0), np.zeros(20)])
FILM = {"tenths": [0, 8], "ego": [0, 0, 0, 80, 0, 100], "speeds": [100, 90]}
HERE = (0.0, 0.0, 0.0)
READER = stored.load_reader()
MODEL = understand.load_robots()["home", "en"]
TEMPLATES = phrases.load_templates("home", "en")


def view(**change):
    given = {"picture": SQUARE, "radar": np.zeros((0, 4)), "speed": 5.0, "truth": SQUARE, **change}
    return stack.View(**given)


def look(sensor, truth=SQUARE, pose=HERE):
    return sensor.read(truth, pose, perception.Shading(rng()), rng())


def search(cost, start=(0, 0)):
    return planning.a_star(cost, start, is_goal=lambda i, j: i == 3, bound=lambda i, j: 0.0)


ARRAYS = {
    "bicycle_step": lambda a: control.bicycle_step(a, 0.1, 0.0, 0.1),
    "pure_pursuit": control.pure_pursuit,
    "tracking_errors": lambda a: control.tracking_errors(a, lambda *now: 0.0),
    "features, picture": lambda a: imitation.features(view(picture=a)),
    "features, radar": lambda a: imitation.features(view(radar=a)),
    "Stack, picture": lambda a: stack.Stack(READER)(view(picture=a)).steering,
    "Stack, truth": lambda a: stack.Stack()(view(truth=a)).steering,
    "Stack, radar": lambda a: stack.Stack()(view(radar=a)).steering,
    "Stack, motion": lambda a: stack.Stack(READER, remember=2)(view(motion=a)).steering,
    "Memory": lambda a: memory.Memory(2)(a, HERE),
    "Sensor.read": lambda a: look(perception.CLEAR, a),
    "Sensor.read, pose": lambda a: look(perception.CLEAR, pose=a),
    "Shading": perception.Shading(rng()),
    "windows": perception.windows,
    "RoadReader": READER,
    "by_threshold": perception.by_threshold,
    "by_blur": perception.by_blur,
    "iou": lambda a: perception.iou(a, np.ones((4, 3))),
    "a_star": search,
    "a_star, start": lambda a: search(np.ones((4, 3)), a),
    "plan": planning.plan,
    "plan, cars": lambda a: planning.plan(SQUARE, a),
    "smooth": planning.smooth,
    "arc_lengths": planning.arc_lengths,
    "point_at": lambda a: planning.point_at(a, 1.0),
    "pack": recording.pack,
    "unpack": recording.unpack,
    "at": lambda a: recording.at(a, 0.4),
    "to_world": lambda a: road.to_world(a, HERE),
    "to_world, pose": lambda a: road.to_world(np.ones(2), a),
    "to_car": lambda a: road.to_car(a, HERE),
    "RoadMap": road.RoadMap,
    "RoadMap.on_road": lambda a: road.RoadMap([]).on_road(a),
    "RoadMap.truth": lambda a: road.RoadMap([]).truth(a),
    "speed_in_bend": stack.speed_in_bend,
    "speed_behind": lambda a: stack.speed_behind(a, np.ones((1, 4)), 1.0),
    "speed_behind, cars": lambda a: stack.speed_behind(PATH, a, 1.0),
    "choose_threshold": understand.choose_threshold,
    "split_templates": lambda a: phrases.split_templates(TEMPLATES, rng=rng(), shares=a) and 0,
    "fit_intents": lambda a: understand.fit_intents(a, "home", "en"),
}
TEXTS = {
    "fold, and all that reads text": lambda a: slots.find_slots(a, "home"),
    "mask": lambda a: slots.mask(a, "service"),
    "language_of": slots.language_of,
    "pieces": lambda a: features.pieces(a, None),
    "vectorise": lambda a: features.vectorise(a, "home"),
    "IntentModel.understand": MODEL.understand,
    "IntentModel.scores": MODEL.scores,
    "IntentModel.evidence": MODEL.evidence,
    "by_keywords": lambda a: understand.by_keywords(a, "home"),
    "SmallTalk.answer": smalltalk.SmallTalk.of("en").answer,
    "cut": tagger.cut,
}
ONE_NUMBER = {
    "steering": lambda v: control.bicycle_step((0, 0, 0, 1), v, 0.0, 0.1),
    "PID, error": lambda v: control.PID(1.0, 1.0, 1.0)(v, 0.1),
    "PID, dt": lambda v: control.PID(1.0, 1.0, 1.0)(1.0, v),
    "PID, kp": lambda v: control.PID(v)(1.0, 1.0),
    "PID, limit": lambda v: control.PID(1.0, limit=v)(1.0, 1.0),
    "features, speed": lambda v: imitation.features(view(speed=v)),
    "Stack, speed": lambda v: stack.Stack()(view(speed=v)).acceleration,
    "weather": lambda v: look(perception.weather(v)),
    "noise": lambda v: look(perception.Sensor(noise=v)),
    "dropout": lambda v: look(perception.Sensor(dropout=v)),
    "horizon": lambda v: planning.plan(SQUARE, horizon=v),
    "metres": lambda v: planning.point_at(PATH, v),
    "seconds": lambda v: recording.at(FILM, v),
    "other_vehicles": lambda v: World("oval", other_vehicles=v) and 0 if v is not True else None,
    "seed": lambda v: trial.make_parts("home", "en", v) and 0,
    "train_share": lambda v: trial.make_parts("home", "en", 0, train_share=v) and 0,
    "false_refusals": lambda v: understand.choose_threshold([0.5], false_refusals=v),
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("door", ARRAYS)
def test_a_door_for_arrays_answers_or_says_what_is_wrong(door, what):
    knock(ARRAYS[door], what, HOSTILE[what])


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("door", TEXTS)
def test_a_door_for_text_answers_or_says_what_is_wrong(door, what):
    knock(TEXTS[door], what, HOSTILE[what], text_is_fine=True)


@pytest.mark.parametrize("what", NUMBERS)
@pytest.mark.parametrize("door", ONE_NUMBER)
def test_a_door_for_one_number_answers_or_says_what_is_wrong(door, what):
    if door == "other_vehicles" and what in ("a huge number", "a whole number of 400 digits"):
        pytest.skip("so many cars would be made")
    knock(ONE_NUMBER[door], what, NUMBERS[what])


@pytest.mark.parametrize("name", ["garden", "<b>", "", "../../etc"])
def test_an_unknown_robot_language_or_track_is_refused_by_name(name):
    for door in (
        slots.gazetteer,
        worlds.first_world,
        manager.first_state,
        smalltalk.load_small_talk,
        lambda name: understand.by_keywords("on", name),
        lambda name: phrases.load_templates("home", name),
        lambda name: phrases.load_exam(name, "en"),
    ):
        with pytest.raises(ValueError, match="must be one of"):
            door(name)
    for door in (stored.load_reader, stored.load_imitator, World):
        with pytest.raises(KeyError, match="must be one of"):
            door(name)


def test_nothing_to_learn_from_is_said():
    with pytest.raises(ValueError, match="no lessons"):
        imitation.clone(imitation.Lessons(), rng=rng())
    with pytest.raises(ValueError, match="no lines"):
        smalltalk.right_topic([])
    with pytest.raises(ValueError, match="alike in length"):
        tagger.span_f1([set()], [])


def test_a_driver_that_answers_nan_is_found():
    world = World("oval", other_vehicles=0)
    world.reset(seed=0)
    for answer in ((np.nan, 0.0), (0.0, np.nan)):
        with pytest.raises(ValueError, match="What did the driver answer"):
            world.step(*answer)
    world.step(np.inf, -np.inf)  # full lock and full brakes


def test_a_number_of_thousands_of_digits_is_no_number():
    # Python refuses to read it, and JavaScript calls it Infinity
    (found,) = slots.find_slots("wait " + "9" * 5000 + " minutes", "home")
    assert found.name == "unclear"
    assert [slot.value for slot in slots.find_slots("wait 999999 minutes", "home")] == [999999]


def test_half_a_character_has_the_hash_of_the_page():
    assert features.fnv1a("\ud800a") == features.fnv1a("\ufffda")
    assert features.fnv1a("\U0001f600") == features.fnv1a("\ud83d\ude00")  # the two halves of an emoji
