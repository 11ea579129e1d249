"""Prose as a printer sets it: what belongs together stays on one line, and a minus is a minus.

A browser may break a line on either side of a formula, even before a full stop. So a formula and the signs
that touch it go into one ``nn-kept`` box, which the style sheet does not break. A no-break space holds a
number and what it counts together. Numbers in sentences come from Python, which writes 98% and -0.1; the book
writes 98 % and −0.1.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

_TYPED = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, nodes.comment)
_TOGETHER = re.compile(
    r"(?<=[\d±]) (?=[%±])|(?<=±) (?=\d)|(?<=\d)(?=%(?!\w))"  # 1.2 ± 0.3 %
    r"|(?<=\b[Cc]hapter) (?=\d)|(?<=\b[Ss]ection) (?=\d)|(?<=→) |(?<=\bFig\.) (?=\d)"  # → chapter 4
)
_MINUS = re.compile(r"(?<![\w.-])-(?=\d)")
_SIGNS_AFTER = re.compile(r"[,.;:!?)\]”’]+")
_SIGNS_BEFORE = re.compile(r"[(\[“‘]+$")


def as_printed(text: str) -> str:
    """Return the text with a no-break space where no line may break, and with true minus signs.

    >>> as_printed("-1.2% ± 0.3 in chapter 5") == "−1.2\xa0%\xa0±\xa00.3 in chapter\xa05"
    True
    """
    return _MINUS.sub("\N{MINUS SIGN}", _TOGETHER.sub("\N{NO-BREAK SPACE}", text))


class SetProse(SphinxPostTransform):
    """Set the prose of a page; what is typed stays as it is typed."""

    default_priority = 900  # when the outputs of cells have been chosen
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Change the texts of the document."""
        for formula in list(self.document.findall(nodes.math)):
            _join_signs(formula)
        for text in list(self.document.findall(nodes.Text)):
            if text.parent is not None and not _is_typed(text):
                printed = as_printed(text.astext())
                if printed != text.astext():
                    text.parent.replace(text, nodes.Text(printed))


def _is_typed(node: nodes.Node) -> bool:
    while node is not None:
        if isinstance(node, _TYPED):
            return True
        node = node.parent
    return False


def _join_signs(formula: nodes.math) -> None:
    """Put a formula and the signs that touch it into one box."""
    parent, place = formula.parent, formula.parent.index(formula)
    before = parent[place - 1] if place > 0 else None
    after = parent[place + 1] if place + 1 < len(parent) else None
    opening = _SIGNS_BEFORE.search(before.astext()) if isinstance(before, nodes.Text) else None
    closing = _SIGNS_AFTER.match(after.astext()) if isinstance(after, nodes.Text) else None
    if not opening and not closing:
        return
    box = nodes.inline(classes=["nn-kept"])
    parent.replace(formula, box)
    if opening:
        box += nodes.Text(opening[0])
        parent.replace(before, nodes.Text(before.astext()[: opening.start()]))
    box += formula
    if closing:
        box += nodes.Text(closing[0])
        parent.replace(after, nodes.Text(after.astext()[closing.end() :]))


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_post_transform(SetProse)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
