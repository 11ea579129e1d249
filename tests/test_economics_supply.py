"""Where the tokens come from, what customers pay and use, and how large a market is."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnbook import economics as eco

API = eco.Supply.api("API", 2.0)
# a machine for 1000 dollars makes 800 million tokens: 1.25 dollars when full
OWN = eco.Supply("own", machine_usd_per_month=1000, million_tokens_per_machine_month=800)


def test_machines_come_whole():
    assert [OWN.machines(x) for x in (0, 1, 800, 800.1, 1600)] == [1, 1, 1, 2, 2]
    assert OWN.usd_per_month(801) == 2000
    assert API.machines(1e6) == 0


def test_crossover_with_steps_by_hand():
    # 500 million: 1000 = 1000. Just above 800: 1600 against 2000; again equal at 1000. Above 1600: 3200
    # against 3000, own is cheaper for ever.
    assert eco.crossover_million_tokens(API, OWN, 1) == pytest.approx(1000)
    dear = dataclasses.replace(OWN, one_off_usd=10_000, supply_fixed_usd_per_month=100)
    last = eco.crossover_million_tokens(API, dear, 10)
    assert dear.usd(last, 10) == pytest.approx(API.usd(last, 10))
    assert (
        eco.crossover_million_tokens(API, dataclasses.replace(OWN, machine_usd_per_month=1700), 1) == math.inf
    )
    assert eco.crossover_million_tokens(API, API, 1) == 0


def test_rented_machines_must_carry_the_busiest_hour():
    serving = eco.Serving(eco.LLAMA_8B, eco.H100)
    supply = eco.Supply.rented("tuned", serving, staff_usd_per_month=3000, peak_to_mean=4)
    assert supply.machine_usd_per_month == pytest.approx(2.5 * 730)
    assert supply.million_tokens_per_machine_month == pytest.approx(serving.million_tokens_per_month / 4)


@given(
    price=st.floats(0.1, 20),
    usd=st.floats(100, 20_000),
    capacity=st.floats(50, 50_000),
    once=st.floats(0, 1e5),
    staff=st.floats(0, 2e4),
)
def test_beyond_the_crossover_the_second_is_never_dearer(price, usd, capacity, once, staff):
    assume(price > 1.05 * usd / capacity)
    api = eco.Supply.api("API", price)
    own = eco.Supply(
        "own",
        machine_usd_per_month=usd,
        million_tokens_per_machine_month=capacity,
        one_off_usd=once,
        supply_fixed_usd_per_month=staff,
    )
    volume = eco.crossover_million_tokens(api, own, 12)
    for k in range(40):
        for beyond in (
            1.0001,
            1 + 0.37 * k,
            capacity * (int(volume / capacity) + 1 + k) / max(volume, 1) + 1e-9,
        ):
            x = max(volume, 1) * beyond
            assert own.usd(x, 12) <= api.usd(x, 12) * (1 + 1e-6) + 1e-3
    if volume > 1:
        assert own.usd(volume * (1 - 1e-6), 12) >= api.usd(volume * (1 - 1e-6), 12) * (1 - 1e-6)


def test_the_cheapest_supply_depends_on_the_volume():
    assert eco.cheapest([API, OWN], 100, 12) is API
    assert eco.cheapest([API, OWN], 3000, 12) is OWN


@pytest.mark.parametrize("spread", [0.3, 1.0, 2.0])
def test_the_mean_under_a_cap_is_that_of_a_simulation(spread):
    usage = 10 * np.exp(spread * np.random.default_rng(0).standard_normal(400_000) - spread**2 / 2)
    for cap in (1, 10, 50):
        expected = np.minimum(usage, cap)
        error = 4 * expected.std() / math.sqrt(len(usage)) + 1e-9
        assert eco.limited_mean(10, spread, cap) == pytest.approx(expected.mean(), abs=error)
    assert eco.usage_quantile(10, spread, 0.95) == pytest.approx(np.quantile(usage, 0.95), rel=0.03)


@given(mean=st.floats(0, 1e4), spread=st.floats(0, 3), cap=st.floats(0.01, 1e5))
def test_a_cap_never_lets_more_through(mean, spread, cap):
    limited = eco.limited_mean(mean, spread, cap)
    assert -1e-9 <= limited <= min(mean, cap) * (1 + 1e-9) + 1e-9
    assert eco.limited_mean(mean, spread, 2 * cap) >= limited - 1e-9


PLAN = eco.Business(
    customers=100,
    new_customers_per_month=10,
    growth_per_month=0.0,
    churn_per_month=0.1,
    price_usd_per_customer_month=50,
    million_tokens_per_customer_month=10,
    cost_usd_per_million_tokens=2,
    other_cost_usd_per_customer_month=10,
    acquisition_usd_per_customer=100,
    fixed_usd_per_month=1000,
    cash_usd=500,
)


def test_four_price_lists_by_hand():
    # everybody uses 10 million tokens
    seat = PLAN.priced(eco.Price.seat(30, cap_million_tokens=4))
    assert (seat.revenue_usd_per_customer_month, seat.used_million_tokens) == (30, 4)
    usage = PLAN.priced(eco.Price.usage(5, base_usd_per_month=3))
    assert usage.revenue_usd_per_customer_month == 53
    credits = PLAN.priced(eco.Price.credits(20, included_million_tokens=6, usd_per_further_million_tokens=4))
    assert credits.revenue_usd_per_customer_month == 36
    # 10 million tokens are 500 outcomes, 300 of which succeed at 0.90
    outcome = PLAN.priced(eco.Price.outcome(0.9, million_tokens_per_outcome=0.02, success_share=0.6))
    assert outcome.revenue_usd_per_customer_month == pytest.approx(270)


def test_the_mean_customer_earns_and_the_heavy_one_loses():
    heavy = dataclasses.replace(PLAN, usage_spread=1.0)
    assert heavy.contribution_usd_per_customer_month == pytest.approx(20)
    # 95 % use less than 31.4 million tokens, which cost 62.9 dollars
    assert heavy.contribution_at(0.95) == pytest.approx(50 - 10 - 2 * 31.4198, abs=1e-3)
    capped = heavy.priced(eco.Price.seat(50, cap_million_tokens=20))
    assert capped.contribution_at(0.95) == 0
    assert capped.contribution_usd_per_customer_month > heavy.contribution_usd_per_customer_month


def test_customers_answer_to_the_price():
    plan = dataclasses.replace(PLAN, reference_price_usd=50, price_elasticity=-2, churn_elasticity=1)
    dear = dataclasses.replace(plan, price_usd_per_customer_month=100)
    # a quarter buys, twice as many leave: 100 · 0.8 + 2.5
    assert plan.project(1).customers[0] == pytest.approx(100)
    assert dear.project(1).customers[0] == pytest.approx(82.5)
    assert dear.acquisition_at_price == 400
    # what is spent on reaching people stays: 82.5 · 70 - 10 · 100 - 1000
    assert dear.project(1).cash_flow_usd[0] == pytest.approx(82.5 * 70 - 2000)
    # prices that fall with the market drive nobody away
    falling = dataclasses.replace(plan, price_change_per_year=-0.5)
    np.testing.assert_allclose(falling.project(24).customers, plan.project(24).customers)
    with pytest.raises(ValueError, match="must not be above 0"):
        dataclasses.replace(plan, price_elasticity=1)


def test_a_market_without_doubt_is_a_product():
    size = eco.market_size((1000, 1000), (0.1, 0.1), (500, 500), rng=np.random.default_rng(0), n_runs=5)
    assert (size.low_usd, size.median_usd, size.high_usd) == pytest.approx((50_000, 50_000, 50_000))


def test_the_interval_of_a_market_holds_the_range_of_one_uncertain_number():
    size = eco.market_size((100, 1000), (0.5, 0.5), (2, 2), rng=np.random.default_rng(0), n_runs=100_000)
    assert (size.low_usd, size.high_usd) == pytest.approx((100, 1000), rel=0.02)
    with pytest.raises(ValueError, match=r"share_with_problem must be \(low, high\)"):
        eco.market_size((1, 2), (0.5, 1.0), (1, 2), rng=np.random.default_rng(0))
