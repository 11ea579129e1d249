"""What a business earns: unit economics and cash over time."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from nnbook.economics._checks import above, at_least, is_share
from nnbook.economics.projection import PRICE_RATIO, Projection, project_inputs
from nnbook.economics.usage import NO_CAP, limited_mean, usage_quantile
from nnbook.functional import as_whole


@dataclass(frozen=True)
class Business:
    """A subscription business whose product spends tokens.

    Each month: new customers arrive (their number changes by `growth_per_month`), a share of the old ones
    leaves, price and cost of computing move by their yearly change, and cash pays for the difference.

    Where the tokens come from is a `Supply` (`supplied_by`), what is paid for them a `Price` (`priced`).
    A reference price other than 0 says at which price the numbers of customers were estimated. At a ratio r
    to it, r ** price_elasticity times as many of those who are reached buy, and r ** churn_elasticity times
    as many of the old ones leave. What is spent on reaching people does not change with the price.
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
    # machines that are rented whole, see Supply
    machine_usd_per_month: float = 0.0
    million_tokens_per_machine_month: float = NO_CAP
    supply_fixed_usd_per_month: float = 0.0
    one_off_usd: float = 0.0
    # customers differ, see Price
    usage_spread: float = 0.0
    overage_usd_per_million_tokens: float = 0.0
    included_million_tokens: float = 0.0
    cap_million_tokens: float = NO_CAP
    # customers answer to the price
    reference_price_usd: float = 0.0
    price_elasticity: float = -1.5
    churn_elasticity: float = 0.5

    def __post_init__(self):
        for field in dataclasses.fields(self):
            name, value = field.name, getattr(self, field.name)
            if name.endswith("_change_per_year") or name == "growth_per_month":
                above(-1, **{name: value})
            elif name in ("cap_million_tokens", "million_tokens_per_machine_month"):
                above(0, **{name: value})
            elif name == "price_elasticity":
                above(-math.inf, price_elasticity=value)
                if value > 0:
                    raise ValueError(
                        f"price_elasticity must not be above 0: a higher price sells less; got {value}."
                    )
            else:
                at_least(0, **{name: value})
        is_share(churn_per_month=self.churn_per_month)
        if self.customers + self.new_customers_per_month == 0:
            raise ValueError("a business needs customers: both customers and new_customers_per_month are 0.")

    def supplied_by(self, supply):
        """The same business with the five costs of a `Supply`."""
        costs = dataclasses.asdict(supply)
        costs.pop("name")
        return dataclasses.replace(self, **costs)

    def priced(self, price):
        """The same business with the four lines of a `Price`; the reference price stays."""
        return dataclasses.replace(self, **dataclasses.asdict(price))

    # ------------------------------------------------------------------ one customer, in the first month

    @property
    def used_million_tokens(self):
        """What a customer really uses in a month on average, the cap applied."""
        return limited_mean(
            self.million_tokens_per_customer_month, self.usage_spread, self.cap_million_tokens
        )

    @property
    def billed_million_tokens(self):
        """What a customer uses beyond the included tokens on average."""
        return max(
            0.0,
            self.used_million_tokens
            - limited_mean(
                self.million_tokens_per_customer_month,
                self.usage_spread,
                min(self.included_million_tokens, self.cap_million_tokens),
            ),
        )

    @property
    def revenue_usd_per_customer_month(self):
        """What a customer pays in a month on average: the fixed price and the overage."""
        return (
            self.price_usd_per_customer_month
            + self.billed_million_tokens * self.overage_usd_per_million_tokens
        )

    @property
    def full_usd_per_million_tokens(self):
        """Cost of a million tokens when all machines are full; idle hours come on top."""
        return self.cost_usd_per_million_tokens + (
            self.machine_usd_per_month / self.million_tokens_per_machine_month
        )

    @property
    def token_cost_usd_per_customer_month(self):
        """What one customer's tokens cost in a month."""
        return self.used_million_tokens * self.full_usd_per_million_tokens

    @property
    def contribution_usd_per_customer_month(self):
        """Revenue less what one more customer costs to serve (support and payment fees are in it)."""
        return (
            self.revenue_usd_per_customer_month
            - self.token_cost_usd_per_customer_month
            - self.other_cost_usd_per_customer_month
        )

    @property
    def gross_margin(self):
        """Contribution as a share of the revenue; -inf when the product is free but costs something."""
        if self.revenue_usd_per_customer_month == 0:
            return 0.0 if self.contribution_usd_per_customer_month == 0 else -math.inf
        return self.contribution_usd_per_customer_month / self.revenue_usd_per_customer_month

    def contribution_of_customer(self, million_tokens):
        """What a customer leaves in a month who would use so many million tokens."""
        used = min(million_tokens, self.cap_million_tokens)
        billed = max(0.0, used - min(self.included_million_tokens, self.cap_million_tokens))
        return (
            self.price_usd_per_customer_month
            + billed * self.overage_usd_per_million_tokens
            - used * self.full_usd_per_million_tokens
            - self.other_cost_usd_per_customer_month
        )

    def contribution_at(self, share):
        """What the customer leaves whom `share` of all do not exceed in use; 0.95 is a heavy user."""
        return self.contribution_of_customer(
            usage_quantile(self.million_tokens_per_customer_month, self.usage_spread, share)
        )

    @property
    def price_ratio(self):
        """Revenue of a customer against the reference price, within 1/4 and 4; 1 without a reference."""
        if self.reference_price_usd == 0:
            return 1.0
        low, high = PRICE_RATIO
        return min(high, max(low, self.revenue_usd_per_customer_month / self.reference_price_usd))

    @property
    def churn_at_price(self):
        """Share that leaves in a month at this price."""
        return min(1.0, self.churn_per_month * self.price_ratio**self.churn_elasticity)

    @property
    def acquisition_at_price(self):
        """What one new customer costs to win at this price."""
        return self.acquisition_usd_per_customer / self.price_ratio**self.price_elasticity

    @property
    def lifetime_months(self):
        """How long a customer stays on average, 1 / churn."""
        return 1 / self.churn_at_price

    @property
    def lifetime_value_usd(self):
        """Contribution of a customer over its stay, along the plan's own path of price and cost.

        The sum over months t of (1 - churn)^t · (revenue_t - tokens_t - other), t = 0, 1, …; without yearly
        changes contribution / churn. Where parts grow faster than customers leave, the one that grows fastest
        makes it plus or minus infinity.
        """
        churn, value, fastest = self.churn_at_price, 0.0, (0.0, 0.0)
        for amount, change in (
            (self.revenue_usd_per_customer_month, self.price_change_per_year),
            (-self.token_cost_usd_per_customer_month, self.token_cost_change_per_year),
            (-self.other_cost_usd_per_customer_month, 0.0),
        ):
            shrinks = churn + (1 - churn) * (1 - (1 + change) ** (1 / 12))  # 1 - (1 - churn) · growth
            if amount and shrinks > 0:
                value += amount / shrinks
            elif amount and shrinks <= fastest[0]:
                fastest = (shrinks, amount)
        return math.copysign(math.inf, fastest[1]) if fastest[1] else value

    @property
    def lifetime_value_to_acquisition(self):
        """LTV/CAC: below 1 each new customer loses money; 3 is a common rule of thumb."""
        if self.acquisition_at_price == 0:
            return math.copysign(math.inf, self.lifetime_value_usd) if self.lifetime_value_usd else 0.0
        return self.lifetime_value_usd / self.acquisition_at_price

    @property
    def customers_to_cover_fixed(self):
        """Customers whose contribution pays fixed costs and idle machines; inf when no number does.

        Winning new ones is not in it: see `Projection.cash_positive_month` for that.
        """
        each, fixed = self.contribution_usd_per_customer_month, self.fixed_usd_per_month
        fixed += self.supply_fixed_usd_per_month
        if each <= 0:
            return math.inf
        if not self.machine_usd_per_month or not self.used_million_tokens:
            return (fixed + self.machine_usd_per_month) / each
        room = self.million_tokens_per_machine_month / self.used_million_tokens  # customers of one machine
        # m full machines serve m · room customers, who leave m · room · each after the rent
        machines = max(1, math.ceil(fixed / (room * each) - 1e-9))
        return (fixed + machines * self.machine_usd_per_month) / (each + self.machine_usd_per_month / room)

    # ------------------------------------------------------------------ a file of it

    def to_xlsx(self, path, name="plan"):
        """Write a worksheet whose formulas compute this plan, see `nnbook.economics.worksheet`."""
        from nnbook.economics.worksheet import to_xlsx

        to_xlsx(self, path, name)

    @classmethod
    def from_xlsx(cls, path, *, changed=False):
        """Read a plan that `to_xlsx` or the page wrote; see there for `changed`."""
        from nnbook.economics.worksheet import from_xlsx

        return from_xlsx(path, changed=changed)[1]

    # ------------------------------------------------------------------ all customers, month by month

    def project(self, months):
        """Simulate `months` months.

        Returns:
            Projection with one entry per month.
        """
        inputs = {
            field.name: np.array([[getattr(self, field.name)]], float) for field in dataclasses.fields(self)
        }
        columns = project_inputs(inputs, as_whole(months, "months"))
        return Projection(*(column[0] for column in columns))

    def cohorts(self, months):
        """Customers of each month of arrival, month by month: (months, months), zero before they arrive.

        Row 0 holds the customers of today as well. Columns sum to `project(months).customers`.
        """
        months = int(as_whole(months, "months"))
        r = self.price_ratio
        table = np.zeros((months, months))
        stays = 1 - self.churn_at_price
        for arrival in range(months):
            new = (
                self.new_customers_per_month
                * (1 + self.growth_per_month) ** arrival
                * r**self.price_elasticity
            )
            start = new + (self.customers * stays if arrival == 0 else 0)
            table[arrival, arrival:] = start * stays ** np.arange(months - arrival)
        return table

    def payback_months(self, months=120):
        """Months until customers of the first month have paid what winning them cost; inf if never."""
        t = np.arange(int(as_whole(months, "months")))
        each = (
            self.revenue_usd_per_customer_month * (1 + self.price_change_per_year) ** (t / 12)
            - self.token_cost_usd_per_customer_month * (1 + self.token_cost_change_per_year) ** (t / 12)
            - self.other_cost_usd_per_customer_month
        )
        earned = np.cumsum(each * (1 - self.churn_at_price) ** t)
        paid = np.flatnonzero(earned >= self.acquisition_at_price)
        return int(paid[0]) + 1 if len(paid) else math.inf


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
