"""A page of its own for one or more widgets: what the tests of the exploring widgets share."""

import json
import os
from pathlib import Path

import pytest

from nnbook.widgets import classic_script, esm_text

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
STATIC = ROOT / "book" / "_static"


class Opener:
    """Opens pages that hold widgets; remembers what the browser's console complained about."""

    def __init__(self, browser, folder):
        self.browser, self.folder, self.pages = browser, folder, []
        for name in ("widget-host.js", "custom.css"):
            (folder / name).write_text((STATIC / name).read_text(encoding="utf-8"), encoding="utf-8")

    def __call__(self, *widgets, theme="light", width=900, hash="", reduced="reduce", touch=False):
        names = dict.fromkeys(type(widget).__name__ for widget in widgets)
        for name in names:
            (self.folder / f"{name}.js").write_text(classic_script(name), encoding="utf-8")
        twins = "".join(widget.html_twin() for widget in widgets)
        scripts = "".join(f'<script src="{name}.js"></script>' for name in names)
        html = (
            f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>Widgets</title>'
            '<link rel="stylesheet" href="custom.css">'
            '<body style="margin: 8px; background: var(--nn-paper)">'
            f"<main><h1>Widgets</h1>{twins}</main>"
            f'<script src="widget-host.js"></script>{scripts}</body></html>'
        )
        (self.folder / "page.html").write_text(html, encoding="utf-8")
        context = self.browser.new_context(
            viewport={"width": width, "height": 1000}, reduced_motion=reduced, has_touch=touch
        )
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: page.problems.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto((self.folder / "page.html").as_uri() + hash)
        if widgets:
            page.wait_for_selector(".nnx")
        self.pages.append((page, context))
        return page

    def __enter__(self):
        return self

    def __exit__(self, *error):
        """Close all pages, then fail if a console showed an error."""
        problems = [problem for page, _ in self.pages for problem in page.problems]
        for _, context in self.pages:
            context.close()
        assert not problems


def state(page, number=0):
    """The state of a widget on the page."""
    return page.evaluate(
        "(n) => window.nnbookWidgetHost.modelOf(document.querySelectorAll('[data-nnbook-widget]')[n]).state",
        number,
    )


def slide(page, label, key="ArrowRight", times=1):
    """Move a slider by its keys."""
    field = page.get_by_label(label, exact=True)
    field.focus()
    for _ in range(times):
        page.keyboard.press(key)


def sideways(page):
    """By how many pixels the page, or a part of a widget, is too wide."""
    return page.evaluate(
        """() => {
            let worst = document.documentElement.scrollWidth - innerWidth;
            for (const widget of document.querySelectorAll('.nnx')) {
                const edge = widget.getBoundingClientRect().right + 0.5;
                for (const part of widget.querySelectorAll('*:not(.nnw-hidden, option)')) {
                    if (part.closest('[hidden], .nnw-hidden')) continue;
                    worst = Math.max(worst, part.getBoundingClientRect().right - edge);
                }
            }
            return worst;
        }"""
    )


def serious_violations(page):
    """What axe-core finds, as text; empty when nothing is serious."""
    if not AXE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("axe-core is not installed: make book installs it (CI=true: this is a failure)")
        pytest.skip("axe-core is not installed: run `make book` first")
    page.add_script_tag(path=str(AXE))
    violations = page.evaluate("axe.run('.nnx', {preload: false}).then(r => r.violations)")
    serious = [v for v in violations if v["impact"] in ("serious", "critical")]
    return [json.dumps([v["id"], [n["html"] for n in v["nodes"]][:3]]) for v in serious]


LOAD = """async ({source, state}) => {
    const module = await import(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})));
    const listeners = new Map();
    window.kernel = {
        state, saved: 0,
        get: (name) => window.kernel.state[name],
        set: (name, value) => {
            window.kernel.state[name] = value;
            for (const heard of listeners.get('change:' + name) ?? []) heard();
        },
        save_changes: () => { window.kernel.saved += 1; },
        sent: [],
        send: (content, callbacks, buffers) =>
            window.kernel.sent.push([content, buffers?.[0]?.byteLength ?? 0]),
        hear: (content, buffers) => {
            for (const heard of listeners.get('msg:custom') ?? []) heard(content, buffers);
        },
        on: (name, heard) => listeners.set(name, [...(listeners.get(name) ?? []), heard]),
        off: (name, heard) => listeners.set(name, (listeners.get(name) ?? []).filter((h) => h !== heard)),
    };
    const el = document.createElement('div');
    document.querySelector('main').replaceChildren(el);
    window.cleanup = module.default.render({model: window.kernel, el});
    window.left = () => [...listeners.values()].flat().length;
}"""


def as_anywidget(page, widget):
    """Draw the widget as JupyterLab does: an ES module from a Blob, a model with a kernel behind it."""
    page.evaluate(LOAD, {"source": esm_text(type(widget).__name__), "state": widget.state()})
