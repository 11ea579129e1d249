"""Which statements of a notebook must run before an exercise can be answered and checked?

A check needs a few names from the cells above it, seldom more than ten statements of a hundred. They are
found by what each statement gives a name to and what it reads.
"""

import ast
import builtins
import dis
import re
from types import CodeType

from cut_exercises import ExerciseError, exercises, tags

_READS = {"LOAD_NAME", "LOAD_GLOBAL"}
_TASK = re.compile(r"^```\{exercise\}([^\n]*)\n:label: ([\w-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def statements(source: str) -> list[ast.stmt]:
    """Return the statements of a cell; a cell of another language (a magic) has none."""
    return [] if source.startswith("%") else ast.parse(source).body


def names_of(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """Return what a statement gives a name to or changes, and what it needs from before it."""
    code = compile(ast.Module([statement], []), "statement", "exec")
    given, needed = set(), set()
    for step in dis.get_instructions(code):
        if step.opname == "STORE_NAME":
            given.add(step.argval)
        elif step.opname in _READS and step.argval not in given:
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
            yield from (step.argval for step in dis.get_instructions(part) if step.opname in _READS)
            yield from _read_inside(part)


def given_by(source: str) -> list[str]:
    """Return the names that the statements of a cell give, each once, in their order."""
    return list(dict.fromkeys(name for s in statements(source) for name in sorted(names_of(s)[0])))


def given_before(cells, wanted) -> list[tuple]:
    """Return pairs (cell, statement) that must run so that the wanted names exist, in their order."""
    chosen, wanted = [], set(wanted)
    for cell in reversed(cells):
        for statement in reversed(statements(cell.source)):
            given, needed = names_of(statement)
            if given & wanted:
                wanted = (wanted - given) | needed
                chosen.append((cell, statement))
    return chosen[::-1]


def needed_by(notebook, exercise: tuple) -> list[tuple]:
    """Return pairs (cell, statement) that the exercise (blank, check, solution) needs from above it."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    before = [cell for cell in code[: code.index(exercise[0])] if "exercise" not in tags(cell)]
    mine = [names_of(statement) for cell in exercise for statement in statements(cell.source)]
    wanted = set().union(*(needed for _, needed in mine)) - set().union(*(given for given, _ in mine))
    return given_before(before, wanted)


def in_order(notebook) -> list[tuple]:
    """Return pairs (what must run before it, exercise), so that all of a notebook can be done in its order.

    What must run is a list of pairs (cell, its statements); nothing comes twice.
    """
    order = {cell.id: number for number, cell in enumerate(notebook.cells)}
    triples = exercises(notebook)
    needed = {(order[c.id], s.lineno): (c, s) for triple in triples for c, s in needed_by(notebook, triple)}
    steps = []
    for triple in triples:
        groups: dict = {}
        for place in sorted(place for place in needed if place[0] < order[triple[0].id]):
            cell, statement = needed.pop(place)
            groups.setdefault(place[0], (cell, []))[1].append(statement)
        steps.append((list(groups.values()), triple))
    return steps


def text_of(cell, chosen: list[ast.stmt]) -> str:
    """Return the lines of these statements of a cell, with the comments directly above each."""
    lines, parts = cell.source.splitlines(), []
    for statement in chosen:
        begin = min([statement, *getattr(statement, "decorator_list", [])], key=lambda s: s.lineno).lineno - 1
        while begin and lines[begin - 1].startswith("#"):
            begin -= 1
        parts.append("\n".join(lines[begin : statement.end_lineno]))
    return "\n".join(parts)


def tasks(notebook) -> list[tuple[str, str, str]]:
    """Return label, title and text of each task of a notebook, one for each triple of `exercises`."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = [(label, title.strip(), body.strip()) for title, label, body in _TASK.findall(text)]
    if len(found) != len(exercises(notebook)):
        raise ExerciseError(f"{len(exercises(notebook))} blanks, but {len(found)} tasks in ```{{exercise}}")
    return found
