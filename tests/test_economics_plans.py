"""Cash with whole machines, futures with events, paired comparisons, gates, and the reference plans."""

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbook import economics as eco

ROOT = Path(__file__).parent.parent
KEYS = set(re.findall(r"@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8")))
# 100 customers, 10 leave and 10 come; each pays 50 and uses 10 of the 600 million tokens of a machine
PLAN = eco.Business(
    customers=100,
    new_customers_per_month=10,
    growth_per_month=0.0,
    churn_per_month=0.1,
    price_usd_per_customer_month=50,
    million_tokens_per_customer_month=10,
    cost_usd_per_million_tokens=0,
    other_cost_usd_per_customer_month=10,
    acquisition_usd_per_customer=100,
    fixed_usd_per_month=1000,
    cash_usd=500,
    machine_usd_per_month=400,
    million_tokens_per_machine_month=600,
    supply_fixed_usd_per_month=200,
    one_off_usd=300,
)


def changed(**inputs):
    return dataclasses.replace(PLAN, **inputs)


class TestWholeMachines:
    def test_a_month_by_hand(self):
        # 1000 million tokens need two machines: 4000 - 800 = 3200; less 1000 to win, 1200 fixed, 300 once
        p = PLAN.project(2)
        assert p.machines.tolist() == [2, 2]
        assert p.contribution_usd == pytest.approx([3200, 3200])
        assert p.cash_flow_usd == pytest.approx([700, 1000])
        assert p.idle_usd == pytest.approx([800 - 1000 * 400 / 600] * 2)
        assert p.gross_margin == pytest.approx([3200 / 5000] * 2)

    def test_a_machine_runs_for_nobody_too(self):
        empty = changed(customers=0, new_customers_per_month=1e-9)
        assert empty.project(1).machines.tolist() == [1]

    def test_break_even_in_its_two_meanings(self):
        # one machine serves 60: (1200 + 400) / 40 = 40 customers
        assert PLAN.customers_to_cover_fixed == pytest.approx(40)
        # 2400 fixed: 70 customers would be too many for one machine; with two (2400 + 800) / 40 = 80
        assert changed(fixed_usd_per_month=2200).customers_to_cover_fixed == pytest.approx(80)
        assert changed(machine_usd_per_month=3000).customers_to_cover_fixed == math.inf
        slow = changed(customers=0, cash_usd=0, fixed_usd_per_month=1600)
        p = slow.project(60)
        # contribution covers 1800 from 55 customers on; winning ten costs 1000 more, so cash turns later
        assert p.fixed_covered_month < p.cash_positive_month
        covered = p.fixed_covered_month - 1
        assert p.contribution_usd[covered] >= 1800 > p.contribution_usd[covered - 1]
        assert p.cash_flow_usd[covered] < 0

    @given(n=st.floats(1, 1e4), capacity=st.floats(10, 1e5), usd=st.floats(1, 1e4))
    def test_machines_are_enough_and_not_one_too_many(self, n, capacity, usd):
        plan = changed(customers=n, machine_usd_per_month=usd, million_tokens_per_machine_month=capacity)
        p = plan.project(3)
        load = 10 * p.customers / capacity
        assert (p.machines >= load * (1 - 1e-6)).all()
        assert (p.machines < load + 1 + 1e-6).all()
        assert p.idle_usd == pytest.approx((p.machines - load) * usd, abs=1e-6 * usd * p.machines.max())

    @given(
        churn=st.floats(0.01, 1),
        price=st.floats(0, 1000),
        once=st.floats(0, 1e5),
        growth=st.floats(-0.2, 0.2),
        spread=st.floats(0, 2),
    )
    def test_cash_is_neither_made_nor_lost(self, churn, price, once, growth, spread):
        plan = changed(
            churn_per_month=churn,
            price_usd_per_customer_month=price,
            one_off_usd=once,
            growth_per_month=growth,
            usage_spread=spread,
        )
        p = plan.project(24)
        assert p.cash_usd[-1] == pytest.approx(plan.cash_usd + p.cash_flow_usd.sum(), abs=1e-6)
        paid = 100 * 10 * (1 + growth) ** np.arange(24)
        paid[0] += once
        np.testing.assert_allclose(p.cash_flow_usd, p.contribution_usd - p.fixed_usd - paid, atol=1e-6)

    COSTS = (
        "cost_usd_per_million_tokens",
        "machine_usd_per_month",
        "other_cost_usd_per_customer_month",
        "acquisition_usd_per_customer",
        "fixed_usd_per_month",
        "supply_fixed_usd_per_month",
        "one_off_usd",
    )

    @given(
        field=st.sampled_from(COSTS), more=st.floats(0, 1000), cap=st.floats(1, 100), spread=st.floats(0, 2)
    )
    def test_no_cost_makes_richer(self, field, more, cap, spread):
        plan = changed(usage_spread=spread, cap_million_tokens=cap)
        dearer = dataclasses.replace(plan, **{field: getattr(plan, field) + more})
        assert (dearer.project(24).cash_usd <= plan.project(24).cash_usd + 1e-6).all()
        assert dearer.lifetime_value_to_acquisition <= plan.lifetime_value_to_acquisition + 1e-9
        assert dearer.customers_to_cover_fixed >= plan.customers_to_cover_fixed - 1e-6

    def test_cohorts_add_up_to_the_customers(self):
        plan = changed(growth_per_month=0.05, reference_price_usd=40)
        np.testing.assert_allclose(plan.cohorts(12).sum(axis=0), plan.project(12).customers)

    def test_payback_by_hand(self):
        # 40 - 400 / 60 = 33.33 a month: 33.3 + 30 + 27 = 90.3, and 24.3 in the fourth month
        assert PLAN.payback_months() == 4
        assert changed(acquisition_usd_per_customer=400).payback_months() == math.inf

    def test_the_value_of_a_customer_follows_the_price(self):
        plan = changed(
            machine_usd_per_month=0,
            price_change_per_year=-0.3,
            token_cost_change_per_year=-0.2,
            churn_per_month=0.05,
        )
        t = np.arange(4000)
        by_sum = np.sum(0.95**t * (50 * 0.7 ** (t / 12) - 10))
        assert plan.lifetime_value_usd == pytest.approx(by_sum)
        assert changed(churn_per_month=0.01, price_change_per_year=0.5).lifetime_value_usd == math.inf


