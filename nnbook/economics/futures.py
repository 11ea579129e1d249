"""Many futures of a plan: uncertain inputs, events that come or not, plans compared over the same draws."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from nnbook._validate import check_generator
from nnbook.economics._checks import above, at_least
from nnbook.economics.business import Business
from nnbook.economics.projection import Projection, project_inputs
from nnbook.functional import as_whole

MONTHS, N_FUTURES, SPREAD = 36, 1000, 0.3  # what the chapters and the calculator use
UNCERTAIN = (
    "new_customers_per_month",
    "churn_per_month",
    "price_usd_per_customer_month",
    "cost_usd_per_million_tokens",
    "acquisition_usd_per_customer",
)
_MOVES_ALONG = {
    "price_usd_per_customer_month": ("reference_price_usd", "overage_usd_per_million_tokens"),
    "cost_usd_per_million_tokens": ("machine_usd_per_month",),
}
# what an event may multiply; usage distributions are left alone
_MOVABLE = {
    "new_customers_per_month",
    "churn_per_month",
    "price_usd_per_customer_month",
    "reference_price_usd",
    "cost_usd_per_million_tokens",
    "machine_usd_per_month",
    "other_cost_usd_per_customer_month",
    "acquisition_usd_per_customer",
    "fixed_usd_per_month",
}


@dataclass(frozen=True)
class Event:
    """Something that may happen in any month, and again in a later one.

    Args:
        rate_per_year: how often on average; a month's chance is 1 - exp(-rate / 12). An assumption.
        multiply: ((field of Business, factor), …), from that month on.
        months: how long the factors last; 0 stands for the rest of the future.
        once_usd: paid in the month in which it happens.
        only_with: name of an input; the event passes by a plan in which this input is 0.
    """

    name: str
    rate_per_year: float
    multiply: tuple = ()
    months: int = 0
    once_usd: float = 0.0
    only_with: str = ""

    def __post_init__(self):
        at_least(0, rate_per_year=self.rate_per_year, once_usd=self.once_usd)
        object.__setattr__(self, "months", int(as_whole(self.months, "months", least=0)))
        for name, factor in self.multiply:
            if name not in _MOVABLE:
                raise ValueError(f"an event can multiply {', '.join(sorted(_MOVABLE))}; got {name!r}.")
            at_least(0, factor=factor)


# Sizes and rates are assumptions to change.
MODEL_RETIRED = Event(
    "the supplier retires the model", 0.5, once_usd=15_000, only_with="cost_usd_per_million_tokens"
)
PRICE_DOUBLES = Event("the supplier doubles the price", 0.1, (("cost_usd_per_million_tokens", 2.0),))
RIVAL_HALVES = Event("a rival halves the price", 0.2, (("reference_price_usd", 0.5),))
SCANDAL = Event("a scandal", 0.1, (("churn_per_month", 3.0), ("new_customers_per_month", 0.5)), months=12)
EVENTS = (MODEL_RETIRED, PRICE_DOUBLES, RIVAL_HALVES, SCANDAL)
N_EVENTS = len(EVENTS)


@dataclass(frozen=True)
class Futures:
    """Draws that several plans share: `normals` (n, fields) and `uniforms` (n, events, months)."""

    normals: np.ndarray
    uniforms: np.ndarray
    fields: tuple = UNCERTAIN

    @property
    def n(self):
        """How many futures."""
        return len(self.normals)

    @property
    def months(self):
        """How long each future is."""
        return self.uniforms.shape[2]


def draw_futures(n_runs=N_FUTURES, *, months=MONTHS, rng, fields=UNCERTAIN, n_events=N_EVENTS):
    """Draw the futures over which plans are compared; the spread is chosen later."""
    check_generator(rng)
    n_runs, months = int(as_whole(n_runs, "n_runs")), int(as_whole(months, "months"))
    normals = rng.standard_normal((n_runs, len(fields)))
    uniforms = rng.random((n_runs, n_events, months)) if n_events else np.empty((n_runs, 0, months))
    return Futures(normals, uniforms, tuple(fields))


def project_futures(business, futures, *, spread=SPREAD, events=()):
    """The months of all futures: a `Projection` whose arrays are (n, months).

    Each uncertain input is multiplied by its own log-normal factor exp(spread · normal), median 1; churn
    stays at most 1. The factor of the price moves the reference price too: the market pays more or less, and
    the plan is as dear as before beside it. The factor of the token cost moves the rent of machines too.
    """
    at_least(0, spread=spread)
    if len(events) > futures.uniforms.shape[1]:
        raise ValueError(
            f"these futures have draws for {futures.uniforms.shape[1]} events; got {len(events)}."
        )
    n = futures.n
    inputs = {
        field.name: np.full((n, 1), float(getattr(business, field.name)))
        for field in dataclasses.fields(Business)
    }
    for column, name in enumerate(futures.fields):
        factor = np.exp(spread * futures.normals[:, column : column + 1])
        inputs[name] = inputs[name] * factor
        for other in _MOVES_ALONG.get(name, ()):
            inputs[other] = inputs[other] * factor
    inputs["churn_per_month"] = np.minimum(inputs["churn_per_month"], 1.0)  # nobody leaves twice
    paid = np.zeros((n, futures.months))
    for i, event in enumerate(events):
        if event.only_with and getattr(business, event.only_with) == 0:
            continue
        happens = futures.uniforms[:, i] < 1 - math.exp(-event.rate_per_year / 12)
        paid += happens * event.once_usd
        for name, factor in event.multiply:
            inputs[name] = inputs[name] * factor ** _active(happens, event.months)
    inputs["event_usd"] = paid
    return Projection(*project_inputs(inputs, futures.months))


def _active(happens, months):
    """How many times the event is in force in each month."""
    count = np.cumsum(happens, axis=1)
    if months and months < count.shape[1]:
        count[:, months:] -= np.cumsum(happens, axis=1)[:, :-months]
    return count


@dataclass(frozen=True)
class Survival:
    """Outcome of many simulated futures: `share` of them never ran out of cash, with a 95 % interval."""

    share: float
    low: float
    high: float
    lowest_cash_usd: np.ndarray

    def raise_usd(self, share=0.8):
        """Cash that is missing today so that `share` of the futures survive; 0 when they do already.

        More cash at the start lifts every future by the same amount, so this is a quantile of the lowest
        points.
        """
        if not 0 < share <= 1:
            raise ValueError(f"share must lie above 0 and up to 1; got {share}.")
        needed = np.sort(-self.lowest_cash_usd)
        return max(0.0, float(needed[math.ceil(share * len(needed) - 1e-9) - 1]))


def survival_of(business, futures, *, spread=SPREAD, events=()):
    """The `Survival` of a plan in given futures."""
    lowest = project_futures(business, futures, spread=spread, events=events).cash_usd.min(axis=1)
    share = float(np.mean(lowest >= 0))
    return Survival(share, *wilson_interval(share, len(lowest)), lowest)


def survival(business, *, months=MONTHS, n_runs=N_FUTURES, spread=SPREAD, rng, fields=UNCERTAIN, events=()):
    """Draw futures and count those in which the cash lasts.

    Args:
        business: the plan.
        months, n_runs: length and number of futures.
        spread: standard deviation of the logarithm; 0.3 means that two thirds lie between ÷1.35 and ×1.35.
        rng: np.random.Generator. To compare plans, draw once with `draw_futures` and use `survival_of`.
        fields: which inputs vary.
        events: what may happen, see Event.
    Returns:
        Survival, with a Wilson interval for the share.
    """
    futures = draw_futures(n_runs, months=months, rng=rng, fields=fields, n_events=len(events))
    return survival_of(business, futures, spread=spread, events=events)


@dataclass(frozen=True)
class Comparison:
    """Two plans in the same futures: who survives where, and how sure the difference is.

    `difference` = share of `first` less share of `second`, with its paired 95 % interval; `p_value` is
    McNemar's exact one: how often chance alone would split the futures in which one plan survives and the
    other does not as unevenly as this.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    difference: float
    low: float
    high: float
    p_value: float


