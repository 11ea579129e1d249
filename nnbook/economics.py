"""What a model costs and what a business on top of it earns, from first principles.

Settings are frozen dataclasses with the unit in each name; results are properties. Money is US dollars.
Nothing here is a forecast: every figure follows from inputs that a reader can change.
"""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

SECONDS_PER_HOUR, HOURS_PER_DAY, BYTES_PER_GIGABYTE = 3600, 24, 1e9


def training_flops(n_parameters, n_tokens):
    """Floating-point operations to train on `n_tokens`: 6 N D (2 forward, 4 backward, per weight and token).

    Source: Kaplan et al., Scaling laws for neural language models, 2020.

    >>> f"{training_flops(175e9, 300e9):.2e}"
    '3.15e+23'
    """
    _at_least(0, n_parameters=n_parameters, n_tokens=n_tokens)
    return 6 * n_parameters * n_tokens


def inference_flops_per_token(n_parameters, *, n_layers=0, d_model=0, context_tokens=0):
    """Operations to generate one token: 2 N, and 4 · layers · context · d_model for attention's two products.

    >>> inference_flops_per_token(124e6, n_layers=12, d_model=768, context_tokens=1024) / 1e6
    285.748736
    """
    _at_least(0, n_parameters=n_parameters, n_layers=n_layers, d_model=d_model, context_tokens=context_tokens)
    return 2 * n_parameters + 4 * n_layers * context_tokens * d_model


def kv_cache_bytes(*, n_layers, d_model, context_tokens, bytes_per_value=2, kv_share=1.0):
    """Memory that one conversation keeps: a key and a value vector per layer and token.

    `kv_share` is below 1 where heads share keys (grouped-query attention).
    """
    _at_least(
        0, n_layers=n_layers, d_model=d_model, context_tokens=context_tokens, bytes_per_value=bytes_per_value
    )
    return 2 * n_layers * context_tokens * d_model * bytes_per_value * kv_share


def training_bytes(n_parameters, *, bytes_per_parameter=16):
    """Memory of weights, gradients and Adam's state: 16 bytes per parameter in mixed precision.

    2 (weight) + 2 (gradient) + 4 + 4 + 4 (float32 weight, mean, square). Activations come on top.
    Source: Rajbhandari et al., ZeRO, 2020.
    """
    _at_least(0, n_parameters=n_parameters, bytes_per_parameter=bytes_per_parameter)
    return n_parameters * bytes_per_parameter


def n_accelerators_for(n_bytes, memory_gigabytes, *, usable_share=0.9):
    """How many accelerators must share `n_bytes`; a tenth of each is left for activations and buffers."""
    _at_least(0, n_bytes=n_bytes)
    _above(0, memory_gigabytes=memory_gigabytes)
    _share(usable_share=usable_share)
    return max(1, math.ceil(n_bytes / (memory_gigabytes * BYTES_PER_GIGABYTE * usable_share)))


@dataclass(frozen=True)
class Accelerator:
    """One GPU as a data sheet and a price list describe it."""

    name: str
    peak_flops_per_second: float
    memory_gigabytes: float
    price_usd_per_hour: float

    def __post_init__(self):
        _above(0, peak_flops_per_second=self.peak_flops_per_second, memory_gigabytes=self.memory_gigabytes)
        _at_least(0, price_usd_per_hour=self.price_usd_per_hour)


@dataclass(frozen=True)
class TrainingRun:
    """One training run. `utilisation` is the share of the peak that really computes (0.3 to 0.5 is usual)."""

    n_parameters: float
    n_tokens: float
    accelerator: Accelerator
    n_accelerators: int = 1
    utilisation: float = 0.4

    def __post_init__(self):
        _above(0, n_parameters=self.n_parameters, n_tokens=self.n_tokens)
        _above(0, n_accelerators=self.n_accelerators)
        _share(utilisation=self.utilisation)

    @property
    def flops(self):
        """Operations of the whole run."""
        return training_flops(self.n_parameters, self.n_tokens)

    @property
    def accelerator_hours(self):
        """Hours one accelerator would need."""
        rate = self.accelerator.peak_flops_per_second * self.utilisation
        return self.flops / rate / SECONDS_PER_HOUR

    @property
    def days(self):
        """Days with all accelerators at work."""
        return self.accelerator_hours / self.n_accelerators / HOURS_PER_DAY

    @property
    def cost_usd(self):
        """Rent of the accelerators."""
        return self.accelerator_hours * self.accelerator.price_usd_per_hour


