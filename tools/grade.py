"""Grade a folder of notebooks that were handed out with `make assignment` and came back.

Of a returned notebook only the cells of the answers run, each in a process of its own (see answers.py), with
the book's own checks and the book's own lines above them. Into FOLDER/grades it writes

    grades-CHAPTER.csv      a line for each notebook, a column for each exercise (1 or 0), points and remarks
    grades.md               the same for the eye, and the notebooks that could not be graded
    feedback/NAME.md        what each check said, for the student

Usage: python tools/grade.py FOLDER [--chapter 04] [--seconds 5] [--megabytes 1000] [--jobs 2]
"""

import argparse
import csv
import functools
import os
import re
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat
from answers import STOPPED, TOO_LONG, Limits, in_processes, judge, try_answer
from cut_exercises import NOTEBOOKS, ExerciseError, exercises, tags
from make_assignment import KEY, find_chapter
from needed_code import given_by, in_order, statements, tasks

RIGHT, NOT_YET, BLANK, MISSING = "right", "not yet", "blank", "missing"
UNCLEAR = "to be looked at"  # it passed beside its own code, and not where that code does not run
SAID = {
    BLANK: "Nothing was written here.",
    MISSING: "The cell of this exercise was not found.",
    TOO_LONG: "The answer or its check takes too long. Does a loop never end?",
    STOPPED: "The process of this answer ended before its check: it left by itself, or ran out of memory.",
}


@dataclass(frozen=True)
class Task:
    """An exercise as a grader needs it."""

    label: str
    title: str
    id: str
    blank: str
    check: str
    check_name: str
    names: tuple  # what the answer has to give
    given: str  # what runs before it, after what ran before the exercise above


def tasks_of(path: Path) -> list[Task]:
    """Return the exercises of a notebook of the book."""
    notebook = nbformat.read(path, as_version=4)
    found = []
    for (given, (blank, check, _)), (label, title, _) in zip(
        in_order(notebook), tasks(notebook), strict=True
    ):
        lines = [line for cell, chosen in given for line in map(functools.partial(_lines, cell), chosen)]
        name = [s.name for s in statements(check.source) if hasattr(s, "decorator_list")][-1]
        names = tuple(given_by(blank.source))
        found.append(Task(label, title, blank.id, blank.source, check.source, name, names, "\n".join(lines)))
    return found


def _lines(cell, statement):
    first = min(s.lineno for s in [statement, *getattr(statement, "decorator_list", [])])
    return "\n".join(cell.source.splitlines()[first - 1 : statement.end_lineno])


def answers_in(notebook, wanted: list[Task]) -> dict[str, str]:
    """Return the answers of a returned notebook by label; what is missing is left out.

    An answer is the cell of the blank, known by its id or its label. If that is gone or untouched, it is the
    last cell that gives the names.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and "solution" not in tags(cell)]
    found = {}
    for task in wanted:
        mine = [c.source for c in code if c.get("id") == task.id or c.metadata.get(KEY) == task.label]
        tried = [source for source in mine if source.strip() != task.blank.strip()]
        elsewhere = [c.source for c in code if _gives(c.source, task.names) and c.source not in mine]
        if chosen := tried[:1] or elsewhere[-1:] or mine[:1]:
            found[task.label] = chosen[0]
    return found


def _gives(source, names):
    try:
        return set(names) <= set(given_by(source))
    except (SyntaxError, ValueError):
        return False


def read(path: Path):
    """Return a returned notebook.

    Raises:
        ExerciseError: it cannot be read; with the reason.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a cell without an id is no fault of a student
            notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        for cell in notebook.cells:
            cell.source, cell.metadata, cell.cell_type  # noqa: B018
    except Exception as error:
        raise ExerciseError(f"cannot be read as a notebook ({type(error).__name__})") from error
    return notebook


def chapter_of(notebook) -> str:
    """Return the stem of the book's notebook that a returned one belongs to.

    Raises:
        ExerciseError: it has no exercise of the book.
    """
    stem = notebook.metadata.get(KEY)
    if stem in [path.stem for path in NOTEBOOKS.glob("*.ipynb")]:
        return stem
    ids = {cell.get("id") for cell in notebook.cells}
    best = max(_ids_of_the_book().items(), key=lambda item: len(ids & item[1]))
    if not ids & best[1]:
        raise ExerciseError("has no exercise of the book; say which chapter it is: --chapter 04")
    return best[0]


@functools.cache
def _ids_of_the_book():
    paths = {path.stem: nbformat.read(path, as_version=4) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    return {stem: {blank.id for blank, _, _ in exercises(notebook)} for stem, notebook in paths.items()}


def grade_chapter(wanted: list[Task], returned: dict[str, dict[str, str]], limits: Limits) -> dict:
    """Return {student: {label: (mark, what was said)}} for the answers {student: {label: source}}.

    The chapter's own lines run once, in this process; the answers run in forks of it.
    """
    room: dict = {"__name__": "__main__"}
    marks: dict = {student: {} for student in returned}
    for task in wanted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(task.given, "<chapter>", "exec"), room)
        tried = []
        for student, answers in returned.items():
            source = answers.get(task.label)
            if source is None:
                marks[student][task.label] = MISSING, SAID[MISSING]
            elif source.strip() == task.blank.strip():
                marks[student][task.label] = BLANK, SAID[BLANK]
            else:
                tried.append((student, source))
        works = [functools.partial(try_answer, room, task, source) for _, source in tried]
        passed = []
        for (student, _), outcome in zip(tried, in_processes(works, limits), strict=True):
            marks[student][task.label] = _mark(outcome)
            if marks[student][task.label][0] == RIGHT:
                passed.append((student, outcome.get("gave")))
        works = [functools.partial(judge, room, task, gave) for _, gave in passed]
        for (student, _), outcome in zip(passed, in_processes(works, limits), strict=True):
            mark, said = _mark(outcome)
            if mark != RIGHT:
                said = f"The check passed only beside the code of this cell. Without that code: {said}"
                marks[student][task.label] = UNCLEAR, said
    return marks


