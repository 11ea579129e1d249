"""The front pages and the references: what they say is so."""

import re
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]


README = ROOT / "README.md"


def test_a_reader_without_make_runs_what_make_runs():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for variable, value in (
        ("PYTHON", "python3"),
        ("VENV", ".venv"),
        ("HOST", "127.0.0.1"),
        ("PORT", "8000"),
    ):
        assert f"{variable} ?= {value}\n" in makefile
        makefile = makefile.replace(f"$({variable})", value)
    makefile = makefile.replace("$(RUN)", ".venv/bin/python").replace('"', "")
    page = (ROOT / "book" / "how-to-read.md").read_text(encoding="utf-8")
    lines = re.search(r"without `make`.*?```bash\n(.*?)```", page, re.DOTALL)[1].splitlines()
    assert len(lines) == 4
    for line in lines:
        command = line.removesuffix(" -q")  # make book adds that a warning is an error
        assert command in makefile, line


def test_the_commands_of_the_front_pages_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    assert targets == set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    for page in ("README.md", "CONTRIBUTING.md", "book/how-to-read.md", "book/teaching.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        commands = re.findall(r"(?:^|`)make (\w+)((?: [A-Z]+=\S+?)*)(?=`|\s|$)", text, re.MULTILINE)
        assert commands
        for target, settings in commands:
            assert target in targets, f"{page}: make {target}"
            for setting in re.findall(r"([A-Z]+)=", settings):
                assert f"$({setting})" in makefile, f"{page}: make {target} {setting}=…"
    listed = re.findall(r"^\| `make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    unlisted = targets - set(listed)
    assert unlisted == {"serve", "port", "test", "setup", "frameworks", "clean"}, "a row in README.md"


def test_works_of_the_same_year_are_told_apart_where_they_are_cited():
    # a citation shows the first author's name and the year: "Gal and Ghahramani, 2016a"
    works = re.findall(
        r"^\s+author = \{(?:\{)?([^,}]+).*?^\s+year = \{(\w+)\}",
        (ROOT / "book" / "references.bib").read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    assert len(works) > 100
    assert [work for work, n in Counter(works).items() if n > 1] == []


def test_the_lines_of_the_package_run():
    from nnbook.losses import binary_cross_entropy
    from nnbook.mlp import MLP
    from nnbook.optimizers import Adam
    from nnbook.training import fit

    rng = np.random.default_rng(2)
    X = rng.normal(size=(100, 2))
    names = {"np": np, "MLP": MLP, "fit": fit, "Adam": Adam, "binary_cross_entropy": binary_cross_entropy}
    names |= {"X": X, "y": (X[:, :1] * X[:, 1:] > 0).astype(float)}
    exec(re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1], names)
    assert names["model"](X).shape == (100, 1)
