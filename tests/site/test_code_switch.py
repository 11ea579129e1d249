"""A reader who does not program hides the code of all pages with one button."""

import pytest

pytestmark = pytest.mark.browser
CHAPTER = "notebooks/01_background.html"


def shown(page, selector):
    return page.locator(f"article {selector} >> visible=true").count()


@pytest.mark.parametrize("width", [1280, 390])
def test_one_button_hides_all_code_and_keeps_what_it_printed(visit, width):
    page = visit(CHAPTER, width=width)
    outputs = shown(page, ".cell_output")
    assert outputs > 5
    assert shown(page, ".cell_input") > 5
    page.get_by_role("button", name="Hide code").click()
    assert shown(page, ".cell_input") == 0
    assert shown(page, ".cell_output") == outputs
    page.get_by_role("button", name="Show code").click()
    assert shown(page, ".cell_input") > 5


def test_the_choice_holds_for_the_next_page_and_after_a_reload(visit):
    page = visit(CHAPTER)
    page.get_by_role("button", name="Hide code").click()
    page.goto(page.url.replace("01_background", "02_concepts"))
    assert shown(page, ".cell_input") == 0
    page.reload()
    assert shown(page, ".cell_input") == 0


def test_the_paragraph_being_read_stays_in_place(visit):
    page = visit(CHAPTER)
    heading = page.locator("article h2").nth(4)
    heading.evaluate("e => e.scrollIntoView()")
    before = heading.bounding_box()["y"]
    # not click(): Playwright would first scroll to the button
    page.get_by_role("button", name="Hide code").evaluate("button => button.click()")
    assert abs(heading.bounding_box()["y"] - before) < 3


def test_a_path_without_code_leads_to_chapters_without_code(visit):
    page = visit("book/how-to-read.html")
    page.locator(".nn-without-code a", has_text="chapter 1").first.click()
    page.locator("article h1", has_text="Background").wait_for()
    assert shown(page, ".cell_input") == 0
    assert page.get_by_role("button", name="Show code").is_visible()


def test_a_browser_that_forbids_storage_still_hides_the_code(visit):
    page = visit("book/intro.html")
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    page.problems.clear()
    page.goto(page.url.replace("book/intro", "notebooks/01_background") + "?code=off")
    assert shown(page, ".cell_input") == 0
    page.get_by_role("button", name="Show code").click()
    assert shown(page, ".cell_input") > 5
    page.problems.clear()  # the theme's own scripts ask for the storage, too


def test_a_page_without_code_has_no_switch(visit):
    assert visit("book/glossary.html").get_by_role("button", name="Hide code").count() == 0
