"""The tools that make the notebooks, tried on small notebooks of their own."""

import cut_exercises
import execute_notebooks
import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nnbook import _last_run
from nnbook.exercises import check

SOLUTION = """\
def half(x):
    # <answer>
    y = x / 2
    return y
    # </answer>


check_half()"""

BLANK = """\
def half(x):
    raise NotImplementedError("Your turn")"""

CHECK = """\
from nnbook.exercises import check

@check
def check_half():
    "What is the opposite of doubling?"
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


def test_a_function_body_becomes_a_blank_without_a_hint():
    assert cut_exercises.cut(SOLUTION) == BLANK


def test_assignments_at_the_margin_become_dots():
    text = "# <answer>\nrate = 0.1\nsteps = 3\n# </answer>\nrun(rate)"
    assert cut_exercises.cut(text) == "# Your turn\nrate = ...\nsteps = ...\nrun(rate)"


@pytest.mark.parametrize(
    ("solution", "reason"),
    [
        ("x = 1", "needs the lines"),
        ("def f():\n    # <answer> add one\n    return 1\n    # </answer>", "hint before the try"),
        ("# <answer>\nprint(1)\n# </answer>", "assignments"),
    ],
)
def test_a_solution_that_cannot_be_cut_says_why(solution, reason):
    with pytest.raises(cut_exercises.ExerciseError, match=reason):
        cut_exercises.cut(solution)


def test_a_check_without_a_hint_is_refused():
    with pytest.raises(cut_exercises.ExerciseError, match="docstring"):
        cut_exercises.hint("@check\ndef check_half():\n    assert half(4) == 2")


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


def test_a_hint_follows_a_try_and_not_the_blank(capsys):
    room = {"check": check}
    tests = "@check\ndef check_half():\n    'The opposite\\n of doubling?'\n    assert half(4) == 2, 'no'"
    said = {}
    for answer in (BLANK, "half = ...", "def half(x):\n    return x", "def half(x):\n    return x / 2"):
        exec(answer, room)
        exec(tests, room)
        said[answer] = capsys.readouterr().out
    blank, dots, wrong, right = said.values()
    assert "Write your answer" in blank
    assert "three dots of half" in dots
    assert "Hint" not in blank + dots
    assert wrong == "Not yet. no\nHint: The opposite of doubling?\n"
    assert right == "Correct.\n"


class TestAnAnswerThatDidNotRun:
    """The cell with the answer stops, and Python still holds the answer before it."""

    CHECK = (
        "@check\ndef check_it():\n    'Half?'\n    assert half(4) == 2, 'no'\n    assert rate == 3, 'rate'"
    )

    @pytest.fixture
    def run(self):
        shell = InteractiveShell()
        shell.user_ns["check"] = check
        _last_run.watch(shell)
        shell.run_cell("def half(x):\n    return x / 2\nrate = 3")
        return shell.run_cell

    @pytest.mark.parametrize(
        ("cell", "name", "error"),
        [
            ("def half(x)\n    return x", "half", "SyntaxError: expected ':'"),
            ("def half(x):\nreturn x", "half", "IndentationError"),
            ("rate = 1 / 0", "rate", "ZeroDivisionError"),
            ("rate = unknown", "rate", "NameError"),
        ],
    )
    def test_it_is_not_graded(self, run, capsys, cell, name, error):
        run(cell)
        capsys.readouterr()
        run(self.CHECK)
        assert f"Not yet. The cell that gives `{name}` stopped ({error}" in capsys.readouterr().out
        run("def half(x):\n    return x / 2\nrate = 3")
        run(self.CHECK)
        assert capsys.readouterr().out == "Correct.\n"

    @pytest.mark.parametrize("cell", ["def hafl(x):\n    return x", "", "# def half(x):\nprint(half(4))"])
    def test_nor_is_one_whose_cell_no_longer_gives_it(self, run, capsys, cell):
        run("def half(x):\n    return x / 2", cell_id="a")
        run("print(half(4))", cell_id="b")
        run(cell, cell_id="a")
        capsys.readouterr()
        run(self.CHECK, cell_id="c")
        assert "Not yet. The cell that gives `half` no longer does. Mend it" in capsys.readouterr().out
        run("def half(x):\n    return x / 2", cell_id="b")  # moved into another cell
        run(self.CHECK, cell_id="c")
        assert capsys.readouterr().out == "Correct.\n"

    @pytest.mark.parametrize(
        "cell", ["half(None)", "rate == 1 / 0", "other = 1 / 0", "rate = float(3)\n1 / 0"]
    )
    def test_an_error_elsewhere_does_not_matter(self, run, capsys, cell):
        run(cell)
        capsys.readouterr()
        run(self.CHECK)
        assert capsys.readouterr().out == "Correct.\n"


class TestAResultThatCannotBeForged:
    """What is printed proves nothing: a program asks the check for its result."""

    TESTS = "@check\ndef check_it():\n    assert half(4) == 2, 'no'"

    @pytest.mark.parametrize(
        ("answer", "passed"),
        [
            ("def half(x): return x / 2", True),
            ("def half(x): print('Correct.')", False),
            ("def half(x): print('Correct.'); raise SystemExit", False),
            ("def half(x): print('Correct.'); raise SystemExit(0)", False),
            ("def half(x): exit()", False),
        ],
    )
    def test_it_is_what_the_asserts_found(self, capsys, answer, passed):
        room = {"check": check}
        exec(answer, room)
        exec(self.TESTS, room)
        result = room["check_it"].result
        assert result.passed is passed
        assert capsys.readouterr().out.endswith(f"{result}\n")

    def test_what_breaks_off_leaves_no_result_of_an_earlier_run(self):
        room = {"check": check, "half": lambda x: x / 2}
        exec(self.TESTS, room)
        assert room["check_it"].result.passed

        def half(x):
            raise KeyboardInterrupt

        room["half"] = half
        with pytest.raises(KeyboardInterrupt):
            room["check_it"]()
        assert room["check_it"].result is None

    def test_it_cannot_be_changed_afterwards(self):
        room = {"check": check, "half": lambda x: x}
        exec(self.TESTS, room)
        with pytest.raises(AttributeError):
            room["check_it"].result.passed = True


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
    assert (
        stored.cells[2].outputs[0].text
        == "Not yet. Write your answer in the cell above, run it, then run this cell again.\n"
    )
    assert stored.cells[3].outputs[0].text == "Correct.\n"
    assert "version" not in stored.metadata.language_info
    assert [cell.metadata.get("jupyter") for cell in stored.cells[1:4]] == [
        None,
        *[{"source_hidden": True}] * 2,
    ]
    assert stored.cells[2].metadata["tags"] == ["exercise-check", "hide-input"]


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
