"""Does a decision treat groups alike? Rates with intervals, three repairs, and what no repair can do.

Words: `labels` 1 is the good outcome (a loan that should be granted), `granted` is what was decided; the
truth comes first, as in `nnbook.metrics`. The true positive rate is the share of the good who get a loan, the
false positive rate the share of the others who do.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from nnbook.functional import as_array, as_number, sigmoid


@dataclass(frozen=True)
class Rates:
    """How one group was treated; a rate without cases is NaN.

    Attributes:
        n: people; base_rate: share with label 1; granted: share who got it.
        true_positive_rate, false_positive_rate: share granted among label 1 and label 0.
        precision: share with label 1 among those granted.
    """

    n: int
    base_rate: float
    granted: float
    true_positive_rate: float
    false_positive_rate: float
    precision: float


def group_rates(labels, granted, group):
    """{name of group: Rates}, in order of the names.

    >>> rates = group_rates([1, 1, 0, 1], [1, 0, 1, 1], ["a", "a", "b", "b"])
    >>> rates["a"].true_positive_rate, rates["b"].false_positive_rate, rates["b"].precision
    (0.5, 1.0, 0.5)
    """
    labels, granted, group = _same_length(labels, granted, group)
    labels, granted = _yes_no(labels, "labels"), _yes_no(granted, "granted")
    rates = {}
    for name in np.unique(group):
        d, y = granted[group == name].astype(bool), labels[group == name] == 1
        rates[str(name)] = Rates(len(y), _mean(y), _mean(d), _mean(d[y]), _mean(d[~y]), _mean(y[d]))
    return rates


def gap_interval(k1, n1, k2, n2, *, z=1.959964):
    """(k1/n1 - k2/n2, low, high): the difference of two shares with its 95 % interval.

    The interval joins the score intervals of the two shares; it behaves for small n and for shares near 1.
    Source: Newcombe, Interval estimation for the difference between independent proportions, 1998, method 10.

    >>> [round(v, 4) for v in gap_interval(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339]
    """
    z = as_number(z, "z")
    if not 0 < z < 1e6:
        raise ValueError(f"z must be above 0, such as 1.96 for 95 %; got {z}.")
    (p1, low1, high1), (p2, low2, high2) = _score_interval(k1, n1, z), _score_interval(k2, n2, z)
    gap = p1 - p2
    return (
        gap,
        gap - math.hypot(p1 - low1, high2 - p2),
        gap + math.hypot(high1 - p1, p2 - low2),
    )


def rate_gap(labels, granted, group, names, *, among=None):
    """`gap_interval` between two groups in the share granted, among all or among one label.

    Args:
        names: (first, second); the gap is first less second.
        among: None for everybody, 1 for the good (true positive rate), 0 for the others (false positive
            rate).
    """
    labels, granted, group = _same_length(labels, granted, group)
    labels, granted = _yes_no(labels, "labels"), _yes_no(granted, "granted")
    if isinstance(names, str) or np.shape(names) != (2,):
        raise ValueError(f"names must be the names of two groups, (first, second); got {names!r:.60}.")
    kept = np.ones(len(labels), bool) if among is None else labels == among
    counts = []
    for name in names:
        rows = kept & (group == name)
        counts += [int(granted[rows].sum()), int(rows.sum())]
    if 0 in counts[1::2]:
        raise ValueError(f"one of the groups {names} is empty: it has nobody to compare.")
    return gap_interval(*counts)


def reweighing(labels, group):
    """Weights (n,) under which label and group are independent: expected count over counted.

    Source: Kamiran & Calders, Data preprocessing techniques for classification without discrimination, 2012.

    >>> reweighing([1, 1, 0, 1, 0, 0], list("aaabbb")).round(2)
    array([0.75, 0.75, 1.5 , 1.5 , 0.75, 0.75])
    """
    labels, group = _same_length(labels, group)
    weights = np.empty(len(labels))
    for name in np.unique(group):
        for label in np.unique(labels):
            rows = (group == name) & (labels == label)
            if rows.any():
                weights[rows] = np.mean(group == name) * np.mean(labels == label) / np.mean(rows)
    return weights


def thresholds_for_rate(labels, scores, group, target):
    """{group: threshold} at which a share of about `target` of the label-1 people scores at or above it.

    One threshold per group gives equal true positive rates ("equal opportunity"). It uses the group in the
    decision, which the law of a country may forbid.
    Source: Hardt, Price & Srebro, Equality of opportunity in supervised learning, 2016.

    >>> thresholds_for_rate([1, 1, 1, 1], [0.9, 0.8, 0.6, 0.5], list("aabb"), 0.5)
    {'a': 0.9, 'b': 0.6}
    """
    labels, scores, group = _same_length(labels, scores, group)
    labels, scores = _yes_no(labels, "labels"), as_array(scores, "scores", ("n",))
    target = as_number(target, "target")
    if not 0 < target <= 1:
        raise ValueError(f"target must lie in (0, 1], a share of the label-1 people; got {target}.")
    thresholds = {}
    for name in np.unique(group):
        ranked = np.sort(scores[(group == name) & (labels == 1)])[::-1]
        if ranked.size == 0:
            raise ValueError(f"group {name} has nobody with label 1; a threshold needs at least one.")
        thresholds[str(name)] = float(ranked[max(math.ceil(target * len(ranked) - 1e-9), 1) - 1])
    return thresholds


class FairLogistic:
    """Logistic regression with weights per person and a price on telling groups apart.

    The loss is the weighted mean log-loss + ridge/2 · |w|² + fairness · cov(group, logit)², where the
    covariance is taken over the training rows. It is convex, so every computer finds the same minimum. The
    group is needed for training only; `predict` does not ask for it.
    Source of the penalty: Zafar et al., Fairness constraints, 2017 (there a constraint).

    Args:
        ridge: penalty on the weights (not on the bias); fairness: price of the covariance, 0 for none.

    >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    >>> FairLogistic(ridge=0.1).fit(X, y).predict(X).round(1)
    array([0.1, 0.3, 0.7, 0.9])
    """

    def __init__(self, *, ridge=1e-2, fairness=0.0):
        self.ridge, self.fairness = as_number(ridge, "ridge"), as_number(fairness, "fairness")
        for name, value in (("ridge", self.ridge), ("fairness", self.fairness)):
            if not 0 <= value <= 1e100:
                raise ValueError(f"{name} must be at least 0, and finite; got {value}.")
        self.weight = None

    def fit(self, X, y, *, weights=None, marked=None):
        """Learn from X (n, d) and labels y; `marked` is 1 for the group of the penalty. Returns self."""
        if self.fairness and marked is None:
            raise ValueError("a fairness penalty needs `marked`, 1 for the members of the group.")
        X = as_array(X, "X", ("n", "d"))
        y = _yes_no(as_array(y, "y", (len(X),)), "y")
        A = np.concatenate([X, np.ones((len(X), 1))], axis=1)
        weights = np.ones(len(X)) if weights is None else as_array(weights, "weights", (len(X),))
        if weights.min() < 0 or not 0 < weights.sum() < np.inf:
            raise ValueError("weights must be at least 0, and not all 0.")
        weights = weights / weights.sum()
        direction = np.zeros(A.shape[1])  # cov(group, A w) = direction · w
        if marked is not None:
            marked = as_array(marked, "marked", (len(X),))
            direction = (marked - np.mean(marked)) @ A / len(A)
        ridge = np.full(A.shape[1], self.ridge)
        ridge[-1] = 0.0

        def loss(w):
            z, tilt = A @ w, direction @ w
            value = weights @ (np.logaddexp(0.0, z) - y * z) + 0.5 * ridge @ w**2 + self.fairness * tilt**2
            grad = A.T @ (weights * (sigmoid(z) - y)) + ridge * w + 2 * self.fairness * tilt * direction
            return value, grad

        found = minimize(
            loss,
            np.zeros(A.shape[1]),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-9},
        )
        self.weight, self.bias = found.x[:-1], float(found.x[-1])
        return self

    def predict(self, X):
        """Chance of label 1 for each row, (n,)."""
        if self.weight is None:
            raise RuntimeError("predict needs fit(X, y) first.")
        X = as_array(X, "X", ("n", len(self.weight)))
        return sigmoid(X @ self.weight + self.bias)


def implied_false_positive_rate(base_rate, precision, true_positive_rate):
    """The false positive rate that the other three leave no choice about.

    FPR = p / (1 - p) · (1 - PPV) / PPV · TPR. Two groups with different base rates p and equal precision
    cannot have both error rates equal.
    Source: Chouldechova, Fair prediction with disparate impact, 2017.

    >>> round(implied_false_positive_rate(0.5, 0.8, 0.8), 4)
    0.2
    """
    base_rate, precision = as_number(base_rate, "base_rate"), as_number(precision, "precision")
    true_positive_rate = as_number(true_positive_rate, "true_positive_rate")
    if not (0 <= base_rate < 1 and 0 < precision <= 1 and 0 <= true_positive_rate <= 1):
        raise ValueError(
            "base_rate must lie in [0, 1), precision in (0, 1] and true_positive_rate in [0, 1]; "
            f"got {base_rate}, {precision} and {true_positive_rate}."
        )
    return base_rate / (1 - base_rate) * (1 - precision) / precision * true_positive_rate


def _score_interval(k, n, z):
    k, n = as_number(k, "k"), as_number(n, "n")
    if not 0 <= k <= n < math.inf or n < 1:
        raise ValueError(f"a share needs 0 <= k <= n with n at least 1; got {k} of {n}.")
    p = k / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def _mean(values):
    return float(np.mean(values)) if len(values) else math.nan


def _yes_no(values, name):
    """Return 0-or-1 decisions as they are, or refuse others: a text "1" would count as a no."""
    if not np.isin(values, (0, 1)).all():
        raise ValueError(f"{name} must be 0 or 1 for each person; got {np.unique(values)[:5]}.")
    return values


def _same_length(*arrays):
    try:
        arrays = [np.asarray(array) for array in arrays]
    except ValueError:
        raise ValueError("expected arrays of one shape (n,); got rows of different lengths.") from None
    if any(array.ndim != 1 or len(array) != len(arrays[0]) for array in arrays) or arrays[0].size == 0:
        raise ValueError(f"expected arrays of one shape (n,), n above 0; got {[a.shape for a in arrays]}.")
    for array in arrays:
        kinds = {type(value) for value in array.tolist()}
        if len(kinds) > 1 or any(value != value for value in array.tolist()):
            raise ValueError("labels and groups must be of one kind; got a gap (NaN, None) or a mixture.")
    return arrays
