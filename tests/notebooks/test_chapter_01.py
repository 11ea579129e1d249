"""The three businesses of chapter 1, computed again with a pencil's arithmetic."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_background.ipynb"
PLANS = ("cases-plans", "cases-plans-vertical", "cases-plans-hosted")
NEEDED = ("imports", "gpt3-cost", "prices-load", "generations", "cases-costs", *PLANS)


@pytest.fixture(scope="module")
def cells():
    return {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


@pytest.fixture(scope="module")
def plans(cells):
    pytest.importorskip("genai_prices")
    names = {}
    for name in NEEDED:
        exec(cells[name].source, names)
    return names["plans"]


def by_hand(plan):
    """Margin, LTV/CAC, break-even customers, break-even month and lowest cash, month by month."""
    tokens = plan.million_tokens_per_customer_month * plan.cost_usd_per_million_tokens
    left = plan.price_usd_per_customer_month - tokens - plan.other_cost_usd_per_customer_month
    customers, new, cash, lowest, month_of_last_loss = (
        plan.customers,
        plan.new_customers_per_month,
        plan.cash_usd,
        float("inf"),
        0,
    )
    for month in range(1, 37):
        customers = customers - customers * plan.churn_per_month + new
        flow = customers * left - new * plan.acquisition_usd_per_customer - plan.fixed_usd_per_month
        cash += flow
        lowest = min(lowest, cash)
        new *= 1 + plan.growth_per_month
        if flow < 0:
            month_of_last_loss = month
    return (
        left / plan.price_usd_per_customer_month,
        left / plan.churn_per_month / plan.acquisition_usd_per_customer,
        plan.fixed_usd_per_month / left,
        month_of_last_loss + 1,
        lowest,
    )


def test_the_table_of_the_three_businesses_is_what_a_pencil_gives(cells, plans):
    printed = cells["cases-table"].outputs[0].text.splitlines()[1:]
    assert len(printed) == len(plans) == 3
    for line, (name, plan) in zip(printed, plans.items(), strict=True):
        margin, value, customers, month, lowest = by_hand(plan)
        numbers = re.findall(r"[-\d.,]+", line.removeprefix(name).replace("cust.", ""))
        expected = [f"{margin:.0%}"[:-1], f"{value:.1f}", f"{customers:.0f}", str(month), f"{lowest:,.0f}"]
        assert numbers == expected, name


def test_token_costs_of_the_cases_come_from_prices_and_from_two_n(plans):
    reseller, vertical, hosted = plans.values()
    assert reseller.cost_usd_per_million_tokens == pytest.approx(
        (3 * 2.5 + 10) / 4
    )  # GPT-4o: 2.50 in, 10 out
    for plan, n, utilisation, busy in ((vertical, 8e9, 0.1, 0.2), (hosted, 70e9, 0.2, 0.3)):
        seconds = 1e6 * 2 * n / (989e12 * utilisation) / busy  # of one card, however many share the work
        assert plan.cost_usd_per_million_tokens == pytest.approx(seconds * 2 / 3600)
