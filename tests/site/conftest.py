"""What the browser tests share: the built site over HTTP, one Chromium, pages that remember what went wrong.

A test asks for ``visit`` and calls ``page = visit("book/intro.html")``. ``page.problems`` then lists the
errors of the console and of the page, ``page.foreign`` every request to another host. Both must be empty in
the end; the fixture sees to that.
"""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from explore_page import Opener
from lab_server import lab  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.site)


def absent(reason):
    """Skip on a reader's machine; fail where CI=true promises that everything is there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: this is a failure)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def site_dir() -> Path:
    """The folder of the built site; NNBOOK_SITE names another one."""
    path = Path(os.environ.get("NNBOOK_SITE", ROOT / "_build" / "html")).resolve()
    if not (path / "index.html").exists():
        absent(f"no built site in {path}: run `make book` first")
    return path


class _QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a browser that leaves a page early closes its connections; that is no fault of the site


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site_url(site_dir) -> str:
    """The built site on a free port of this machine, like ``http://127.0.0.1:41234``."""
    server = _QuietServer(("127.0.0.1", 0), functools.partial(_QuietHandler, directory=str(site_dir)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def browser():
    """One Chromium: the system's, else Playwright's own."""
    sync_api = pytest.importorskip("playwright.sync_api")
    system = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    with sync_api.sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=system, args=CHROMIUM_FLAGS)
        except sync_api.Error as error:
            absent(f"no Chromium to test with ({str(error).splitlines()[0]}); install it or set CHROMIUM")
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, site_dir, site_url):
    """Return ``visit(path, *, scheme="http", theme="light", width=1280, height=900, watch=True, **options)``.

    The page it returns has ``problems`` and ``foreign`` (lists of texts); unless ``watch=False``, both must
    be empty when the test ends. Further options go to Playwright's ``new_context``.
    """
    yield from _visits(browser, site_dir, site_url)


@pytest.fixture(scope="module")
def visit_for_module(browser, site_dir, site_url):
    """``visit``, for pages that several tests look at."""
    yield from _visits(browser, site_dir, site_url)


def _visits(browser, site_dir, site_url):
    contexts, pages = [], []

    def _visit(path, *, scheme="http", theme="light", width=1280, height=900, watch=True, **options):
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            **{"reduced_motion": "reduce", **options},
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.problems, page.foreign = [], []
        page.on("console", lambda m: _note_error(page, m))
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("requestfailed", lambda r: _note_failure(page, r))
        page.on("request", lambda r: None if _is_ours(r.url, site_url) else page.foreign.append(r.url))
        address = f"{site_dir.as_uri() if scheme == 'file' else site_url}/{path}"
        page.goto(address, wait_until="load")
        if watch:
            pages.append((path, page))
        return page

    yield _visit
    for context in contexts:
        context.close()
    for path, page in pages:
        assert not page.problems, f"{path}: the browser's console shows errors: {page.problems}"
        assert not page.foreign, f"{path}: asks another host: {page.foreign}"


def _note_error(page, message):
    if message.type == "error":
        page.problems.append(f"{message.text} {message.location.get('url', '')}")


def _note_failure(page, request):
    if request.failure != "net::ERR_ABORTED":  # the page was left while it still loaded
        page.problems.append(f"request failed: {request.url}: {request.failure}")


def _is_ours(url, site_url):
    parts = urlsplit(url)
    return parts.scheme in ("file", "data", "blob", "about") or url.startswith(site_url + "/")


@pytest.fixture
def open_page(browser, tmp_path):
    """``open_page(*widgets, theme="light", width=900)``: a page on file:// with nothing but these widgets."""
    with Opener(browser, tmp_path) as opener:
        yield opener
