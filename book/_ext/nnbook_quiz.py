"""The quiz of a chapter, at the end of its page.

A quiz names its page (``nnbook/widgets/quizzes``). When that page is read, a section with the quiz is added
after everything else, so that no notebook has to repeat it. A page that shows a quiz already gets no second
one.
"""

from docutils import nodes
from sphinx.application import Sphinx

TITLE, NAME = "Test yourself", "test-yourself"
_NUMBERS = ("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def quizzes_by_page() -> dict[str, tuple[str, int]]:
    """Return for each page the name of its quiz and its number of questions."""
    from nnbook.widgets.quiz import quiz_names, read_quiz

    quizzes = {name: read_quiz(name) for name in quiz_names()}
    return {quiz["page"]: (name, len(quiz["questions"])) for name, quiz in quizzes.items()}


def shows_a_quiz(doctree: nodes.document) -> bool:
    """Whether a cell of this page has drawn a quiz."""
    return any('data-nnbook-widget="Quiz"' in raw.astext() for raw in doctree.findall(nodes.raw))


def quiz_section(name: str, n_questions: int) -> nodes.section:
    """Return the section: a title, one sentence, the widget without a choice of other chapters."""
    from nnbook.widgets import Quiz

    section = nodes.section(ids=[NAME], names=[TITLE.lower()], classes=["nn-quiz"])
    section += nodes.title(text=TITLE)
    number = _NUMBERS[n_questions] if n_questions < len(_NUMBERS) else str(n_questions)
    section += nodes.paragraph(
        text=f"{number} questions on this chapter. Every answer gets a reply, also the wrong ones."
    )
    section += nodes.raw("", Quiz(name, menu=False).html_twin(), format="html")
    return section


def add_quiz(app: Sphinx, doctree: nodes.document) -> None:
    """Add the quiz of a page that has one."""
    quiz = quizzes_by_page().get(app.env.docname)
    chapter = next(iter(doctree.findall(nodes.section)), None)
    if quiz and chapter is not None and not shows_a_quiz(doctree):
        chapter += quiz_section(*quiz)


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    # before Sphinx collects the titles of a page, so that the list of sections beside it has this one
    app.connect("doctree-read", add_quiz, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
