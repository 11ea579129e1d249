"""Run the notebooks and store their outputs so that two runs give the same bytes.

Usage: python tools/execute_notebooks.py [--check] [notebook …]      without names: all notebooks

Blanks of exercises are cut from their solutions first (see cut_exercises.py). With --check nothing is
written; the exit code is 1 if a notebook would change. A notebook that fails is left as it was, and the
failing cell is shown. A notebook that needs a framework which is not installed is left as it was, too.
"""

import argparse
import hashlib
import os
import re
import sys
import time
from pathlib import Path

import nbformat
from cut_exercises import ExerciseError, refresh
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from requirements_of_notebooks import why_skipped

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
# What a run must not depend on: the date that some writers put into files, and the order of sets of strings
ENVIRONMENT = {"SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0"}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}
# What editors leave behind, and what changes from run to run
VOLATILE_CELL_KEYS = (
    "execution",
    "collapsed",
    "scrolled",
    "ExecuteTime",
    "jp-MarkdownHeadingCollapsed",
    "jupyter",
)
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def normalise(notebook) -> None:
    """Bring everything that is not source or output into one fixed form."""
    notebook.metadata = nbformat.from_dict(
        METADATA | {k: v for k, v in notebook.metadata.items() if k == "mystnb"}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen = set()
    for cell in notebook.cells:
        cell.source = cell.source.strip("\n")
        cell_id = cell.get("id", "")
        while not cell_id or cell_id in seen:
            cell_id = "c" + hashlib.sha1(f"{cell.source}{cell_id}".encode()).hexdigest()[:8]
        cell.id = cell_id
        seen.add(cell_id)
        for key in VOLATILE_CELL_KEYS:
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            # The view of a widget is a random id that means nothing without its kernel; its text/html twin
            # stays.
            output.get("data", {}).pop(WIDGET_VIEW, None)
            if output.output_type == "error":
                output.traceback = [_without_machine_paths(line) for line in output.traceback]


def _without_machine_paths(text: str) -> str:
    """Cut a path down to what is the same on every machine: nnbook/losses.py, numpy/linalg/_linalg.py."""
    text = text.replace(f"{NOTEBOOKS.parent}{os.sep}", "")
    return re.sub(r"(?:~|/)[\w./~-]*/(?:site-packages|python3\.\d+)/", "", text)


def execute(notebook, folder: Path) -> None:
    """Run all cells in a fresh kernel."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=300,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        extra_arguments=["--log-level=40"],  # a kernel on this machine need not warn that it speaks plain TCP
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()


def run(path: Path, write: bool) -> bool:
    """Execute one notebook; return whether its bytes changed."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    normalise(notebook)
    refresh(notebook)
    execute(notebook, path.parent)
    normalise(notebook)
    refresh(notebook)  # what is folded stays folded: `normalise` has opened all cells
    after = nbformat.writes(notebook).rstrip("\n") + "\n"
    if write and after != before:
        scratch = path.with_suffix(".tmp")
        scratch.write_text(after, encoding="utf-8")
        scratch.replace(path)
    return after != before


def main() -> int:
    """Execute the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description="Run the notebooks and store their outputs reproducibly.")
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(NOTEBOOKS.glob("*.ipynb")))
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if anything would change"
    )
    arguments = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    failed = changed = False
    for path in arguments.notebooks:
        start = time.perf_counter()
        if reason := why_skipped(path):
            print(f"{path.name}: left as it was: {reason}")
            continue
        try:
            this_changed = run(path.resolve(), write=not arguments.check)
        except (CellExecutionError, ExerciseError) as error:
            failed = True
            print(f"{path.name}: FAILED, left as it was\n{error}", file=sys.stderr)
            continue
        changed |= this_changed
        outcome = "changed" if this_changed else "the same bytes"
        print(f"{path.name}: {time.perf_counter() - start:.1f} s, {outcome}")
    return int(failed or (changed and arguments.check))


if __name__ == "__main__":
    sys.exit(main())
