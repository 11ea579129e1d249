"""Exercises to hand out: all of each task, nothing of any solution, and they can be done as they are."""

import contextlib
import io
import re

import make_assignment
import nbformat
import pytest
from cut_exercises import _ANSWER, _RECHECK, NOTEBOOKS, ExerciseError, cut, exercises
from execute_notebooks import METADATA
from make_assignment import assignment, find_chapter, main, plain
from needed_code import tasks

PATHS = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if exercises(nbformat.read(path, as_version=4))]
each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
_SOLUTION = re.compile(r"^```\{solution-start\}.*?^```$(.*?)^```\{solution-end\}", re.MULTILINE | re.DOTALL)


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def sentences_of_solutions(notebook):
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for passage in _SOLUTION.findall(text):
        yield from (s for s in re.split(r"(?<=[.?!:])\s+", squeezed(passage)) if len(s) > 20)


@each
def test_nothing_of_a_solution_is_handed_out(path):
    notebook = nbformat.read(path, as_version=4)
    handed_out = assignment(path)
    said = squeezed(nbformat.writes(handed_out).replace("\\n", "\n").replace('\\"', '"'))
    for sentence in sentences_of_solutions(notebook):
        assert sentence not in said
    checks = {check.source for _, check, _ in exercises(notebook)}
    others = squeezed("\n".join(c.source for c in handed_out.cells if c.source not in checks))
    for _, _, solution in exercises(notebook):
        for _, _, answer in _ANSWER.findall(solution.source):
            assert squeezed(answer).strip() not in said
            lines = [squeezed(line).strip() for line in answer.splitlines() if len(line.strip()) > 14]
            assert [line for line in lines if line in others] == []
    assert "solution" not in said
    assert [c.id for c in handed_out.cells if c.get("outputs") or c.get("execution_count")] == []


@each
def test_everything_of_a_task_is_handed_out_and_reads_in_any_jupyter(path):
    notebook = nbformat.read(path, as_version=4)
    handed_out = assignment(path)
    nbformat.validate(handed_out)
    ids = {cell.id: cell for cell in handed_out.cells}
    text = "\n\n".join(cell.source for cell in handed_out.cells if cell.cell_type == "markdown")
    for number, (label, title, task) in enumerate(tasks(notebook), start=1):
        blank, check, _ = exercises(notebook)[number - 1]
        assert ids[blank.id].source == blank.source
        assert ids[blank.id].metadata["nnbook"] == label
        assert ids[check.id].source == check.source
        assert ids[check.id].metadata["jupyter"] == {"source_hidden": True}
        assert f"## {number}. {title}\n\n{plain(task, notebook)}" in text
    assert not re.search(r"^(```|:::)\{|\{[a-z:]+\}`|:label:|\$\$ \(", text, re.MULTILINE)


@each
def test_it_can_be_done_with_what_is_in_it(path):
    solutions = {blank.id: s.source for blank, _, s in exercises(nbformat.read(path, as_version=4))}
    room, said = {"__name__": "__main__"}, io.StringIO()
    with contextlib.redirect_stdout(said):
        for cell in assignment(path).cells:
            if cell.cell_type == "code":
                source = _RECHECK.sub("", solutions.get(cell.id, cell.source))
                exec(compile(source, cell.id, "exec"), room)
    assert said.getvalue().count("Correct.") == len(solutions)
    assert "Not yet" not in said.getvalue()


def test_the_guard_finds_a_solution_that_is_handed_out(monkeypatch):
    monkeypatch.setattr(make_assignment, "_HEAD", "{title}: Choose it on **validation** data.")
    path = find_chapter("4")
    with pytest.raises(AssertionError):
        test_nothing_of_a_solution_is_handed_out(path)


@pytest.mark.parametrize(
    ("chapter", "stem"),
    [
        ("04", "04_mathematics"),
        ("4", "04_mathematics"),
        ("05", "05_practice"),
        ("5.2", "05_2_classifier"),
        ("05_2", "05_2_classifier"),
        ("08_4", "08_4_outlook"),
        ("08", "08_trends"),
        ("09_faq", "09_faq"),
    ],
)
def test_a_chapter_is_found_by_its_number(chapter, stem):
    assert find_chapter(chapter).stem == stem


def test_a_chapter_that_does_not_exist_is_answered_with_those_that_do(tmp_path, capsys):
    assert main(["11", "--to", str(tmp_path)]) == 1
    assert "no exercises found for chapter '11'; choose one of 01, 02," in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_file_says_where_it_is(tmp_path, capsys):
    assert main(["8.4", "--to", str(tmp_path / "new folder")]) == 0
    target = tmp_path / "new folder" / "exercises-08_4_outlook.ipynb"
    assert capsys.readouterr().out == f"{target}\n"
    assert nbformat.read(target, as_version=4).metadata["nnbook"] == "08_4_outlook"


def test_what_has_no_plain_words_is_refused():
    notebook = nbformat.v4.new_notebook()
    with pytest.raises(ExerciseError, match="cannot be put into plain words"):
        plain("See {glue:text}`n:.1f`.", notebook)


def test_an_exercise_that_needs_the_solution_of_another_is_refused(tmp_path):
    cells = []
    for name, answer in (("half", "x / 2"), ("quarter", "half(half(x))")):
        source = f"def {name}(x):\n    # <answer>\n    return {answer}\n    # </answer>"
        task = f"```{{exercise}} {name}\n:label: ex-{name}\n\nWrite it.\n```"
        cells += [
            nbformat.v4.new_markdown_cell(task),
            nbformat.v4.new_code_cell(cut(source), metadata={"tags": ["exercise"]}),
            nbformat.v4.new_code_cell("pass", metadata={"tags": ["exercise-check"]}),
            nbformat.v4.new_code_cell(source, metadata={"tags": ["solution"]}),
        ]
    path = tmp_path / "10_own.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=METADATA), path)
    with pytest.raises(ExerciseError, match="ex-quarter needs the solution"):
        assignment(path)
