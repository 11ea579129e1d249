"""Geometry, simulator and sensor of nnbook.driving, against highway-env itself."""

import builtins

import numpy as np
import pytest

from nnbook.driving import perception, world
from nnbook.driving.control import bicycle_step
from nnbook.driving.perception import CLEAR, STORM, Shading, by_blur, iou, weather, windows
from nnbook.driving.road import RoadMap, cell_centres, to_car, to_world
from nnbook.driving.world import TRACKS, World


@pytest.fixture(scope="module")
def worlds():
    found = {track: World(track) for track in TRACKS}
    for each in found.values():
        each.reset(seed=3)
    return found


def test_car_and_world_frames_undo_each_other():
    pose = (12.0, -3.0, 2.1)
    points = np.random.default_rng(0).normal(size=(7, 2))
    assert np.allclose(to_car(to_world(points, pose), pose), points)
    assert np.allclose(to_world([1.0, 0.0], (0, 0, np.pi / 2)), [0.0, 1.0]), "ahead is along the heading"


@pytest.mark.parametrize("track", TRACKS)
def test_on_road_is_what_highway_env_says_lane_by_lane(worlds, track):
    road = worlds[track].road
    points = np.random.default_rng(1).uniform([-20, -120], [260, 60], (800, 2))
    theirs = [any(lane.on_lane(point) for lane in road.lanes) for point in points]
    assert road.on_road(points, margin=0.0).tolist() == theirs
    assert 0.02 < np.mean(theirs) < 0.9, "a test that never meets the road says nothing"


def test_the_truth_is_the_occupancy_grid_of_highway_env():
    from highway_env.envs.common.observation import OccupancyGridObservation

    place = World("racetrack")
    scene = place.reset(seed=5)
    grid = OccupancyGridObservation(
        place._env,
        features=["on_road"],
        grid_size=[[-3, 33], [-18, 18]],
        grid_step=[1.5, 1.5],
        align_to_vehicle_axes=True,
    )
    grid.grid = np.zeros((1, 24, 24))
    grid.fill_road_layer_by_cell(0)
    mine = place.road.on_road(to_world(cell_centres(), scene.pose), margin=0.0)
    assert np.array_equal(grid.grid[0].astype(bool), mine)


def test_a_lane_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="straight and circular"):
        RoadMap([object()])


def test_the_bicycle_is_the_car_of_highway_env():
    place, rng = World("oval", other_vehicles=0), np.random.default_rng(0)
    scene = place.reset(seed=1)
    state, worst = (*scene.pose, scene.speed), 0.0
    for _ in range(40):
        steering, acceleration = rng.uniform(-0.7, 0.7), rng.uniform(-3, 3)
        scene = place.step(steering, acceleration)
        for _ in range(3):  # three moves of 1/15 s
            state = bicycle_step(state, steering, acceleration, 1 / 15)
        worst = max(worst, np.abs(np.array(state) - (*scene.pose, scene.speed)).max())
        if scene.crashed:
            break
    assert worst <= 1e-9


def test_progress_is_the_way_along_the_track(worlds):
    place = World("oval", other_vehicles=0)
    before = place.reset(seed=0)
    after = place.step(0.0, 0.0)
    assert before.progress == 0.0
    assert after.progress == pytest.approx(2.0, abs=0.01), "0.2 s at 10 m/s on the straight"
    assert worlds["racetrack"].lap == pytest.approx(365.06, abs=0.01)


def test_one_seed_is_one_episode():
    a, b, c = (World("racetrack").reset(seed=seed) for seed in (4, 4, 5))
    assert a.pose == b.pose
    assert np.array_equal(a.cars, b.cars)
    assert a.pose != c.pose


def test_a_track_that_is_not_there():
    with pytest.raises(KeyError, match="racetrack, oval, large"):
        World("monaco")


def test_a_missing_simulator_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("highway_env"):
            raise ModuleNotFoundError("No module named 'highway_env'", name="highway_env")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match="pip install highway-env"):
        world.racetrack_class("oval")


class TestSensor:
    def test_it_is_right_on_average_and_worse_in_a_storm(self):
        truth = np.zeros((24, 24))
        truth[:, 8:15] = 1.0
        rng = np.random.default_rng(0)
        errors = {}
        for name, sensor in (("clear", CLEAR), ("storm", STORM)):
            shots = [sensor.read(truth, (0, 0, 0), Shading(rng), rng) for _ in range(40)]
            errors[name] = np.sqrt(np.mean((np.array(shots) - truth) ** 2))
        assert 0.4 < errors["clear"] < 0.6
        assert errors["storm"] > 1.4 * errors["clear"]

    def test_patches_lie_on_the_world_and_noise_does_not(self):
        shading = Shading(np.random.default_rng(0))
        spot = np.array([10.0, 4.0])
        there = to_world(to_car(spot, (3.0, 1.0, 0.7)), (3.0, 1.0, 0.7))
        assert shading(there) == pytest.approx(float(shading(spot)))
        values = shading(np.random.default_rng(1).uniform(0, 500, (4000, 2)))
        assert values.std() == pytest.approx(1.0, abs=0.1)

    def test_weather_lies_between_clear_and_storm(self):
        assert weather(0.0) == CLEAR
        assert weather(1.0) == STORM
        assert CLEAR.noise < weather(0.3).noise < STORM.noise
        with pytest.raises(ValueError, match="severity must lie"):
            weather(1.5)

    def test_out_of_reach_nothing_is_measured(self):
        shot = STORM.read(
            np.ones((24, 24)), (0, 0, 0), Shading(np.random.default_rng(0)), np.random.default_rng(0)
        )
        far = np.linalg.norm(cell_centres(), axis=-1) > STORM.reach
        assert (shot[far] == perception.UNMEASURED).all()


class TestReading:
    def test_windows_are_the_surroundings(self):
        picture = np.arange(576.0).reshape(24, 24)
        middle = windows(picture, 3)[24 * 5 + 7]
        assert middle.reshape(3, 3).tolist() == picture[4:7, 6:9].tolist()
        assert (windows(picture, 3)[0][:3] == perception.UNMEASURED).all(), "nothing is known outside"

    def test_blur_is_a_mean(self):
        picture = np.zeros((24, 24))
        picture[10, 10] = 0.9
        assert by_blur(picture, 3)[10, 11] == pytest.approx(0.1)

    def test_iou_by_hand(self):
        assert iou([[1, 1], [0, 0]], [[1, 0], [1, 0]]) == pytest.approx(1 / 3)
        assert iou([0, 0], [0, 0]) == 1.0
        with pytest.raises(ValueError, match="one shape"):
            iou([1], [1, 0])
