"""FounderCalculator: a plan as a worksheet. Which way, how long the cash lasts, what breaks first."""

import dataclasses
import io
import re

import traitlets

from nnbook.economics import (
    EVENTS,
    PLANS,
    SOURCE_NAMES,
    SPREAD,
    SUPPLIES,
    Business,
    FirstFailure,
    Projection,
    Supply,
    benchmarks_for,
    first_failure,
    source_of,
    worksheet,
)
from nnbook.economics.futures import MONTHS
from nnbook.economics.worksheet_layout import layout
from nnbook.widgets._base import Widget
from nnbook.widgets._checks import a_word, one_of, whole_within, within

RESULTS = ("final_cash", "lowest_cash", "ltv_cac")
CURRENCIES = ("USD", "EUR", "CNY")
# The bounds of each input; founder_inputs.js has the same, and a test compares them.
BOUNDS = {
    "customers": (0, 1e8),
    "new_customers_per_month": (0, 1e7),
    "growth_per_month": (-0.5, 0.5),
    "churn_per_month": (0.001, 0.8),
    "price_usd_per_customer_month": (0, 1e7),
    "million_tokens_per_customer_month": (0, 1e6),
    "cost_usd_per_million_tokens": (0, 1e6),
    "other_cost_usd_per_customer_month": (0, 1e7),
    "acquisition_usd_per_customer": (0, 1e7),
    "fixed_usd_per_month": (0, 1e9),
    "cash_usd": (0, 1e11),
    "price_change_per_year": (-0.95, 1.0),
    "token_cost_change_per_year": (-0.95, 1.0),
    "machine_usd_per_month": (0, 1e7),
    "million_tokens_per_machine_month": (0.001, 1e9),
    "supply_fixed_usd_per_month": (0, 1e9),
    "one_off_usd": (0, 1e9),
    "usage_spread": (0, 3),
    "overage_usd_per_million_tokens": (0, 1e6),
    "included_million_tokens": (0, 1e6),
    "cap_million_tokens": (0.001, 1e9),
    "reference_price_usd": (0, 1e7),
    "price_elasticity": (-5, 0),
    "churn_elasticity": (0, 5),
}
FIELDS = tuple(BOUNDS)
RATES = (0.0001, 10_000)  # units of a currency for a dollar


