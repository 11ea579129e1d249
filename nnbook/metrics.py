"""How good are predictions? One function per question; labels are integers, scores are higher for class 1."""

import numpy as np

from nnbook.functional import as_numbers


def accuracy(predicted, labels):
    """Share of labels predicted exactly, in [0, 1].

    Args:
        predicted, labels: integer class labels, shape (n,).
    Raises:
        ValueError: floats (== on rounded numbers is not accuracy), different shapes, or empty.

    >>> accuracy(np.array([1, 0, 1, 1]), np.array([1, 0, 0, 1]))
    0.75
    """
    predicted, labels = _check_classes(predicted, labels)
    return float(np.mean(predicted == labels))


def confusion_matrix(predicted, labels, n_classes):
    """Counts of shape (n_classes, n_classes): row = true class, column = predicted class.

    >>> confusion_matrix(np.array([1, 0, 1]), np.array([1, 0, 0]), 2)
    array([[1, 1],
           [0, 1]])
    """
    predicted, labels = _check_classes(predicted, labels)
    lowest, highest = min(predicted.min(), labels.min()), max(predicted.max(), labels.max())
    if lowest < 0 or highest >= n_classes:
        raise ValueError(f"labels must be integers in 0 … {n_classes - 1}; got {lowest} … {highest}.")
    return np.bincount(labels * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def precision(predicted, labels):
    """Of those called positive (1), the share that is; 0 when none was called."""
    (_, false_positive), (_, true_positive) = confusion_matrix(predicted, labels, 2)
    return float(true_positive / max(true_positive + false_positive, 1))


def recall(predicted, labels):
    """Of those that are positive (1), the share that was found (sensitivity); 0 when there are none."""
    _, (false_negative, true_positive) = confusion_matrix(predicted, labels, 2)
    return float(true_positive / max(true_positive + false_negative, 1))


def f1(predicted, labels):
    """Harmonic mean of precision and recall; 0 when both are 0."""
    p, r = precision(predicted, labels), recall(predicted, labels)
    return 2 * p * r / (p + r) if p + r else 0.0


def _threshold_counts(scores, labels):
    """Distinct thresholds from high to low, with true and false positives called at or above each."""
    scores, labels = _check_pair(scores, labels)
    if not np.isfinite(scores).all():
        raise ValueError("scores hold NaN or infinity.")
    _check_binary(labels)
    if labels.min() == labels.max():
        raise ValueError("labels hold one class only; a ranking needs both.")
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], labels[order].astype(np.int64)
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # ties share one threshold
    true_positives = np.cumsum(hits)[last]
    return ranked[last], true_positives, last + 1 - true_positives


def roc_curve(scores, labels):
    """Return (false_positive_rate, true_positive_rate, thresholds), from calling nobody to calling everybody.

    Args:
        scores: higher means more likely class 1, shape (n,).
        labels: 0 or 1, shape (n,), both present.
    """
    thresholds, tp, fp = _threshold_counts(scores, labels)
    return np.append(0, fp / fp[-1]), np.append(0, tp / tp[-1]), np.append(np.inf, thresholds)


def roc_auc(scores, labels):
    """Chance that a random positive scores above a random negative (ties count half).

    >>> roc_auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    0.75
    """
    false_positive_rate, true_positive_rate, _ = roc_curve(scores, labels)
    return float(np.trapezoid(true_positive_rate, false_positive_rate))


def precision_recall_curve(scores, labels):
    """Return (precision, recall, thresholds), thresholds from high to low."""
    thresholds, tp, fp = _threshold_counts(scores, labels)
    return tp / (tp + fp), tp / tp[-1], thresholds


