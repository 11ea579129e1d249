"""The front pages and the references: what they say is so."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_a_reader_without_make_installs_what_make_installs():
    def installs(text):
        return re.findall(r"pip install.*?((?:--no-deps )?-r [\w.-]+)$", text, re.MULTILINE)

    ready = (ROOT / "Makefile").read_text(encoding="utf-8").split("$(READY):")[1].split("frameworks")[0]
    page = (ROOT / "book" / "how-to-read.md").read_text(encoding="utf-8")
    assert len(installs(ready)) == 2
    assert installs(page) == installs(ready)


def test_works_of_the_same_year_are_told_apart_where_they_are_cited():
    # a citation shows the first author's name and the year: "Gal and Ghahramani, 2016a"
    works = re.findall(
        r"^\s+author = \{(?:\{)?([^,}]+).*?^\s+year = \{(\w+)\}",
        (ROOT / "book" / "references.bib").read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    assert len(works) > 100
    assert [work for work, n in Counter(works).items() if n > 1] == []
