"""A notebook that needs a package which is not installed is skipped, in one line that says how to get it.

With FRAMEWORKS=1 (as `make test FRAMEWORKS=1` and the checks of the repository set it) it fails instead.
"""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from requirements_of_notebooks import why_skipped


class NotebookThatCannotRun(pytest.File):
    """Stands in the place of a notebook, says why, and holds no tests."""

    def collect(self):
        """Skip, or fail where the frameworks were asked for."""
        reason = why_skipped(self.path)
        if os.environ.get("FRAMEWORKS") == "1":
            raise self.CollectError(f"{self.path.name} {reason}")
        pytest.skip(f"{self.path.name} {reason}", allow_module_level=True)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Let nbval have every notebook that can run."""
    collectors = yield
    if collectors and file_path.suffix == ".ipynb" and why_skipped(file_path):
        return [NotebookThatCannotRun.from_parent(parent, path=file_path)]
    return collectors
