"""What to do with a plan: which supply, what breaks first, and the numbers at which one stops."""

import dataclasses
import math
from dataclasses import dataclass

from nnbook.economics.business import Business
from nnbook.economics.futures import MONTHS
from nnbook.economics.supply import Supply


@dataclass(frozen=True)
class FirstFailure:
    """What fails first, and in which month (from 1).

    `constraint` is "unit" (a customer brings nothing any more), "acquisition" (a customer costs more to win
    than it ever brings), "cash" (it runs out), "break_even" (the cash lasts, but the cash flow does not stay
    positive) or "nothing"; the last two have no month.
    """

    constraint: str
    month: int | None


def contribution_in(business, t):
    """What a customer leaves in month t (from 0), when machines are full."""
    rise = (1 + business.price_change_per_year) ** (t / 12)
    fall = (1 + business.token_cost_change_per_year) ** (t / 12)
    tokens = business.token_cost_usd_per_customer_month
    return (
        business.revenue_usd_per_customer_month * rise
        - tokens * fall
        - business.other_cost_usd_per_customer_month
    )


def first_failure(business, months=MONTHS):
    """Return the `FirstFailure` of a plan within `months`; a tie goes to the deeper reason."""
    projection = business.project(months)
    unit = next((t + 1 for t in range(months) if contribution_in(business, t) <= 0), math.inf)
    wins_customers = business.new_customers_per_month > 0
    acquisition = 1 if wins_customers and business.lifetime_value_to_acquisition < 1 else math.inf
    cash = projection.runway_months or math.inf
    first = min(unit, acquisition, cash)
    if first < math.inf:
        name = "unit" if unit == first else "acquisition" if acquisition == first else "cash"
        return FirstFailure(name, int(first))
    return FirstFailure("break_even" if projection.cash_positive_month is None else "nothing", None)


@dataclass(frozen=True)
class Way:
    """A plan with one supply: what the supply costs over the months, and what cash is left at their end."""

    supply: Supply
    business: Business
    supply_usd: float
    final_cash_usd: float
    lowest_cash_usd: float


@dataclass(frozen=True)
class Decision:
    """`choice` is the name of the best supply, or "do not build"; `ways` has the best one first.

    `reason` is one sentence.
    """

    choice: str
    reason: str
    ways: tuple


def which_way(business, supplies, months=MONTHS):
    """Try each `Supply` on the plan and keep the one with most cash at the end.

    The answer is "do not build" when even the best way wins customers for more than they bring, or does not
    earn more than it spends by the end. Whether the answers of a smaller model are good enough is not in
    these numbers: that is measured on examples.
    """
    if not supplies:
        raise ValueError("which_way needs at least one Supply.")
    ways = []
    for supply in supplies:
        plan = business.supplied_by(supply)
        projection = plan.project(months)
        without = plan.supplied_by(Supply("nothing")).project(months)
        cash = float(projection.cash_usd[-1])
        ways.append(Way(supply, plan, float(without.cash_usd[-1]) - cash, cash, projection.lowest_cash_usd))
    ways.sort(key=lambda way: -way.final_cash_usd)
    best = ways[0]
    ratio = best.business.lifetime_value_to_acquisition
    if business.new_customers_per_month > 0 and ratio < 1:
        part = f"{ratio:.2f}" if ratio > 0 else "nothing"
        return Decision("do not build", f"a customer brings {part} of what it costs to win", tuple(ways))
    if best.business.project(months).cash_positive_month is None:
        return Decision("do not build", f"it still spends more than it earns in month {months}", tuple(ways))
    return Decision(best.supply.name, f"it leaves most cash in month {months}", tuple(ways))


@dataclass(frozen=True)
class Gate:
    """A number at which one stops, in the month in which it can be known.

    `stops` "below" or "above" `limit`; `plan` is the value that the plan assumes. A limit of None says that
    no value would let the plan pass.
    """

    month: int
    name: str
    measure: str
    stops: str
    limit: float | None
    plan: float

    @property
    def passed(self):
        """Whether the plan's own value passes."""
        if self.limit is None:
            return False
        return self.plan >= self.limit if self.stops == "below" else self.plan <= self.limit


def gates(business, months=MONTHS):
    """Five gates in the order of time, each a number at which to stop.

    1 price: what buyers sign for must let a customer bring back what winning it costs. 2 cost to serve: the
    same, for the prototype. 3 churn and 4 cost of winning a customer: the cash must last `months`. 5 cash in
    month 18: what the plan will still burn, and three months of fixed costs to end in order.
    """
    if not business.new_customers_per_month:
        raise ValueError("gates are for a business that wins customers: new_customers_per_month is 0.")
    price, serve = business.price_usd_per_customer_month, _cost_to_serve(business)

    def brings_back(**changes):
        return dataclasses.replace(business, **changes).lifetime_value_to_acquisition >= 1

    def lasts(**changes):
        return dataclasses.replace(business, **changes).project(months).lowest_cash_usd >= 0

    lowest_price = _edge(
        lambda p: brings_back(**_at_market_price(business, p)), 100 * max(price, serve, 1), 0
    )
    other = business.other_cost_usd_per_customer_month
    extra = _edge(
        lambda x: brings_back(other_cost_usd_per_customer_month=other + x), -other, 100 * max(price, 1)
    )
    cash_at = business.project(months).cash_usd
    month = min(18, months)
    ahead = max(0.0, float(cash_at[month - 1] - cash_at[month - 1 :].min()))
    fixed = business.fixed_usd_per_month + business.supply_fixed_usd_per_month
    churn = _edge(lambda c: lasts(churn_per_month=c), 0.001, 1)
    winning = _edge(
        lambda a: lasts(acquisition_usd_per_customer=a),
        0,
        100 * max(business.acquisition_usd_per_customer, 1),
    )
    return (
        Gate(0, "price", "dollars a month that buyers sign for", "below", lowest_price, price),
        Gate(
            3,
            "cost to serve",
            "dollars a month for one customer",
            "above",
            None if extra is None else serve + extra,
            serve,
        ),
        Gate(6, "churn", "share that leaves in a month", "above", churn, business.churn_per_month),
        Gate(
            12,
            "winning",
            "dollars to win one customer",
            "above",
            winning,
            business.acquisition_usd_per_customer,
        ),
        Gate(month, "cash", "dollars in the bank", "below", ahead + 3 * fixed, float(cash_at[month - 1])),
    )


def _cost_to_serve(business):
    return business.token_cost_usd_per_customer_month + business.other_cost_usd_per_customer_month


def _at_market_price(business, price):
    """The same plan where the whole market pays another price: as many buy as before."""
    changes = {"price_usd_per_customer_month": price}
    if business.reference_price_usd and business.price_usd_per_customer_month:
        changes["reference_price_usd"] = (
            business.reference_price_usd * price / business.price_usd_per_customer_month
        )
    return changes


def _edge(good, best, worst, steps=60):
    """The last good value on the way from `best` to `worst`; None when not even `best` is good."""
    if not good(best):
        return None
    if good(worst):
        return float(worst)
    for _ in range(steps):
        middle = (best + worst) / 2
        best, worst = (middle, worst) if good(middle) else (best, middle)
    return float(best)
