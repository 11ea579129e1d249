"""OptimizerRace in a real browser: play, scrub, drag the start by mouse, touch and keys, change the rates."""

import pytest
from explore_page import slide, state

from nnbook.surfaces import OPTIMIZERS, SURFACES
from nnbook.widgets import OptimizerRace

pytestmark = pytest.mark.browser


def gaps(page):
    """Loss above the minimum, as the table shows it."""
    names = [name.strip() for name in page.locator(".opr-name span").all_inner_texts()]
    cells = page.locator("tbody td.opr-number:not(.opr-at)").all_inner_texts()
    return {name: cell.replace("−", "-") for name, cell in zip(names, cells, strict=True)}


def test_the_table_shows_what_python_computes(open_page):
    for surface in SURFACES:
        if surface == "noisy":
            continue
        race = OptimizerRace(surface=surface, n_steps=100, step=100)
        page = open_page(race)
        page.wait_for_timeout(100)
        lowest = SURFACES[surface].value(*SURFACES[surface].minima[0])
        for name, shown in gaps(page).items():
            gap = race.losses()[name][-1] - lowest
            assert float(shown) == pytest.approx(gap, rel=0.06, abs=1e-8), (surface, name)


def test_play_runs_to_the_end_and_says_who_won(open_page):
    page = open_page(OptimizerRace(n_steps=50), reduced="no-preference")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.opr-play').textContent === 'Play'", timeout=8000)
    assert state(page)["step"] == 50
    page.wait_for_timeout(600)
    assert "After 50 steps" in page.locator(".opr > .nnw-status").inner_text()


def test_pause_step_reset_and_scrub(open_page):
    page = open_page(OptimizerRace())
    assert page.locator(".opr > .nnw-status").inner_text() == "All stand at the start."
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(1200)
    page.get_by_role("button", name="Pause").click()
    at = state(page)["step"]
    assert 10 < at < 300
    page.get_by_role("button", name="Step", exact=True).click()
    assert state(page)["step"] == at + 1
    slide(page, "Step", "End")
    assert state(page)["step"] == 300
    page.get_by_role("button", name="Reset").click()
    assert state(page)["step"] == 0
    page.wait_for_timeout(600)
    assert page.locator(".opr > .nnw-status").inner_text() == "All stand at the start."


def test_arrow_keys_move_the_start(open_page):
    page = open_page(OptimizerRace(surface="bowl"))
    page.locator(".opr-start").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert state(page)["start"] == pytest.approx([-2.6 + 0.12, 1.6 - 0.6])
    for _ in range(20):
        page.keyboard.press("Shift+ArrowLeft")
    assert state(page)["start"][0] == -3
    assert "Start at −3, 1" in page.locator(".opr-start").get_attribute("aria-label")


def test_the_start_is_dragged_by_mouse_and_set_by_a_click(open_page):
    page = open_page(OptimizerRace(surface="bowl", step=100))
    page.wait_for_timeout(100)
    before = gaps(page)
    handle, picture = page.locator(".opr-start").bounding_box(), page.locator(".opr-canvas").bounding_box()
    page.mouse.move(handle["x"] + 20, handle["y"] + 20)
    page.mouse.down()
    page.mouse.move(picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 4, steps=4)
    page.mouse.up()
    assert state(page)["start"] == pytest.approx([0, 1.125], abs=0.02)
    assert gaps(page) != before, "the paths follow at once"
    page.mouse.click(picture["x"] + 0.75 * picture["width"], picture["y"] + 0.5 * picture["height"])
    assert state(page)["start"] == pytest.approx([1.5, 0], abs=0.02)


def test_dragging_over_the_picture_selects_no_text(open_page):
    page = open_page(OptimizerRace())
    box = page.locator(".opr-canvas").bounding_box()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 1.2 * box["height"], steps=5)
    page.mouse.up()
    assert page.evaluate("String(getSelection())") == ""


def test_a_tap_sets_the_start(open_page):
    page = open_page(OptimizerRace(surface="bowl"), width=390, touch=True)
    picture = page.locator(".opr-canvas").bounding_box()
    page.touchscreen.tap(picture["x"] + picture["width"] / 4, picture["y"] + picture["height"] / 2)
    assert state(page)["start"] == pytest.approx([-1.5, 0], abs=0.03)


def test_a_learning_rate_that_is_too_large_flies_away(open_page):
    page = open_page(OptimizerRace(surface="bowl", step=300))
    slide(page, "learning rate of SGD", times=6)
    assert state(page)["learning_rates"]["SGD"] == 1
    page.wait_for_timeout(700)
    assert gaps(page)["SGD"] == "flew away"
    assert "SGD flew away: the learning rate is too large" in page.locator(".opr > .nnw-status").inner_text()


def test_an_optimiser_can_stay_at_home(open_page):
    page = open_page(OptimizerRace(step=100))
    page.get_by_label("AdamW takes part").uncheck()
    assert state(page)["racing"] == list(OPTIMIZERS[:-1])
    assert gaps(page)["AdamW"] == "–"
    for name in OPTIMIZERS[:-1]:
        page.get_by_label(f"{name} takes part", exact=True).uncheck()
    page.get_by_role("button", name="Play").click()
    assert "tick an optimiser" in page.locator(".opr > .nnw-status").inner_text()


def test_a_surface_brings_its_usual_settings(open_page):
    page = open_page(OptimizerRace(step=100))
    page.get_by_text("Saddle", exact=True).click()
    now = state(page)
    assert now["start"] == [-1.7, 0.001]
    assert now["step"] == 0
    slide(page, "Gradient noise", times=2)
    page.get_by_role("button", name="Usual settings").click()
    assert state(page)["noise"] == 0


def test_the_seed_changes_the_noise(open_page):
    page = open_page(OptimizerRace(surface="noisy", step=300))
    page.wait_for_timeout(100)
    before = gaps(page)
    page.get_by_role("button", name="Draw again").click()
    assert state(page)["seed"] == 1
    page.wait_for_timeout(50)
    assert gaps(page) != before
