"""The index for AskTheBook: cut the finished pages into sections and store their words beside the pages.

It is written to ``_static/ask-the-book.js``, a classic script that works on ``file://`` too and that the
widget loads when a reader comes near it.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SKIPPED_PAGES = {"book/references", "book/reference"}  # titles of works, docstrings: no answers
# What a reader does not search for: programs and what they print, formulas, markup for the machine
_SKIPPED = (nodes.raw, nodes.literal_block, nodes.math_block, nodes.comment, nodes.image)
_SOLUTION = "solution"


def _words(node: nodes.Node) -> str:
    """The text of a node; captions are in, programs and subsections are out."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.math):  # a short symbol reads well, TeX does not
        return node.astext() if len(node.astext()) < 12 and not set("\\{}^_") & set(node.astext()) else "…"
    if isinstance(node, (*_SKIPPED, nodes.section, addnodes.glossary, nodes.title)):
        return " "
    if _SOLUTION in node.get("classes", ()) or "cell_input" in node.get("classes", ()):
        return " "
    inside = "".join(_words(child) for child in node.children)
    return inside if isinstance(node, nodes.Inline | nodes.TextElement) and inside else f" {inside} "


def page_sections(docname: str, doctree: nodes.document) -> list:
    """Return the sections of a page."""
    from nnbook.widgets._book_index import Section

    found = []

    def visit(section: nodes.section, above: tuple[str, ...]) -> None:
        title = next(iter(section.findall(nodes.title)), None)
        path = (*above, " ".join(title.astext().split()) if title is not None else "")
        text = " ".join("".join(_words(child) + " " for child in section.children).split())
        anchor = section["ids"][0] if above else ""
        found.append(Section(docname, anchor, path, text))
        for child in section.children:
            if isinstance(child, nodes.section) and "nn-quiz" not in child["classes"]:
                visit(child, path)

    for child in doctree.children:
        if isinstance(child, nodes.section):
            visit(child, ())
    return found


def page_terms(docname: str, doctree: nodes.document) -> list:
    """Return the entries of the glossary on a page."""
    from nnbook.widgets._book_index import Term

    found = []
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            terms = [child for child in item.children if isinstance(child, nodes.term)]
            names = tuple(" ".join(term.astext().split()) for term in terms)
            text = " ".join(child.astext() for child in item.children if isinstance(child, nodes.definition))
            found.append(Term(names, f"{docname}.html#{terms[0]['ids'][0]}", " ".join(text.split())))
    return found


def remember(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep the sections of a page that has just been resolved."""
    if app.builder.format == "html":
        app.nnbook_pages[docname] = (page_sections(docname, doctree), page_terms(docname, doctree))


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Write the index of all pages, in the order of the contents."""
    if exception is not None or app.builder.format != "html":
        return
    from nnbook.widgets._book_index import build_index, load_questions, unknown_places

    order = [app.config.root_doc, *_in_order(app.env, app.config.root_doc)]
    sections, terms = [], []
    for docname in dict.fromkeys(order):
        if docname not in app.nnbook_pages:  # an unchanged page was not written again
            app.env.get_and_resolve_doctree(docname, app.builder)
        page_sections_, page_terms_ = app.nnbook_pages[docname]
        if docname not in SKIPPED_PAGES:
            sections += page_sections_
        terms += page_terms_
    questions = load_questions(Path(app.srcdir))
    if unknown := unknown_places(sections, questions):
        raise ExtensionError(
            "book/questions.json names sections that no page has; was a heading changed?\n"
            + "\n".join(unknown)
        )
    data = json.dumps(build_index(sections, terms, questions), ensure_ascii=False, separators=(",", ":"))
    script = f'(window.nnbookModels = window.nnbookModels || {{}})["ask-the-book"] = {data};\n'
    # a script may not hold these two line ends inside a string in older browsers
    script = script.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    (Path(app.outdir) / "_static" / "ask-the-book.js").write_text(script, encoding="utf-8")


def _in_order(env, docname: str) -> list[str]:
    found = []
    for child in env.toctree_includes.get(docname, []):
        found += [child, *_in_order(env, child)]
    return found


def begin(app: Sphinx) -> None:
    """Forget the pages of an earlier build."""
    app.nnbook_pages = {}


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("builder-inited", begin)
    app.connect("doctree-resolved", remember)
    app.connect("build-finished", write_index)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
