"""One set of plans for all chapters, `nnbook.economics.PLANS`: no notebook builds others under its names."""

import json
import re
from pathlib import Path

import pytest

from nnbook.economics import PLANS

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
NAMES = "|".join(map(re.escape, PLANS))


def code_of(text):
    """The source of each code cell of a notebook."""
    cells = json.loads(text)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def other_plans(text):
    """Cells that build a plan under a name of the reference plans, or take other plans for them."""
    found = []
    for source in code_of(text):
        builds = re.search(r"\bBusiness\(|\b_?plan\(", source) and re.search(
            rf"""["'](?:{NAMES})["']""", source
        )
        elsewhere = re.search(r"from nnbook\.widgets\S* import .*\bPLANS\b", source)
        if builds or elsewhere:
            found.append(source)
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_notebook_builds_other_plans_under_their_names(path):
    assert other_plans(path.read_text(encoding="utf-8")) == []


def test_two_plans_under_one_name_would_be_found():
    cells = [
        'plans["API reseller"] = economics.Business(**start, price_usd_per_customer_month=29)',
        'from nnbook.widgets.founder_calculator import PLANS\n\nhosted = PLANS["Self-hosted open model"]',
        'hosted = economics.PLANS["Self-hosted open model"]\nfuture = hosted.project(36)',
    ]
    text = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})
    assert other_plans(text) == cells[:2]


@pytest.mark.parametrize("chapter", ["01_background", "08_4_outlook"])
def test_the_business_chapters_use_the_reference_plans(chapter):
    path = next(path for path in NOTEBOOKS if path.stem == chapter)
    assert any("economics.PLANS" in source for source in code_of(path.read_text(encoding="utf-8")))