def calibration_curve(probabilities, labels, n_bins=10):
    """Of those given about p, does a share p turn out positive?

    Returns:
        (mean_probability, positive_share, count) of each non-empty bin of equal width.
    """
    probabilities, labels = _check_pair(probabilities, labels)
    _check_probabilities(probabilities)
    _check_binary(labels)
    bins = np.minimum((probabilities * n_bins).astype(int), n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    filled = count > 0
    mean = np.bincount(bins, probabilities, n_bins)[filled] / count[filled]
    share = np.bincount(bins, labels, n_bins)[filled] / count[filled]
    return mean, share, count[filled]


def brier_score(probabilities, labels):
    """Mean of (probability - label)²: 0 is perfect, 0.25 is what "50 %" for everybody scores."""
    probabilities, labels = _check_pair(probabilities, labels)
    _check_probabilities(probabilities)
    _check_binary(labels)
    return float(np.mean((probabilities - labels) ** 2))


def perplexity(cross_entropy):
    """exp(cross-entropy in nats): among how many equally likely tokens the model is left guessing.

    Args:
        cross_entropy: one number, the mean over all tokens; exp of a mean is not the mean of exp.
    """
    if np.ndim(cross_entropy) != 0:
        raise ValueError(
            f"cross_entropy must be one number; got shape {np.shape(cross_entropy)}. Take the mean first."
        )
    with np.errstate(over="ignore"):  # a hopeless model is left guessing among infinitely many
        return float(np.exp(as_numbers(cross_entropy, "cross_entropy")))


def expected_cost(predicted, labels, *, false_positive_cost, false_negative_cost):
    """Mean cost per case, in the unit of the two costs."""
    (_, false_positive), (false_negative, _) = confusion_matrix(predicted, labels, 2)
    total = false_positive * false_positive_cost + false_negative * false_negative_cost
    return float(total / len(labels))


def net_benefit(probabilities, labels, threshold, *, prevalence=None):
    """True positives per case, less false positives weighed by the odds of the threshold.

    Who acts from a risk of `threshold` on says that one true positive is worth (1 - threshold) / threshold
    false ones. Acting on nobody has net benefit 0. Source: Vickers & Elkin, Medical Decision Making, 2006.

    Args:
        probabilities, labels: shape (n,); acted on if probability >= threshold.
        threshold: in [0, 1).
        prevalence: share of positives where it is used; None means as in the data.

    >>> round(net_benefit(np.array([0.1, 0.4, 0.6, 0.9]), np.array([0, 1, 0, 1]), 0.2), 4)
    0.4375
    """
    probabilities, labels = _check_pair(probabilities, labels)
    _check_probabilities(probabilities)
    _check_binary(labels)
    if not 0 <= threshold < 1:
        raise ValueError(f"threshold must lie in [0, 1): the odds of 1 are infinite; got {threshold}.")
    called, n_positive = probabilities >= threshold, int(labels.sum())
    share = n_positive / len(labels) if prevalence is None else prevalence
    if not 0 <= share <= 1:
        raise ValueError(f"prevalence must lie in [0, 1]; got {share}.")
    true_positive = share * np.sum(called & (labels == 1)) / max(n_positive, 1)
    false_positive = (1 - share) * np.sum(called & (labels == 0)) / max(len(labels) - n_positive, 1)
    return float(true_positive - false_positive * threshold / (1 - threshold))


def decision_curve(probabilities, labels, thresholds):
    """Net benefit at each threshold: (of the model, of acting on everybody); acting on nobody is 0.

    >>> model, everybody = decision_curve(np.array([0.2, 0.9]), np.array([0, 1]), [0.1, 0.5])
    >>> model.round(3), everybody.round(3)
    (array([0.444, 0.5  ]), array([0.444, 0.   ]))
    """
    probabilities, labels = _check_pair(probabilities, labels)
    everybody = np.ones(len(labels))
    model = [net_benefit(probabilities, labels, t) for t in thresholds]
    return np.array(model), np.array([net_benefit(everybody, labels, t) for t in thresholds])


def _check_pair(first, labels):
    first, labels = np.asarray(first), np.asarray(labels)
    if first.shape != labels.shape or first.ndim != 1:
        raise ValueError(
            f"both arguments must have the same shape (n,); got {first.shape} and {labels.shape}. "
            "Column vector? Use .ravel()."
        )
    if first.size == 0:
        raise ValueError("both arguments are empty; a metric of nothing is not a number.")
    return first, labels


def _check_classes(predicted, labels):
    predicted, labels = _check_pair(predicted, labels)
    for name, array in (("predicted", predicted), ("labels", labels)):
        if array.dtype.kind not in "iub":
            raise ValueError(
                f"{name} must be class labels (integers); got dtype {array.dtype}. "
                "From scores to labels: scores.argmax(axis=1), or (probability > 0.5).astype(int)."
            )
    return predicted.astype(np.int64), labels.astype(np.int64)  # 8 bits are too few to count in


def _check_binary(labels):
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"labels must be 0 or 1; got {', '.join(map(str, np.unique(labels)[:5]))}.")


def _check_probabilities(p):
    if not (np.isfinite(p).all() and p.min() >= 0 and p.max() <= 1):
        raise ValueError(
            "probabilities must lie in [0, 1]. Logits? Apply nnbook.functional.sigmoid or softmax first."
        )


def average_precision(scores, labels):
    """Mean precision over the positives as they are met from the top: what a random order scores is the share
    of positives.

    >>> round(average_precision(np.array([0.9, 0.8, 0.1]), np.array([1, 0, 1])), 4)
    0.8333
    """
    precisions, recalls, _ = precision_recall_curve(scores, labels)
    return float(np.sum(precisions * np.diff(recalls, prepend=0.0)))


def gini(scores, labels):
    """2 · AUC - 1: 0 for a random order, 1 for a perfect one; the AUC as credit scoring writes it."""
    return 2 * roc_auc(scores, labels) - 1


def ks_statistic(scores, labels):
    """Largest distance between the score distributions of the two classes (Kolmogorov-Smirnov), in [0, 1].

    It is also the largest gap between true and false positive rate over all thresholds.

    >>> ks_statistic(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]))
    0.5
    """
    false_positive_rate, true_positive_rate, _ = roc_curve(scores, labels)
    return float(np.max(np.abs(true_positive_rate - false_positive_rate)))


def precision_at_k(scores, labels, k):
    """Of the k cases with the highest scores, the share that is positive: a team can look at k cases only.

    Ties at the border are cut in the order of the arrays.

    >>> precision_at_k(np.array([0.9, 0.8, 0.7, 0.1]), np.array([1, 0, 1, 1]), k=3)
    0.6666666666666666
    """
    scores, labels = _check_pair(scores, labels)
    _check_binary(labels)
    if not 1 <= k <= len(scores):
        raise ValueError(f"k must be 1 … {len(scores)}, the number of cases; got {k}.")
    return float(np.mean(labels[np.argsort(-scores, kind="stable")[: int(k)]]))
