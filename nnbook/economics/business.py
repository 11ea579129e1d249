"""What a business earns: unit economics, cash over time, survival and sensitivity."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from nnbook.economics._checks import above, at_least, is_share
from nnbook.functional import as_whole


@dataclass(frozen=True)
class Business:
    """A subscription business whose product spends tokens.

    Each month: new customers arrive (their number changes by `growth_per_month`), a share of the old ones
    leaves, price and token cost move by their yearly change, and cash pays for the difference.
    """

    customers: float
    new_customers_per_month: float
    growth_per_month: float
    churn_per_month: float
    price_usd_per_customer_month: float
    million_tokens_per_customer_month: float
    cost_usd_per_million_tokens: float
    other_cost_usd_per_customer_month: float
    acquisition_usd_per_customer: float
    fixed_usd_per_month: float
    cash_usd: float
    price_change_per_year: float = 0.0
    token_cost_change_per_year: float = 0.0

    def __post_init__(self):
        for field in dataclasses.fields(self):
            if field.name.endswith("_change_per_year") or field.name == "growth_per_month":
                above(-1, **{field.name: getattr(self, field.name)})
            else:
                at_least(0, **{field.name: getattr(self, field.name)})
        is_share(churn_per_month=self.churn_per_month)
        if self.customers + self.new_customers_per_month == 0:
            raise ValueError("a business needs customers: both customers and new_customers_per_month are 0.")

    @property
    def token_cost_usd_per_customer_month(self):
        """What one customer's tokens cost in a month."""
        return self.million_tokens_per_customer_month * self.cost_usd_per_million_tokens

    @property
    def contribution_usd_per_customer_month(self):
        """Price less what one more customer costs to serve."""
        return (
            self.price_usd_per_customer_month
            - self.token_cost_usd_per_customer_month
            - self.other_cost_usd_per_customer_month
        )

    @property
    def gross_margin(self):
        """Contribution as a share of the price; -inf when the product is free but costs something."""
        if self.price_usd_per_customer_month == 0:
            return 0.0 if self.contribution_usd_per_customer_month == 0 else -math.inf
        return self.contribution_usd_per_customer_month / self.price_usd_per_customer_month

    @property
    def lifetime_months(self):
        """How long a customer stays on average, 1 / churn."""
        return 1 / self.churn_per_month

    @property
    def lifetime_value_usd(self):
        """Contribution over a customer's lifetime."""
        return self.contribution_usd_per_customer_month * self.lifetime_months

    @property
    def lifetime_value_to_acquisition(self):
        """LTV/CAC: below 1 each new customer loses money; 3 is a common rule of thumb."""
        if self.acquisition_usd_per_customer == 0:
            return math.copysign(math.inf, self.lifetime_value_usd) if self.lifetime_value_usd else 0.0
        return self.lifetime_value_usd / self.acquisition_usd_per_customer

    @property
    def break_even_customers(self):
        """Customers whose contribution pays the fixed costs; inf when each one loses money."""
        if self.contribution_usd_per_customer_month <= 0:
            return math.inf
        return self.fixed_usd_per_month / self.contribution_usd_per_customer_month

    def project(self, months):
        """Simulate `months` months.

        Returns:
            Projection with one entry per month.
        """
        t = np.arange(as_whole(months, "months"))
        new = self.new_customers_per_month * (1 + self.growth_per_month) ** t
        customers = np.empty(len(t))
        served = self.customers
        for month in t:
            served = served * (1 - self.churn_per_month) + new[month]
            customers[month] = served
        price = self.price_usd_per_customer_month * (1 + self.price_change_per_year) ** (t / 12)
        token_cost = self.token_cost_usd_per_customer_month * (1 + self.token_cost_change_per_year) ** (
            t / 12
        )
        contribution = customers * (price - token_cost - self.other_cost_usd_per_customer_month)
        flow = contribution - new * self.acquisition_usd_per_customer - self.fixed_usd_per_month
        return Projection(customers, customers * price, contribution, flow, self.cash_usd + np.cumsum(flow))