@dataclass(frozen=True)
class Serving:
    """Serving a model on rented accelerators.

    `utilisation` is the share of the peak that computes while busy; `busy_share` the share of rented
    hours in which customers ask for anything.
    """

    n_parameters: float
    accelerator: Accelerator
    n_accelerators: int = 1
    utilisation: float = 0.3
    busy_share: float = 0.5
    bytes_per_parameter: float = 2.0

    def __post_init__(self):
        _above(0, n_parameters=self.n_parameters, n_accelerators=self.n_accelerators)
        _above(0, bytes_per_parameter=self.bytes_per_parameter)
        _share(utilisation=self.utilisation, busy_share=self.busy_share)
        needed = n_accelerators_for(self.weight_bytes, self.accelerator.memory_gigabytes)
        if self.n_accelerators < needed:
            raise ValueError(
                f"{self.weight_bytes / BYTES_PER_GIGABYTE:.0f} GB of weights need at least {needed} × "
                f"{self.accelerator.name}; got n_accelerators={self.n_accelerators}. "
                "Fewer bytes per parameter also help."
            )

    @property
    def weight_bytes(self):
        """Memory of the weights."""
        return self.n_parameters * self.bytes_per_parameter

    @property
    def tokens_per_second(self):
        """Tokens a second while busy, all accelerators together (2 N operations each)."""
        rate = self.accelerator.peak_flops_per_second * self.utilisation * self.n_accelerators
        return rate / inference_flops_per_token(self.n_parameters)

    @property
    def cost_usd_per_million_tokens(self):
        """Rent divided by what is really sold: an idle hour costs as much as a busy one."""
        usd_per_second = self.n_accelerators * self.accelerator.price_usd_per_hour / SECONDS_PER_HOUR
        return usd_per_second / (self.tokens_per_second * self.busy_share) * 1e6


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
                _above(-1, **{field.name: getattr(self, field.name)})
            else:
                _at_least(0, **{field.name: getattr(self, field.name)})
        _share(churn_per_month=self.churn_per_month)
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
        if int(months) != months or months < 1:
            raise ValueError(f"months must be a whole number of at least 1; got {months}.")
        t = np.arange(int(months))
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
    if int(n_runs) != n_runs or n_runs < 1:
        raise ValueError(f"n_runs must be a whole number of at least 1; got {n_runs}.")
    _at_least(0, spread=spread)
    factors = np.exp(spread * rng.standard_normal((int(n_runs), len(fields))))
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
    _above(0, n=n)
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
    _share(change=change)
    rows = []
    for name in fields:
        low, high = (
            result(dataclasses.replace(settings, **{name: getattr(settings, name) * factor}))
            for factor in (1 - change, 1 + change)
        )
        rows.append((name, low, high))
    return sorted(rows, key=lambda row: -abs(row[2] - row[1]))


def _at_least(bound, **values):
    for name, value in values.items():
        if not (math.isfinite(value) and value >= bound):
            raise ValueError(f"{name} must be a finite number of at least {bound}; got {value}.")


def _above(bound, **values):
    for name, value in values.items():
        if not (math.isfinite(value) and value > bound):
            raise ValueError(f"{name} must be a finite number above {bound}; got {value}.")


def _share(**values):
    for name, value in values.items():
        if not 0 < value <= 1:
            raise ValueError(f"{name} is a share and must lie above 0 and up to 1; got {value}.")
