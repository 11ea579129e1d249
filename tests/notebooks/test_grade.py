"""Grading: right answers pass, and nothing else does, whatever an answer tries; nothing stops the run."""

import csv
import os
import re
import subprocess
import sys
import time

import cut_exercises
import grade
import nbformat
import pytest
from answers import STOPPED, TOO_LONG, Limits, in_processes
from grade import BLANK, MISSING, NOT_YET, RIGHT, UNCLEAR, Task, grade_chapter, main, tasks_of
from make_assignment import KEY, assignment
from wrong_answers import chapters_1_to_5

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs Linux or macOS")
LIMITS = Limits(seconds=1, megabytes=300)
GIVEN = "import numpy as np\nfrom nnbook.exercises import check\nfrom nnbook.autodiff import Tensor\nrate = 3"
BLANK_CELL = 'def half(x):\n    raise NotImplementedError("Your turn")'
CHECK = """@check
def check_it():
    "The opposite of doubling?"
    assert np.isclose(half(4), 2), f"half of 4 is 2, not {half(4)}"
    assert half(np.array([2.0]))[0] == 1, "arrays, too"
"""

FORGED = "import nnbook.exercises as e\ne._examine = lambda *a: e.Result(True, 'Correct.')\n"


def task(names=("half",), check=CHECK, blank=BLANK_CELL, given=GIVEN):
    return Task("ex-it", "Half", "blank", blank, check, "check_it", names, given)


def mark(answer, one=None, limits=LIMITS):
    one = one or task()
    return grade_chapter([one], {"ann": {} if answer is None else {"ex-it": answer}}, limits)["ann"]["ex-it"]


