"""FounderCalculator on the Python side: plans in, a Business out, and what it refuses."""

import dataclasses

import pytest
import traitlets
from javascript import evaluate

from nnbook.economics import Business
from nnbook.widgets import FounderCalculator
from nnbook.widgets.founder_calculator import BOUNDS, FIELDS, PLANS, RESULTS, FirstFailure, first_failure

# Price 50, tokens 5 × 2 = 10, other 10: 30 remain. Churn 5 %: 20 months, so 600 dollars a customer.
PLAN = Business(100, 10, 0.0, 0.05, 50, 5, 2, 10, 100, 1000, 10_000)


def changed(**inputs):
    return dataclasses.replace(PLAN, **inputs)


class TestFirstFailure:
    @pytest.mark.parametrize(
        ("inputs", "expected"),
        [
            ({}, ("nothing", None)),
            ({"price_usd_per_customer_month": 19}, ("unit", 1)),
            (
                {"price_usd_per_customer_month": 20},
                ("unit", 1),
            ),  # nothing remains: no fixed cost is ever paid
            (
                {"price_change_per_year": -0.5, "acquisition_usd_per_customer": 0},
                ("unit", 17),
            ),  # 50 · 0.5^(15/12) = 21.0, 50 · 0.5^(16/12) = 19.8
            ({"acquisition_usd_per_customer": 601}, ("acquisition", 1)),
            # 0.9438 · 0.95 of the price is left each month: 50 / 0.1034 = 484, less 20 · 20 for the costs
            ({"price_change_per_year": -0.5}, ("acquisition", 1)),
            # nobody arrives, so nobody is too dear: 30 · 100 · 0.95^t sinks below the 1000 of fixed cost
            ({"acquisition_usd_per_customer": 601, "new_customers_per_month": 0}, ("break_even", None)),
            # 105 customers bring 3150 dollars, 20 000 are due: 10 000 do not last a month
            ({"fixed_usd_per_month": 20_000}, ("cash", 1)),
            ({"fixed_usd_per_month": 5000, "cash_usd": 1e6}, ("break_even", None)),
        ],
    )
    def test_by_hand(self, inputs, expected):
        assert first_failure(changed(**inputs)) == FirstFailure(*expected)

    def test_the_three_cases_tell_three_stories(self):
        stories = {name: first_failure(plan).constraint for name, plan in PLANS.items()}
        assert stories == {
            "API reseller": "cash",
            "Vertical application": "nothing",
            "Self-hosted open model": "cash",
        }
        assert PLANS["API reseller"].project(36).break_even_month is None


class TestPlans:
    def test_a_plan_comes_back_as_it_went_in(self):
        calculator = FounderCalculator(plans={"mine": PLAN, "other": changed(cash_usd=5)}, plan="other")
        assert calculator.business() == changed(cash_usd=5.0)
        assert calculator.projection().lowest_cash_usd == pytest.approx(
            changed(cash_usd=5).project(36).lowest_cash_usd
        )

    def test_one_input_may_differ_from_the_plan(self):
        calculator = FounderCalculator(plans={"mine": PLAN}, churn_per_month=0.2)
        assert calculator.business() == changed(churn_per_month=0.2)

    def test_set_business_moves_every_slider_or_none(self):
        calculator = FounderCalculator()
        calculator.set_business(PLAN)
        assert calculator.business() == PLAN
        with pytest.raises(
            traitlets.TraitError, match=r"churn_per_month must lie in \[0.001, 0.8\]; got 0.9"
        ):
            calculator.set_business(changed(cash_usd=77, churn_per_month=0.9))
        assert calculator.business() == PLAN

    @pytest.mark.parametrize("plans", [{}, {"a": 3}, {"a": dataclasses.asdict(PLAN)}])
    def test_plans_must_be_businesses(self, plans):
        with pytest.raises(ValueError, match=r"plans must be a dict \{name: Business\}"):
            FounderCalculator(plans=plans)

    def test_the_first_case_must_exist(self):
        with pytest.raises(ValueError, match="plan must be one of mine; got 'yours'"):
            FounderCalculator(plans={"mine": PLAN}, plan="yours")

    def test_plans_set_later_are_checked_too(self):
        with pytest.raises(traitlets.TraitError, match="each plan must have a name"):
            FounderCalculator().plans = [{"name": "empty"}]


class TestRefusals:
    @pytest.mark.parametrize(("name", "bounds"), BOUNDS.items())
    def test_every_input_has_bounds(self, name, bounds):
        calculator = FounderCalculator()
        for value in bounds:
            setattr(calculator, name, value)
        for value in (bounds[0] - 1, bounds[1] * 2 + 1, float("nan"), float("inf")):
            with pytest.raises(traitlets.TraitError, match=f"{name} must lie in"):
                setattr(calculator, name, value)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("spread", 1.5),
            ("seed", -1),
            ("result", "glory"),
            ("customer_name", " "),
            ("usage_unit", "x" * 31),
        ],
    )
    def test_other_settings(self, name, value):
        with pytest.raises(traitlets.TraitError, match=f"{name} must"):
            setattr(FounderCalculator(), name, value)


class TestTwin:
    def test_the_state_is_the_plan(self):
        state = FounderCalculator(plans={"mine": PLAN}).state()
        assert set(FIELDS) <= set(state)
        assert state["plans"] == [{"name": "mine", **{name: float(getattr(PLAN, name)) for name in FIELDS}}]
        assert "<script" not in FounderCalculator(plans={"<script>": PLAN}).html_twin()

    def test_python_and_javascript_have_the_same_bounds(self):
        theirs = evaluate("({ BOUNDS: js.BOUNDS, RESULTS: js.RESULTS })", js="founder_inputs")
        assert {name: tuple(bounds) for name, bounds in theirs["BOUNDS"].items()} == BOUNDS
        assert tuple(theirs["RESULTS"]) == RESULTS
