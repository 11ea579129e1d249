"""A credit scorecard: each answer of an applicant earns points, and the points say the odds.

The method is the industry's old one: cut every column into bins, replace each bin by its weight of evidence,
fit a logistic regression on the weights, and rescale it to whole points. Source: Siddiqi, Credit Risk
Scorecards, 2006.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import sklearn.linear_model

from nnbook.functional import is_gap

MISSING = "missing"


@dataclass(frozen=True)
class Bins:
    """How one column was cut, and what each bin says.

    Attributes:
        edges: upper edges of the bins of numbers (a value equal to an edge belongs to the lower bin); empty
            for words.
        words: {word: bin} for words; empty for numbers.
        labels, goods, bads, woe: one entry per bin. The last bin holds the missing values; its weight is 0
            when training had fewer of them than the least size of a bin.
    """

    edges: np.ndarray
    words: dict
    labels: tuple[str, ...]
    goods: np.ndarray
    bads: np.ndarray
    woe: np.ndarray

    def assign(self, values):
        """The bin of each value, shape (n,); -1 for a word never seen in training."""
        values = np.asarray(values)
        last = len(self.labels) - 1
        if self.words:
            return np.array([last if is_gap(word) else self.words.get(word, -1) for word in values])
        return np.where(np.isnan(values), last, np.searchsorted(self.edges, values, side="left"))

    @property
    def information_value(self):
        """Σ (share of goods - share of bads) · WoE over the bins: 0 when the column says nothing."""
        goods, bads = self.goods / self.goods.sum(), self.bads / self.bads.sum()
        return float(np.sum((goods - bads) * self.woe))


def weight_of_evidence(goods, bads, *, smoothing=0.5):
    """ln(share of all goods in the bin / share of all bads in the bin), one number per bin.

    Positive: the bin speaks for a good loan. `smoothing` is added to every count, so that a bin without a bad
    loan does not become infinite.

    >>> weight_of_evidence([90, 10], [10, 10], smoothing=0).round(4)
    array([ 0.5878, -1.6094])
    """
    goods, bads = np.asarray(goods, float) + smoothing, np.asarray(bads, float) + smoothing
    if goods.shape != bads.shape or goods.ndim != 1:
        raise ValueError(
            f"goods and bads must be counts of shape (n_bins,); got {goods.shape}, {bads.shape}."
        )
    if not (goods.min() > 0 and bads.min() > 0):
        raise ValueError("a bin without a good or a bad loan has no finite weight; use smoothing above 0.")
    return np.log(goods / goods.sum()) - np.log(bads / bads.sum())


def cut(values, y, *, n_bins=5, least=60, smoothing=0.5):
    """Cut one column into `Bins` by the training rows.

    Numbers are cut at quantiles; a bin with fewer than `least` rows is joined with its left neighbour (the
    first with its right). Words with fewer than `least` rows go into one bin "rare".

    Args:
        values: (n,) floats with NaN, or objects with None.
        y: (n,) 1 = bad.
    """
    values, y = np.asarray(values), np.asarray(y)
    if values.shape != y.shape:
        raise ValueError(f"values and y must have the same shape (n,); got {values.shape} and {y.shape}.")
    edges, words = np.array([]), {}
    if values.dtype == object:
        words, labels = _cut_words(values, least)
    else:
        edges = _cut_numbers(values[~np.isnan(values)], n_bins, least)
        around = ["", *(f"{edge:g}" for edge in edges), ""]
        labels = [_interval(low, high) for low, high in itertools.pairwise(around)]
    bins = Bins(edges, words, (*labels, MISSING), *(np.zeros(len(labels) + 1),) * 3)
    index = bins.assign(values)
    goods = np.bincount(index[y == 0], minlength=len(labels) + 1)
    bads = np.bincount(index[y == 1], minlength=len(labels) + 1)
    gaps = goods[-1] + bads[-1]
    used = slice(None) if gaps >= least else slice(-1)
    woe = np.zeros(len(goods))
    woe[used] = weight_of_evidence(goods[used], bads[used], smoothing=smoothing)
    return Bins(edges, words, bins.labels, goods, bads, woe)


def _cut_numbers(known, n_bins, least):
    edges = np.unique(np.quantile(known, np.arange(1, n_bins) / n_bins))
    edges = list(edges[edges < known.max()])
    while edges:
        counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
        small = int(counts.argmin())
        if counts[small] >= least:
            break
        edges.pop(max(small - 1, 0))
    return np.array(edges)


def _cut_words(values, least):
    counts = {word: int(np.sum(values == word)) for word in sorted({v for v in values if not is_gap(v)})}
    frequent = [word for word, count in counts.items() if count >= least]
    rare = [word for word in counts if word not in frequent]
    words = {word: k for k, word in enumerate(frequent)} | {word: len(frequent) for word in rare}
    return words, [*frequent, *(["rare: " + ", ".join(rare)] if rare else [])]


def _interval(low, high):
    if not low:
        return f"up to {high}" if high else "any number"
    return f"above {low}" + (f" to {high}" if high else "")


class Scorecard:
    """Points per answer, added to a score; `pdo` points more double the odds of being good.

    Args:
        base_score, base_odds: a score of `base_score` shall mean `base_odds` good loans for each bad one.
        pdo: points to double the odds.
        n_bins, least: see `cut`.
        C: inverse strength of the L2 penalty of the logistic regression (large = hardly any).

    After `fit`: `bins` {column: Bins}, `coefficients` {column: float} and `intercept` of the log-odds of
    being good.
    """

    def __init__(self, *, base_score=600, base_odds=20, pdo=20, n_bins=5, least=60, C=10.0):
        if not (base_odds > 0 and pdo > 0):
            raise ValueError(f"base_odds and pdo must be above 0; got {base_odds} and {pdo}.")
        self.factor = pdo / np.log(2)
        self.offset = base_score - self.factor * np.log(base_odds)
        self.n_bins, self.least, self.C = n_bins, least, C

    def fit(self, frame, y):
        """Cut, weigh and fit on the training rows only; returns self."""
        y = np.asarray(y)
        if not np.isin(y, (0, 1)).all() or len(np.unique(y)) < 2:
            raise ValueError("y must hold both classes: 0 for good and 1 for bad.")
        self.bins = {name: cut(frame[name], y, n_bins=self.n_bins, least=self.least) for name in frame}
        regression = sklearn.linear_model.LogisticRegression(C=self.C, max_iter=1000, tol=1e-8)
        regression.fit(self.evidence(frame), 1 - y)
        self.coefficients = dict(zip(self.bins, map(float, regression.coef_[0]), strict=True))
        self.intercept = float(regression.intercept_[0])
        return self

    def evidence(self, frame):
        """The weights of evidence of the rows, shape (n, n_columns)."""
        columns = []
        for name, bins in self.bins.items():
            index = bins.assign(frame[name])
            columns.append(np.where(index < 0, 0.0, bins.woe[index]))
        return np.stack(columns, axis=1)

    def points(self, frame):
        """Points of each answer, shape (n, n_columns); a row's sum is its score."""
        share = (self.factor * self.intercept + self.offset) / len(self.bins)
        return self.factor * self.evidence(frame) * list(self.coefficients.values()) + share

    def score(self, frame):
        """Total points, shape (n,): high is good."""
        return self.points(frame).sum(axis=1)

    def probability_bad(self, frame):
        """Chance of a bad loan, shape (n,)."""
        return 1 / (1 + np.exp((self.score(frame) - self.offset) / self.factor))

    def table(self, name):
        """Rows (label, goods, bads, WoE, points) of one column, as printed on the card."""
        bins = self.bins[name]
        share = (self.factor * self.intercept + self.offset) / len(self.bins)
        points = self.factor * self.coefficients[name] * bins.woe + share
        return list(zip(bins.labels, bins.goods, bins.bads, bins.woe, points, strict=True))

    def points_lost(self, frame):
        """Points below the best possible answer, shape (n, n_columns).

        The column that lost most is *a* reason for a refusal. Other references give other reasons: the
        official interpretation of Regulation B, comment 9(b)(2)-5, names the average points of applicants
        who just passed, and of all applicants.
        """
        best = [max(row[4] for row in self.table(name)) for name in self.bins]
        return np.array(best) - self.points(frame)

    def reasons(self, frame, k=3):
        """For each row, the k columns that lost most points, worst first."""
        return top_reasons(self.points_lost(frame), tuple(self.bins), k)


def top_reasons(losses, names, k=3):
    """For each row of `losses` (n, n_columns), the names of the k largest, largest first.

    >>> top_reasons(np.array([[1.0, 5.0, 2.0]]), ("age", "income", "job"), k=2)
    [('income', 'job')]
    """
    order = np.argsort(-np.asarray(losses), axis=1, kind="stable")[:, :k]
    return [tuple(names[column] for column in row) for row in order]
