"""The stored networks of chapter 6.2 do what their log and card say."""

import numpy as np
import pytest

from nnbook.driving.imitation import Imitator, Lessons, ask_expert, clone, dagger, features, watch_expert
from nnbook.driving.memory import Memory
from nnbook.driving.perception import CLEAR, STORM, UNMEASURED, by_blur, iou, pictures
from nnbook.driving.road import AHEAD, ASIDE
from nnbook.driving.stack import Stack, View, drive, radar
from nnbook.driving.stored import FOLDER, load_imitator, load_reader, load_results
from nnbook.driving.world import World


@pytest.fixture(scope="module")
def results():
    return load_results()


@pytest.fixture(scope="module")
def world():
    place = World("racetrack")
    place.reset(0)
    return place


@pytest.mark.parametrize(("weather", "sensor"), [("clear", CLEAR), ("storm", STORM)])
def test_the_logged_iou_comes_out_of_the_files(results, world, weather, sensor):
    readings, truths = pictures(world.road, 100, sensor, np.random.default_rng(777))
    for name, read in (("network", load_reader()), ("all-weather", load_reader("all-weather"))):
        again = np.mean([iou(read(p) >= 0.5, t) for p, t in zip(readings, truths, strict=True)])
        logged = results["iou"]["table"][f"racetrack/{weather}/{name}"][0]
        assert again == pytest.approx(logged, abs=1e-4)  # four digits were written down


def test_a_logged_drive_can_be_driven_again(results, world):
    for name, read in (("network", load_reader()), ("blur", by_blur)):
        logged = results["stack"][f"racetrack/{name}"]
        episode = drive(world, Stack(read), seed=6)
        assert episode.outcome == logged["outcomes"][6]
        assert episode.progress == pytest.approx(logged["progress"][6], abs=0.2)


def test_the_clone_fails_where_the_log_says(results, world):
    logged = results["imitation"]["seeds"][0]["dagger"][0]
    for seed in (0, 1):
        episode = drive(world, load_imitator("clone"), seed, laps=3)
        assert episode.outcome == logged["outcomes"][seed]
        assert episode.progress == pytest.approx(logged["progress"][seed], abs=0.2)


def test_the_goals_of_the_chapter(results):
    stack = results["stack"]
    for track in ("oval", "large"):
        assert stack[f"{track}/network"]["outcomes"].count("finished") >= 9
    for run, watchers in zip(results["imitation"]["seeds"], results["clones"], strict=True):
        first, last = (np.mean(run["dagger"][k]["progress"]) for k in (0, -1))
        assert last >= 2 * first
        asked, watched = ([entry["answers"] for entry in runs] for runs in (run["dagger"][1:], watchers))
        assert asked == watched, "rivals of the same size"


def test_files_are_small_and_the_card_has_the_figures(results):
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 250_000
    card = (FOLDER.parent / "driving.md").read_text(encoding="utf-8")
    for key in ("racetrack/clear/network", "large/clear/network", "racetrack/clear/blur"):
        assert f"{np.mean(results['iou']['table'][key]):.3f}" in card
    assert "What it is not for" in card


def test_names_that_are_not_there():
    with pytest.raises(KeyError, match="clear, all-weather"):
        load_reader("fog")
    with pytest.raises(KeyError, match="clone, dagger"):
        load_imitator("expert")


