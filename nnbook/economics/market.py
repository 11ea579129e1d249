"""A market from below: buyers, the share of them that has the problem, and what they pay for it today."""

import math
from dataclasses import dataclass

import numpy as np

from nnbook.economics._checks import above
from nnbook.functional import as_whole

_Z90 = 1.6448536269514722  # 90 % of a normal distribution lie within ± this


@dataclass(frozen=True)
class MarketSize:
    """US dollars a year: the middle of the simulated sizes, and the 90 % in between."""

    median_usd: float
    low_usd: float
    high_usd: float
    draws_usd: np.ndarray


def market_size(buyers, share_with_problem, usd_per_year, *, rng, n_runs=10_000):
    """Multiply three uncertain numbers.

    Args:
        buyers, share_with_problem, usd_per_year: (low, high), the range that you would bet on at nine to one:
            companies or people of the kind that buys, the share of them that has the problem, and what one of
            these pays today to live with it.
        rng: np.random.Generator.
        n_runs: number of draws.
    Returns:
        MarketSize. Buyers and dollars are drawn log-normal, the share logit-normal, each independent of the
        others.

    >>> size = market_size((8000, 12000), (0.05, 0.2), (2000, 6000), rng=np.random.default_rng(0))
    >>> round(size.median_usd / 1e6, 1), round(size.low_usd / 1e6, 1), round(size.high_usd / 1e6, 1)
    (3.5, 1.4, 8.5)
    """
    n = as_whole(n_runs, "n_runs")
    product = (
        _draw(buyers, "buyers", np.log, np.exp, math.inf, rng, n)
        * _draw(share_with_problem, "share_with_problem", _logit, _expit, 1.0, rng, n)
        * _draw(usd_per_year, "usd_per_year", np.log, np.exp, math.inf, rng, n)
    )
    low, median, high = np.quantile(product, [0.05, 0.5, 0.95])
    return MarketSize(float(median), float(low), float(high), product)


def _draw(bounds, name, there, back, most, rng, n):
    low, high = bounds
    above(0, **{f"{name} (low)": low})
    if not low <= high < most:
        raise ValueError(
            f"{name} must be (low, high) with low at most high, below {most}; got ({low}, {high})."
        )
    centre, half = (there(low) + there(high)) / 2, (there(high) - there(low)) / 2
    return back(centre + half / _Z90 * rng.standard_normal(n))


def _logit(share):
    return np.log(share / (1 - share))


def _expit(x):
    return 1 / (1 + np.exp(-x))
