"""Weigh every page of the built site as a reader's browser receives it.

    make pages        (python benchmarks/pages.py [--site _build/html] [--json benchmarks/pages.json])

For each page: bytes and requests until it has loaded, and after all of it was scrolled through (then every
widget has started and fetched its model); milliseconds from the start to the first frame of the first
widget; errors on the console; findings of axe-core that it calls serious or critical. The server compresses
text, as every web host does. Not a test: the milliseconds depend on the machine.
"""

import argparse
import functools
import gzip
import http.server
import json
import os
import re
import shutil
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
)
FIRST_FRAME = """
addEventListener("DOMContentLoaded", () => setTimeout(() => {
  const widget = document.querySelector("[data-nnbook-widget]");
  if (!widget) return;
  widget.scrollIntoView({ behavior: "instant" });
  const look = () => widget.dataset.nnbookMounted
    ? requestAnimationFrame(() => { window.firstFrame = performance.now(); })
    : requestAnimationFrame(look);
  look();
}));
"""
SCROLL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 600) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 60));
  }
}"""


class CompressingHandler(http.server.SimpleHTTPRequestHandler):
    """Sends text compressed, and says nothing."""

    def do_GET(self):
        """Answer with gzip what gzip makes smaller."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if path.suffix not in {".html", ".css", ".js", ".svg", ".json"} or not path.exists():
            super().do_GET()
            return
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Nothing."""


def page_names():
    """The pages in the order of the table of contents."""
    return re.findall(r"(?:root|file):\s*(\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))


def weigh(browser, address):
    """Return the figures of one page, opened in a browser that has seen nothing yet."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    received, errors = [], []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address, wait_until="networkidle")
    figures = {"kilobytes": round(sum(received) / 1000), "requests": len(received)}
    page.evaluate(SCROLL)
    page.wait_for_timeout(1500)  # a model's script begins to load when its widget comes near
    page.wait_for_load_state("networkidle")
    figures |= {"kilobytes_scrolled": round(sum(received) / 1000), "requests_scrolled": len(received)}
    page.evaluate(AXE.read_text(encoding="utf-8"))
    violations = page.evaluate("async () => (await axe.run()).violations.map(v => [v.id, v.impact])")
    figures["axe"] = [name for name, impact in violations if impact in ("serious", "critical")]
    figures["console_errors"] = errors
    context.close()

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(FIRST_FRAME)
    page.goto(address, wait_until="load")
    if page.locator("[data-nnbook-widget]").count():
        page.wait_for_function("window.firstFrame")
        figures["first_widget_ms"] = round(page.evaluate("window.firstFrame"))
    context.close()
    return figures


def main():
    """Read the command line, weigh all pages, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    handler = functools.partial(CompressingHandler, directory=str(options.site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    results = {}
    heads = ("kB", "requests", "kB scrolled", "requests", "widget ms", "axe", "errors")
    print(f"{'page':32}" + "".join(f"{head:>13}" for head in heads))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        for name in page_names():
            row = weigh(browser, f"http://127.0.0.1:{server.server_port}/{name}.html")
            results[name] = row
            cells = [row[key] for key in ("kilobytes", "requests", "kilobytes_scrolled", "requests_scrolled")]
            cells += [row.get("first_widget_ms", "–"), len(row["axe"]), len(row["console_errors"])]
            print(f"{name:32}" + "".join(f"{cell:>13}" for cell in cells), flush=True)
        browser.close()
    server.shutdown()
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
