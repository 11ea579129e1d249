"""Quiz in a real browser:
a reply to each choice, progress in this browser only, storage that is forbidden."""

import pytest

PAGE = "notebooks/09_faq.html"
pytestmark = pytest.mark.browser


def quiz(page):
    page.locator("[data-nnbook-widget=Quiz]").scroll_into_view_if_needed()
    page.locator(".quiz-question").wait_for()
    return page.locator(".quiz")


def test_wrong_then_right_then_remembered_then_forgotten(visit):
    page = visit(PAGE, width=390)
    box = quiz(page)
    box.get_by_label("2 N D", exact=True).check()
    box.get_by_role("button", name="Check").click()
    box.get_by_text("Not this one.").first.wait_for()
    assert "forward pass alone" in box.locator(".quiz-reply").inner_text()
    box.get_by_label("6 N D", exact=True).check()
    page.keyboard.press("Enter")
    box.locator(".quiz-reply", has_text="Right.").wait_for()
    assert "right at the first try: 0, after another try: 1" in box.locator(".quiz-score").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.reload()
    box = quiz(page)
    box.get_by_text("Question 2 of").wait_for()  # it goes on where the reader stopped
    assert "1 of 7 answered" in box.locator(".quiz-score").inner_text()
    box.get_by_role("button", name="Again").click()
    box.get_by_text("none answered yet").first.wait_for()
    assert page.evaluate("localStorage.getItem('nnbook-quiz')") == "{}"


def test_another_chapter_from_a_disk(visit):
    page = visit(PAGE, scheme="file")
    box = quiz(page)
    box.get_by_label("Chapter").select_option("chapter-04")
    box.get_by_text("A layer has inputs a").wait_for()
    box.get_by_role("button", name="Next question").click()
    box.get_by_text("Question 2 of").wait_for()


def test_a_browser_that_forbids_storage(visit):
    page = visit(PAGE)
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied'); }});"
    )
    page.problems.clear()
    page.reload()
    page.problems.clear()  # the theme itself may stumble over this
    box = quiz(page)
    box.get_by_text("This browser keeps nothing").wait_for()
    box.get_by_label("6 N D", exact=True).check()
    box.get_by_role("button", name="Check").click()
    box.locator(".quiz-reply", has_text="Right.").wait_for()
    page.problems.clear()