@dataclass(frozen=True)
class Projection:
    """Month by month, in US dollars: customers at the end, revenue, contribution, cash flow, cash left."""

    customers: np.ndarray
    revenue_usd: np.ndarray
    contribution_usd: np.ndarray
    cash_flow_usd: np.ndarray
    cash_usd: np.ndarray

    @property
    def break_even_month(self):
        """First month (from 1) from which cash flow stays at or above zero, or None."""
        negative = np.flatnonzero(self.cash_flow_usd < 0)
        first = int(negative[-1]) + 2 if len(negative) else 1
        return first if first <= len(self.cash_flow_usd) else None

    @property
    def runway_months(self):
        """Months until the cash is gone, or None when it lasts."""
        empty = np.flatnonzero(self.cash_usd < 0)
        return int(empty[0]) + 1 if len(empty) else None

    @property
    def lowest_cash_usd(self):
        """The deepest point of the valley: below zero is what had to be raised beforehand."""
        return float(self.cash_usd.min())


@dataclass(frozen=True)
class Survival:
    """Outcome of many simulated futures: `share` of them never ran out of cash, with a 95 % interval."""

    share: float
    low: float
    high: float
    lowest_cash_usd: np.ndarray


UNCERTAIN = (
    "new_customers_per_month",
    "churn_per_month",
    "price_usd_per_customer_month",
    "cost_usd_per_million_tokens",
    "acquisition_usd_per_customer",
)


def survival(business, *, months, n_runs, spread, rng, fields=UNCERTAIN):
    """Draw futures in which each uncertain input is multiplied by its own log-normal factor (median 1).

    Args:
        business: the plan.
        months, n_runs: length and number of futures.
        spread: standard deviation of the logarithm; 0.3 means that two thirds lie between ÷1.35 and ×1.35.
        rng: np.random.Generator.
        fields: which inputs vary.
    Returns:
        Survival, with a Wilson interval for the share.
    """
    n_runs = as_whole(n_runs, "n_runs")
    at_least(0, spread=spread)
    factors = np.exp(spread * rng.standard_normal((n_runs, len(fields))))
    lowest = np.empty(int(n_runs))
    for run, row in enumerate(factors):
        changed = {name: getattr(business, name) * factor for name, factor in zip(fields, row, strict=True)}
        if "churn_per_month" in changed:
            changed["churn_per_month"] = min(changed["churn_per_month"], 1.0)  # nobody leaves twice
        lowest[run] = dataclasses.replace(business, **changed).project(months).lowest_cash_usd
    share = float(np.mean(lowest >= 0))
    low, high = wilson_interval(share, n_runs)
    return Survival(share, low, high, lowest)


def wilson_interval(share, n, z=1.96):
    """95 % interval of a share seen in `n` trials; unlike ± it never leaves [0, 1]. Source: Wilson, 1927.

    >>> [round(bound, 3) for bound in wilson_interval(0.5, 100)]
    [0.404, 0.596]
    """
    above(0, n=n)
    centre = share + z**2 / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, (centre - half) / (1 + z**2 / n)), min(1.0, (centre + half) / (1 + z**2 / n))


def sensitivity(result, settings, fields, *, change=0.2):
    """Move one input at a time by ±`change` and see how far the result moves.

    Args:
        result: function settings -> float.
        settings: a frozen dataclass of this module.
        fields: names of the inputs to move.
    Returns:
        List of (field, result with the input lowered, result with it raised), largest swing first.
    """
    is_share(change=change)
    rows = []
    for name in fields:
        low, high = (
            result(dataclasses.replace(settings, **{name: getattr(settings, name) * factor}))
            for factor in (1 - change, 1 + change)
        )
        rows.append((name, low, high))
    return sorted(rows, key=lambda row: -abs(row[2] - row[1]))