class FounderCalculator(Widget):
    """A plan's worksheet: which way to make the tokens, cash in 1000 futures, what breaks first, five gates.

    Args:
        plans: {name: Business}, the cases a reader can choose from; `nnbook.economics.PLANS` when left out.
        plan: the name of the case to begin with; the first one when left out.
        supplies: the ways that are compared; `nnbook.economics.SUPPLIES` when left out.

    State (all of it can be set here or in the widget): the inputs of `nnbook.economics.Business` under their
    own names, and
        plan: the case chosen last; the inputs may have moved since.
        other: a case that is drawn beside it and compared in the same futures, or "".
        spread: how uncertain the inputs are in the futures (standard deviation of the logarithm).
        seed: of the simulated futures.
        event_rates: how often a year each of `nnbook.economics.EVENTS` happens in them.
        result: what the sensitivity chart measures: "final_cash", "lowest_cash" or "ltv_cac".
        currency, rate: "USD", "EUR" or "CNY", and how many of it a dollar is worth; inputs stay in dollars.
        customer_name, usage_unit: the words for one customer and for what is used ("million tokens", or
            "patient", "application" where a later chapter counts cases).

    >>> calculator = FounderCalculator()
    >>> round(calculator.business().gross_margin, 2), calculator.first_failure()
    (0.66, FirstFailure(constraint='nothing', month=None))
    """

    fallback = (
        "A worksheet for a business on a language model: about ten numbers give the cheapest way to make its "
        "tokens, its cash over three years, what breaks first and five gates. With JavaScript every input "
        "can be moved, typed and exported."
    )

    plans = traitlets.List(traitlets.Dict()).tag(sync=True)
    supplies = traitlets.List(traitlets.Dict()).tag(sync=True)
    events = traitlets.List(traitlets.Dict()).tag(sync=True)
    notes = traitlets.Dict().tag(sync=True)
    layout_of_sheet = traitlets.Dict().tag(sync=True)
    plan = traitlets.Unicode().tag(sync=True)
    other = traitlets.Unicode("").tag(sync=True)
    customers = traitlets.Float().tag(sync=True)
    new_customers_per_month = traitlets.Float().tag(sync=True)
    growth_per_month = traitlets.Float().tag(sync=True)
    churn_per_month = traitlets.Float().tag(sync=True)
    price_usd_per_customer_month = traitlets.Float().tag(sync=True)
    million_tokens_per_customer_month = traitlets.Float().tag(sync=True)
    cost_usd_per_million_tokens = traitlets.Float().tag(sync=True)
    other_cost_usd_per_customer_month = traitlets.Float().tag(sync=True)
    acquisition_usd_per_customer = traitlets.Float().tag(sync=True)
    fixed_usd_per_month = traitlets.Float().tag(sync=True)
    cash_usd = traitlets.Float().tag(sync=True)
    price_change_per_year = traitlets.Float().tag(sync=True)
    token_cost_change_per_year = traitlets.Float().tag(sync=True)
    machine_usd_per_month = traitlets.Float().tag(sync=True)
    million_tokens_per_machine_month = traitlets.Float().tag(sync=True)
    supply_fixed_usd_per_month = traitlets.Float().tag(sync=True)
    one_off_usd = traitlets.Float().tag(sync=True)
    usage_spread = traitlets.Float().tag(sync=True)
    overage_usd_per_million_tokens = traitlets.Float().tag(sync=True)
    included_million_tokens = traitlets.Float().tag(sync=True)
    cap_million_tokens = traitlets.Float().tag(sync=True)
    reference_price_usd = traitlets.Float().tag(sync=True)
    price_elasticity = traitlets.Float().tag(sync=True)
    churn_elasticity = traitlets.Float().tag(sync=True)
    spread = traitlets.Float(SPREAD).tag(sync=True)
    seed = traitlets.Int(1).tag(sync=True)
    event_rates = traitlets.List(traitlets.Float(), [0.0] * len(EVENTS)).tag(sync=True)
    result = traitlets.Unicode("final_cash").tag(sync=True)
    currency = traitlets.Unicode("USD").tag(sync=True)
    rate = traitlets.Float(1.0).tag(sync=True)
    customer_name = traitlets.Unicode("customer").tag(sync=True)
    usage_unit = traitlets.Unicode("million tokens").tag(sync=True)

    def __init__(self, plans=None, *, plan=None, supplies=SUPPLIES, **state):
        plans = dict(PLANS if plans is None else plans)
        if not plans or not all(isinstance(business, Business) for business in plans.values()):
            raise ValueError("plans must be a dict {name: Business} with at least one entry.")
        plan = next(iter(plans)) if plan is None else plan
        if plan not in plans:
            raise ValueError(f"plan must be one of {', '.join(plans)}; got {plan!r}.")
        if not supplies or not all(isinstance(supply, Supply) for supply in supplies):
            raise ValueError("supplies must be a list of nnbook.economics.Supply with at least one entry.")
        super().__init__(
            plans=[{"name": str(name), **_inputs(business)} for name, business in plans.items()],
            supplies=[_floats(supply) for supply in supplies],
            events=[
                dataclasses.asdict(event) | {"multiply": [list(m) for m in event.multiply]}
                for event in EVENTS
            ],
            notes={str(name): _notes(name, business) for name, business in plans.items()},
            layout_of_sheet=layout(),
            plan=plan,
            **{**_inputs(plans[plan]), **state},
        )
        self.on_msg(self._answer)

    def business(self) -> Business:
        """Return the plan as the inputs stand now."""
        return Business(**{name: getattr(self, name) for name in FIELDS})

    def set_business(self, business):
        """Move the inputs to another plan.

        Raises:
            traitlets.TraitError: an input lies outside its bounds; nothing is changed then.
        """
        with self.hold_trait_notifications():
            for name, value in _inputs(business).items():
                setattr(self, name, value)

    def projection(self) -> Projection:
        """Return the 36 months that the chart shows."""
        return self.business().project(MONTHS)

    def first_failure(self) -> FirstFailure:
        """Return what the widget's sentence says."""
        return first_failure(self.business())

    def _answer(self, _, content, buffers):
        """What the page does with a library, Python does in JupyterLab: write a worksheet, or read one."""
        if content.get("kind") == "export":
            file = io.BytesIO()
            worksheet.to_xlsx(self.business(), file, self.plan)
            self.send({"kind": "worksheet"}, buffers=[file.getvalue()])
        elif content.get("kind") == "import" and buffers:
            try:
                changed = bool(content.get("changed"))
                self.set_business(worksheet.from_xlsx(io.BytesIO(bytes(buffers[0])), changed=changed)[1])
                self.send({"kind": "said", "text": "The plan of the file is here."})
            except (ValueError, traitlets.TraitError) as error:
                self.send({"kind": "said", "text": str(error), "changed": "check number" in str(error)})

    @traitlets.validate(*FIELDS)
    def _check_input(self, proposal):
        return within(proposal, *BOUNDS[proposal["trait"].name])

    @traitlets.validate("plans")
    def _check_plans(self, proposal):
        for row in proposal["value"]:
            if set(row) != {"name", *FIELDS}:
                raise traitlets.TraitError(
                    f"each plan must have a name and the inputs of Business; got {sorted(row)}."
                )
        return proposal["value"]

    @traitlets.validate("other")
    def _check_other(self, proposal):
        return one_of(proposal, ("", *(row["name"] for row in self.plans)))

    @traitlets.validate("spread")
    def _check_spread(self, proposal):
        return within(proposal, 0, 1)

    @traitlets.validate("seed")
    def _check_seed(self, proposal):
        return whole_within(proposal, 0, 9999)

    @traitlets.validate("event_rates")
    def _check_rates(self, proposal):
        rates = proposal["value"]
        if len(rates) != len(EVENTS) or not all(0 <= rate <= 12 for rate in rates):
            raise traitlets.TraitError(f"event_rates must be {len(EVENTS)} numbers in [0, 12]; got {rates}.")
        return rates

    @traitlets.validate("result")
    def _check_result(self, proposal):
        return one_of(proposal, RESULTS)

    @traitlets.validate("currency")
    def _check_currency(self, proposal):
        return one_of(proposal, CURRENCIES)

    @traitlets.validate("rate")
    def _check_rate(self, proposal):
        return within(proposal, *RATES)

    @traitlets.validate("customer_name", "usage_unit")
    def _check_word(self, proposal):
        return a_word(proposal)


def _inputs(business):
    return {name: float(getattr(business, name)) for name in FIELDS}


def _floats(supply):
    return {
        name: value if name == "name" else float(value) for name, value in dataclasses.asdict(supply).items()
    }


def _notes(name, business):
    """What stands beside each input: what others report, or where the plan's own number comes from."""
    notes = {}
    for field in FIELDS:
        rows = benchmarks_for(field)
        if rows:
            notes[field] = " · ".join(f"{row.text} ({SOURCE_NAMES[row.citation]})" for row in rows)
        elif name in PLANS and getattr(PLANS[name], field) == getattr(business, field):
            source = source_of(name, field)
            notes[field] = re.sub(r"\{(\w+)\}", lambda match: f"({SOURCE_NAMES[match[1]]})", source)
    winning = benchmarks_for("acquisition_months_of_revenue")[0]
    notes["acquisition_usd_per_customer"] = f"{winning.text} ({SOURCE_NAMES[winning.citation]})"
    return notes
