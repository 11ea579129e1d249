"""Photograph the widgets on the built pages: a still of each, and a film of the Playground for the README.

make book && python tools/photograph_widgets.py      writes book/_static/widget-pictures/ and playground.webp

A still stands in the page where a browser runs no scripts (book/_ext/nnbook_site.py puts it there).
"""

import io
import os
import re
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
STATIC = ROOT / "book" / "_static"
STILL_WIDTH = 760
PICTURES, FILM_WIDTH, MILLISECONDS = 24, 640, 220


def first_pages() -> dict[str, Path]:
    """Return for each widget the first chapter, or else the first page, that shows it."""
    found = {}
    for page in [*sorted(SITE.glob("notebooks/*.html")), *sorted(SITE.glob("book/*.html"))]:
        for name in re.findall(r'data-nnbook-widget="(\w+)"', page.read_text(encoding="utf-8")):
            found.setdefault(name, page)
    return found


def shrunk(picture: bytes, width: int) -> Image.Image:
    """Return a screenshot as a picture of this width."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return image.resize((width, image.height * width // image.width), Image.Resampling.LANCZOS)


def photograph(page: Page, name: str, path: Path) -> None:
    """Write the widget as it looks a moment after it has been drawn."""
    page.goto(path.as_uri())
    page.add_style_tag(content=".bd-header-article, #pst-skip-link { display: none !important }")
    widget = page.locator(f"[data-nnbook-widget={name}]").first
    widget.scroll_into_view_if_needed()
    page.locator(f"[data-nnbook-widget={name}][data-nnbook-mounted=true]").first.wait_for()
    page.wait_for_timeout(1500)  # a stored model may still be on its way
    target = STATIC / "widget-pictures" / f"{name}.webp"
    target.parent.mkdir(exist_ok=True)
    shrunk(widget.screenshot(), STILL_WIDTH).save(target, quality=55, method=6)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size:,} bytes")


def film_playground(page: Page) -> None:
    """Press play on the first page, take pictures, and write the film."""
    page.goto((SITE / "book" / "intro.html").as_uri())
    widget = page.locator("[data-nnbook-widget=Playground]")
    widget.scroll_into_view_if_needed()
    page.wait_for_selector("[data-nnbook-mounted=true]")
    pictures = [widget.screenshot()]
    widget.get_by_role("button", name="Play").click()
    for _ in range(PICTURES):
        page.wait_for_timeout(MILLISECONDS)
        pictures.append(widget.screenshot())
    frames = [shrunk(picture, FILM_WIDTH) for picture in pictures]
    target = STATIC / "playground.webp"
    durations = [1200, *[MILLISECONDS] * (PICTURES - 1), 2000]
    frames[0].save(
        target, save_all=True, append_images=frames[1:], duration=durations, loop=0, quality=60, method=6
    )
    print(f"{target.relative_to(ROOT)}: {len(frames)} pictures, {target.stat().st_size:,} bytes")


def main():
    """Open the pages from the disk, and store what is seen."""
    if not (SITE / "index.html").exists():
        sys.exit("There is no built site: run `make book` first.")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1000, "height": 1600}, color_scheme="light")
        for name, path in first_pages().items():
            photograph(page, name, path)
        film_playground(page)
        browser.close()


if __name__ == "__main__":
    main()
