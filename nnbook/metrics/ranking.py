"""Does a score put the positives first? The threshold is left open."""

import numpy as np

from nnbook.metrics._checks import check_binary, check_pair


def roc_curve(targets, scores):
    """Return (false_positive_rate, true_positive_rate, thresholds), from calling nobody to calling everybody.

    Args:
        scores: higher means more likely class 1, shape (n,).
        targets: 0 or 1, shape (n,), both present.
    """
    thresholds, tp, fp = _threshold_counts(targets, scores)
    return np.append(0, fp / fp[-1]), np.append(0, tp / tp[-1]), np.append(np.inf, thresholds)


def roc_auc(targets, scores):
    """Chance that a random positive scores above a random negative (ties count half).

    >>> roc_auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    false_positive_rate, true_positive_rate, _ = roc_curve(targets, scores)
    return float(np.trapezoid(true_positive_rate, false_positive_rate))


def gini(targets, scores):
    """2 · AUC - 1: 0 for a random order, 1 for a perfect one; the AUC as credit scoring writes it."""
    return 2 * roc_auc(targets, scores) - 1


def ks_statistic(targets, scores):
    """Largest distance between the score distributions of the two classes (Kolmogorov-Smirnov), in [0, 1].

    It is also the largest gap between true and false positive rate over all thresholds.

    >>> ks_statistic(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.5
    """
    false_positive_rate, true_positive_rate, _ = roc_curve(targets, scores)
    return float(np.max(np.abs(true_positive_rate - false_positive_rate)))


def precision_recall_curve(targets, scores):
    """Return (precision, recall, thresholds), thresholds from high to low."""
    thresholds, tp, fp = _threshold_counts(targets, scores)
    return tp / (tp + fp), tp / tp[-1], thresholds


def average_precision(targets, scores):
    """Mean precision over the positives as they are met from the top: what a random order scores is the share
    of positives.

    >>> round(average_precision(np.array([1, 0, 1]), np.array([0.9, 0.8, 0.1])), 4)
    0.8333
    """
    precisions, recalls, _ = precision_recall_curve(targets, scores)
    return float(np.sum(precisions * np.diff(recalls, prepend=0.0)))


def precision_at_k(targets, scores, k):
    """Of the k cases with the highest scores, the share that is positive: a team can look at k cases only.

    Ties at the border are cut in the order of the arrays.

    >>> precision_at_k(np.array([1, 0, 1, 1]), np.array([0.9, 0.8, 0.7, 0.1]), k=3)
    0.6666666666666666
    """
    targets, scores = check_pair(targets, scores)
    check_binary(targets)
    if not 1 <= k <= len(scores):
        raise ValueError(f"k must be 1 … {len(scores)}, the number of cases; got {k}.")
    return float(np.mean(targets[np.argsort(-scores, kind="stable")[: int(k)]]))


def _threshold_counts(targets, scores):
    """Distinct thresholds from high to low, with true and false positives called at or above each."""
    targets, scores = check_pair(targets, scores)
    if not np.isfinite(scores).all():
        raise ValueError("scores hold NaN or infinity.")
    check_binary(targets)
    if targets.min() == targets.max():
        raise ValueError("targets hold one class only; a ranking needs both.")
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], targets[order].astype(np.int64)
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # ties share one threshold
    true_positives = np.cumsum(hits)[last]
    return ranked[last], true_positives, last + 1 - true_positives
