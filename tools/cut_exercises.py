"""Cut the blanks of the exercises from their solutions, so that there is one text.

In a notebook, a cell tagged `solution` holds the whole answer. What the reader is to write stands between
two comments:

    def half_mse(predictions, targets):
        # <answer>
        return 0.5 * np.mean((predictions - targets) ** 2)
        # </answer>

    check_half_mse()

The cell tagged `exercise` before it is written by this tool: inside a function, the answer becomes a
NotImplementedError; at the left margin, each assignment `name = value` becomes `name = ...`. Calls
`check_…()` at the left margin stay in the solution only. A hint is the docstring of the check, which tells it
after a try that failed. Check and solution are folded in JupyterLab, and the check on the site, so that they
are read on request only.

Usage: python tools/cut_exercises.py [--check] [notebook …]      without names: all notebooks
"""

import argparse
import ast
import re
import sys
from pathlib import Path

import nbformat

from nnbook.exercises import BLANK

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
_ANSWER = re.compile(
    r"^([ \t]*)# <answer>([^\n]*)\n(.*?)^[ \t]*# </answer>[ \t]*(?:\n|\Z)", re.MULTILINE | re.DOTALL
)
_RECHECK = re.compile(r"^check_\w+\(\)[ \t]*(?:\n|\Z)", re.MULTILINE)

FOLDED = {"source_hidden": True}  # JupyterLab shows three dots to press
FOLDED_ON_THE_SITE = "hide-input"


class ExerciseError(ValueError):
    """A solution cell that cannot be cut, with a sentence that says why."""


def cut(solution: str) -> str:
    """Return the blank that belongs to a solution."""
    if not _ANSWER.search(solution):
        raise ExerciseError("a solution needs the lines `# <answer>` and `# </answer>`")

    def blank(match: re.Match) -> str:
        indent, words, answer = match.groups()
        if words.strip():
            raise ExerciseError(
                f"`# <answer>{words}` gives a hint before the try: write it as the docstring of the check"
            )
        if indent:
            return f'{indent}raise NotImplementedError("{BLANK}")\n'
        names = []
        for statement in ast.parse(answer).body:
            if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
                raise ExerciseError("an answer at the left margin must consist of assignments `name = value`")
            names.append(statement.targets[0].id)
        return f"# {BLANK}\n" + "".join(f"{name} = ...\n" for name in names)

    return _RECHECK.sub("", _ANSWER.sub(blank, solution)).rstrip("\n")


def tags(cell) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def exercises(notebook) -> list[tuple]:
    """Return the triples (exercise, check, solution) of cells, in the order of the notebook."""
    marked = [c for c in notebook.cells if {"exercise", "exercise-check", "solution"} & set(tags(c))]
    kinds = [next(t for t in tags(c) if t in ("exercise", "exercise-check", "solution")) for c in marked]
    if kinds != ["exercise", "exercise-check", "solution"] * (len(kinds) // 3):
        raise ExerciseError(
            f"cells must be tagged exercise, exercise-check, solution, in this order; found {kinds}"
        )
    return [tuple(marked[i : i + 3]) for i in range(0, len(marked), 3)]


def hint(check: str) -> str:
    """Return the hint of a check cell: the docstring of its function."""
    functions = [node for node in ast.parse(check).body if isinstance(node, ast.FunctionDef)]
    words = ast.get_docstring(functions[-1]) if functions else None
    if not words:
        raise ExerciseError("a check needs a hint, the docstring of its function: it follows a failed try")
    return " ".join(words.split())


def refresh(notebook) -> list[str]:
    """Write every blank anew, fold checks and solutions, and return the ids of cells that changed."""
    changed = {}  # ids, each once, in their order
    for exercise, check, solution in exercises(notebook):
        hint(check.source)
        blank = cut(solution.source)
        if exercise.source != blank:
            exercise.source = blank
            changed[exercise.id] = True
        for cell in (check, solution):
            if cell.metadata.get("jupyter") != FOLDED:
                cell.metadata["jupyter"] = dict(FOLDED)
                changed[cell.id] = True
        if FOLDED_ON_THE_SITE not in tags(check):
            check.metadata["tags"] = [*tags(check), FOLDED_ON_THE_SITE]
            changed[check.id] = True
    return list(changed)


def main() -> int:
    """Refresh the notebooks, or with --check only say whether they are fresh."""
    parser = argparse.ArgumentParser(description="Cut the blanks of the exercises from their solutions.")
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(NOTEBOOKS.glob("*.ipynb")))
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if a blank is stale"
    )
    arguments = parser.parse_args()
    stale = False
    for path in arguments.notebooks:
        notebook = nbformat.read(path, as_version=4)
        try:
            changed = refresh(notebook)
        except ExerciseError as error:
            sys.exit(f"{path.name}: {error}")
        if changed:
            stale = True
            print(f"{path.name}: {'stale' if arguments.check else 'cut'}: {', '.join(changed)}")
            if not arguments.check:
                nbformat.write(notebook, path)
    return int(stale and arguments.check)


if __name__ == "__main__":
    sys.exit(main())
