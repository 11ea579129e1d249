"""ScaleExplorer in a real browser: presets, sliders, heads that must fit, accelerators."""

import pytest
from explore_page import slide, state

from nnbook.economics import Accelerator
from nnbook.widgets import ScaleExplorer
from nnbook.widgets.scale_explorer import PRESETS

pytestmark = pytest.mark.browser


def figures(page):
    names = page.locator(".scx-what").all_inner_texts()
    return dict(zip(names, page.locator(".scx-figures strong").all_inner_texts(), strict=True))


def total(page):
    page.wait_for_timeout(50)
    return int(page.locator(".scx-total").inner_text().replace("\u202f", ""))


def test_every_preset_shows_its_exact_count(open_page):
    page = open_page(ScaleExplorer())
    for name in PRESETS:
        page.get_by_text(name, exact=True).click()
        assert total(page) == ScaleExplorer(name).count().total


def test_gpt3_needs_many_machines(open_page):
    page = open_page(ScaleExplorer("GPT-3"))
    assert figures(page)["weights"] == "349 GB"
    text = page.locator(".scx-figures").inner_text()
    assert "on 7 × 80 GB" in text
    assert "on 39 × 80 GB" in text
    page.get_by_label("Bytes per weight").select_option("0.5")
    page.get_by_label("Accelerator", exact=True).select_option("H200, 141 GB")
    page.wait_for_timeout(50)
    assert state(page)["price_usd_per_hour"] == 3.5
    assert "on 2 × 141 GB" in page.locator(".scx-figures").inner_text()


def test_long_contexts_leave_the_arithmetic_idle(open_page):
    page = open_page(ScaleExplorer("GPT-3"))
    for times, limit in ((0, "memory"), (12, "memory")):
        slide(page, "Conversations at once", times=times)
        page.wait_for_timeout(50)
        text = page.locator(".scx-figures").inner_text()
        assert f"of the peak: {limit}" in text
    share = float(text.split("\u202f% of the peak")[0].split()[-1])
    assert 5 < share <= 15  # at most 37 operations for a byte of cache, against 153; 0.6 of it is reached


def test_too_few_accelerators_are_named(open_page):
    page = open_page(ScaleExplorer("GPT-3"))
    slide(page, "Accelerators", "Home")
    page.wait_for_timeout(50)
    assert "1 cannot hold it" in page.locator(".scx-figures").inner_text()
    assert figures(page)["training takes"].endswith("years")


def test_a_new_width_brings_heads_that_divide_it(open_page):
    page = open_page(ScaleExplorer("GPT-2 XL"))
    slide(page, "Width d")
    now = state(page)
    assert now["d_model"] == 2048
    assert now["n_heads"] == 32
    before = total(page)
    page.get_by_label("Heads").select_option("16")
    assert state(page)["n_heads"] == 16
    assert total(page) == before, "the number of heads changes nothing"


def test_an_output_layer_of_its_own_costs_v_d(open_page):
    page = open_page(ScaleExplorer())
    before = total(page)
    page.get_by_label("Output shares the embedding").uncheck()
    assert total(page) == before + 50_257 * 768 + 50_257
    assert page.locator(".scx-formula").inner_text().endswith("+ V d + V")


def test_own_accelerators(open_page):
    gpu = Accelerator("<b>mine</b>", 1e15, 48, 1.0, bandwidth_bytes_per_second=1e12)
    page = open_page(ScaleExplorer(accelerators=[gpu]))
    assert "on 1 × 48 GB" in page.locator(".scx-figures").inner_text()
    assert page.locator(".scx b").count() == 0


def test_reset_brings_the_model_back(open_page):
    page = open_page(ScaleExplorer())
    slide(page, "Layers L", "End")
    assert state(page)["n_layers"] == 200
    page.get_by_role("button", name="Reset").click()
    assert total(page) == 124_439_808


@pytest.mark.parametrize("width", [390, 750, 900])
def test_no_figure_reaches_into_the_next(open_page, width):
    # 62 minutes and 2 738 years are the longest words that a time can be
    for tokens, accelerators, share in ((10**10, 32, 0.8), (10**14, 1, 0.01)):
        widget = ScaleExplorer("GPT-2 XL", accelerator="H200, 141 GB", training_utilisation=share)
        widget.n_tokens, widget.n_accelerators = tokens, accelerators
        page = open_page(widget, width=width)
        page.wait_for_selector(".scx-figures strong:not(:empty)")
        wide = page.locator(".scx-figures strong").evaluate_all(
            "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.innerText)"
        )
        assert wide == []