class TestOneAnswer:
    @pytest.mark.parametrize(
        "answer",
        [
            "def half(x):\n    return x / 2",
            "half = lambda x: x / 2",
            "import math\ndef other(x):\n    return x * math.exp(0)\ndef half(x):\n    return other(x) / 2",
            "np.x = 3\ndef half(x):\n    print(x)\n    return x / 2",
        ],
    )
    def test_a_right_one_passes(self, answer):
        assert mark(answer) == (RIGHT, "Correct.")

    @pytest.mark.parametrize(
        ("answer", "kind", "said"),
        [
            ("def half(x):\n    return x", NOT_YET, "half of 4 is 2, not 4\nHint: The opposite of doubling?"),
            ("def half(x):\n    return 2", NOT_YET, "Your code stops|cannot use"),
            ("def half(x)\n    return x / 2", NOT_YET, r"SyntaxError: expected ':' \(line 1\)"),
            ("rate\n1 / 0\ndef half(x):\n    return x / 2", NOT_YET, r"ZeroDivisionError.*\(line 2\)"),
            ("%time\ndef half(x):\n    return x / 2", NOT_YET, r"SyntaxError.*line 1"),
            ("def hafl(x):\n    return x / 2", NOT_YET, "does not give `half`"),
            ("", NOT_YET, "does not give `half`"),
            (BLANK_CELL, BLANK, "Nothing was written"),
            (None, MISSING, "was not found"),
            ("while True:\n    pass", TOO_LONG, "Does a loop never end"),
            ("def half(x):\n    while True:\n        pass", TOO_LONG, "Does a loop never end"),
            ("import time\ntime.sleep(1000)\ndef half(x): pass", TOO_LONG, "too long"),
            ("def half(x):\n    return bytearray(10**9)", NOT_YET, "MemoryError"),
            ("def half(x):\n    return half(x)", NOT_YET, "calls itself without end"),
            ("import os\nos._exit(0)", STOPPED, "ended before its check"),
            ("import os\nos.kill(os.getpid(), 9)", STOPPED, "ended before its check"),
        ],
    )
    def test_another_is_told_why_not(self, answer, kind, said):
        found, words = mark(answer)
        assert found == kind, words
        assert re.search(said, words, re.DOTALL), words

    @pytest.mark.parametrize(
        "trick",
        [
            "print('Correct.')\nraise SystemExit",
            "print('Correct.')\ndef half(x):\n    print('Correct.')\n    raise SystemExit",
            "def check(f):\n    print('Correct.')\n    return f\ndef half(x):\n    return x",
            f"{FORGED}def half(x):\n    return x",
            "np.isclose = lambda *a: True\ndef half(x):\n    return np.ones(1)",
            "import numpy\ndef half(x):\n    numpy.isclose = lambda *a, old=numpy.isclose: "
            "setattr(numpy, 'isclose', old) or True\n    return np.ones(1)",
            "class Yes:\n    __eq__ = __getitem__ = __sub__ = __rsub__ = __abs__ = __le__ = lambda *a: True\n"
            "    __array__ = lambda *a, **k: np.array(2.0)\ndef half(x):\n    return Yes()",
            "import sys\ndef half(x):\n    f = sys._getframe()\n    while f:\n        f.f_trace = None\n"
            "        f.f_globals.update(check=lambda g: g)\n        f = f.f_back\n    return x",
            "import gc, types\ndef half(x):\n    for f in gc.get_objects():\n"
            "        if isinstance(f, types.FunctionType) and f.__name__ == 'check_it':\n"
            "            f.__code__ = (lambda: None).__code__\n    return x",
            "import os, json\nfor fd in range(3, 60):\n    try:\n        os.write(fd, "
            "json.dumps({'passed': True, 'gave': ''}).encode())\n    except OSError:\n"
            "        pass\nos._exit(0)",
            "import answers\nanswers.judge = lambda *a: {'passed': True}\ndef half(x):\n    return x",
            "def half(x):\n    assert False, 'Correct.'",
            "half = rate",
            "half = ...",
        ],
    )
    def test_no_trick_passes(self, trick):
        assert mark(trick)[0] in (NOT_YET, UNCLEAR, STOPPED)

    def test_data_that_run_code_when_they_are_read_are_not_read(self, tmp_path):
        target = tmp_path / "written"
        trick = (
            "class Bad:\n    def __reduce__(self):\n        import pathlib\n"
            f"        return pathlib.Path.touch, (pathlib.Path({str(target)!r}),)\n"
            f"{FORGED}def half(x):\n    return Bad()"
        )
        found, said = mark(trick)
        assert found == UNCLEAR
        assert "answer gave nothing plain" in said
        assert not target.exists()

    def test_what_is_left_running_is_ended(self, tmp_path):
        target = tmp_path / "late"
        spawn = (
            "import os, time\nif not os.fork():\n    time.sleep(2)\n"
            f"    open({str(target)!r}, 'w').close()\n    os._exit(0)\ndef half(x):\n    return x / 2"
        )
        assert mark(spawn)[0] in (RIGHT, NOT_YET, TOO_LONG)  # only root may start a process at all
        time.sleep(2.5)
        assert not target.exists()


