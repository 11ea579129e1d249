"""AskTheBook: type a question, get links to the sections of the book that treat it."""

from pathlib import Path

import traitlets

from nnbook.widgets._base import Widget
from nnbook.widgets._book_index import find_book, index_of_notebooks
from nnbook.widgets._checks import at_most

LONGEST = 300  # characters; static/ask_the_book.js has the same


class AskTheBook(Widget):
    """A search in the text of the book, by BM25, in English and Chinese.

    On a page the index was built with the site and lies beside it. In JupyterLab it is built here, from the
    notebooks and the glossary, if the folder of the book is found at or above the working directory.

    Args:
        question: what is asked at the beginning; at most 300 characters.
        root: folder of the book, with ``notebooks/`` and ``book/``; None: look for it.
    Raises:
        TraitError, ValueError: the question is too long, or `root` is not the folder of the book.
    """

    fallback = "Here you can ask the book a question. It needs JavaScript in the browser."

    question = traitlets.Unicode("How can I check that my gradient is right?").tag(sync=True)
    data = traitlets.Dict(help="the index, as the JavaScript reads it").tag(sync=True)
    problem = traitlets.Unicode("", help="why there is no index").tag(sync=True)

    def __init__(self, question=None, *, root=None, **traits):
        if question is not None:
            traits["question"] = question
        folder = find_book(Path.cwd()) if root is None else Path(root)
        if root is not None and find_book(folder) != folder:
            raise ValueError(f"root must be a folder with notebooks/ and book/glossary.md; got {root}.")
        if folder is None:
            traits["problem"] = (
                "The text of the book was not found: start JupyterLab in the folder of the book, or write "
                "AskTheBook(root='…/the/book')."
            )
        else:
            traits["data"] = index_of_notebooks(folder)
        super().__init__(**traits)

    @traitlets.validate("question")
    def _check_question(self, proposal):
        return at_most(proposal, LONGEST)

    def state(self) -> dict:
        """The question alone: a page has an index of its own."""
        return {"question": self.question}