class TestFutures:
    futures = eco.draw_futures(400, rng=np.random.default_rng(0))

    def test_without_spread_and_events_every_future_is_the_plan(self):
        p = eco.project_futures(PLAN, self.futures, spread=0)
        np.testing.assert_allclose(p.cash_usd, np.tile(PLAN.project(36).cash_usd, (400, 1)))

    def test_one_call_draws_the_same_as_two(self):
        together = eco.survival(PLAN, n_runs=50, rng=np.random.default_rng(3), events=eco.EVENTS)
        drawn = eco.draw_futures(50, rng=np.random.default_rng(3))
        assert together.share == eco.survival_of(PLAN, drawn, events=eco.EVENTS).share

    def test_an_event_comes_as_often_as_its_rate_says(self):
        often = eco.Event("pay", 0.5, once_usd=1.0)
        paid = eco.project_futures(PLAN, self.futures, spread=0, events=[often]).cash_usd[:, -1]
        missing = PLAN.project(36).cash_usd[-1] - paid
        # 36 chances of 1 - exp(-1/24): 1.47 payments in the mean, standard error 0.06
        assert missing.mean() == pytest.approx(36 * (1 - math.exp(-0.5 / 12)), abs=0.2)

    def test_factors_last_as_long_as_they_should(self):
        uniforms = np.ones((1, 1, 6))
        uniforms[0, 0, 2] = 0
        futures = eco.Futures(np.zeros((1, 5)), uniforms)
        for months, active in ((0, [2, 3, 4, 5]), (2, [2, 3])):
            event = eco.Event("dear", 0.1, (("fixed_usd_per_month", 3.0),), months=months)
            fixed = eco.project_futures(PLAN, futures, events=[event]).fixed_usd[0]
            assert [t for t in range(6) if fixed[t] > 1200] == active

    def test_who_owns_machines_loses_no_supplier(self):
        events = [eco.MODEL_RETIRED]
        assert eco.survival_of(PLAN, self.futures, events=events).lowest_cash_usd == pytest.approx(
            eco.survival_of(PLAN, self.futures).lowest_cash_usd
        )

    def test_a_rival_hurts_only_who_is_compared_with_him(self):
        events = [eco.RIVAL_HALVES]
        alone, beside = PLAN, changed(reference_price_usd=50)
        assert (
            eco.survival_of(alone, self.futures, events=events).share
            == eco.survival_of(alone, self.futures).share
        )
        harmed = eco.project_futures(beside, self.futures, events=events).customers[:, -1]
        assert (harmed <= eco.project_futures(beside, self.futures).customers[:, -1] + 1e-9).all()
        assert harmed.mean() < 0.95 * eco.project_futures(beside, self.futures).customers[:, -1].mean()

    def test_a_rarer_event_happens_only_where_the_frequent_one_does(self):
        rare = dataclasses.replace(eco.SCANDAL, rate_per_year=0.02)
        customers = [
            eco.project_futures(PLAN, self.futures, events=[e]).customers for e in (eco.SCANDAL, rare)
        ]
        assert (customers[1] >= customers[0] - 1e-6).all()
        assert (customers[1] > customers[0] + 1).any()

    def test_what_to_raise_by_hand(self):
        s = eco.Survival(0.4, 0, 1, np.array([-50.0, -40.0, -30.0, 10.0, 20.0]))
        assert s.raise_usd(0.8) == 40
        assert s.raise_usd(1) == 50
        assert s.raise_usd(0.4) == 0

    @settings(max_examples=20, deadline=None)
    @given(cash=st.floats(0, 5000))
    def test_what_was_raised_is_enough(self, cash):
        plan = changed(cash_usd=cash, fixed_usd_per_month=2500)
        missing = eco.survival_of(plan, self.futures).raise_usd(0.8)
        richer = dataclasses.replace(plan, cash_usd=cash + missing + 1e-6)
        assert eco.survival_of(richer, self.futures).share >= 0.8

    @pytest.mark.parametrize("field", ["customers", "usage_spread", "glory"])
    def test_events_move_only_what_they_can(self, field):
        with pytest.raises(ValueError, match="an event can multiply"):
            eco.Event("odd", 0.1, ((field, 2.0),))

    def test_more_events_than_draws_are_refused(self):
        with pytest.raises(ValueError, match="these futures have draws for 4 events; got 5"):
            eco.project_futures(PLAN, self.futures, events=[*eco.EVENTS, eco.SCANDAL])


