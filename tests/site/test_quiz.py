"""Quiz in a real browser:
a reply to each choice, progress in this browser only, storage that is forbidden."""

import re

import pytest

from nnbook.widgets.quiz import quiz_names, read_quiz

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
    assert "1 of 10 answered" in box.locator(".quiz-score").inner_text()
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


@pytest.mark.parametrize("name", quiz_names())
def test_a_chapter_shows_its_quiz_once(site_dir, name):
    page = site_dir / f"{read_quiz(name)['page']}.html"
    if not page.exists():
        pytest.skip(f"{page.name} is not in the book")
    html = page.read_text(encoding="utf-8")
    assert html.count('data-nnbook-widget="Quiz"') == 1
    assert 'href="#test-yourself"' in html, "the list of sections leads to it"
    if page.name != "09_faq.html":  # the questions and answers show the quizzes of all chapters
        assert f'"quiz":"{name}"' in html
        after = html.split('id="test-yourself"')[1].split("</article>")[0].split("</h2>")[1]
        assert not re.search(r"<h[1-3]", after), "it stands at the end"


def test_the_quiz_of_a_chapter_needs_no_menu_and_leads_back(visit):
    page = visit("notebooks/04_mathematics.html", width=390)
    box = quiz(page)
    assert box.get_by_label("Chapter").count() == 0
    question = read_quiz("chapter-04")["questions"][0]
    right = next(choice["text"] for choice in question["choices"] if choice.get("right"))
    box.get_by_label(right, exact=True).check()
    box.get_by_role("button", name="Check").click()
    box.locator(".quiz-reply", has_text="Right.").wait_for()
    assert question["section"] in box.locator(".quiz-reply a").get_attribute("href")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
