"""What all exploring widgets must do: fit every width, both themes, JupyterLab, links, several on a page."""

import json
from urllib.parse import unquote

import pytest
from explore_page import as_anywidget, serious_violations, sideways, state

from nnbook.widgets import FounderCalculator, InitializationExplorer, OptimizerRace, ScaleExplorer

pytestmark = pytest.mark.browser


# The widget, and a change that its state allows
WIDGETS = {
    "FounderCalculator": (FounderCalculator, {"churn_per_month": 0.2, "plan": "Vertical application"}),
    "OptimizerRace": (OptimizerRace, {"start": [0.5, 0.25], "racing": ["SGD", "Adam"], "step": 40}),
    "ScaleExplorer": (ScaleExplorer, {"d_model": 1600, "n_heads": 25, "tied_output": False}),
    "InitializationExplorer": (InitializationExplorer, {"n_layers": 3, "activation": "relu", "seed": 5}),
}
every_widget = pytest.mark.parametrize(("widget", "changes"), WIDGETS.values(), ids=WIDGETS)


def set_state(page, changes):
    find = "window.nnbookWidgetHost.modelOf(document.querySelector('[data-nnbook-widget]'))"
    page.evaluate(f"(changes) => {find}.set(changes)", changes)
    page.wait_for_timeout(100)


@every_widget
def test_nothing_leaves_the_page_sideways(open_page, widget, changes):
    page = open_page(widget())
    for width in (320, 390, 700, 900):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(150)
        assert sideways(page) <= 0, width


@every_widget
def test_axe_finds_nothing_serious(open_page, widget, changes):
    for theme in ("light", "dark"):
        page = open_page(widget(), theme=theme)
        assert serious_violations(page) == [], theme


@every_widget
def test_a_link_restores_the_state(open_page, widget, changes):
    page = open_page(widget())
    set_state(page, changes)
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text }")
    page.get_by_role("button", name="Copy link").click()
    link = page.wait_for_function("window.copied").json_value()
    other = open_page(widget(), hash="#" + link.split("#")[1])
    other.wait_for_timeout(100)
    assert state(other) == state(page) != widget().state()


@every_widget
def test_a_broken_link_is_ignored(open_page, widget, changes):
    page = open_page(widget())
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text }")
    page.get_by_role("button", name="Copy link").click()
    link = page.wait_for_function("window.copied").json_value()
    key, good = link.split("#")[1].split("=")
    wrong = json.dumps([{"a": 1} for _ in json.loads(unquote(good))])
    for text in ("nonsense", "[]", "null", "%5B1e999%5D", wrong):
        page = open_page(widget(), hash=f"#{key}={text}")
        page.wait_for_timeout(100)
        assert state(page) == widget().state(), text


@every_widget
def test_two_on_a_page_do_not_disturb_each_other(open_page, widget, changes):
    page = open_page(widget(), widget())
    page.evaluate("window.nnbookWidgetHost.mount(document.querySelectorAll('[data-nnbook-widget]')[1])")
    set_state(page, changes)
    assert state(page, 1) == widget().state() != state(page, 0)
    ids = page.evaluate("[...document.querySelectorAll('.nnx [id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids)) > 0


def test_different_widgets_on_a_page_do_not_share_names(open_page):
    page = open_page(*[widget() for widget, _ in WIDGETS.values()])
    page.evaluate(
        "document.querySelectorAll('[data-nnbook-widget]').forEach((e) => nnbookWidgetHost.mount(e))"
    )
    page.wait_for_timeout(200)
    ids = page.evaluate("[...document.querySelectorAll('.nnx [id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids)) > 20
    groups = page.evaluate(
        "[...document.querySelectorAll('.nnx')].map((w) => w.querySelector('[type=radio]').name)"
    )
    assert len(set(groups)) == len(WIDGETS)
    assert page.locator(".nnx [type=radio]:checked").count() == len(WIDGETS), "each shows its own choice"


@every_widget
def test_jupyterlab_leaves_the_arrow_keys_to_sliders_and_menus(open_page, widget, changes):
    page = open_page(widget())
    taken = ".nnx :is([type=range], [type=radio], select):not([data-lm-suppress-shortcuts])"
    assert page.locator(taken).count() == 0


@every_widget
def test_unmounting_leaves_nothing_behind(open_page, widget, changes):
    page = open_page(widget())
    page.evaluate("window.nnbookWidgetHost.unmount(document.querySelector('[data-nnbook-widget]'))")
    assert page.locator(".nnx").count() == 0
    assert page.locator("[data-nnbook-widget]").inner_text() == widget.fallback


@every_widget
def test_as_jupyterlab_loads_it(open_page, widget, changes):
    page = open_page(widget())
    as_anywidget(page, widget())
    page.wait_for_timeout(150)
    assert page.get_by_role("button", name="Copy link").count() == 0
    before = page.locator(".nnx").inner_text()
    page.evaluate(
        "(changes) => { for (const [name, value] of Object.entries(changes)) kernel.set(name, value); }",
        changes,
    )
    page.wait_for_timeout(150)
    assert page.locator(".nnx").inner_text() != before
    page.evaluate("cleanup()")
    assert page.evaluate("left()") == 0
    assert page.locator(".nnx").count() == 0
