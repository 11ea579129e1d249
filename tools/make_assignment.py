"""Write a notebook with the exercises of a chapter and nothing of their solutions, to hand out to a class.

It has the tasks, the blanks, the checks (folded), and of the chapter's cells only the lines that these need.
It reads in any Jupyter: what only the site understands becomes plain Markdown.

Usage: python tools/make_assignment.py CHAPTER [--to FOLDER]        CHAPTER: 04, 05_2, 8.4, …
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from cut_exercises import FOLDED, NOTEBOOKS, ExerciseError, exercises, tags
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from needed_code import in_order, tasks, text_of

FOLDER = NOTEBOOKS.parent / "_build" / "assignments"
REFERENCES = NOTEBOOKS.parent / "book" / "references.bib"
KEY = "nnbook"  # of the metadata by which tools/grade.py knows a notebook and its cells
# the paragraph above, the formula, the paragraph below
_EQUATION = r"[^\n]+\n\n\$\$\n[^$]+\n\$\$ \({}\)(?:\n\n(?=[a-z])[^\n]+)?"
_ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")
_HEAD = """# {title}: exercises

Run the cells from top to bottom. For each exercise, write your answer into the cell below its task, in
place of the line `raise NotImplementedError("Your turn")` or of the three dots. Run it, then run the check
below it. The check says `Correct.`, or what is still wrong.

- Keep the first line of each function, and the cells in their order.
- All that an answer needs must stand in the cell of the answer: only these cells are collected and graded.
- Save the notebook under your own name before you hand it in."""


def find_chapter(chapter: str, folder: Path = NOTEBOOKS) -> Path:
    """Return the notebook of a chapter or section: 4, 04, 05_2, 8.4 or 04_mathematics.

    Raises:
        ExerciseError: there is no such notebook, or it has no exercises; with those that have some.
    """
    number = re.sub(r"^(?=\d(\D|$))", "0", chapter.strip().replace(".", "_"))
    paths = sorted(folder.glob("*.ipynb"))
    for path in paths:
        named = path.stem == number or re.match(re.escape(number) + r"_(?!\d)", path.stem)
        if named and exercises(nbformat.read(path, as_version=4)):
            return path
    known = ", ".join(re.match(r"\d+(_\d+)?|.*", path.stem)[0] for path in paths)
    raise ExerciseError(f"no exercises found for chapter {chapter!r}; choose one of {known}")


def plain(task: str, notebook) -> str:
    """Return a task without roles: a figure by its caption, a work by its authors, an equation with what
    the chapter says around it.
    """
    source = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    quoted: list[str] = []

    def word(match):
        role, target = match.groups()
        text = re.sub(r"\s*<[^>]*>$", "", target)
        if role == "numref":
            figures = [cell.metadata.get("mystnb", {}).get("figure", {}) for cell in notebook.cells]
            caption = next(figure["caption"] for figure in figures if figure.get("name") == target)
            return f"the chapter's figure “{caption.split('.')[0]}”"
        if role == "eq":
            passage = re.search(_EQUATION.format(re.escape(target)), source)
            if passage[0] not in quoted:
                quoted.append(passage[0])
            return f"equation ({quoted.index(passage[0]) + 1})"
        if role == "cite":
            return ", ".join(_work(key.strip()) for key in target.split(","))
        if role == "term" or (role == "doc" and text != target):
            return text
        raise ExerciseError(f"{match[0]} cannot be put into plain words: teach tools/make_assignment.py how")

    words = [_ROLE.sub(word, task)]
    for passage in quoted:  # a passage that names a further equation lets the list grow
        number = quoted.index(passage) + 1
        shown = re.sub(r"\n\$\$ \([\w-]+\)", lambda end, n=number: f"\n\\tag{{{n}}}\n$$", passage)
        words.append(f"**From the chapter:** {_ROLE.sub(word, shown)}")
    return "\n\n".join(words)


def _work(key: str) -> str:
    """(author, year) of a work, as the site cites it."""
    entry = REFERENCES.read_text(encoding="utf-8").split(f"{{{key},", 1)[1].split("\n}", 1)[0]
    authors = re.search(r"author = \{(.*)\}", entry)[1].split(" and ")
    name = authors[0].split(",")[0].strip("{}") + (" and others" if len(authors) > 1 else "")
    year = re.search(r"year = \{(\w+)\}", entry)[1]
    return f"({name}, {year})"


def assignment(path: Path):
    """Return the notebook to hand out for a chapter."""
    notebook = nbformat.read(path, as_version=4)
    title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
    cells = [new_markdown_cell(_HEAD.format(title=title), id="how-to")]
    for number, ((given, exercise), (label, name, task)) in enumerate(
        zip(in_order(notebook), tasks(notebook), strict=True), start=1
    ):
        for cell, chosen in given:
            if "solution" in tags(cell):
                raise ExerciseError(
                    f"{label} needs the solution {cell.id}: let its check define what it uses"
                )
            if "exercise-check" not in tags(cell):  # checks are handed out whole
                cells.append(new_code_cell(text_of(cell, chosen), id=f"given-{len(cells)}"))
        blank, check, _ = exercise
        cells += [
            new_markdown_cell(f"## {number}. {name}\n\n{plain(task, notebook)}", id=f"task-{number}"),
            new_code_cell(blank.source, id=blank.id, metadata={"tags": ["exercise"], KEY: label}),
            new_code_cell(
                check.source, id=check.id, metadata={"tags": ["exercise-check"], "jupyter": dict(FOLDED)}
            ),
        ]
    metadata = {"kernelspec": notebook.metadata["kernelspec"], KEY: path.stem}
    return new_notebook(cells=cells, metadata=metadata)


def main(arguments: list[str] | None = None) -> int:
    """Write the assignment and say where it is."""
    parser = argparse.ArgumentParser(description="Write a chapter's exercises without their solutions.")
    parser.add_argument("chapter", help="04, 05_2, 8.4, …")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder to write into")
    chosen = parser.parse_args(arguments)
    try:
        path = find_chapter(chosen.chapter)
        made = assignment(path)
    except ExerciseError as error:
        print(error, file=sys.stderr)
        return 1
    chosen.to.mkdir(parents=True, exist_ok=True)
    target = chosen.to / f"exercises-{path.stem}.ipynb"
    nbformat.write(made, target)
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
