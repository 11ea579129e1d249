"""ThresholdChooser in a real browser: drag, keys, costs, prevalence, links, two on a page."""

import numpy as np
import pytest
from explore_page import as_anywidget, serious_violations, sideways, slide, state

from nnbook.widgets import ThresholdChooser

pytestmark = pytest.mark.browser


def chooser(**changes):
    rng = np.random.default_rng(0)
    labels = (rng.random(400) < 0.25).astype(int)
    scores = 1 / (1 + np.exp(-(rng.normal(size=400) + 2 * labels - 1.5)))
    settings = {"false_positive_cost": 50, "false_negative_cost": 400, "class_names": ("well", "ill")}
    return ThresholdChooser(scores, labels, **{**settings, **changes})


def wait_for_threshold(page, value, number=0):
    page.wait_for_function(
        "([value, n]) => Math.abs(Number(document.querySelectorAll('.thc-handle')[n].ariaValueNow"
        " ?? document.querySelectorAll('.thc-handle')[n].getAttribute('aria-valuenow')) - value) < 1e-9",
        arg=[value, number],
    )


def outcomes(page):
    return [int(text) for text in page.locator(".thc-cell strong").all_inner_texts()]


def in_python(widget):
    (tn, fp), (fn, tp) = widget.confusion().tolist()
    return [tp, fn, fp, tn]


def test_it_begins_where_python_says(open_page):
    widget = chooser(threshold=0.3)
    page = open_page(widget)
    assert outcomes(page) == in_python(widget)
    assert page.get_by_role("slider", name="Threshold").get_attribute("aria-valuenow") == "0.3"


def test_keys_move_the_threshold(open_page):
    widget = chooser(threshold=0.5)
    page = open_page(widget)
    page.get_by_role("slider", name="Threshold").focus()
    for key, expected in [("ArrowRight", 0.51), ("PageDown", 0.41), ("Shift+ArrowLeft", 0.409), ("End", 1)]:
        page.keyboard.press(key)
        wait_for_threshold(page, expected)
        widget.threshold = expected
        assert outcomes(page) == in_python(widget)
    assert "nobody is called" in page.locator(".thc-verdict").inner_text()


def test_the_pointer_drags_the_line_and_the_cost_curve(open_page):
    page = open_page(chooser())
    box = page.locator(".thc-stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 14 + 0.25 * (box["width"] - 28), box["y"] + 80, steps=4)
    page.mouse.up()
    page.wait_for_function("Number(document.querySelector('.thc-handle').ariaValueNow) < 0.26")
    assert state(page)["threshold"] == pytest.approx(0.25, abs=0.01)
    page.locator(".thc-drag").click(position={"x": 300, "y": 60})
    page.wait_for_function("Number(document.querySelector('.thc-handle').ariaValueNow) > 0.5")


def test_the_cheapest_threshold_is_python_s(open_page):
    widget = chooser()
    page = open_page(widget)
    page.get_by_role("button", name="Go to the cheapest threshold").click()
    wait_for_threshold(page, widget.best_threshold())
    assert "the least there is" in page.locator(".thc-verdict").inner_text()


def test_costs_and_prevalence_change_the_cheapest_threshold(open_page):
    page, widget = open_page(chooser()), chooser()
    slide(page, "Cost of a missed case", "ArrowLeft", times=8)
    slide(page, "Prevalence: ill", "Home")
    page.get_by_label("Cost of a found case (USD)").fill("-12.5")
    page.get_by_label("Cost of a found case (USD)").press("Enter")
    now = state(page)
    assert now["prevalence"] == 0.0001
    assert now["true_positive_cost"] == -12.5
    for name in ("false_negative_cost", "prevalence", "true_positive_cost"):
        setattr(widget, name, now[name])
    page.get_by_role("button", name="Go to the cheapest threshold").click()
    wait_for_threshold(page, widget.best_threshold())
    page.get_by_role("button", name="As in the data").click()
    assert state(page)["prevalence"] == chooser().prevalence
    page.get_by_role("button", name="Reset").click()
    wait_for_threshold(page, 0.5)
    assert state(page)["true_positive_cost"] == 0


def test_what_is_no_number_is_answered(open_page):
    page = open_page(chooser())
    field = page.get_by_label("Cost of a case left alone (USD)")
    field.fill("")
    field.press("Enter")
    assert "needs a number" in page.locator(".thc > .nnw-status").inner_text()
    field.fill("1e12")
    field.press("Enter")
    assert "must lie in" in page.locator(".thc > .nnw-status").inner_text()
    assert state(page)["true_negative_cost"] == 0


def test_an_address_brings_the_state_back(open_page):
    good = "#threshold=%5B0.2%2C50%2C400%2C0%2C0%2C0.1%5D"
    page = open_page(chooser(), hash=good)
    wait_for_threshold(page, 0.2)
    assert state(page)["prevalence"] == 0.1
    page = open_page(chooser(), hash=good.replace("0.2", "7"))
    wait_for_threshold(page, 0.5)


def test_two_on_a_page_do_not_clash(open_page):
    page = open_page(chooser(), chooser(amounts=np.full(400, 30.0), title="<b>Amounts</b>", unit="points"))
    page.get_by_role("slider", name="Threshold").nth(1).focus()
    page.keyboard.press("ArrowLeft")
    wait_for_threshold(page, 0.49, 1)
    wait_for_threshold(page, 0.5, 0)
    assert page.locator(".thc b").count() == 0
    assert "30 points on average" in page.locator(".thc").nth(1).inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(open_page, theme):
    page = open_page(chooser(), theme=theme, width=390)
    assert sideways(page) <= 0
    assert not serious_violations(page)


def test_a_model_with_a_kernel_is_told_and_tells(open_page):
    widget = chooser()
    page = open_page()
    as_anywidget(page, widget)
    page.evaluate("window.kernel.set('threshold', 0.2)")
    wait_for_threshold(page, 0.2)
    page.get_by_role("button", name="Go to the cheapest threshold").click()
    assert page.evaluate("window.kernel.state.threshold") == widget.best_threshold()
    assert page.evaluate("window.kernel.saved") == 1
    page.evaluate("window.cleanup()")
    assert page.evaluate("window.left()") == 0