class TestWhatAnAnswerMayGive:
    @pytest.mark.parametrize(
        ("right", "wrong", "check"),
        [
            ("half = 2", "half = 3", "assert half == 2"),
            ("half = [(1, 'a')]", "half = []", "assert half[0] == (1, 'a')"),
            (
                "def half(x):\n    x /= 2",
                "def half(x):\n    x *= 2",
                "x = np.ones(3)\n    half(x)\n    half(x)\n    assert x.sum() == 0.75",
            ),
            (
                "def half(x, rng):\n    return x / 2 * rng.random()",
                "def half(x, rng):\n    return x / 2",
                "rng, twin = np.random.default_rng(0), np.random.default_rng(0)\n"
                "    assert half(1, rng) == twin.random() / 2\n    assert rng.random() == twin.random()",
            ),
            (
                "def half(x):\n    return {'half': x, **{}}",
                "def half(x):\n    x.append(1)\n    return {'half': x}",
                "x = [3]\n    assert half(x)['half'] is x\n    assert x == [3]",
            ),
            (
                "def half(x):\n    x.pop('b')\n    x['a'][0] = 7\n    x['c'] = [1]",
                "def half(x):\n    x['c'] = [1]",
                "x = {'a': [0, 1], 'b': 2}\n    half(x)\n    assert x == {'a': [7, 1], 'c': [1]}",
            ),
            (
                "def half(x):\n    return lambda y: (y / x, np.float32(1))",
                "def half(x):\n    return lambda y: (y * x, np.float32(1))",
                "f, g = half(2), half(4)\n    assert f(4)[0] == 2\n    assert g(4)[0] == 1",
            ),
            (
                "def half(x):\n    return Tensor(x.data / 2, (x,), lambda g: (g / 2,))",
                "def half(x):\n    return Tensor(x.data / 2, (), lambda g: (g / 2,))",
                "x = Tensor(np.ones(2))\n    (half(x) * 3).sum().backward()\n"
                "    assert np.allclose(x.grad, 1.5)",
            ),
            (
                "def half(x):\n    if x < 0:\n        raise ValueError('below 0')\n    return x / 2",
                "def half(x):\n    return x / 2",
                "try:\n        half(-1)\n        assert False, 'refuse it'\n"
                "    except ValueError as e:\n        assert 'below' in str(e)",
            ),
        ],
    )
    def test_it_is_judged_apart_from_its_code(self, right, wrong, check):
        one = task(check=f"@check(in_place=True)\ndef check_it():\n    {check}\n")
        assert mark(right, one) == (RIGHT, "Correct.")
        assert mark(wrong, one)[0] == NOT_YET


