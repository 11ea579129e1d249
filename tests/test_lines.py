"""Where a line of the site must not break."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "book" / "_ext"))

lines = pytest.importorskip("nnbook_lines")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("at best 82 %, and", "at best 82~%, and"),
        ("97.0 ± 1.2 %", "97.0~±~1.2~%"),
        ("see chapter 4 and Section 6.1", "see chapter~4 and Section~6.1"),
        ("Mended. → chapter", "Mended. →~chapter"),
        ("Fig. 47", "Fig.~47"),
        ("chapters 2 and 3, 5 digits", "chapters 2 and 3, 5 digits"),
    ],
)
def test_a_number_stays_with_what_it_counts(typed, kept):
    assert lines.kept_together(typed).replace("\N{NO-BREAK SPACE}", "~") == kept
