"""CompressionExplorer in a real browser: bits, pruning, links, keyboard, and what Python computes."""

import pytest
from explore_page import Opener, as_anywidget, serious_violations, sideways, slide, state

from nnbook.widgets import CompressionExplorer, _stored

pytestmark = pytest.mark.browser


@pytest.fixture
def open_page(browser, tmp_path):
    (tmp_path / "widgets").mkdir()
    (tmp_path / "models").mkdir()  # a widget finds its model beside its own script's folder
    (tmp_path / "models" / "digits.js").write_text(_stored.stored_script("digits"), encoding="utf-8")
    with Opener(browser, tmp_path / "widgets") as opener:

        def ready(*widgets, **options):
            page = opener(*widgets, **options)
            if widgets:
                page.wait_for_function(
                    "(n) => document.querySelectorAll('.cpx-figures').length === n", arg=len(widgets)
                )
                page.wait_for_timeout(100)
            return page

        yield ready


def figures(page, number=0):
    page.wait_for_timeout(80)
    box = page.locator(".cpx").nth(number)
    names = box.locator(".cpx-what").all_inner_texts()
    return dict(zip(names, box.locator(".cpx-figures strong").all_inner_texts(), strict=True))


def as_python_says(widget):
    return {
        "accuracy": f"{round(360 * widget.accuracy())} of 360 held-out digits",
        "size": f"{widget.n_bytes():,} B",
    }


def check_figures(page, widget):
    expected, shown = as_python_says(widget), figures(page)
    assert shown["size"] == expected["size"]
    assert expected["accuracy"] in page.locator(".cpx-figures").first.inner_text()


def test_it_begins_where_python_says(open_page):
    widget = CompressionExplorer(bits=4)
    page = open_page(widget)
    check_figures(page, widget)
    assert figures(page)["gross margin"].startswith("84.1")


def test_every_number_of_bits_is_computed_on_the_page(open_page):
    widget = CompressionExplorer()
    page = open_page(widget)
    for bits in (16, 5, 3, 2):
        page.locator(".cpx").get_by_text(str(bits), exact=True).first.click()
        widget.bits = bits
        check_figures(page, widget)
    assert "digits fewer" in page.locator(".cpx-verdict").inner_text()
    page.get_by_text("matrix", exact=True).click()
    widget.grain = "matrix"
    check_figures(page, widget)


def test_sliders_prune_and_change_the_margin(open_page):
    widget = CompressionExplorer()
    page = open_page(widget)
    slide(page, "Smallest weights set to 0", times=5)
    widget.pruned = state(page)["pruned"]
    assert widget.pruned == 0.5
    check_figures(page, widget)
    slide(page, "Serving time that reads weights", "Home")
    assert figures(page)["gross margin"] == "65\u202f%"
    page.get_by_role("button", name="Reset").click()
    assert state(page)["pruned"] == 0
    assert state(page)["memory_share"] == 1


def test_arrow_keys_choose_the_bits(open_page):
    page = open_page(CompressionExplorer(bits=8))
    page.locator(".cpx input[type=radio][value='8']").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(80)
    assert state(page)["bits"] == 6


def test_an_address_brings_the_state_back(open_page):
    good = "#compression=%5B3%2C0.8%2C%22matrix%22%2C0.5%5D"
    page = open_page(CompressionExplorer(), hash=good)
    check_figures(page, CompressionExplorer(bits=3, pruned=0.8, grain="matrix"))
    page = open_page(CompressionExplorer(), hash=good.replace("%5B3", "%5B7"))
    check_figures(page, CompressionExplorer())


def test_two_on_a_page_do_not_clash(open_page):
    page = open_page(CompressionExplorer(bits=8), CompressionExplorer(bits=2))
    assert figures(page, 0)["size"] == "18,640 B"
    assert figures(page, 1)["size"] == "5,872 B"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(open_page, theme):
    page = open_page(CompressionExplorer(), theme=theme, width=390)
    assert sideways(page) <= 0
    assert not serious_violations(page)


def test_a_model_with_a_kernel_is_told_and_tells(open_page):
    widget = CompressionExplorer()
    page = open_page()
    as_anywidget(page, widget)
    page.evaluate(
        "([name, data]) => { window.nnbookModels = {[name]: data}; }",
        ["digits", _stored.stored_data("digits")],
    )
    page.evaluate("window.kernel.set('bits', 4)")
    page.wait_for_timeout(300)
    assert figures(page)["size"] == "10,128 B"
    page.get_by_text("3", exact=True).first.click()
    page.wait_for_timeout(80)
    assert page.evaluate("window.kernel.state.bits") == 3
    page.evaluate("window.cleanup()")
    assert page.evaluate("window.left()") == 0
