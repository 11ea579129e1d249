"""AskTheBook over the built site: the right section first, small enough, and alive in a real browser."""

import gzip
import json
from pathlib import Path

import pytest
from javascript import printed

HERE = Path(__file__).parent
PAGE = "notebooks/09_faq.html"


def share_right(site_dir, tmp_path, name):
    questions = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))["questions"]
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps([q["question"] for q in questions]), encoding="utf-8")
    index = site_dir / "_static" / "ask-the-book.js"
    firsts = printed(HERE / "ask_the_book_first.mjs", index, asked)
    missed = [q["question"] for q, first in zip(questions, firsts, strict=True) if first not in q["expected"]]
    print(f"{name}: {len(questions) - len(missed)} of {len(questions)} first; missed: {missed}")
    return 1 - len(missed) / len(questions), missed


def test_the_right_section_comes_first_for_four_of_five_questions(site_dir, tmp_path):
    share, missed = share_right(site_dir, tmp_path, "ask_the_book_questions")
    assert share >= 0.8, f"missed: {missed}"


def test_of_questions_that_no_tuning_saw_two_in_three_are_answered(site_dir, tmp_path):
    share, missed = share_right(site_dir, tmp_path, "ask_the_book_held_out")
    assert share >= 0.65, f"missed: {missed}"


def test_the_index_is_small(site_dir):
    script = (site_dir / "_static" / "ask-the-book.js").read_bytes()
    assert len(script) <= 400_000
    assert len(gzip.compress(script)) <= 150_000


def test_every_link_of_the_index_exists(site_dir):
    text = (site_dir / "_static" / "ask-the-book.js").read_text(encoding="utf-8")
    data = json.loads(text.split("] = ", 1)[1].rstrip()[:-1])
    pages = {page: (site_dir / f"{page}.html").read_text(encoding="utf-8") for page, _ in data["pages"]}
    for number, anchor, *_ in data["sections"]:
        page = data["pages"][number][0]
        assert not anchor or f'id="{anchor}"' in pages[page], (page, anchor)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_a_question_leads_to_its_section(visit, scheme):
    page = visit(PAGE, scheme=scheme, width=390)
    page.locator("[data-nnbook-widget=AskTheBook]").scroll_into_view_if_needed()
    box = page.get_by_label("Your question")
    page.locator(".ask-results li").first.wait_for()
    box.fill("什么是过拟合？")
    box.press("Enter")
    page.locator(".ask-terms", has_text="Learning the training data by heart").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    box.fill("how does early stopping work")
    box.press("Enter")
    page.locator(".ask-mark", has_text="Early").first.wait_for()
    page.locator(".ask-results a", has_text="What each ingredient brings").first.wait_for()
    box.fill("how can I check that my gradient is right")
    box.press("Enter")
    link = page.locator(".ask-results a", has_text="Is it right? The gradient check").first
    link.click()
    page.wait_for_url("**/04_mathematics.html#is-it-right-the-gradient-check")


@pytest.mark.browser
def test_nothing_found_is_said_kindly_and_markup_stays_text(visit):
    page = visit(PAGE)
    page.locator("[data-nnbook-widget=AskTheBook]").scroll_into_view_if_needed()
    page.locator(".ask-results li").first.wait_for()
    box = page.get_by_label("Your question")
    box.fill("<img onerror=qqzzv> zzzz")
    box.press("Enter")
    page.get_by_text("Nothing found. The book does not use the words").wait_for()
    assert page.locator(".ask img").count() == 0
    page.get_by_role("button", name="What is a token?").click()
    page.locator(".ask-results a[href*='09_faq.html']", has_text="What is a token?").wait_for()
    assert box.input_value() == "What is a token?"
