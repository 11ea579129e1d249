"""What the front pages tell a reader to type is what the Makefile does."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_a_reader_without_make_installs_what_make_installs():
    def installs(text):
        return re.findall(r"pip install.*?((?:--no-deps )?-r [\w.-]+)$", text, re.MULTILINE)

    ready = (ROOT / "Makefile").read_text(encoding="utf-8").split("$(READY):")[1].split("frameworks")[0]
    page = (ROOT / "book" / "how-to-read.md").read_text(encoding="utf-8")
    assert len(installs(ready)) == 2
    assert installs(page) == installs(ready)