def compare(first, second, futures, *, spread=SPREAD, events=(), second_events=None):
    """Compare two plans over the same draws. Two intervals that overlap say nothing; this does.

    `second_events` are those of the second plan where they differ (a scandal that an audit makes rarer): the
    draws are shared, so the rarer event happens only where the more frequent one does.

    Sources: McNemar, 1947; the interval is Wald + 2 of Agresti and Min, 2005.
    """
    second_events = events if second_events is None else second_events
    lives = [
        survival_of(plan, futures, spread=spread, events=happening).lowest_cash_usd >= 0
        for plan, happening in ((first, events), (second, second_events))
    ]
    return compare_outcomes(*lives)


def compare_outcomes(first, second):
    """The `Comparison` of two arrays of true and false, (n,), pair by pair."""
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise ValueError(
            f"two rows of the same length are needed; got shapes {first.shape} and {second.shape}."
        )
    b, c = int(np.sum(first & ~second)), int(np.sum(~first & second))
    n = len(first) + 2
    centre = (b - c) / n
    half = 1.959963984540054 * math.sqrt(b + c + 1 - (b - c) ** 2 / n) / n
    return Comparison(
        int(np.sum(first & second)),
        b,
        c,
        int(np.sum(~first & ~second)),
        (b - c) / len(first),
        max(-1.0, centre - half),
        min(1.0, centre + half),
        _mcnemar(b, c),
    )


def _mcnemar(b, c):
    from scipy.stats import binomtest  # a second of import that only comparisons pay for

    return float(binomtest(b, b + c).pvalue) if b + c else 1.0


def wilson_interval(share, n, z=1.96):
    """95 % interval of a share seen in `n` trials; unlike ± it never leaves [0, 1]. Source: Wilson, 1927.

    >>> [round(bound, 3) for bound in wilson_interval(0.5, 100)]
    [0.404, 0.596]
    """
    above(0, n=n)
    centre = share + z**2 / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, (centre - half) / (1 + z**2 / n)), min(1.0, (centre + half) / (1 + z**2 / n))
