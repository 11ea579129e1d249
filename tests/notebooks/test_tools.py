"""The tools that make the notebooks, tried on small notebooks of their own."""

import cut_exercises
import execute_notebooks
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nnbook.exercises import check

SOLUTION = """\
def half(x):
    # <answer> divide by two
    y = x / 2
    return y
    # </answer>


check_half()"""

BLANK = """\
def half(x):
    raise NotImplementedError("Your turn: divide by two")"""

CHECK = """\
from nnbook.exercises import check

@check
def check_half():
    assert half(4) == 2, "half of 4 is 2\""""


def exercise_notebook(blank="", solution=SOLUTION):
    return new_notebook(
        cells=[
            new_markdown_cell("# Title", id="title"),
            new_code_cell(blank, id="blank", metadata={"tags": ["exercise"]}),
            new_code_cell(CHECK, id="check", metadata={"tags": ["exercise-check"]}),
            new_code_cell(solution, id="solution", metadata={"tags": ["solution"]}),
        ]
    )


def test_a_function_body_becomes_a_hint():
    assert cut_exercises.cut(SOLUTION) == BLANK


def test_assignments_at_the_margin_become_dots():
    text = "# <answer> try a smaller one\nrate = 0.1\nsteps = 3\n# </answer>\nrun(rate)"
    assert cut_exercises.cut(text) == "# Your turn: try a smaller one\nrate = ...\nsteps = ...\nrun(rate)"


def test_a_hint_may_hold_quotes():
    blank = cut_exercises.cut('def f():\n    # <answer> say "yes" \\ no\n    return 1\n    # </answer>')
    scope = {}
    exec(blank, scope)
    with pytest.raises(NotImplementedError, match='Your turn: say "yes"'):
        scope["f"]()


@pytest.mark.parametrize(
    ("solution", "reason"),
    [
        ("x = 1", "needs the lines"),
        ("def f():\n    # <answer>\n    return 1\n    # </answer>", "write a hint"),
        ("# <answer> print\nprint(1)\n# </answer>", "assignments"),
    ],
)
def test_a_solution_that_cannot_be_cut_says_why(solution, reason):
    with pytest.raises(cut_exercises.ExerciseError, match=reason):
        cut_exercises.cut(solution)


def test_cells_out_of_order_are_refused():
    notebook = exercise_notebook()
    notebook.cells[1:3] = notebook.cells[2:0:-1]
    with pytest.raises(cut_exercises.ExerciseError, match="in this order"):
        cut_exercises.exercises(notebook)


def test_check_reports_a_wrong_answer_and_every_other_error_in_a_line(capsys):
    answers = iter([3, 2])

    @check
    def check_two():
        if next(answers) != 2:  # pytest would add its own words to an assert
            raise AssertionError("one too many")

    check_two()
    check_two()
    assert capsys.readouterr().out == (
        "Not yet. one too many\nCorrect.\nNot yet. The check could not use your answer (StopIteration).\n"
    )


def reply(capsys, answer, tests):
    """What a check says, with the answer and the check in a notebook of their own."""
    room = {"check": check, "np": np, "helper": None}
    exec(f"def helper(x):\n    return -1.0\n\n{answer}", room)
    exec(f"@check\ndef check_it():\n    {tests}", room)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "tests", "said"),
    [
        ("def f(x):\n    x + 1", "assert f(1) == 2, 'one more'", "one more (`f` returned None: is `return`"),
        ("def f(x):\n    return None if x else 1", "assert f(1) == 2, 'two'", "two"),
        ("def f(x):\n    return 0 * np.inf", "assert f(1) == 2, 'two'", "two (`f` returned NaN"),
        ("def f(x):\n    return [1]", "assert f(1).sum() == 1", "`f` returned the list [1], and the check"),
        ("def f(x):\n    return x.T", "assert f(1) == 2", "Your code stops in `f`, line 5 of its cell"),
        ("def f(x):\n    return unknown", "f(1)", "line 5 of its cell: NameError: name 'unknown'"),
        ("def f(x):\n    return x", "assert f(helper(1)) == later", "name 'later' is not defined"),
        ("def f(x):\n    pass", "assert helper(1) + f(1) == 2", "`f` returned None: is `return` missing?"),
        ("f = ...", "assert f == 2, 'two'", "two (still three dots: f)"),
        ("f = ...", "assert f + 1 == 2, 'two'", "Replace the three dots of f by your answer."),
        ("def f(x):\n    return x", "assert f(1) == 2", "AssertionError"),
    ],
)
def test_check_says_where_it_stops_and_why(capsys, answer, tests, said):
    line = reply(capsys, answer, tests)
    assert line.startswith("Not yet. ")
    assert line.count("\n") == 1
    assert said in line


def test_a_function_that_works_in_place_is_not_asked_for_a_return(capsys):
    room = {"check": check}
    exec("def f(x):\n    x.append(1)\n", room)
    exec("@check(in_place=True)\ndef check_it():\n    assert f([]) is not None, 'nothing there'", room)
    assert capsys.readouterr().out == "Not yet. nothing there\n"


@pytest.fixture
def saved(tmp_path):
    def save(notebook):
        path = tmp_path / "chapter.ipynb"
        nbformat.write(notebook, path)
        return path

    return save


def test_two_runs_store_the_same_bytes_and_cut_the_blank(saved):
    notebook = exercise_notebook()
    notebook.cells.append(new_code_cell("print('a')\nprint('b', {'x', 'y'} == {'y', 'x'})", id="said"))
    notebook.metadata["language_info"] = {"name": "python", "version": "3.99"}
    path = saved(notebook)
    assert execute_notebooks.run(path, write=True)
    assert not execute_notebooks.run(path, write=True)
    stored = nbformat.read(path, as_version=4)
    assert stored.cells[1].source == BLANK
    assert stored.cells[2].outputs[0].text == "Not yet. Your turn: divide by two\n"
    assert stored.cells[3].outputs[0].text == "Correct.\n"
    assert "version" not in stored.metadata.language_info


def test_a_failing_notebook_is_left_as_it_was(saved):
    path = saved(new_notebook(cells=[new_code_cell("1 / 0", id="boom")]))
    before = path.read_bytes()
    with pytest.raises(execute_notebooks.CellExecutionError, match="ZeroDivisionError"):
        execute_notebooks.run(path, write=True)
    assert path.read_bytes() == before


def test_paths_of_a_machine_are_cut_from_tracebacks():
    shorten = execute_notebooks._without_machine_paths
    root = execute_notebooks.NOTEBOOKS.parent
    assert shorten(f"File {root}/nnbook/losses.py:3") == "File nnbook/losses.py:3"
    assert shorten("File /a/b/.venv/lib/python3.11/site-packages/numpy/x.py:3") == "File numpy/x.py:3"
    assert shorten("File ~/.pyenv/lib/python3.12/json/decoder.py:3") == "File json/decoder.py:3"
