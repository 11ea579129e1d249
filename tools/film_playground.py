"""Film the Playground on the built first page for the README: press play, take pictures, write a WebP.

make book && python tools/film_playground.py      writes book/_static/playground.webp
"""

import io
import os
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES, WIDTH, MILLISECONDS = 24, 640, 220


def main():
    """Open the page from the disk, train, and store what is seen."""
    page_file = ROOT / "_build" / "html" / "index.html"
    if not page_file.exists():
        sys.exit("There is no built site: run `make book` first.")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1000, "height": 900}, color_scheme="light")
        page.goto((page_file.parent / "book" / "intro.html").as_uri())
        widget = page.locator("[data-nnbook-widget=Playground]")
        widget.scroll_into_view_if_needed()
        page.wait_for_selector("[data-nnbook-mounted=true]")
        pictures = [widget.screenshot()]
        widget.get_by_role("button", name="Play").click()
        for _ in range(PICTURES):
            page.wait_for_timeout(MILLISECONDS)
            pictures.append(widget.screenshot())
        browser.close()
    frames = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
    frames = [frame.resize((WIDTH, frame.height * WIDTH // frame.width)) for frame in frames]
    target = ROOT / "book" / "_static" / "playground.webp"
    durations = [1200, *[MILLISECONDS] * (PICTURES - 1), 2000]
    frames[0].save(
        target, save_all=True, append_images=frames[1:], duration=durations, loop=0, quality=60, method=6
    )
    print(f"{target.relative_to(ROOT)}: {len(frames)} pictures, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
