"""The page for teachers: its minutes are those of the pages; its lines for Colab give what notebooks need."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]


def place(path):
    """5 comes before 5.2."""
    chapter, section = re.match(r"(\d+)_(?:(\d+)_)?", path.stem).groups()
    return chapter, section or ""


NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"), key=place)}
PAGE = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
COLAB = re.search(r"```text\n(!test.*?)```", PAGE, re.DOTALL)[1].splitlines()
# what an import is called, where pip calls it otherwise
PIP = {"yaml": "PyYAML", "sklearn": "scikit-learn", "IPython": "ipywidgets", "traitlets": "ipywidgets"}
PIP |= {"cycler": "matplotlib", "h11": "uvicorn"}  # these two come with them


def minutes(stem):
    """(to read, with experiments) of the line at the top of a page; "–" where it gives one time only."""
    notebook = nbformat.read(NOTEBOOKS[stem], as_version=4)
    line = re.search(r"\*\*Time\.\*\* (.*)", notebook.cells[0].source)[1]
    read = whole = "–"
    for number, words in re.findall(r"(\d+) minutes([^.;,]*)", line):
        if "to read" in words and "to try" not in words:
            read = number
        else:
            whole = number
    return read, whole


def rows(heading):
    lines = PAGE.split(heading)[1].split("\n\n")[0].strip().splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_minutes_and_exercises_of_each_page_are_those_of_its_notebook():
    listed = {}
    for link, *numbers in rows("| page | minutes to read | minutes with experiments | exercises |"):
        listed[re.search(r"<\.\./notebooks/(\w+)>", link)[1]] = numbers
    assert list(listed) == list(NOTEBOOKS), "each notebook has a row in book/teaching.md"
    for stem, (read, whole, exercises) in listed.items():
        assert (read, whole) == minutes(stem), stem
        cells = nbformat.read(NOTEBOOKS[stem], as_version=4).cells
        assert int(exercises) == sum("exercise" in c.metadata.get("tags", []) for c in cells), stem


def required(extra, extras):
    for requirement in extras[extra]:
        if own := re.match(r"nnbook\[(.*)\]$", requirement):
            for part in own[1].split(","):
                yield from required(part, extras)
        else:
            yield re.match(r"[\w.-]+", requirement)[0]


def imported(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_the_lines_for_colab_install_all_that_is_imported():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = re.search(r'-e "/content/book\[(\w+)\]"', "\n".join(COLAB))[1]
    given = {*required(extra, project["optional-dependencies"])}
    given |= {re.match(r"[\w.-]+", requirement)[0] for requirement in project["dependencies"]}
    given |= set(
        re.findall(r"^([\w.-]+)==", (ROOT / "requirements-no-deps.txt").read_text("utf-8"), re.MULTILINE)
    )
    frameworks = {
        "torch",
        "tensorflow",
        "keras",
        "safetensors",
    }  # optional: without them a notebook is skipped
    own = {"nnbook", *(path.stem for path in (ROOT / "tools").glob("*.py"))}
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "nnbook").rglob("*.py")]
    for path in NOTEBOOKS.values():
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                sources.append(re.sub(r"^\s*[%!].*", "", cell.source, flags=re.MULTILINE))
    known = {name.lower().replace("-", "_") for name in given}
    for name in {name.split(".")[0] for source in sources for name in imported(source)}:
        if name not in sys.stdlib_module_names and name not in own | frameworks:
            assert PIP.get(name, name).lower().replace("-", "_") in known, f"{name}: no extra brings it"


def test_the_lines_for_colab_work_in_a_kernel_that_is_already_running(tmp_path):
    pytest.importorskip("IPython")
    (tmp_path / "book").symlink_to(ROOT)  # a place that no installation knows
    lines = [line.replace("/content", str(tmp_path)) for line in COLAB if not line.startswith("!")]
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"shell = InteractiveShell.instance()\nfor line in {lines!r}:\n"
        "    shell.run_cell(line).raise_error()\n"
        "import nnbook, os\nprint(nnbook.__file__)\nprint(os.getcwd())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", env={}
    )
    *_, package, folder = done.stdout.splitlines()
    assert package == str(tmp_path / "book" / "nnbook" / "__init__.py"), done.stderr
    assert Path(folder) == ROOT / "notebooks"


def test_the_lines_for_colab_can_be_run_again():
    assert [line for line in COLAB if "git clone" in line and "test -d" not in line] == []
    assert [line for line in COLAB if re.search(r'(cd |-e "|-r )(?!/content/book)', line)] == [], "relative"
