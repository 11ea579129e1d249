"""Where the tokens come from: an API, a tuned model on rented machines, an open model of one's own."""

import math
from dataclasses import dataclass

from nnbook.economics._checks import above, at_least
from nnbook.economics.usage import NO_CAP

PEAK_TO_MEAN = 3.0  # an assumption: the busiest hour asks for three times the mean


@dataclass(frozen=True)
class Supply:
    """A way to make tokens; the field names are those of `Business`, which takes it with `supplied_by`.

    Machines are rented whole: the first token of a month needs one, and the next machine comes when the load
    of the busiest hour no longer fits. An API has no machines, and no idle hours of ours.

    >>> api, own = Supply.api("API", 2.0), Supply("own", machine_usd_per_month=1500,
    ...                                           million_tokens_per_machine_month=3000)
    >>> [(supply.usd_per_month(1000), supply.usd_per_month(3001)) for supply in (api, own)]
    [(2000.0, 6002.0), (1500.0, 3000.0)]
    """

    name: str
    cost_usd_per_million_tokens: float = 0.0
    machine_usd_per_month: float = 0.0
    million_tokens_per_machine_month: float = NO_CAP
    supply_fixed_usd_per_month: float = 0.0
    one_off_usd: float = 0.0

    def __post_init__(self):
        at_least(
            0,
            cost_usd_per_million_tokens=self.cost_usd_per_million_tokens,
            machine_usd_per_month=self.machine_usd_per_month,
            supply_fixed_usd_per_month=self.supply_fixed_usd_per_month,
            one_off_usd=self.one_off_usd,
        )
        above(0, million_tokens_per_machine_month=self.million_tokens_per_machine_month)

    @classmethod
    def api(cls, name, cost_usd_per_million_tokens, *, one_off_usd=0.0):
        """Pay for each token; `one_off_usd` is the work of prompts and of testing."""
        return cls(name, cost_usd_per_million_tokens, one_off_usd=one_off_usd)

    @classmethod
    def rented(cls, name, serving, *, staff_usd_per_month, one_off_usd=0.0, peak_to_mean=PEAK_TO_MEAN):
        """Rent the machines of a `Serving`, whole; `one_off_usd` is data, tuning run and evaluation."""
        at_least(1, peak_to_mean=peak_to_mean)
        return cls(
            name,
            machine_usd_per_month=serving.rent_usd_per_month,
            million_tokens_per_machine_month=serving.million_tokens_per_month / peak_to_mean,
            supply_fixed_usd_per_month=staff_usd_per_month,
            one_off_usd=one_off_usd,
        )

    def machines(self, million_tokens):
        """Machines (groups that hold the model once) that a month with so many tokens needs."""
        at_least(0, million_tokens=million_tokens)
        return (
            n_machines(million_tokens, self.million_tokens_per_machine_month)
            if self.machine_usd_per_month
            else 0
        )

    def usd_per_month(self, million_tokens):
        """What a month with so many million tokens costs, one-off costs left out."""
        rent = self.machines(million_tokens) * self.machine_usd_per_month
        return million_tokens * self.cost_usd_per_million_tokens + rent + self.supply_fixed_usd_per_month

    def usd(self, million_tokens, months):
        """What `months` such months cost with the one-off costs."""
        above(0, months=months)
        return self.one_off_usd + months * self.usd_per_month(million_tokens)

    @property
    def full_usd_per_million_tokens(self):
        """Cost of a further million tokens when every machine is full: the best that can be reached."""
        return self.cost_usd_per_million_tokens + (
            self.machine_usd_per_month / self.million_tokens_per_machine_month
        )


def n_machines(million_tokens, capacity):
    """Whole machines for a load; one at least, since the product must be there before the first customer."""
    return max(1, math.ceil(million_tokens / capacity - 1e-9))  # 3.0000000001 machines are 3


def cheapest(supplies, million_tokens, months):
    """The supply that costs least over `months` months with so many million tokens each."""
    return min(supplies, key=lambda supply: supply.usd(million_tokens, months))


def crossover_million_tokens(first, second, months):
    """Million tokens a month from which on `second` is never dearer than `first`; inf when there are none.

    Costs are counted over `months`, one-off costs included. Because machines come whole, `second` may be
    cheaper for a while, dearer just after its next machine, and cheaper again: the answer is the last time.
    """
    slope = first.full_usd_per_million_tokens - second.full_usd_per_million_tokens
    start = second.usd(0, months) - first.usd(0, months)
    if slope <= 0:
        return math.inf if slope < 0 or start > 0 else 0.0
    # beyond this volume the difference of the two straight lines is larger than any step
    steps = months * (second.machine_usd_per_month + first.machine_usd_per_month)
    end = (max(0.0, start) + steps) / (months * slope) + 1e-6
    edges = {0.0, end}
    for supply in (first, second):
        if supply.machine_usd_per_month:
            capacity = supply.million_tokens_per_machine_month
            n = int(end / capacity) + 1
            if n > 100_000:
                raise ValueError(f"{supply.name} would need more than 100,000 machines to be compared.")
            edges |= {k * capacity for k in range(1, n + 1) if k * capacity < end}
    edges = sorted(edges)
    for low, high in zip(edges[-2::-1], edges[:0:-1], strict=True):
        # within (low, high] no machine is added: both costs are straight lines there
        middle = (low + high) / 2
        at_high = second.usd(high, months) - first.usd(high, months)
        at_low = at_high + 2 * (second.usd(middle, months) - first.usd(middle, months) - at_high)
        if max(at_low, at_high) > 1e-6:
            return high if at_low <= at_high else low + (high - low) * at_low / (at_low - at_high)
    return 0.0