@pytest.mark.parametrize("path", sorted(cut_exercises.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_solution_of_the_book_is_graded_right(path):
    wanted = tasks_of(path)
    solutions = [s.source for _, _, s in cut_exercises.exercises(nbformat.read(path, as_version=4))]
    answers = {
        one.label: cut_exercises._RECHECK.sub("", source)
        for one, source in zip(wanted, solutions, strict=True)
    }
    marks = grade_chapter(wanted, {"ann": answers}, Limits(seconds=20))["ann"]
    assert {label: found for label, found in marks.items() if found[0] != RIGHT} == {}


def class_of(path, folder):
    """A class at a chapter: one right, one wrong, one each of what goes wrong, with the marks to come."""
    book = nbformat.read(path, as_version=4)
    solutions = {b.id: cut_exercises._RECHECK.sub("", s.source) for b, _, s in cut_exercises.exercises(book)}
    labels = {one.id: one.label for one in tasks_of(path)}

    def hand_in(name, answer):
        notebook = assignment(path)
        for cell in notebook.cells:
            if cell.id in solutions:
                cell.source = answer(cell.id, cell.source)
        nbformat.write(notebook, folder / f"{name}.ipynb")

    def wrong(cell, blank):
        old, new, _ = chapters_1_to_5.WRONG[labels[cell]][0]
        return solutions[cell].replace(old, new)

    first = next(iter(solutions))
    hand_in("right", lambda cell, blank: solutions[cell])
    hand_in("wrong", wrong)
    hand_in("=untouched", lambda cell, blank: blank)
    hand_in("loop", lambda cell, blank: "while True: pass" if cell == first else solutions[cell])
    hand_in("cheat", lambda cell, blank: "print('Correct.')\nraise SystemExit")
    (folder / "broken.ipynb").write_text('{"cells": [', encoding="utf-8")
    nbformat.write(nbformat.v4.new_notebook(), folder / "empty.ipynb")
    (folder / "moodle upload").mkdir()
    notebook = nbformat.read(folder / "right.ipynb", as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != first]
    nbformat.write(notebook, folder / "moodle upload" / "without one.ipynb")
    elsewhere = nbformat.read(folder / "right.ipynb", as_version=4)
    for cell in elsewhere.cells:  # a host that knows neither ids nor labels
        cell.metadata.pop(KEY, None)
        cell.id = f"x{cell.id}"
    nbformat.write(elsewhere, folder / "other host.ipynb")
    n = len(solutions)
    return {
        "right": n,
        "wrong": 0,
        "'=untouched": 0,
        "loop": n - 1,
        "cheat": 0,
        "moodle upload/without one": n - 1,
        "other host": n,
    }


def test_a_class_is_graded_and_everybody_gets_a_page(tmp_path, capsys):
    path = cut_exercises.NOTEBOOKS / "04_mathematics.ipynb"
    points = class_of(path, tmp_path)
    assert main([str(tmp_path), "--seconds", "2"]) == 0
    table = tmp_path / "grades" / "grades-04_mathematics.csv"
    with table.open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {student: int(row["points"]) for student, row in rows.items()} == points
    assert rows["loop"]["remarks"] == "ex-count-parameters: too long"
    assert rows["moodle upload/without one"]["remarks"] == "ex-count-parameters: missing"
    assert rows["right"]["ex-deep"] == "1"
    said = capsys.readouterr().out
    assert "| broken | cannot be read as a notebook" in said
    assert "| empty | has no exercise of the book; say which chapter it is: --chapter 04 |" in said
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (tmp_path / "grades/feedback").iterdir()}
    assert set(pages) == {s.lstrip("'").replace("/", "__") for s in points}
    assert "4 · The mathematics: **6 of 6** exercises are right." in pages["right"]
    assert "## 1. Count before you pay: too long\n\n    The answer or its check takes" in pages["loop"]
    assert "    Hint: Go through the layers" in pages["wrong"]


def test_the_wrong_answers_of_chapter_4_are_graded_wrong():
    wanted = tasks_of(cut_exercises.NOTEBOOKS / "04_mathematics.ipynb")
    book = nbformat.read(cut_exercises.NOTEBOOKS / "04_mathematics.ipynb", as_version=4)
    cells = [solution.source for _, _, solution in cut_exercises.exercises(book)]
    returned = {}
    for one, solution in zip(wanted, cells, strict=True):
        for old, new, _ in chapters_1_to_5.WRONG[one.label]:
            source = cut_exercises._RECHECK.sub("", solution.replace(old, new))
            returned[f"{one.label} {new}"] = {one.label: source}
    marks = grade_chapter(wanted, returned, LIMITS)
    found = {name: marks[name][name.split()[0]][0] for name in returned}
    assert len(found) > 20
    assert {name: found for name, found in found.items() if found != NOT_YET} == {}


def test_a_folder_that_does_not_exist_is_said_in_a_line(tmp_path, capsys):
    assert main([str(tmp_path / "nowhere")]) == 1
    assert "there is no folder" in capsys.readouterr().err


def test_a_chapter_can_be_given_and_must_exist(tmp_path, capsys):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("def count_parameters(x):\n    1")])
    nbformat.write(notebook, tmp_path / "bare.ipynb")
    assert main([str(tmp_path), "--chapter", "4"]) == 0
    assert "| bare | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 6 | ex-mean-signal: missing;" in capsys.readouterr().out
    assert main([str(tmp_path), "--chapter", "77"]) == 1
    assert "no exercises found for chapter '77'" in capsys.readouterr().err


def test_without_asserts_nothing_is_graded(tmp_path):
    command = [sys.executable, "-O", grade.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 1
    assert "without asserts" in done.stderr


def test_answers_run_side_by_side_and_come_back_in_their_order():
    works = [lambda n=n: {"passed": True, "said": str(n)} for n in range(7)]
    for jobs in (1, 3):
        outcomes = in_processes(works, Limits(jobs=jobs))
        assert [o["said"] for o in outcomes] == list("0123456")
    assert in_processes([], LIMITS) == []
