"""How much customers use: a distribution, not a mean, and what a cap or an allowance makes of it.

Usage is log-normal with a given mean: most customers use less, a few a great deal more. `spread` is the
standard deviation of the logarithm; 0 means that all use the same. The formulas are those of the limited
expected value of a log-normal loss (Klugman, Panjer, Willmot, Loss Models).
"""

import math
from statistics import NormalDist

from nnbook.economics._checks import at_least

NO_CAP = 1e9  # million tokens a month: so many that nobody meets it
_NORMAL = NormalDist()


def limited_mean(mean, spread, cap):
    """Mean of min(usage, cap) when usage is log-normal with this mean.

    >>> limited_mean(10, 0, 4), round(limited_mean(10, 1.0, 20), 2)
    (4, 8.09)
    """
    at_least(0, mean=mean, spread=spread, cap=cap)
    if mean == 0 or cap == 0:
        return 0.0
    if spread == 0:
        return min(mean, cap)
    d = (math.log(cap / mean) + spread**2 / 2) / spread
    return mean * _NORMAL.cdf(d - spread) + cap * _NORMAL.cdf(-d)


def usage_quantile(mean, spread, share):
    """Usage that `share` of the customers do not exceed, without any cap.

    >>> usage_quantile(10, 0, 0.95), round(usage_quantile(10, 1.0, 0.95), 1)
    (10.0, 31.4)
    """
    at_least(0, mean=mean, spread=spread)
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1; got {share}.")
    return mean * math.exp(spread * _NORMAL.inv_cdf(share) - spread**2 / 2)