class TestComparison:
    def test_by_hand(self):
        # 10 pairs: 5 against 1. Exact McNemar: 2 · (1 + 6) / 64
        first = np.array([1, 1, 1, 1, 1, 1, 1, 0, 0, 0], bool)
        second = np.array([1, 1, 0, 0, 0, 0, 0, 1, 0, 0], bool)
        result = eco.compare_outcomes(first, second)
        assert (result.both, result.only_first, result.only_second, result.neither) == (2, 5, 1, 2)
        assert result.difference == pytest.approx(0.4)
        assert result.p_value == pytest.approx(14 / 64)
        # Wald + 2: 4 / 12 ± 1.96 · sqrt(7 - 16 / 12) / 12
        half = 1.959964 * math.sqrt(7 - 16 / 12) / 12
        assert (result.low, result.high) == pytest.approx((1 / 3 - half, 1 / 3 + half), abs=1e-6)

    def test_intervals_that_overlap_hide_a_difference_that_pairs_show(self):
        futures = eco.draw_futures(2000, rng=np.random.default_rng(0))
        plan = eco.PLANS["Self-hosted open model"]
        better = dataclasses.replace(plan, fixed_usd_per_month=plan.fixed_usd_per_month - 300)
        a, b = (eco.survival_of(p, futures) for p in (better, plan))
        assert b.high > a.low  # the two intervals overlap
        result = eco.compare(better, plan, futures)
        assert result.low > 0
        assert result.p_value < 0.001
        assert result.only_second == 0

    def test_a_plan_against_itself(self):
        futures = eco.draw_futures(100, rng=np.random.default_rng(0))
        result = eco.compare(PLAN, PLAN, futures)
        assert (result.difference, result.p_value) == (0, 1)
        assert result.low < 0 < result.high

    def test_rows_of_different_length_are_refused(self):
        with pytest.raises(ValueError, match="two rows of the same length"):
            eco.compare_outcomes([True], [True, False])


