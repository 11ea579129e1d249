"""FounderCalculator on the Python side: plans in, a Business out, and what it refuses."""

import dataclasses
import io
import re

import pytest
import traitlets
from javascript import evaluate

from nnbook import economics as eco
from nnbook.economics import PLANS, Business, FirstFailure, first_failure, worksheet
from nnbook.widgets import FounderCalculator
from nnbook.widgets.founder_calculator import BOUNDS, CURRENCIES, FIELDS, RATES, RESULTS

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

    def test_the_widget_begins_with_the_reference_plans_of_the_book(self):
        calculator = FounderCalculator()
        assert [row["name"] for row in calculator.plans] == list(PLANS)
        for name, plan in PLANS.items():
            assert FounderCalculator(plan=name).business() == plan
        assert (calculator.spread, len(calculator.event_rates)) == (eco.SPREAD, len(eco.EVENTS))


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
            ("currency", "GBP"),
            ("rate", 0),
            ("other", "nobody"),
            ("event_rates", [0.1]),
            ("event_rates", [0.1, 0, 0, -1]),
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
        theirs = evaluate(
            "({ BOUNDS: js.BOUNDS, RESULTS: js.RESULTS, "
            "CURRENCIES: Object.keys(js.CURRENCIES), RATES: js.RATE_BOUNDS })",
            js="founder_inputs",
        )
        assert {name: tuple(bounds) for name, bounds in theirs["BOUNDS"].items()} == BOUNDS
        assert tuple(theirs["RESULTS"]) == RESULTS
        assert tuple(theirs["CURRENCIES"]) == CURRENCIES
        assert tuple(theirs["RATES"]) == RATES

    def test_as_many_futures_and_months_as_in_the_chapters(self):
        theirs = evaluate("[js.N_FUTURES, js.MONTHS, js.UNCERTAIN]", js="firm_futures")
        assert theirs == [eco.N_FUTURES, eco.MONTHS, list(eco.UNCERTAIN)]

    def test_every_input_of_a_reference_plan_has_a_note_with_a_source(self):
        for notes in FounderCalculator().notes.values():
            assert set(notes) == set(FIELDS)
            assert all("assumption" in n or re.search(r"\(.*\d{4}|genai-prices", n) for n in notes.values())
        assert "{" not in str(FounderCalculator().notes.values()).replace("dict_values([{", "").replace(
            ", {", ""
        )
        assert set(FounderCalculator(plans={"mine": PLAN}).notes["mine"]) == {
            "churn_per_month",
            "acquisition_usd_per_customer",
            "price_elasticity",
        }


class TestJupyterLab:
    """Where no library can be loaded, Python writes and reads worksheets."""

    def ask(self, calculator, content, buffers=()):
        sent = []
        calculator.send = lambda message, buffers=None: sent.append((message, buffers))
        calculator._answer(calculator, content, list(buffers))
        return sent

    def test_a_worksheet_goes_out_and_comes_back(self):
        [(message, [data])] = self.ask(FounderCalculator(plans={"mine": PLAN}), {"kind": "export"})
        assert message == {"kind": "worksheet"}
        assert worksheet.from_xlsx(io.BytesIO(data)) == ("mine", PLAN)
        other = FounderCalculator()
        assert (
            self.ask(other, {"kind": "import"}, [memoryview(data)])[0][0]["text"]
            == "The plan of the file is here."
        )
        assert other.business() == PLAN

    @pytest.mark.parametrize("data", [b"", b"PK", b"x" * 3_000_000])
    def test_what_is_no_worksheet_is_refused_with_a_sentence(self, data):
        calculator = FounderCalculator()
        before = calculator.business()
        [(message, _)] = self.ask(calculator, {"kind": "import"}, [memoryview(data)])
        assert "damaged, or no worksheet" in message["text"] or "too large" in message["text"]
        assert not message["changed"]
        assert calculator.business() == before

    def test_a_changed_worksheet_is_offered_and_then_taken(self):
        import openpyxl

        [(_, [data])] = self.ask(FounderCalculator(plans={"mine": PLAN}), {"kind": "export"})
        book, file = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
        book["Plan"]["B9"] = 55  # the price
        book.save(file)
        calculator = FounderCalculator()
        [(message, _)] = self.ask(calculator, {"kind": "import"}, [memoryview(file.getvalue())])
        assert message["changed"]
        assert "check number" in message["text"]
        self.ask(calculator, {"kind": "import", "changed": True}, [memoryview(file.getvalue())])
        assert calculator.business() == changed(price_usd_per_customer_month=55.0)
