"""Every page of the built site in a real browser: nothing foreign, nothing broken, readable, accessible."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

THEMES = ("light", "dark")


def page_names():
    """The pages in the table of contents; read from there, so that a page that was not built is missed."""
    import yaml

    text = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    found = re.findall(r"(?:root|file):\s*(\S+)", text)
    assert yaml.safe_load(text)["root"] in found
    return [f"{name}.html" for name in found]


every_page = pytest.mark.parametrize("path", page_names())


@pytest.fixture(scope="module", params=page_names())
def page(request, visit_for_module):
    """Each page in turn, loaded once for all tests that look at it; ``look`` sets its width and theme."""
    page = visit_for_module(request.param)
    yield page
    page.context.close()  # its widgets would go on


def look(page, *, width=1280, theme="light"):
    if page.viewport_size["width"] != width:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)  # what watches its size has answered
    page.emulate_media(color_scheme=theme)
    page.wait_for_selector(f"html[data-theme={theme}]")


def test_a_page_asks_nobody_else_and_reports_no_error(page):
    look(page)
    assert page.locator("article h1").count() == 1
    assert not page.problems
    assert not page.foreign


@every_page
def test_a_page_on_the_disk_asks_nobody_else_and_reports_no_error(visit, path):
    page = visit(path, scheme="file")
    page.wait_for_timeout(300)
    assert page.locator("article h1").count() == 1
    # `visit` now checks the console and the requests


def test_formulas_are_typeset_without_a_script(page):
    look(page)
    assert page.locator(".math:not(:has(mjx-container))").count() == 0
    if page.locator("mjx-container").count():
        # the letters come from the font: with a missing style sheet a formula has no height
        assert page.locator("mjx-container").first.bounding_box()["height"] > 5
        assert page.locator("mjx-assistive-mml math").count() == page.locator("mjx-container").count()


@pytest.mark.parametrize("screen", [390, 640], ids=["phone", "enlarged to 200 percent"])
def test_a_narrow_screen_needs_no_sideways_scrolling(page, screen):
    look(page, width=screen)
    width = page.evaluate("document.documentElement.scrollWidth")
    wide = page.evaluate(
        "(screen) => [...document.querySelectorAll('.bd-article *')]"
        ".filter(e => e.getBoundingClientRect().right > screen + 2 &&"
        " !e.closest('pre, table, .math, .pst-scrollable-table-container, .output')).slice(0, 5)"
        ".map(e => e.outerHTML.slice(0, 120))",
        screen,
    )
    assert width <= screen, f"the page is {width} px wide; too wide: {wide}"


@pytest.mark.parametrize("path", ["notebooks/04_mathematics.html", "notebooks/06_2_autonomous_driving.html"])
@pytest.mark.parametrize("width", [390, 800])
def test_no_line_begins_with_the_comma_of_a_formula(visit, path, width):
    page = visit(path, width=width, height=844)
    torn = page.evaluate(
        """() => [...document.querySelectorAll('article span.math')].flatMap((formula) => {
            const text = formula.nextSibling;
            if (text?.nodeType !== Node.TEXT_NODE || !/^[,.;:!?)]/.test(text.data)) return [];
            const sign = document.createRange();
            sign.setStart(text, 0);
            sign.setEnd(text, 1);
            const below = sign.getBoundingClientRect().top > formula.getBoundingClientRect().bottom;
            return below ? [text.parentElement.textContent.slice(0, 80)] : [];
        })"""
    )
    assert not torn


def test_the_arrow_keys_scroll_a_formula_that_is_too_wide_and_tab_passes_over_the_others(visit):
    page = visit("notebooks/04_mathematics.html", width=390, height=844)
    page.wait_for_timeout(300)
    boxes = page.evaluate(
        "[...document.querySelectorAll('div.math > mjx-container')]"
        ".map(e => [e.scrollWidth > e.clientWidth, e.tabIndex === 0])"
    )
    assert {stop for too_wide, stop in boxes if too_wide} == {True}
    assert {stop for too_wide, stop in boxes if not too_wide} == {False}
    wide = page.locator("div.math > mjx-container[tabindex='0']").first
    wide.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert wide.evaluate("e => e.scrollLeft") > 0


# Code is ten thousand words of twenty kinds: of each kind one word is looked at, one on which axe decides
# (seen, and longer than a letter). A formula is thousands of spans in the colour of its text: its MathML is
# looked at. The list of passes would be as long as the page.
AXE_WITHOUT_REPETITIONS = """async (options) => {
  // look at all words first, then take them away: each removal before a look would lay the page out again
  const words = [...document.querySelectorAll(".highlight span[class]")];
  const seen = new Set();
  const repeated = words.filter((word) => {
    const kind = word.closest("[class*=highlight-]")?.className + " " + word.className;
    if (!word.checkVisibility() || word.textContent.trim().length < 2 || seen.has(kind)) return true;
    seen.add(kind);
    return false;
  });
  for (const word of repeated) word.replaceWith(...word.childNodes);
  const drawn = [...document.querySelectorAll("mjx-container > :not(mjx-assistive-mml)")];
  const places = drawn.map((formula) => [formula.parentNode, formula]);
  for (const formula of drawn) formula.remove();
  const { violations } = await axe.run({ resultTypes: ["violations"], ...options });
  for (const [parent, formula] of places) parent.prepend(formula);
  return violations;
}"""


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious(page, theme):
    look(page, theme=theme)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    rules = {} if theme == "light" else {"runOnly": ["color-contrast"]}  # in the dark, only colours differ
    found = page.evaluate(AXE_WITHOUT_REPETITIONS, rules)
    serious = [
        f"{v['id']}: {v['help']}: " + "; ".join(node["html"][:200] for node in v["nodes"][:3])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert not serious, "\n".join(serious)


def test_every_picture_loads_and_has_alt_text(page):
    look(page)
    pictures = page.evaluate(
        "[...document.querySelectorAll('.bd-article img')]"
        ".map(i => [i.currentSrc, i.alt, i.complete && i.naturalWidth > 0])"
    )
    for source, alt, loaded in pictures:
        assert loaded, f"{source} does not load"
        assert alt, f"{source} has no alt text"
        assert "_images/" not in alt, f"{source} has its own address as alt text"


def test_the_text_stays_where_it_is_when_the_pictures_come(visit):
    page = visit("notebooks/05_2_classifier.html", width=390, height=844)
    end = "scrollY + document.querySelector('footer').getBoundingClientRect().top"
    with_pictures = page.evaluate(end)
    page.evaluate("document.querySelectorAll('.bd-article img').forEach((i) => i.removeAttribute('src'))")
    assert page.evaluate(end) == with_pictures


@pytest.mark.parametrize("section", ["#is-it-right-the-gradient-check", "#exercises"])
def test_a_link_into_a_chapter_lands_at_once(visit, section):
    # the theme glides there, past everything before it, unless a reader asks for less motion;
    # and what was not laid out while the page arrived must not be of another height now
    page = visit(f"notebooks/04_mathematics.html{section}", reduced_motion="no-preference")
    assert 0 <= page.locator(section).bounding_box()["y"] < 200
    assert page.locator("html.nn-arriving").count() == 0


@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_follows_the_system_and_the_button(visit, theme):
    page = visit("book/intro.html", theme=theme)
    html = page.locator("html")
    assert html.get_attribute("data-theme") == theme
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", paper)[:3])) / 3
    assert brightness < 60 if theme == "dark" else brightness > 220
    button = page.locator("button.theme-switch-button:visible").first
    for _ in range(3):  # system, light, dark
        button.click()
        if html.get_attribute("data-theme") != theme:
            break
    assert html.get_attribute("data-theme") != theme


def test_the_front_page_leads_to_the_book(visit):
    page = visit("index.html")
    page.wait_for_url("**/book/intro.html")
    assert page.title().startswith("From Neuron to Business")


def test_the_front_page_names_its_icon(site_dir):
    html = (site_dir / "index.html").read_text(encoding="utf-8")
    assert '<link rel="icon" href="_static/favicon.svg">' in html, "a browser asks for /favicon.ico"


@pytest.mark.parametrize(("word", "where"), [("backpropagation", "glossary"), ("learning_rate", "notation")])
def test_search_finds_a_word(visit, word, where):
    page = visit(f"search.html?q={word}")
    page.wait_for_selector("#search-results li a")
    links = page.locator("#search-results li a").evaluate_all("links => links.map(a => a.href)")
    assert any(where in link for link in links), links


def test_search_works_from_a_disk(visit):
    # Browsers do not let a page on a disk read its neighbours: titles are found, and the snippets stay empty.
    page = visit("search.html?q=glossary", scheme="file", watch=False)
    page.wait_for_selector("#search-results li a")


def test_no_link_inside_the_site_is_broken(site_dir):
    missing = []
    for html in site_dir.rglob("*.html"):
        if "_static" in html.parts:
            continue
        for link in re.findall(r'(?:href|src)="([^"#?]+)', html.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:|//", link):
                continue
            if not (html.parent / link).resolve().exists():
                missing.append(f"{html.relative_to(site_dir)} → {link}")
    assert not missing, missing


def test_every_file_that_a_style_sheet_names_is_there(site_dir):
    missing = []
    for sheet in (site_dir / "_static").rglob("*.css"):
        for name in re.findall(r"url\([\"']?([^\"')]+)", sheet.read_text(encoding="utf-8")):
            file = sheet.parent / name.split("?")[0].split("#")[0]
            if not name.startswith(("data:", "#")) and not file.exists():
                missing.append(f"{sheet.name}: {name}")
    assert missing == []


def test_the_first_page_works_with_the_keyboard_alone(visit):
    page = visit("book/intro.html")
    focus = """() => {
        const e = document.activeElement, style = getComputedStyle(e);
        const shown = style.outlineStyle !== "none" || style.boxShadow !== "none";
        return e === document.body ? null : [e.innerText.trim().slice(0, 40), shown];
    }"""
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        at = page.evaluate(focus)
        if at is None:
            break
        seen.append(at)
    assert any(text == "How to read it" for text, _ in seen), seen
    unseen = [text for text, shown in seen if not shown]
    assert not unseen, f"these take the focus without showing it: {unseen}"


@every_page
def test_every_icon_is_in_the_font_of_the_site(site_dir, path):
    # the font holds only what nnbook_site.ICONS names; another icon would be an empty square
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    from nnbook_site import ICONS

    html = (site_dir / path).read_text(encoding="utf-8")
    shown = set(re.findall(r'<i class="[^"]*\bfa-(?!solid|lg)([\w-]+)', html))
    assert shown, "no icon found: does the theme write them in another way?"
    assert shown <= set(ICONS)
    assert "fontawesome.js" not in html


def test_the_reference_names_every_module(site_dir):
    html = (site_dir / "book" / "reference.html").read_text(encoding="utf-8")
    modules = {path.stem for path in (ROOT / "nnbook").glob("[!_]*.py")}
    packages = {path.parent.name for path in (ROOT / "nnbook").glob("[!_]*/__init__.py")} - {"models"}
    for name in modules | packages:
        assert f"<h2>nnbook.{name}<" in html, f"nnbook.{name} is missing in the reference"
    assert 'id="nnbook.training.fit"' in html
