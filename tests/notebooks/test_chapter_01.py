"""The numbers of chapter 1, computed again: three firms with a pencil, and the prices from the list."""

import ast
import math
import re
from pathlib import Path

import nbformat
import pytest

from nnbook import economics
from nnbook.datasets import load_model_prices, load_model_retirements, load_price_changes

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ALL = sorted(NOTEBOOKS.glob("*.ipynb"))


def cells_of(path):
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


@pytest.fixture(scope="module")
def cells():
    return cells_of(NOTEBOOKS / "01_background.ipynb")


def said(cell):
    return "".join(o.get("text", "") or o.get("data", {}).get("text/markdown", "") for o in cell.outputs)


def by_hand(plan):
    """Both break-evens, burn of month 1 and lowest cash, month by month, with whole machines."""
    customers, new, cash = plan.customers, plan.new_customers_per_month, plan.cash_usd
    lowest, covered, positive, burn = math.inf, 1, 1, None
    for month in range(1, 37):
        customers = customers - customers * plan.churn_per_month + new
        tokens = customers * plan.million_tokens_per_customer_month
        machines = max(1, math.ceil(tokens / plan.million_tokens_per_machine_month))
        left = customers * (plan.price_usd_per_customer_month - plan.other_cost_usd_per_customer_month)
        left -= tokens * plan.cost_usd_per_million_tokens
        left -= machines * plan.machine_usd_per_month if plan.machine_usd_per_month else 0
        fixed = plan.fixed_usd_per_month + plan.supply_fixed_usd_per_month
        flow = (
            left - fixed - new * plan.acquisition_usd_per_customer - (plan.one_off_usd if month == 1 else 0)
        )
        cash += flow
        lowest, burn = min(lowest, cash), burn or -flow
        covered = month + 1 if left < fixed else covered
        positive = month + 1 if flow < 0 else positive
        new *= 1 + plan.growth_per_month
    return covered, positive, burn, lowest


def test_the_table_of_the_three_businesses_is_what_a_pencil_gives(cells):
    printed = said(cells["cases-table"]).splitlines()[2:]
    assert len(printed) == len(economics.PLANS) == 3
    for line, (name, plan) in zip(printed, economics.PLANS.items(), strict=True):
        numbers = re.findall(r"[-\d.,]+", line.removeprefix(name).replace("cust.", ""))
        covered, positive, burn, lowest = by_hand(plan)
        assert numbers[3:] == [str(covered), str(positive), f"{burn:,.0f}", f"{lowest:,.0f}"], name
        assert int(numbers[0]) == round(100 * plan.gross_margin)


def test_the_two_break_evens_are_never_one_number(cells):
    for projection in (plan.project(36) for plan in economics.PLANS.values()):
        assert projection.fixed_covered_month < projection.cash_positive_month


def test_the_headline_numbers_about_prices_come_from_prices_in_force(cells):
    prices = load_model_prices()
    assert f"in force on {prices.attrs['as_of']}" in said(cells["prices-load"])
    sellers = prices[prices.kind != "aggregator"]
    middle = f"{sellers.input_usd.median():.2f} $ read, {sellers.output_usd.median():.2f} $ written"
    assert middle in said(cells["prices-load"])
    moves = load_price_changes()
    moves = moves[moves.kind != "aggregator"].direction
    lower = f"{(moves < 0).mean():.0%}"
    assert lower in said(cells["price-changes"])
    assert lower in said(cells["saw-run"])
    name = sellers.model.str.lower().str.replace(r"[^a-z0-9]", "", regex=True)
    same = sellers[name.str.contains("gptoss120b") & (sellers.provider != "openai")]
    mix = ((3 * same.input_usd + same.output_usd) / 4).groupby(same.provider).min()
    assert f"{mix.min():.2f} to {mix.max():.2f} dollars" in said(cells["saw-run"])


def retired_names(source):
    """Models that their vendor has announced to end, named as a text in a cell of code."""
    leaving = set(load_model_retirements().model)
    texts = [n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant)]
    return sorted(leaving & {text for text in texts if isinstance(text, str)})


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_model_that_is_announced_to_end_stands_only_beside_its_end(path):
    """An example may not rest on a model that leaves the market; a history says when each one ends."""
    for cell in cells_of(path).values():
        if cell.cell_type == "code" and not cell.source.startswith("%"):
            named = retired_names(cell.source)
            assert not named or "retires_on" in cell.source, f"{path.stem}, {cell.id}: {named}"


def test_a_retired_model_is_found_where_it_stands():
    assert retired_names('cost = price("gpt-4o")') == ["gpt-4o"]
    assert retired_names('cost = price("gpt-6-luna")') == []


OVERLAP = re.compile(
    r"[^.:]*\b(?:intervals?|ranges)\b[^.:]*\boverlap|\boverlap[^.:]*\bintervals?", re.IGNORECASE
)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_the_overlap_of_two_intervals_is_never_a_test(path):
    """Two intervals that share values say nothing about a difference; compare in pairs, or the difference."""
    for cell in cells_of(path).values():
        text = cell.source if cell.cell_type == "markdown" else said(cell) + cell.source
        found = OVERLAP.search(" ".join(text.split()))
        assert not found, f"{path.stem}, {cell.id}: {found[0]!r}"


def test_a_test_by_overlap_is_found():
    assert OVERLAP.search("The intervals of the two plans overlap, so one cannot tell them apart")
    assert not OVERLAP.search("The windows overlap. An interval follows")


def test_the_reference_plans_are_defined_once():
    """No notebook makes another firm under the name of a reference plan."""
    names = set(economics.PLANS)
    for path in ALL:
        for cell in cells_of(path).values():
            if cell.cell_type != "code" or cell.source.startswith("%"):
                continue
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        key = target.slice if isinstance(target, ast.Subscript) else None
                        made = isinstance(node.value, ast.Call) and "Business" in ast.unparse(node.value.func)
                        defined = isinstance(key, ast.Constant) and key.value in names and made
                        assert not defined, f"{path.stem}, {cell.id} redefines {key.value}"


def test_no_notebook_copies_the_numbers_of_a_reference_plan():
    """A copy drifts apart from the plan that it was taken from: use nnbook.economics.PLANS."""
    marks = {
        name: {plan.price_usd_per_customer_month, plan.acquisition_usd_per_customer}
        | {plan.churn_per_month, plan.other_cost_usd_per_customer_month}
        for name, plan in economics.PLANS.items()
    }
    for path in ALL:
        for cell in cells_of(path).values():
            if cell.cell_type != "code" or cell.source.startswith("%"):
                continue
            texts = [n.value for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Constant)]
            numbers = {v for v in texts if isinstance(v, int | float) and not isinstance(v, bool)}
            if "Business" in cell.source:
                for name, mark in marks.items():
                    assert not mark <= numbers, f"{path.stem}, {cell.id} copies {name}"
