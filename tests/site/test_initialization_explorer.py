"""InitializationExplorer in a real browser: ways to start, depth, activation, and what the sentence says."""

import pytest
from explore_page import slide, state

from nnbook.widgets import InitializationExplorer

pytestmark = pytest.mark.browser


def verdict(page):
    page.wait_for_timeout(60)
    return page.locator(".inx-verdict").inner_text()


def labels(page):
    return [page.locator(".inx-plot").nth(i).get_attribute("aria-label") for i in range(2)]


def test_every_way_to_start_has_its_verdict(open_page):
    page = open_page(InitializationExplorer())
    assert verdict(page).startswith("The signal dies")
    for name, begin in (
        ("Zeros", "Nothing can learn"),
        ("Too large", "It saturates"),
        ("Glorot", "It stays level"),
        ("He", "It stays level"),
        ("Too small", "The signal dies"),
    ):
        page.get_by_text(name, exact=True).click()
        assert verdict(page).startswith(begin), name
    page.get_by_label("Activation", exact=True).select_option("relu")
    page.get_by_text("Glorot", exact=True).click()
    assert verdict(page).startswith("The signal dies"), "ReLU needs He"


def test_a_chart_has_a_column_for_each_layer(open_page):
    page = open_page(InitializationExplorer(n_layers=10, initializer="glorot_uniform"))
    for label in labels(page):
        assert "layer 10" in label
    assert page.locator(".inx-plot").first.locator(".inx-signal").count() == 10
    slide(page, "Hidden layers", "Home")
    page.wait_for_timeout(60)
    assert state(page)["n_layers"] == 1
    assert page.locator(".inx-plot").nth(1).locator(".inx-gradient").count() == 1


def test_the_slider_of_the_spread_chooses_normal_weights(open_page):
    page = open_page(InitializationExplorer(initializer="he_normal"))
    slide(page, "Standard deviation")
    now = state(page)
    assert (now["initializer"], now["std"]) == ("normal", 0.07)
    assert page.locator(".nnx-head input:checked").count() == 0, "neither too small nor too large by name"


def test_draw_again_changes_the_numbers_but_not_the_story(open_page):
    page = open_page(InitializationExplorer())
    before = labels(page)
    page.get_by_role("button", name="Draw again").click()
    assert verdict(page).startswith("The signal dies")
    assert labels(page) != before
    assert state(page)["seed"] == 1


@pytest.mark.alone
def test_it_answers_quickly_at_its_largest(open_page):
    page = open_page(InitializationExplorer(n_layers=10, width=100, initializer="he_normal"))
    page.wait_for_timeout(300)
    slow = page.evaluate(
        """async () => {
            const model = nnbookWidgetHost.modelOf(document.querySelector('[data-nnbook-widget]'));
            const begin = performance.now();
            for (let seed = 1; seed <= 5; seed++) {
                model.set('seed', seed);
                await new Promise((done) => setTimeout(done));
            }
            return (performance.now() - begin) / 5;
        }"""
    )
    assert slow < 1000, f"{slow:.0f} ms for one draw, even on a busy machine"


def test_no_number_beside_the_charts_is_cut_by_their_edge(open_page):
    page = open_page(InitializationExplorer(activation="relu", n_layers=2, width=2, std=7.0, seed=3))
    page.wait_for_selector(".nnx-plot text")
    cut = page.locator(".nnx-plot text").evaluate_all(
        """(all) => all.filter((one) => {
            const edge = one.closest("svg").getBoundingClientRect().left;
            return one.getBoundingClientRect().left < edge;
        }).map((one) => one.textContent)"""
    )
    assert cut == []
