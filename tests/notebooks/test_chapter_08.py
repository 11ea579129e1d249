"""What the pages of chapter 8 promise: their length, their links, and the arithmetic of the plan."""

import datetime
import json
import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from docutils.nodes import make_id

from nnbook import economics

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
PAGES = ("08_trends", "08_2_trends", "08_3_challenges", "08_4_outlook")


def read(stem):
    return {cell.id: cell for cell in nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4).cells}


@pytest.fixture(scope="module")
def plan():
    return read("08_4_outlook")


def said(cell):
    return "".join(o.get("text", "") or o.get("data", {}).get("text/markdown", "") for o in cell.outputs)


@pytest.mark.parametrize("stem", PAGES)
def test_a_page_takes_at_most_an_hour(stem):
    time = re.search(r"\*\*Time\.\*\*([^\n]*)", next(iter(read(stem).values())).source)[1]
    assert max(int(minutes) for minutes in re.findall(r"(\d+) minutes", time)) <= 60


def anchors(stem):
    prose = "\n\n".join(cell.source for cell in read(stem).values() if cell.cell_type == "markdown")
    prose = re.sub(r"^```.*?^```", "", prose, flags=re.MULTILINE | re.DOTALL)
    return {make_id(title) for title in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)}


def test_every_link_into_chapter_8_arrives():
    texts = [
        path.read_text(encoding="utf-8") for path in (*ROOT.glob("book/*.md"), *NOTEBOOKS.glob("*.ipynb"))
    ]
    links = {link for text in texts for link in re.findall(r"\((08_\w+)\.ipynb#([a-z0-9-]+)\)", text)}
    assert len(links) >= 5
    for stem, anchor in links:
        assert anchor in anchors(stem), f"{stem}.ipynb has no section {anchor}"


def test_a_link_to_a_section_that_moved_would_be_seen():
    assert "compression-how-small-can-it-be" not in anchors("08_trends")
    assert "compression-how-small-can-it-be" in anchors("08_2_trends")


def test_the_crossing_is_what_a_pencil_gives(plan):
    api, tuned, _ = economics.SUPPLIES
    once = (tuned.one_off_usd - api.one_off_usd) / 36
    monthly = tuned.machine_usd_per_month + tuned.supply_fixed_usd_per_month + once
    crossing = monthly / api.cost_usd_per_million_tokens  # one machine is enough there
    assert crossing < tuned.million_tokens_per_machine_month
    assert f"from {crossing:,.0f} million" in said(plan["way-crossover"])


def test_the_exponent_of_the_lead_is_the_fit_of_the_stored_curve(plan):
    log = json.loads((ROOT / "nnbook" / "models" / "robots.json").read_text())["splits"]["service_en"]
    error = [1 - np.mean(log[f"curve_{share}"]) for share in (0.125, 0.25, 0.5, 1.0)]
    x, y = np.log([0.125, 0.25, 0.5, 1.0]), np.log(error)  # the exponent does not know the unit
    b = -np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    assert f"phrasings^-{b:.2f}" in said(plan["moat-fit"])
    assert f"keep {100 * 2**-b:.0f} % of the errors" in said(plan["outlook-saw"])


def test_the_published_figures_of_the_four_companies_are_computed_as_printed(plan):
    printed = said(plan["cases-real-run"]) + said(plan["cases-real-fin"])
    other = 79.04 * 0.254 + 251  # MiniMax: gross profit and adjusted loss of 2025
    assert f"with {other / 0.254 / 79.04:.0f} times the revenue" in printed
    assert f"runway {30 * 4 / ((99 + 54 - 11) / 12):.0f} days" in printed
    assert f"{math.floor(100 * 0.99 * 0.48 * 2 / 3 + 0.5)} cents" in printed
    assert "-23 $ left" in printed


def test_rules_have_a_day_on_them_and_each_names_its_source(plan):
    text = plan["rules"].source
    day = re.search(r"\*\*As of (\d+ \w+ \d{4})\*\*", text)[1]
    assert datetime.datetime.strptime(day, "%d %B %Y").year == 2026
    keys = set(re.findall(r"@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8")))
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| rule")]
    assert len(rows) >= 12
    for row in rows:
        assert re.search(r"\{cite\}|as amended|general-purpose", row), row
        assert len(row.split("|")) == 7, f"rule, who, since, what, cost: {row}"
    for key in re.findall(r"\{cite\}`([^`]+)`", text):
        assert set(key.split(",")) <= keys


def test_what_is_assumed_is_not_called_measured(plan):
    """The table of the page: of the rows on price and churn, nothing is measured."""
    rows = plan["outlook-source"].source.splitlines()
    row = next(line for line in rows if line.startswith("| price, churn"))
    assert "**nothing**" in row
    prose = " ".join(cell.source for cell in plan.values() if cell.cell_type == "markdown")
    assert "direction is what was measured" not in prose
    assert "Trust is an insurance, and this is its premium" not in prose


def test_an_audit_pays_only_above_a_rate_and_the_page_prints_both_sides(plan):
    lines = said(plan["audit"]).splitlines()
    gains = [float(re.search(r"audit\s+([+-][\d.]+) points", line)[1]) for line in lines]
    assert gains == sorted(gains)
    assert gains[0] < 0 < gains[-1]


def test_the_time_of_a_firm_is_not_called_its_dearest_input():
    for stem in PAGES:
        assert "dearest input" not in " ".join(cell.source for cell in read(stem).values())


@pytest.mark.parametrize("stem", PAGES)
def test_a_citation_in_a_table_that_a_cell_wrote_is_whole(stem):
    for cell in read(stem).values():
        if cell.cell_type == "code":
            assert not re.search(r"\{cite(?!\}`[\w,]+`)", said(cell)), f"{stem}, {cell.id}"
