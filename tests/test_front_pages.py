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


def minutes_to_read(section):
    chapter, _, part = section.partition(".")
    name = f"0{chapter}_{part}_*" if part else f"0{chapter}_[a-z]*"
    (path,) = (ROOT / "notebooks").glob(f"{name}.ipynb")
    time = re.search(
        r"\*\*Time\.\*\*.*?(\d+) minutes (?:to read|for this page)", path.read_text(encoding="utf-8")
    )
    return int(time[1])


def test_the_minutes_of_the_paths_are_those_of_the_pages():
    plan = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
    named = re.findall(r"\b(\d(?:\.\d)?) \((\d+)\)", plan)
    assert len(named) >= 16
    path = (ROOT / "book" / "how-to-read.md").read_text(encoding="utf-8")
    links = re.findall(r"\{doc\}`(?:chapter|section) ([\d.]+) <[^`]*`, (\d+) minutes", path)
    assert len(links) >= 2
    for section, minutes in (*named, *links):
        assert minutes_to_read(section) == int(minutes), section


def test_the_path_of_who_does_not_program_names_paragraphs_and_the_first_page_has_the_plan():
    page = (ROOT / "book" / "how-to-read.md").read_text(encoding="utf-8")
    path = re.search(r"::::\{div\} nn-without-code\n(.*?)\n::::", page, re.DOTALL)[1]
    paragraphs = re.findall(r"\]\(\.\./notebooks/(\w+)\.ipynb#[\w-]+\)", path)
    assert Counter(paragraphs)["01_background"] >= 5
    assert Counter(paragraphs)["08_4_outlook"] >= 4
    for field in ("06_1", "06_2", "06_3", "06_4"):
        assert sum(name.startswith(field) for name in paragraphs) == 3
    assert "```{button-ref} ../notebooks/08_4_outlook" in (ROOT / "book" / "intro.md").read_text(
        encoding="utf-8"
    )
