import dataclasses
import math

import numpy as np
import pytest

from nnbook import economics as eco

GPU = eco.Accelerator("test GPU", peak_flops_per_second=1e15, memory_gigabytes=80, price_usd_per_hour=3.6)
PLAN = eco.Business(
    customers=100,
    new_customers_per_month=10,
    growth_per_month=0.0,
    churn_per_month=0.1,
    price_usd_per_customer_month=50,
    million_tokens_per_customer_month=5,
    cost_usd_per_million_tokens=2,
    other_cost_usd_per_customer_month=15,
    acquisition_usd_per_customer=100,
    fixed_usd_per_month=1000,
    cash_usd=500,
)


def test_training_run_by_hand():
    # 6 · 1e9 · 1e10 = 6e19 operations; at 0.4e15 a second 150 000 s = 41.67 h; at 3.60 a hour 150 dollars
    run = eco.TrainingRun(1e9, 1e10, GPU, n_accelerators=2, utilisation=0.4)
    assert run.flops == 6e19
    assert run.accelerator_hours == pytest.approx(150_000 / 3600)
    assert run.days == pytest.approx(150_000 / 3600 / 2 / 24)
    assert run.cost_usd == pytest.approx(150)


def test_key_value_cache_of_gpt2():
    # 2 · 12 layers · 1024 tokens · 768 · 2 bytes
    assert eco.kv_cache_bytes(n_layers=12, d_model=768, context_tokens=1024) == 37_748_736


def test_unit_economics_by_hand():
    assert PLAN.contribution_usd_per_customer_month == 50 - 5 * 2 - 15
    assert PLAN.gross_margin == 0.5
    assert PLAN.lifetime_months == 10
    assert PLAN.lifetime_value_usd == 250
    assert PLAN.lifetime_value_to_acquisition == 2.5
    assert PLAN.customers_to_cover_fixed == 40


def test_projection_by_hand():
    # 100 customers: 10 leave, 10 come. 100 · 25 - 10 · 100 - 1000 = 500 each month
    projection = PLAN.project(3)
    np.testing.assert_allclose(projection.customers, 100)
    np.testing.assert_allclose(projection.cash_flow_usd, 500)
    np.testing.assert_allclose(projection.cash_usd, [1000, 1500, 2000])
    assert (projection.fixed_covered_month, projection.cash_positive_month) == (1, 1)
    assert projection.runway_months is None


def test_price_falls_by_the_yearly_change_after_twelve_months():
    falling = dataclasses.replace(PLAN, price_change_per_year=-0.5).project(13)
    assert falling.revenue_usd[12] / falling.customers[12] == pytest.approx(25)


def test_runway_ends_in_the_month_the_cash_is_gone():
    poor = dataclasses.replace(PLAN, fixed_usd_per_month=1800, cash_usd=700)  # loses 300 a month
    assert poor.project(12).runway_months == 3
    assert poor.project(12).cash_positive_month is None


def test_a_customer_who_costs_more_than_the_price_never_breaks_even():
    free = dataclasses.replace(PLAN, price_usd_per_customer_month=0)
    assert free.customers_to_cover_fixed == math.inf
    assert free.gross_margin == -math.inf


IMPOSSIBLE = {
    "negative price": {"price_usd_per_customer_month": -1},
    "churn above 1": {"churn_per_month": 1.2},
    "zero churn": {"churn_per_month": 0},
    "nobody": {"customers": 0, "new_customers_per_month": 0},
    "not a number": {"cash_usd": float("nan")},
    "price falls by more than itself": {"price_change_per_year": -1},
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_impossible_plans_are_refused(case):
    with pytest.raises(ValueError, match=r"must|needs customers"):
        dataclasses.replace(PLAN, **IMPOSSIBLE[case])


@pytest.mark.parametrize("utilisation", [0, 1.01, float("nan")])
def test_utilisation_is_a_share(utilisation):
    with pytest.raises(ValueError, match="utilisation is a share"):
        eco.TrainingRun(1e9, 1e9, GPU, utilisation=utilisation)


def test_survival_without_spread_is_the_plan():
    sure = eco.survival(PLAN, months=12, n_runs=10, spread=0, rng=np.random.default_rng(0))
    assert sure.share == 1
    assert sure.lowest_cash_usd == pytest.approx(PLAN.project(12).lowest_cash_usd)


def test_survival_falls_with_uncertainty():
    thin = dataclasses.replace(PLAN, fixed_usd_per_month=1450)
    calm, wild = (
        eco.survival(thin, months=24, n_runs=400, spread=s, rng=np.random.default_rng(1)) for s in (0.01, 0.5)
    )
    assert wild.share < calm.share
    assert wild.low < wild.share < wild.high


def test_sensitivity_ranks_the_largest_swing_first():
    rows = eco.sensitivity(
        lambda plan: plan.contribution_usd_per_customer_month,
        PLAN,
        ["million_tokens_per_customer_month", "price_usd_per_customer_month"],
    )
    assert [row[0] for row in rows] == ["price_usd_per_customer_month", "million_tokens_per_customer_month"]
    assert rows[0][1:] == (15, 35)


def test_deployment_by_hand():
    # each case: 4.00 of value less 0.50 of running; 2000 of them 7000 a month, less 5000 of fixed costs
    clinic = eco.Deployment(2000, 4.0, 0.5, 5000, build_usd=24_000)
    assert clinic.net_usd_per_case == 3.5
    assert clinic.net_usd_per_month == 2000
    assert clinic.break_even_cases_per_month == pytest.approx(5000 / 3.5)
    assert clinic.break_even_value_usd_per_case == 0.5 + 2.5
    assert clinic.payback_months == 12


def test_a_deployment_at_its_break_even_earns_nothing():
    clinic = eco.Deployment(2000, 4.0, 0.5, 5000)
    few = dataclasses.replace(clinic, cases_per_month=clinic.break_even_cases_per_month)
    cheap = dataclasses.replace(clinic, value_usd_per_case=clinic.break_even_value_usd_per_case)
    assert few.net_usd_per_month == pytest.approx(0)
    assert cheap.net_usd_per_month == pytest.approx(0)


def test_a_deployment_that_loses_on_each_case_never_breaks_even():
    harmful = eco.Deployment(2000, -1.0, 0.5, 0, build_usd=1)
    assert harmful.break_even_cases_per_month == harmful.payback_months == math.inf


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 1, 0, 0), "cases_per_month must be a finite number above 0"),
        ((1, math.nan, 0, 0), "value_usd_per_case"),
        ((1, 1, -1, 0), "running_usd_per_case must be a finite number of at least 0; got -1"),
        ((1, 1, 0, math.inf), "fixed_usd_per_month"),
    ],
)
def test_a_deployment_refuses_what_cannot_be(values, message):
    with pytest.raises(ValueError, match=message):
        eco.Deployment(*values)
