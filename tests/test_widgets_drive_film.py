"""DriveFilm and its recordings on the Python side."""

import numpy as np
import pytest
import traitlets

from nnbook.driving.recording import at, pack, record, unpack
from nnbook.driving.stack import Episode, Stack, drive
from nnbook.driving.world import World
from nnbook.widgets import DriveFilm


@pytest.fixture(scope="module")
def film():
    world = World("racetrack")
    episode = drive(world, Stack(), seed=1, laps=0.1, keep=True)
    return record(episode, world.road, title="A short drive"), episode


def test_a_picture_survives_as_four_levels():
    picture = np.random.default_rng(0).uniform(-0.2, 1.2, (24, 24))
    levels = unpack(pack(picture))[0]
    assert levels.shape == (24, 24)
    assert np.abs(levels / 3 - np.clip(picture, 0, 1)).max() <= 1 / 6 + 1e-9


def test_a_recording_says_where_the_car_was(film):
    recording, episode = film
    for tenths in recording["tenths"]:
        scene = episode.frames[tenths // 2][0]
        x, y, heading, speed = at(recording, tenths / 10)
        assert np.allclose([x, y], scene.pose[:2], atol=0.051)
        assert np.cos(heading - scene.pose[2]) > 1 - 1e-4
        assert speed == pytest.approx(scene.speed, abs=0.051)
    between = at(recording, recording["tenths"][0] / 10 + 0.4)
    assert at(recording, 0)[0] < between[0] < at(recording, 0.8)[0]


def test_headings_do_not_jump():
    world = World("oval", other_vehicles=0)
    recording = record(drive(world, Stack(), seed=1, keep=True), world.road, title="A lap")
    headings = recording["ego"][2::3]
    assert np.abs(np.diff(headings)).max() < 100, "less than a radian in 0.8 s"
    assert abs(headings[-1] - headings[0]) > 500, "a lap turns the car once around"
    assert len(str(recording)) < 24_000, "a lap stays small"


def test_the_pictures_are_what_the_car_believed(film):
    recording, episode = film
    levels = unpack(recording["pictures"])
    assert len(levels) == len(recording["tenths"])
    assert np.array_equal(levels[0], np.rint(3 * episode.frames[0][2].probability).astype(int))
    assert recording["view"] == "believed"
    assert all(len(path) == 10 for path in recording["paths"])


def test_an_episode_without_frames_cannot_be_recorded():
    with pytest.raises(ValueError, match="keep=True"):
        record(Episode("finished", 1.0, 1.0), None, title="nothing")


def test_the_widget_shows_its_films(film):
    recording, _ = film
    widget = DriveFilm(recording, {**recording, "title": "Again"}, film=1)
    assert widget.state()["film"] == 1
    assert "data-nnbook-widget" in widget.html_twin()
    assert len(widget.html_twin()) < 20_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pictures": "000"}, "damaged"),
        ({"outcome": "flew away"}, "damaged"),
        ({"title": ""}, "damaged"),
        ({"tenths": []}, "damaged"),
    ],
)
def test_a_damaged_recording_is_refused(film, change, message):
    with pytest.raises(ValueError, match=message):
        DriveFilm({**film[0], **change})


def test_what_is_no_recording_is_refused(film):
    recording, _ = film
    with pytest.raises(ValueError, match="lacks ego"):
        DriveFilm({name: value for name, value in recording.items() if name != "ego"})
    with pytest.raises(ValueError, match="whole numbers"):
        DriveFilm({**recording, "speeds": [0.5] * len(recording["speeds"])})
    with pytest.raises(ValueError, match="1 to 6"):
        DriveFilm()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("film", 1, "film must lie"), ("second", -1.0, "second must lie"), ("speed", 3.0, "speed must be")],
)
def test_traits(film, name, value, message):
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(DriveFilm(film[0]), name, value)