class TestDecisions:
    def test_small_volumes_pay_by_the_token_and_large_ones_rent(self):
        small = eco.PLANS["Vertical application"]
        assert eco.which_way(small, eco.SUPPLIES).choice == "API"
        large = dataclasses.replace(eco.PLANS["Self-hosted open model"])
        assert eco.which_way(large, eco.SUPPLIES).choice == "tuned"

    def test_the_ways_differ_by_what_their_supply_costs(self):
        ways = eco.which_way(PLAN, eco.SUPPLIES).ways
        totals = [way.final_cash_usd + way.supply_usd for way in ways]
        assert totals == pytest.approx([totals[0]] * 3)

    def test_do_not_build(self):
        dear = changed(acquisition_usd_per_customer=5000)
        assert eco.which_way(dear, eco.SUPPLIES).choice == "do not build"
        slow = changed(fixed_usd_per_month=1e6)
        decision = eco.which_way(slow, eco.SUPPLIES)
        assert (decision.choice, decision.reason) == (
            "do not build",
            "it still spends more than it earns in month 36",
        )

    def test_gates_by_hand(self):
        price, serve, churn, winning, cash = eco.gates(PLAN)
        assert [gate.month for gate in (price, serve, churn, winning, cash)] == [0, 3, 6, 12, 18]
        # each customer must bring 100 in 10 months: 10 a month more than the 10 + 6.67 that it costs
        assert price.limit == pytest.approx(26.6667, abs=1e-3)
        assert serve.limit == pytest.approx(40)
        assert serve.plan == pytest.approx(16.6667, abs=1e-3)
        # after month 18 every month earns 1000: nothing more to burn, three months of 1200 to end in order
        assert cash.limit == 3600
        assert all(gate.passed for gate in (price, serve, churn, winning, cash))

    @pytest.mark.parametrize("name", eco.PLANS)
    def test_at_the_limit_the_cash_just_lasts(self, name):
        plan = eco.PLANS[name]
        limits = {gate.name: gate for gate in eco.gates(plan)}
        for key, field in (("churn", "churn_per_month"), ("winning", "acquisition_usd_per_customer")):
            limit = limits[key].limit
            assert dataclasses.replace(plan, **{field: limit}).project(36).lowest_cash_usd >= 0
            assert dataclasses.replace(plan, **{field: 1.001 * limit}).project(36).lowest_cash_usd < 0

    def test_a_gate_that_nothing_passes_says_so(self):
        hopeless = {gate.name: gate for gate in eco.gates(changed(fixed_usd_per_month=1e6))}
        assert hopeless["churn"].limit is None
        assert not hopeless["churn"].passed


class TestReferencePlans:
    @pytest.mark.parametrize("name", eco.PLANS)
    def test_every_input_has_a_source_or_the_word_assumption(self, name):
        for field in dataclasses.fields(eco.Business):
            source = eco.source_of(name, field.name)
            cited = set(re.findall(r"\{(\w+)\}", source))
            assert cited <= KEYS
            assert cited or "assumption" in source or "genai-prices" in source

    def test_the_price_of_the_reseller_is_that_of_the_list_and_its_model_stays(self):
        pytest.importorskip("genai_prices")
        from nnbook.datasets import load_model_prices, load_model_retirements

        prices = load_model_prices()
        row = prices[(prices.provider == "openai") & (prices.model == eco.API_MODEL)].iloc[0]
        assert eco.API.cost_usd_per_million_tokens == pytest.approx((3 * row.input_usd + row.output_usd) / 4)
        assert eco.API_MODEL not in set(load_model_retirements().model)

    def test_every_benchmark_is_cited(self):
        assert {row.citation for row in eco.BENCHMARKS} <= KEYS
        assert all(row.low <= row.high for row in eco.BENCHMARKS)
        assert eco.benchmarks_for("gross_margin")[0].second_hand
