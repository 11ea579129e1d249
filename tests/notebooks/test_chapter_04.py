"""What chapter 4 promises beyond the contract of all chapters."""

import hashlib
import re

import nbformat
import pytest
from cut_exercises import NOTEBOOKS

PATH = NOTEBOOKS / "04_mathematics.ipynb"


def cell(cell_id):
    return next(c for c in nbformat.read(PATH, as_version=4).cells if c.id == cell_id)


@pytest.mark.parametrize(
    ("cell_id", "digest"), [("listing-1", "79741655aa2ce789"), ("listing-2", "57c8fbef86cd2b59")]
)
def test_the_clinic_shows_the_listings_of_the_source_character_by_character(cell_id, digest):
    magic, listing = cell(cell_id).source.split("\n", 1)
    assert magic.startswith("%%listing ")
    assert hashlib.sha256(listing.encode()).hexdigest()[:16] == digest, (
        "a listing was changed; faults are mended with .mend, in the cells below it"
    )


def test_the_case_study_reaches_96_percent_on_held_out_data():
    printed = cell("case-summary").outputs[0].text
    mean = float(re.search(r"network\s*: mean (\d\.\d+)", printed)[1])
    assert mean >= 0.96
