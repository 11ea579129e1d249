"""A learner at an exercise: what the chapter gave before it, an answer, and what the check says to it."""

import ast
import contextlib
import functools
import io
import warnings

import cut_exercises
import nbformat
from needed_code import needed_by, statements, tasks


class Exercise:
    """One exercise of a notebook, and a room in which it can be answered again and again."""

    def __init__(self, path, number):
        notebook = nbformat.read(path, as_version=4)
        self.cells = cut_exercises.exercises(notebook)[number]
        self.label = tasks(notebook)[number][0]
        self.solution = self.cells[2].source
        self.room = {"__name__": "__main__"}
        self._run(ast.Module([statement for _, statement in needed_by(notebook, self.cells)], []))
        self.given = dict(self.room)

    def _run(self, code):
        said = io.StringIO()
        with contextlib.redirect_stdout(said), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(code, "<cell>", "exec"), self.room)
        return said.getvalue()

    def say(self, answer):
        """What the check says to an answer."""
        self.room.clear()
        self.room.update(self.given)
        self._run(answer)
        return self._run(self.cells[1].source)

    @property
    def hint(self):
        """What follows a try that failed."""
        return f"Hint: {cut_exercises.hint(self.cells[1].source)}\n"

    @functools.cached_property
    def answer(self):
        """The right answer without the calls of its check."""
        return cut_exercises._RECHECK.sub("", self.solution)

    @functools.cached_property
    def function(self):
        """The name of the function that is asked for, or None if values are asked for."""
        return next((s.name for s in statements(self.answer) if isinstance(s, ast.FunctionDef)), None)
