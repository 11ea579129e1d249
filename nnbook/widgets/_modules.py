"""Join the small JavaScript modules of a widget into one text; this is all the building there is.

JupyterLab loads a widget from a Blob and a page may be opened from a disk: neither can follow
``import … from "./nn.js"``. So each module is wrapped in a function that returns its exports, modules stand
in the order in which they need each other, and an import becomes a destructuring of what the other function
returned. Private names cannot collide.
"""

import json
import re
from pathlib import Path

_PACKAGE = Path(__file__).parent
STATIC = _PACKAGE / "static"

_NAME = r"[A-Za-z_$][\w$]*"
_IMPORT = re.compile(
    rf"^import\s+(?:\{{(?P<names>[^}}]*)\}}|\*\s+as\s+(?P<namespace>{_NAME}))"
    r'\s+from\s+"\./(?P<file>[\w.-]+)\.js";?',
    re.MULTILINE,
)
# the text of a module with all that it imports, for a thread of its own (a Worker)
_TEXT = re.compile(
    rf'^import\s+(?P<name>{_NAME})\s+from\s+"\./(?P<file>[\w.-]+)\.js"\s+with\s+\{{\s*type:\s*"text"\s*\}};?',
    re.MULTILINE,
)
_REEXPORT = re.compile(r'^export\s+\{(?P<names>[^}]*)\}\s+from\s+"\./(?P<file>[\w.-]+)\.js";?', re.MULTILINE)
_LIST = re.compile(r"^export\s+\{(?P<names>[^}]*)\};?", re.MULTILINE)
_DECLARATION = re.compile(
    rf"^export\s+(?P<kind>(?:async\s+)?function\*?|class|const|let)\s+(?P<name>{_NAME})", re.MULTILINE
)
_DEFAULT = re.compile(r"^export\s+default\s+", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def module_name(widget: str) -> str:
    """Return the file stem of a widget: ``BackpropStepper`` lives in ``backprop_stepper.py`` and ``.js``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", widget).lower()


def widget_names() -> list[str]:
    """Return the class names of all widgets: every public ``.py`` here with a ``.js`` of that name."""
    stems = sorted(path.stem for path in _PACKAGE.glob("[a-z]*.py") if (STATIC / f"{path.stem}.js").exists())
    return ["".join(part.capitalize() for part in stem.split("_")) for stem in stems]


def module_files(widget: str) -> list[Path]:
    """Return the JavaScript files of a widget, each after the files that it imports."""
    return _files_from(module_name(widget), widget)


def _files_from(entry: str, widget: str) -> list[Path]:
    ordered: list[Path] = []

    def visit(stem: str, path_so_far: tuple[str, ...]) -> None:
        if stem in path_so_far:
            raise ValueError(f"JavaScript modules import each other: {' -> '.join([*path_so_far, stem])}")
        path = STATIC / f"{stem}.js"
        if not path.exists():
            raise FileNotFoundError(
                f"{path.name} is missing in {STATIC}; {' -> '.join(path_so_far) or widget} needs it"
            )
        if path in ordered:
            return
        source = path.read_text(encoding="utf-8")
        for match in [*_IMPORT.finditer(source), *_REEXPORT.finditer(source)]:
            visit(match["file"], (*path_so_far, stem))
        ordered.append(path)

    visit(entry, ())
    return ordered


def _pairs(names: str, separator: str) -> list[tuple[str, str]]:
    """Split ``a, b as c`` into ``[("a", "a"), ("b", "c")]``."""
    items = [item.strip() for item in names.split(separator) if item.strip()]
    return [(item.split()[0], item.split()[-1]) for item in items]


def wrap_module(source: str, file_name: str) -> str:
    """Turn one ES module into a function call that returns its exports.

    Raises ValueError for an import or export in a form that is not understood, naming the file and the line.
    """
    exports: list[str] = []

    def take(match: re.Match) -> str:
        target = f'modules["{match["file"]}"]'
        if match.groupdict().get("namespace"):
            return f"const {match['namespace']} = {target};"
        fields = ", ".join(a if a == b else f"{a}: {b}" for a, b in _pairs(match["names"], ","))
        return f"const {{ {fields} }} = {target};"

    def pass_on(match: re.Match) -> str:
        exports.extend(f'{b}: modules["{match["file"]}"].{a}' for a, b in _pairs(match["names"], ","))
        return ""

    def give_list(match: re.Match) -> str:
        exports.extend(a if a == b else f"{b}: {a}" for a, b in _pairs(match["names"], ","))
        return ""

    def declare(match: re.Match) -> str:
        exports.append(match["name"])
        return f"{match['kind']} {match['name']}"

    def embed(match: re.Match) -> str:
        return f"const {match['name']} = {json.dumps(_joined(match['file']), ensure_ascii=False)};"

    source = _TEXT.sub(embed, source)
    source = _IMPORT.sub(take, source)
    source = _REEXPORT.sub(pass_on, source)
    source = _LIST.sub(give_list, source)
    source = _DECLARATION.sub(declare, source)
    if _DEFAULT.search(source):
        source = _DEFAULT.sub("const defaultExport = ", source, count=1)
        exports.append("default: defaultExport")
    left_over = _LEFT_OVER.search(source)
    if left_over:
        line = source[: left_over.start()].count("\n") + 1
        raise ValueError(
            f'{file_name}, line {line}: cannot join {left_over[0]!r}. Use import {{ a }} from "./file.js"; '
            "and export const, let, function, class, { list } or default, each at the start of a line."
        )
    stem = file_name.removesuffix(".js")
    body = source.strip("\n")
    return f'modules["{stem}"] = (() => {{\n{body}\nreturn {{ {", ".join(exports)} }};\n}})();\n'


def _joined(entry: str) -> str:
    wrapped = [wrap_module(path.read_text(encoding="utf-8"), path.name) for path in _files_from(entry, entry)]
    return "const modules = {};\n" + "".join(wrapped)


def esm_text(widget: str) -> str:
    """Return the widget as one ES module, for anywidget."""
    return f'{_joined(module_name(widget))}export default modules["{module_name(widget)}"].default;\n'


def classic_script(widget: str) -> str:
    """Return the widget as a classic script that works on ``file://`` too.

    It registers ``window.nnbookWidgets[widget] = {render, …, css}``; ``widget-host.js`` finds it there, adds
    the style once per page and draws every ``div[data-nnbook-widget]`` of that name.
    """
    # A script fills the style element as text, so plain JSON is enough.
    css = json.dumps(css_text(widget), ensure_ascii=False)
    return (
        f'(() => {{\n"use strict";\n{_joined(module_name(widget))}'
        f"const registry = (window.nnbookWidgets = window.nnbookWidgets || {{}});\n"
        f'registry[{json.dumps(widget)}] = {{ ...modules["{module_name(widget)}"].default, css: {css} }};\n'
        f"if (window.nnbookWidgetHost) window.nnbookWidgetHost.mountAll();\n}})();\n"
    )


def css_text(widget: str) -> str:
    """Return the style of a widget: what all widgets share (``ui.css``), then its own."""
    files = [STATIC / "ui.css", STATIC / f"{module_name(widget)}.css"]
    return "".join(path.read_text(encoding="utf-8") for path in files if path.exists())
