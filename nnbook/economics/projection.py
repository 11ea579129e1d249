"""Cash over time: the months of one business, or of thousands of futures of it at once."""

from dataclasses import dataclass

import numpy as np

from nnbook.economics.usage import limited_mean

PRICE_RATIO = (0.25, 4.0)  # an elasticity is measured near the usual price; beyond this it says nothing


def project_inputs(inputs, months):
    """The months of many businesses at once.

    Args:
        inputs: {field of Business: array (n, 1) or (n, months)}; an input with `months` columns changes over
            time (an event). Usage and prices are those of column 0 where a distribution is needed.
        months: whole number.
    Returns:
        The columns of `Projection`, each (n, months).
    """
    v, t = inputs, np.arange(months)
    used, billed = _usage_columns(v)
    rise, fall = (
        (1 + v["price_change_per_year"]) ** (t / 12),
        (1 + v["token_cost_change_per_year"]) ** (t / 12),
    )
    revenue = (v["price_usd_per_customer_month"] + billed * v["overage_usd_per_million_tokens"]) * rise
    reference = v["reference_price_usd"] * rise
    ratio = np.where(reference > 0, revenue / np.where(reference > 0, reference, 1), 1).clip(*PRICE_RATIO)
    arriving = v["new_customers_per_month"] * (1 + v["growth_per_month"]) ** t
    bought = arriving * ratio ** v["price_elasticity"]
    stays = 1 - np.minimum(1, v["churn_per_month"] * ratio ** v["churn_elasticity"])
    bought, stays = np.broadcast_arrays(bought, stays)
    customers = np.empty(bought.shape)
    served = v["customers"][:, 0]
    for month in t:
        served = served * stays[:, month] + bought[:, month]
        customers[:, month] = served
    load = customers * used / v["million_tokens_per_machine_month"]
    machines = np.where(v["machine_usd_per_month"] > 0, np.maximum(1, np.ceil(load - 1e-9)), 0)
    rent = machines * v["machine_usd_per_month"] * fall
    tokens = customers * used * v["cost_usd_per_million_tokens"] * fall
    contribution = customers * (revenue - v["other_cost_usd_per_customer_month"]) - tokens - rent
    fixed = v["fixed_usd_per_month"] + v["supply_fixed_usd_per_month"] + np.zeros_like(customers)
    one_off = v["one_off_usd"] * (t == 0) + v.get("event_usd", 0.0)
    flow = contribution - arriving * v["acquisition_usd_per_customer"] - fixed - one_off
    idle = rent - load * v["machine_usd_per_month"] * fall
    cash = v["cash_usd"] + np.cumsum(flow, axis=1)
    return customers, customers * revenue, contribution, flow, cash, machines, idle, fixed


def _usage_columns(v):
    """Used and billed million tokens of a customer, (n, 1); alike inputs are computed once."""
    names = (
        "million_tokens_per_customer_month",
        "usage_spread",
        "cap_million_tokens",
        "included_million_tokens",
    )
    rows = np.concatenate(
        [np.broadcast_to(v[name][:, :1], (len(v["customers"]), 1)) for name in names], axis=1
    )
    known, used, billed = {}, np.empty((len(rows), 1)), np.empty((len(rows), 1))
    for i, row in enumerate(map(tuple, rows.tolist())):
        if row not in known:
            mean, spread, cap, included = row
            most = limited_mean(mean, spread, cap)
            known[row] = most, max(0.0, most - limited_mean(mean, spread, min(included, cap)))
        used[i, 0], billed[i, 0] = known[row]
    return used, billed


@dataclass(frozen=True)
class Projection:
    """Month by month, in US dollars, one array entry a month.

    `customers` at the end; `revenue_usd`; `contribution_usd`, after all costs to serve, idle machines too;
    `cash_flow_usd`; `cash_usd` left; `machines` rented; `idle_usd`, rent of hours that nobody used;
    `fixed_usd`, fixed costs of company and supply.
    """

    customers: np.ndarray
    revenue_usd: np.ndarray
    contribution_usd: np.ndarray
    cash_flow_usd: np.ndarray
    cash_usd: np.ndarray
    machines: np.ndarray
    idle_usd: np.ndarray
    fixed_usd: np.ndarray

    @property
    def gross_margin(self):
        """Contribution as a share of revenue, month by month; NaN in a month without revenue."""
        revenue = np.where(self.revenue_usd > 0, self.revenue_usd, np.nan)
        return self.contribution_usd / revenue

    @property
    def fixed_covered_month(self):
        """First month (from 1) from which on contribution covers the fixed costs, or None."""
        return _stays_from(self.contribution_usd - self.fixed_usd)

    @property
    def cash_positive_month(self):
        """First month (from 1) from which on cash flow, with winning customers, is at least 0, or None."""
        return _stays_from(self.cash_flow_usd)

    @property
    def burn_usd_per_month(self):
        """Largest loss of a month; 0 when no month loses."""
        return max(0.0, -float(self.cash_flow_usd.min()))

    @property
    def runway_months(self):
        """Months until the cash is gone, or None when it lasts."""
        empty = np.flatnonzero(self.cash_usd < 0)
        return int(empty[0]) + 1 if len(empty) else None

    @property
    def lowest_cash_usd(self):
        """The deepest point of the valley: below zero is what had to be raised beforehand."""
        return float(self.cash_usd.min())


def _stays_from(values):
    negative = np.flatnonzero(values < 0)
    first = int(negative[-1]) + 2 if len(negative) else 1
    return first if first <= len(values) else None
