"""How the site sets the numbers in its sentences."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "book" / "_ext"))

prose = pytest.importorskip("nnbook_prose")


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("at best 82 %, and", "at best 82~%, and"),
        ("97.0 ± 1.2 %", "97.0~±~1.2~%"),
        ("see chapter 4 and Section 6.1", "see chapter~4 and Section~6.1"),
        ("Mended. → chapter", "Mended. →~chapter"),
        ("Fig. 47", "Fig.~47"),
        ("finds 98% of them (37%)", "finds 98~% of them (37~%)"),
        ("pays -5,763 dollars (-0.1 to +0.2)", "pays −5,763 dollars (−0.1 to +0.2)"),
        ("GPT-3 in 2024-05-01, 1e-05, n-1, 10%2F", "GPT-3 in 2024-05-01, 1e-05, n-1, 10%2F"),
        ("chapters 2 and 3, 5 digits", "chapters 2 and 3, 5 digits"),
    ],
)
def test_a_number_stays_with_what_it_counts_and_has_a_true_minus(typed, printed):
    assert prose.as_printed(typed).replace("\N{NO-BREAK SPACE}", "~") == printed
