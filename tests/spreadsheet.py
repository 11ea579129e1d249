"""What LibreOffice makes of a worksheet: it recalculates every formula, and its numbers come back."""

import csv
import os
import shutil
import subprocess

import openpyxl
import pytest

# separator, quote, UTF-8, from line 1, …, no rounding to the cells' format, all sheets
_AS_TEXT = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


def without_results(path):
    """Throw away what a program stored beside the formulas, so that they must be computed."""
    openpyxl.load_workbook(path).save(path)


def recalculate(folder, *paths, to=_AS_TEXT):
    """Convert worksheets in headless LibreOffice; the files lie in `folder / "out"`."""
    program = shutil.which("soffice")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("soffice is missing: .ci/run installs libreoffice-calc (CI=true: this is a failure)")
        pytest.skip("soffice is missing: install libreoffice-calc to recalculate worksheets")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [program, "--headless", profile, "--convert-to", to, "--outdir", str(folder / "out")]
    run = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, timeout=180)
    assert run.returncode == 0, run.stderr
    return folder / "out"


def sheet(folder, name, title):
    """Rows of a sheet that `recalculate` wrote, as text."""
    with (folder / f"{name}-{title}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
