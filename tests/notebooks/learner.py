"""A learner at an exercise: what the chapter gave before it, an answer, and what the check says to it."""

import ast
import builtins
import contextlib
import dis
import functools
import io
import re
import warnings
from types import CodeType

import cut_exercises
import nbformat

READS = {"LOAD_NAME", "LOAD_GLOBAL"}


def names_of(statement):
    """What a statement gives a name to or changes, and what it needs from before it."""
    code = compile(ast.Module([statement], []), "statement", "exec")
    given, needed = set(), set()
    for step in dis.get_instructions(code):
        if step.opname == "STORE_NAME":
            given.add(step.argval)
        elif step.opname in READS and step.argval not in given:
            needed.add(step.argval)
    needed |= set(_read_inside(code)) - given
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            while isinstance(node, ast.Attribute | ast.Subscript):
                node = node.value
            if isinstance(node, ast.Name):
                given.add(node.id)
    return given, {name for name in needed if not hasattr(builtins, name)}


def _read_inside(code):
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from (step.argval for step in dis.get_instructions(part) if step.opname in READS)
            yield from _read_inside(part)


def statements(source):
    """The statements of a cell; a cell of another language (a magic) has none."""
    return [] if source.startswith("%") else ast.parse(source).body


def given_before(cells, wanted):
    """The statements of the cells that must run so that the wanted names exist, in their order."""
    chosen, wanted = [], set(wanted)
    for cell in reversed(cells):
        for statement in reversed(statements(cell.source)):
            given, needed = names_of(statement)
            if given & wanted:
                wanted = (wanted - given) | needed
                chosen.append(statement)
    return chosen[::-1]


class Exercise:
    """One exercise of a notebook, and a room in which it can be answered again and again."""

    def __init__(self, path, number):
        notebook = nbformat.read(path, as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        self.cells = cut_exercises.exercises(notebook)[number]
        above = notebook.cells[: notebook.cells.index(self.cells[0])]
        self.label = re.findall(r":label: (ex-[\w-]+)", "\n".join(cell.source for cell in above))[-1]
        self.solution = self.cells[2].source
        before = code[: code.index(self.cells[0])]
        before = [c for c in before if "exercise" not in cut_exercises.tags(c)]
        mine = [s for cell in self.cells for s in statements(cell.source)]
        wanted = {name for s in mine for name in names_of(s)[1]} - {n for s in mine for n in names_of(s)[0]}
        self.room = {"__name__": "__main__"}
        self._run(ast.Module(given_before(before, wanted), []))
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
