"""FounderCalculator: what a plan earns, how long its cash lasts, and what breaks first."""

import math
from dataclasses import dataclass

import traitlets

from nnbook.economics import Business, Projection
from nnbook.widgets._base import Widget
from nnbook.widgets._checks import a_word, one_of, whole_within, within

MONTHS = 36
RESULTS = ("final_cash", "lowest_cash", "ltv_cac")
# The bounds of each input; founder_calculator.js has the same, and a test compares them.
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
}
FIELDS = tuple(BOUNDS)


def _plan(*values):
    return Business(**dict(zip(FIELDS, values, strict=True)))


# Three ways to build on a language model. Round numbers to change, not a survey of the market.
PLANS = {
    "API reseller": _plan(60, 40, 0.05, 0.06, 29, 8, 1.4, 3, 110, 12_000, 250_000, -0.3, -0.3),
    "Vertical application": _plan(6, 3, 0.05, 0.02, 420, 25, 0.3, 60, 2400, 24_000, 600_000, 0.0, -0.2),
    "Self-hosted open model": _plan(60, 40, 0.06, 0.05, 49, 14, 0.55, 5, 140, 34_000, 550_000, -0.1, -0.3),
}


@dataclass(frozen=True)
class FirstFailure:
    """What fails first, and in which month (from 1).

    `constraint` is "unit" (a customer brings nothing any more), "acquisition" (a customer costs more to win
    than it ever brings), "cash" (it runs out), "break_even" (the cash lasts, but the plan does not pay for
    itself) or "nothing"; the last two have no month.
    """

    constraint: str
    month: int | None


def first_failure(business, months=MONTHS):
    """Return the `FirstFailure` of a plan within `months`; a tie goes to the deeper reason.

    >>> first_failure(PLANS["API reseller"])
    FirstFailure(constraint='cash', month=18)
    """
    projection = business.project(months)
    unit = next((t + 1 for t in range(months) if _contribution_in(business, t) <= 0), math.inf)
    wins_customers = business.new_customers_per_month > 0
    acquisition = 1 if wins_customers and business.lifetime_value_to_acquisition < 1 else math.inf
    cash = projection.runway_months or math.inf
    first = min(unit, acquisition, cash)
    if first < math.inf:
        name = "unit" if unit == first else "acquisition" if acquisition == first else "cash"
        return FirstFailure(name, int(first))
    return FirstFailure("break_even" if projection.break_even_month is None else "nothing", None)


def _contribution_in(business, t):
    price = business.price_usd_per_customer_month * (1 + business.price_change_per_year) ** (t / 12)
    tokens = business.token_cost_usd_per_customer_month * (1 + business.token_cost_change_per_year) ** (
        t / 12
    )
    return price - tokens - business.other_cost_usd_per_customer_month


class FounderCalculator(Widget):
    """Sliders for a plan; margin, break-even, runway, LTV/CAC, survival, and what breaks first.

    Args:
        plans: {name: Business}, the cases a reader can choose from; three built-in ones when left out.
        plan: the name of the case to begin with; the first one when left out.

    State (all of it can be set here or in the widget): the 13 inputs of `nnbook.economics.Business` under
    their own names, and
        plan: the case chosen last; the inputs may have moved since.
        spread: how uncertain the inputs are in the survival figure (standard deviation of the logarithm).
        seed: of the simulated futures.
        result: what the sensitivity chart measures: "final_cash", "lowest_cash" or "ltv_cac".
        customer_name, usage_unit: the words for one customer and for what is used ("million tokens", or
            "patient", "application" where a later chapter counts cases).

    >>> calculator = FounderCalculator()
    >>> round(calculator.business().gross_margin, 2), calculator.first_failure()
    (0.51, FirstFailure(constraint='cash', month=18))
    """

    fallback = (
        "A calculator for a business on a language model: price, cost per token, churn and cash give margin, "
        "break-even, runway and what breaks first. With JavaScript every input is a slider."
    )

    plans = traitlets.List(traitlets.Dict()).tag(sync=True)
    plan = traitlets.Unicode().tag(sync=True)
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
    spread = traitlets.Float(0.25).tag(sync=True)
    seed = traitlets.Int(1).tag(sync=True)
    result = traitlets.Unicode("final_cash").tag(sync=True)
    customer_name = traitlets.Unicode("customer").tag(sync=True)
    usage_unit = traitlets.Unicode("million tokens").tag(sync=True)

    def __init__(self, plans=None, *, plan=None, **state):
        plans = dict(PLANS if plans is None else plans)
        if not plans or not all(isinstance(business, Business) for business in plans.values()):
            raise ValueError("plans must be a dict {name: Business} with at least one entry.")
        plan = next(iter(plans)) if plan is None else plan
        if plan not in plans:
            raise ValueError(f"plan must be one of {', '.join(plans)}; got {plan!r}.")
        rows = [{"name": str(name), **_inputs(business)} for name, business in plans.items()]
        super().__init__(plans=rows, plan=plan, **{**_inputs(plans[plan]), **state})

    def business(self) -> Business:
        """Return the plan as the sliders stand now."""
        return Business(**{name: getattr(self, name) for name in FIELDS})

    def set_business(self, business):
        """Move the sliders to another plan.

        Raises:
            traitlets.TraitError: an input lies outside its slider; nothing is changed then.
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

    @traitlets.validate("spread")
    def _check_spread(self, proposal):
        return within(proposal, 0, 1)

    @traitlets.validate("seed")
    def _check_seed(self, proposal):
        return whole_within(proposal, 0, 9999)

    @traitlets.validate("result")
    def _check_result(self, proposal):
        return one_of(proposal, RESULTS)

    @traitlets.validate("customer_name", "usage_unit")
    def _check_word(self, proposal):
        return a_word(proposal)


def _inputs(business):
    return {name: float(getattr(business, name)) for name in FIELDS}