class TestImitation:
    def view(self, cars=()):
        return View(
            np.full((24, 24), 0.5), np.array(cars, dtype=float).reshape(-1, 4), 8.0, np.zeros((24, 24))
        )

    def test_features_of_an_empty_road_and_of_a_car(self):
        empty = features(self.view())
        assert empty.shape == (149,)
        assert empty.tolist() == [0.0] * 144 + [0.8] + [0.0] * 4
        seen = features(self.view([[20.0, 1.0, 0.0, 5.0], [8.0, -2.0, 0.0, 6.0], [-3.0, 0.0, 0.0, 9.0]]))
        assert seen[145:].tolist() == pytest.approx([1.0, 0.2, -0.2, -0.2]), "the nearest that is ahead"

    def test_the_expert_is_asked_where_the_pupil_is(self, world):
        lessons = Lessons()

        class Pupil:
            def __call__(self, view):
                return Stack()(view)

        drives = ask_expert(world, Pupil(), [3], lessons)
        watched = watch_expert(world, [3], Lessons())
        assert drives[0].outcome == "finished"
        assert np.allclose(lessons.inputs, watched.inputs), "a perfect pupil meets what the expert meets"
        assert np.allclose(lessons.answers, watched.answers)

    def test_most_cuts_the_lessons(self, world):
        assert len(watch_expert(world, [3, 4], Lessons(), most=50)) == 50

    def test_dagger_grows_its_lessons_and_tells(self, world):
        told = []
        lessons = watch_expert(world, [3], Lessons(), most=60)
        pupil = dagger(
            world,
            lessons,
            rng=np.random.default_rng(0),
            rounds=1,
            laps_per_round=1,
            watch=lambda number, _, lessons: told.append((number, len(lessons))),
        )
        assert isinstance(pupil, Imitator)
        assert told[0] == (0, 60)
        assert told[1][1] == len(lessons) > 60

    def test_one_seed_gives_one_clone(self, world):
        lessons = watch_expert(world, [3], Lessons(), most=60)
        a, b = (clone(lessons, rng=np.random.default_rng(1), epochs=2).model.parameters for _ in range(2))
        assert np.array_equal(a, b)


def test_radar_sees_what_is_near_and_not_behind(world):
    scene = world.reset(0)
    seen = radar(scene, np.random.default_rng(0))
    gap = np.hypot(scene.cars[0, 0] - scene.pose[0], scene.cars[0, 1] - scene.pose[1])
    assert len(seen) == 1
    assert np.hypot(*seen[0, :2]) == pytest.approx(gap, abs=1.0)


class TestMemory:
    def test_the_average_lies_where_the_car_is_now(self):
        memory, picture = Memory(n_pictures=2), np.zeros((24, 24))
        picture[10, 5] = 1.0
        memory(picture, (0.0, 0.0, 0.0))
        fused = memory(np.zeros((24, 24)), (3.0, 0.0, 0.0))
        assert fused[8, 5] == pytest.approx(0.5), "two cells nearer after 3 m"
        assert fused.sum() == pytest.approx(0.5)

    def test_missing_cells_are_filled_from_before(self):
        memory = Memory(n_pictures=3)
        memory(np.full((24, 24), 0.9), (0.0, 0.0, 0.0))
        fused = memory(np.full((24, 24), UNMEASURED), (0.0, 0.0, 0.1))
        assert fused[3, 12] == pytest.approx(0.9)
        assert (Memory(1)(np.full((24, 24), UNMEASURED), (0, 0, 0)) == UNMEASURED).all()

    def test_one_picture_is_no_memory(self):
        picture = np.random.default_rng(0).normal(size=(24, 24))
        memory = Memory(1)
        for motion in ((0.0, 0.0, 0.0), (2.0, 0.3, 0.2), (1.9, -0.1, 1.7)):
            assert np.array_equal(memory(picture, motion), picture)

    def test_it_knows_how_the_car_turned(self):
        memory, picture = Memory(n_pictures=2), np.zeros((24, 24))
        picture[8, 12] = 1.0  # about ten metres ahead
        memory(picture, (0.0, 0.0, 0.0))
        fused = memory(np.zeros((24, 24)), (0.0, 0.0, np.pi / 2))  # now it lies to the left
        row, column = np.unravel_index(fused.argmax(), fused.shape)
        assert abs(AHEAD[row]) <= 1.5
        assert ASIDE[column] == pytest.approx(-AHEAD[8], abs=1.5)
