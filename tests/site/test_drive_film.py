"""DriveFilm in a real browser: play, pause, scrub, choose, keys, links, both themes, a narrow screen."""

import pytest
from explore_page import as_anywidget, serious_violations, sideways, slide, state

from nnbook.driving.recording import record
from nnbook.driving.stack import Stack, drive
from nnbook.driving.world import World
from nnbook.widgets import DriveFilm

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def films():
    world = World("racetrack")
    episode = drive(world, Stack(), seed=1, laps=0.12, keep=True)
    short = record(episode, world.road, title="One")
    return short, {**short, "title": "<b>Two</b>", "outcome": "off-road", "paths": [], "view": "sensed"}


def seconds(film):
    return film["tenths"][-1] / 10


def told(page):
    page.wait_for_timeout(1100)
    return page.locator(".drf > .nnw-status").inner_text()


def ink(page, kind):
    """How many different colours a canvas shows."""
    return page.evaluate(
        """(kind) => {
            const c = document.querySelector(kind);
            const {data} = c.getContext('2d').getImageData(0, 0, c.width, c.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }""",
        kind,
    )


def test_both_pictures_are_drawn_at_once(open_page, films):
    page = open_page(DriveFilm(*films))
    assert ink(page, ".drf-track") > 5
    assert ink(page, ".drf-view") > 5
    assert told(page).startswith("0.0 s: 0 m, 10.0 m/s")


def test_play_runs_to_the_end_and_says_how_it_ended(open_page, films):
    page = open_page(DriveFilm(*films, speed=4.0), reduced="no-preference")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.drf-play').textContent === 'Play'", timeout=9000)
    assert state(page)["second"] == pytest.approx(seconds(films[0]))
    assert "It finished the lap." in told(page)


def test_no_sentence_about_a_moment_stands_there_while_it_plays(open_page, films):
    page = open_page(DriveFilm(*films, speed=0.5), reduced="no-preference")
    said = page.locator(".drf > .nnw-status")
    page.wait_for_function("document.querySelector('.drf > .nnw-status').textContent !== ''")
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(300)
    assert said.inner_text() == ""
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function("document.querySelector('.drf > .nnw-status').textContent !== ''")
    assert said.inner_text().startswith(page.locator(".drf output, .drf .nnw-value").first.inner_text())


def test_reduced_motion_still_plays(open_page, films):
    page = open_page(DriveFilm(*films, speed=4.0))
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(1300)
    page.get_by_role("button", name="Pause").click()
    assert 0.5 < state(page)["second"] <= seconds(films[0])


def test_scrub_reset_and_speed(open_page, films):
    page = open_page(DriveFilm(*films))
    slide(page, "Time", "ArrowRight", times=5)
    assert state(page)["second"] == pytest.approx(0.5)
    slide(page, "Time", "End")
    assert state(page)["second"] == pytest.approx(seconds(films[0]))
    page.get_by_role("button", name="Reset").click()
    assert state(page)["second"] == 0
    page.get_by_text("4×", exact=True).click()
    assert state(page)["speed"] == 4


def test_the_space_bar_plays_and_pauses(open_page, films):
    page = open_page(DriveFilm(*films, speed=0.5), reduced="no-preference")
    page.get_by_label("Time", exact=True).focus()
    page.keyboard.press(" ")
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_timeout(400)
    page.keyboard.press(" ")
    page.get_by_role("button", name="Play").wait_for()
    assert 0 < state(page)["second"] < 2


def test_another_film_begins_at_its_start_and_its_title_is_text(open_page, films):
    page = open_page(DriveFilm(*films, second=2.0))
    page.get_by_text("<b>Two</b>").click()
    assert state(page) | {"films": 0} == {"film": 1, "second": 0, "speed": 2, "films": 0}
    assert page.locator(".drf b").count() == 0
    assert page.get_by_text("What the sensor gives").is_visible()
    assert not page.get_by_text("planned path").is_visible()
    slide(page, "Time", "End")
    assert "It left the road." in told(page)


def test_an_address_brings_the_moment_back(open_page, films):
    page = open_page(DriveFilm(*films), hash="#drive=%5B1%2C1.5%2C4%5D")
    page.wait_for_timeout(100)
    assert (state(page)["film"], state(page)["second"], state(page)["speed"]) == (1, 1.5, 4)
    page = open_page(DriveFilm(*films), hash="#drive=%5B7%2C1.5%2C4%5D")
    page.wait_for_timeout(100)
    assert state(page)["film"] == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(open_page, films, theme):
    page = open_page(DriveFilm(*films), theme=theme, width=390)
    assert sideways(page) <= 0
    assert not serious_violations(page)


def test_a_model_with_a_kernel_is_told_and_tells(open_page, films):
    page = open_page()
    as_anywidget(page, DriveFilm(*films))
    page.evaluate("window.kernel.set('second', 2)")
    page.wait_for_timeout(100)
    assert page.get_by_label("Time", exact=True).input_value() == "2"
    page.get_by_role("button", name="Reset").click()
    assert page.evaluate("window.kernel.state.second") == 0
    assert page.evaluate("window.kernel.saved") == 1
    page.evaluate("window.cleanup()")
    assert page.evaluate("window.left()") == 0
