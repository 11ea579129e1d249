"""Chapter 7: what its prose says of stored measurements is what the files say."""

import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(ROOT / "notebooks" / "07_tools.ipynb", as_version=4)


@pytest.fixture(scope="module")
def printed(notebook):
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    return "".join(o.get("text", "") for o in outputs)


@pytest.fixture(scope="module")
def measured():
    return json.loads((ROOT / "benchmarks" / "frameworks.json").read_text(encoding="utf-8"))


def test_ten_steps_agree_in_both_number_formats(printed):
    for name in ("PyTorch", "Keras", "scikit-learn"):
        assert re.search(rf"float64\n(.*\n)*  {name} +equals nnbook within 1e-10", printed), name
        assert re.search(rf"float32\n(.*\n)*  {name} +equals nnbook within 1e-05", printed), name


def test_small_networks_are_fastest_by_hand_and_large_ones_alike(measured):
    small, large = (measured["steps"][size]["microseconds"] for size in ("small", "large"))
    assert min(small, key=small.get) == "nnbook"
    assert max(small, key=small.get) == "TensorFlow"
    assert small["TensorFlow, compiled"] < 0.1 * small["TensorFlow"]
    assert all(0.5 < large[name] / large["nnbook"] < 2 for name in large)


def test_each_library_runs_in_the_way_in_which_it_is_fast(measured):
    """One batch per call of `partial_fit` made scikit-learn look like nineteen times nnbook."""
    small = measured["steps"]["small"]["microseconds"]
    assert 1 < small["scikit-learn"] / small["nnbook"] < 6


def test_what_the_prose_says_of_the_ratios(notebook, measured):
    text = next(cell.source for cell in notebook.cells if cell.id == "tools-038")
    large = measured["steps"]["large"]["microseconds"]
    low, high = (f"{pick(large.values()) / large['nnbook']:.1f}" for pick in (min, max))
    assert f"between {low} and {high} times ours" in text
    small = measured["steps"]["small"]["microseconds"]
    for name in ("scikit-learn", "PyTorch"):
        assert round(small[name] / small["nnbook"]) == 3, "about three"
    assert 1 < small["TensorFlow, compiled"] / small["nnbook"] < 2, "less than two"
    assert min(large, key=large.get) == "TensorFlow, compiled"


def test_the_sizes_are_those_of_the_file(measured, printed):
    for name in ("PyTorch", "TensorFlow", "nnbook"):
        assert re.search(rf"^{name} +{measured['megabytes'][name]} MB", printed, re.MULTILINE)


def test_no_time_is_measured_in_a_cell(notebook):
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert not re.search(r"\bimport time\b|perf_counter|%time", source)


def test_tensorflow_is_told_to_be_silent_before_it_is_imported(notebook):
    first = next(cell.source for cell in notebook.cells if "import tensorflow" in cell.source)
    assert first.index("TF_CPP_MIN_LOG_LEVEL") < first.index("import tensorflow")


def test_every_resource_says_when_to_use_it(notebook):
    table = next(cell.source for cell in notebook.cells if "## Resources, checked" in cell.source)
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|")][2:]
    entries = [row for row in rows if not row[0].strip().startswith("**")]
    assert len(entries) >= 15
    for name, use in entries:
        assert len(use.strip()) > 25, f"say when to use {name}"
        assert "{cite}" in name or "](http" in name, f"{name} has neither citation nor address"
