"""The map of the rooms in CONTRIBUTING.md and README.md leads to rooms that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("nnbook/", "notebooks/", "tests/", "tools/", "book/", "benchmarks/", "binder/", "_config", "_toc")


@pytest.mark.parametrize("file", ["CONTRIBUTING.md", "README.md"])
def test_every_path_of_the_map_exists(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    paths = [path for row in rows for path in re.findall(r"`([^`\s]+)`", row) if path.startswith(ROOMS)]
    assert len(paths) > 5
    for path in paths:
        pattern = re.sub(r"<\w+>|NN_name|NN", "*", path).rstrip("/")
        assert any(ROOT.glob(pattern)), f"{file} names {path}, which does not exist"