def _mark(outcome):
    if isinstance(outcome, str):
        return outcome, SAID[outcome]
    return (RIGHT, "Correct.") if outcome.get("passed") is True else (NOT_YET, _tame(outcome.get("said")))


def _tame(said):
    """Words that came out of a student's process: text of one screen, without control characters."""
    return re.sub(r"[^\S\n]+|[\x00-\x09\x0b-\x1f\x7f-\x9f]", " ", str(said))[:1000]


def feedback(student: str, title: str, wanted: list[Task], marks: dict) -> str:
    """Return the page for one student, in Markdown."""
    points = sum(mark == RIGHT for mark, _ in marks.values())
    parts = [f"# {student}", f"{title}: **{points} of {len(wanted)}** exercises are right."]
    for number, task in enumerate(wanted, start=1):
        mark, said = marks[task.label]
        parts.append(f"## {number}. {task.title}: {mark}")
        if mark != RIGHT:
            parts.append("\n".join(f"    {line}" for line in said.splitlines()))
    return "\n\n".join(parts) + "\n"


def _cell(text):
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def grade(folder: Path, chapter: str | None, limits: Limits) -> Path:
    """Grade all notebooks below a folder; return the folder with the results."""
    given = find_chapter(chapter).stem if chapter else None
    target = folder / "grades"
    (target / "feedback").mkdir(parents=True, exist_ok=True)
    by_chapter: dict = {}
    problems = []
    for path in sorted(folder.rglob("*.ipynb")):
        inside = path.relative_to(folder)
        if any(part.startswith(".") or part == "grades" for part in inside.parts):
            continue
        student = "/".join(inside.with_suffix("").parts)
        try:
            notebook = read(path)
            stem = given or chapter_of(notebook)
            by_chapter.setdefault(stem, {})[student] = notebook
        except ExerciseError as error:
            problems.append((student, str(error)))
    report = ["# Grades"]
    for stem, notebooks in sorted(by_chapter.items()):
        path = NOTEBOOKS / f"{stem}.ipynb"
        wanted = tasks_of(path)
        returned = {student: answers_in(notebook, wanted) for student, notebook in notebooks.items()}
        marks = grade_chapter(wanted, returned, limits)
        title = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
        head = ["student", *(task.label for task in wanted), "points", "of", "remarks"]
        rows = []
        for student, mine in marks.items():
            right = [int(mine[task.label][0] == RIGHT) for task in wanted]
            remarks = [
                f"{t.label}: {mine[t.label][0]}" for t in wanted if mine[t.label][0] not in (RIGHT, NOT_YET)
            ]
            rows.append([student, *right, sum(right), len(wanted), "; ".join(remarks)])
            page = target / "feedback" / f"{student.replace('/', '__')}.md"
            page.write_text(feedback(student, title, wanted, mine), encoding="utf-8")
        with (target / f"grades-{stem}.csv").open("w", newline="", encoding="utf-8-sig") as file:
            csv.writer(file).writerows([head, *([_cell(row[0]), *row[1:]] for row in rows)])
        report += [f"## {title}", _table(head, rows)]
    if problems:
        report += ["## Not graded", _table(["student", "why"], problems)]
    (target / "grades.md").write_text("\n\n".join(report) + "\n", encoding="utf-8")
    return target


def _table(head, rows):
    lines = [[str(cell).replace("|", "\\|") for cell in row] for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """Grade a folder and print the table."""
    parser = argparse.ArgumentParser(description="Grade a folder of returned notebooks.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chapter", help="04, 05_2, 8.4, …; without it, each notebook says its own")
    parser.add_argument("--seconds", type=float, default=Limits.seconds, help="of computing, for each answer")
    parser.add_argument("--megabytes", type=int, default=Limits.megabytes, help="of memory, for each answer")
    parser.add_argument("--jobs", type=int, default=Limits.jobs, help="answers at a time")
    chosen = parser.parse_args(arguments)
    if not hasattr(os, "fork"):
        print("Grading needs Linux or macOS; on Windows, run it in WSL.", file=sys.stderr)
        return 1
    if not __debug__:
        print("Python runs without asserts (-O or PYTHONOPTIMIZE), so no check can fail.", file=sys.stderr)
        return 1
    if not chosen.folder.is_dir():
        print(f"there is no folder {chosen.folder}: make grade DIR=path/to/notebooks", file=sys.stderr)
        return 1
    start = time.perf_counter()
    try:
        target = grade(chosen.folder, chosen.chapter, Limits(chosen.seconds, chosen.megabytes, chosen.jobs))
    except ExerciseError as error:
        print(error, file=sys.stderr)
        return 1
    print((target / "grades.md").read_text(encoding="utf-8"))
    print(f"{time.perf_counter() - start:.0f} s; the tables and a page for each student are in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
