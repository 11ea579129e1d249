"""What a model earns where it is used: the value of a decision against the cost of making it."""

import math
from dataclasses import dataclass

from nnbook.economics._checks import above, at_least


@dataclass(frozen=True)
class Deployment:
    """A model that decides about cases, month after month.

    `value_usd_per_case` is what one decision is worth against the way it was made before (a simple rule, a
    person, or doing nothing); it may be negative. `running_usd_per_case` is what computing it costs.
    `fixed_usd_per_month` must be paid even for no case at all: people, monitoring, audits. `build_usd` was
    paid once.

    >>> clinic = Deployment(cases_per_month=2000, value_usd_per_case=4.0, running_usd_per_case=0.5,
    ...                     fixed_usd_per_month=5000, build_usd=24_000)
    >>> clinic.net_usd_per_month, clinic.break_even_value_usd_per_case, clinic.payback_months
    (2000.0, 3.0, 12.0)
    """

    cases_per_month: float
    value_usd_per_case: float
    running_usd_per_case: float
    fixed_usd_per_month: float
    build_usd: float = 0.0

    def __post_init__(self):
        above(0, cases_per_month=self.cases_per_month)
        above(-math.inf, value_usd_per_case=self.value_usd_per_case)
        at_least(
            0,
            running_usd_per_case=self.running_usd_per_case,
            fixed_usd_per_month=self.fixed_usd_per_month,
            build_usd=self.build_usd,
        )

    @property
    def net_usd_per_case(self):
        """Value of a decision less what computing it costs; fixed costs not counted."""
        return self.value_usd_per_case - self.running_usd_per_case

    @property
    def net_usd_per_month(self):
        """What is left each month when all is paid but the building."""
        return self.cases_per_month * self.net_usd_per_case - self.fixed_usd_per_month

    @property
    def break_even_cases_per_month(self):
        """Below so many cases a month the fixed costs eat the value; inf when each case loses money."""
        return self.fixed_usd_per_month / self.net_usd_per_case if self.net_usd_per_case > 0 else math.inf

    @property
    def break_even_value_usd_per_case(self):
        """What a decision must be worth, at this number of cases, to pay for running and fixed costs."""
        return self.running_usd_per_case + self.fixed_usd_per_month / self.cases_per_month

    @property
    def payback_months(self):
        """Months until the building is paid back; inf when a month earns nothing."""
        return self.build_usd / self.net_usd_per_month if self.net_usd_per_month > 0 else math.inf
