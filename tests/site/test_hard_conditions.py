"""The site where readers have less than we do: no scripts, a slow line, paper, a large zoom, few colours."""

import functools
import http.server
import re
import threading

import pytest

WITH_WIDGETS = ["book/intro.html", "notebooks/04_mathematics.html", "notebooks/05_2_classifier.html"]


@pytest.mark.parametrize("path", WITH_WIDGETS)
def test_without_scripts_each_widget_leaves_a_picture_and_a_sentence(visit, path):
    page = visit(path, java_script_enabled=False)
    widgets = page.locator("[data-nnbook-widget]")
    assert widgets.count() > 0
    for widget in widgets.all():
        picture = widget.locator("img")
        picture.scroll_into_view_if_needed()
        assert picture.bounding_box()["height"] > 100
        assert len(widget.inner_text()) > 30, "a sentence must say what the picture shows"


def test_each_widget_has_its_picture(site_dir):
    names = {path.stem for path in (site_dir / "_static" / "widgets").glob("*.js")}
    pictures = {path.stem for path in (site_dir / "_static" / "widget-pictures").glob("*.webp")}
    assert names == pictures, "make book && python tools/photograph_widgets.py takes the missing ones"


@pytest.mark.parametrize("path", WITH_WIDGETS)
def test_with_scripts_nobody_loads_those_pictures(visit, path):
    page = visit(path)
    page.wait_for_selector("[data-nnbook-widget]")
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [name for name in loaded if "widget-pictures" in name]


def test_a_page_read_in_the_dark_is_printed_in_the_light(visit):
    page = visit("notebooks/04_mathematics.html", theme="dark")
    ink = "getComputedStyle(document.querySelector('article p')).color"
    light = visit("notebooks/04_mathematics.html", theme="light").evaluate(ink)
    page.evaluate("""() => {
      addEventListener("beforeprint", () => { window.printed = document.documentElement.dataset.theme; });
    }""")
    dark = page.evaluate(ink)
    assert dark != light
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("window.printed") == "light"
    assert page.evaluate(ink) == light
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(ink) == dark


def test_on_paper_no_line_of_code_is_cut(visit):
    page = visit("notebooks/04_mathematics.html", width=700)
    page.emulate_media(media="print")
    cut = page.evaluate(
        "[...document.querySelectorAll('article pre')].filter((e) => e.checkVisibility())"
        ".filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent.slice(0, 60))"
    )
    assert cut == []


def test_a_browser_with_a_few_colours_of_its_own_shows_the_widget(visit):
    page = visit("book/intro.html", forced_colors="active")
    page.wait_for_selector("[data-nnbook-mounted=true]")
    keys = page.evaluate(
        "[...document.querySelectorAll('.nnp-key')].slice(0, 2)"
        ".map((e) => getComputedStyle(e, '::before').borderTopColor)"
    )
    assert len(set(keys)) == 2, "training and test loss must not look the same"


def test_the_text_is_there_before_a_slow_line_has_brought_the_scripts(visit):
    page = visit("book/how-to-read.html")
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    slow = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
    client.send("Network.emulateNetworkConditions", slow)  # 1.6 Mbit/s: a poor 4G
    page.goto(page.url.replace("book/how-to-read", "notebooks/04_mathematics"), wait_until="commit")
    page.get_by_role("heading", level=1).wait_for()
    scripts = page.evaluate(
        "performance.getEntriesByType('resource').filter((e) => e.name.includes('widgets/Playground')).length"
    )
    assert scripts == 0 or page.evaluate("!document.querySelector('[data-nnbook-mounted=true]')")
    page.mouse.wheel(0, 30)  # who goes on before all has arrived
    page.wait_for_selector("html:not(.nn-arriving)")
    page.locator("[data-nnbook-widget=Playground]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-nnbook-widget=Playground][data-nnbook-mounted=true]")


def test_ten_widgets_on_a_page(visit):
    page = visit("book/intro.html")
    page.wait_for_selector("[data-nnbook-mounted=true]")
    page.evaluate("""() => {
      const first = document.querySelector("[data-nnbook-widget]");
      for (let i = 0; i < 9; i += 1) {
        const copy = document.createElement("div");
        copy.dataset.nnbookWidget = first.dataset.nnbookWidget;
        copy.dataset.state = first.dataset.state;
        first.after(copy);
        window.nnbookWidgetHost.mount(copy);
      }
    }""")
    page.wait_for_function("document.querySelectorAll('[data-nnbook-mounted=true]').length === 10")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(ids) == len(set(ids))
    plays = page.get_by_role("button", name="Play")
    assert plays.count() == 10
    plays.nth(7).click()
    steps = (
        "[...document.querySelectorAll('[data-nnbook-widget]')]"
        ".map((e) => Number(/step ([0-9]+)/.exec(e.textContent)[1]))"
    )
    page.wait_for_function(f"{steps}[7] > 0")
    assert [n for n, step in enumerate(page.evaluate(steps)) if step] == [7]


@pytest.fixture
def below_a_path(site_dir):
    """The site as a host serves it at http://…/teaching/book/."""
    prefix = "/teaching/book/"

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_GET(self):
            if not self.path.startswith(prefix):
                self.send_error(404)
                return
            self.path = self.path[len(prefix) - 1 :]
            super().do_GET()

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(site_dir))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{prefix}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", [*WITH_WIDGETS, "search.html?q=loss"])
def test_the_site_works_below_a_path(browser, below_a_path, path):
    page, wrong = browser.new_page(), []
    page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 400 else None)
    page.goto(below_a_path + path)
    for widget in page.locator("[data-nnbook-widget]").all():
        widget.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
    page.wait_for_timeout(300)
    page.close()
    assert wrong == []


def test_no_widget_needs_webgl(site_dir):
    for script in (site_dir / "_static" / "widgets").glob("*.js"):
        assert not re.search("webgl|webgpu", script.read_text(encoding="utf-8"), re.IGNORECASE), script.name
