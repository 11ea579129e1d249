"""Decisions against the truth: predicted classes."""

import numpy as np

from nnbook.metrics._checks import check_classes


def accuracy(targets, predictions):
    """Share of labels predicted exactly, in [0, 1].

    Args:
        targets, predictions: integer class labels, shape (n,).
    Raises:
        ValueError: floats (== on rounded numbers is not accuracy), different shapes, or empty.

    >>> accuracy(np.array([1, 0, 0, 1]), np.array([1, 0, 1, 1]))
    0.75
    """
    targets, predictions = check_classes(targets, predictions)
    return float(np.mean(predictions == targets))


def confusion_matrix(targets, predictions, n_classes):
    """Counts of shape (n_classes, n_classes): row = true class, column = predicted class.

    >>> confusion_matrix(np.array([1, 0, 0]), np.array([1, 0, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    targets, predictions = check_classes(targets, predictions)
    lowest, highest = min(targets.min(), predictions.min()), max(targets.max(), predictions.max())
    if lowest < 0 or highest >= n_classes:
        raise ValueError(f"labels must be integers in 0 … {n_classes - 1}; got {lowest} … {highest}.")
    return np.bincount(targets * n_classes + predictions, minlength=n_classes**2).reshape(
        n_classes, n_classes
    )


def precision(targets, predictions):
    """Of those called positive (1), the share that is; 0 when none was called."""
    (_, false_positive), (_, true_positive) = confusion_matrix(targets, predictions, 2)
    return float(true_positive / max(true_positive + false_positive, 1))


def recall(targets, predictions):
    """Of those that are positive (1), the share that was found (sensitivity); 0 when there are none."""
    _, (false_negative, true_positive) = confusion_matrix(targets, predictions, 2)
    return float(true_positive / max(true_positive + false_negative, 1))


def f1(targets, predictions):
    """Harmonic mean of precision and recall; 0 when both are 0."""
    p, r = precision(targets, predictions), recall(targets, predictions)
    return 2 * p * r / (p + r) if p + r else 0.0


def expected_cost(targets, predictions, *, false_positive_cost, false_negative_cost):
    """Mean cost per case, in the unit of the two costs."""
    (_, false_positive), (false_negative, _) = confusion_matrix(targets, predictions, 2)
    total = false_positive * false_positive_cost + false_negative * false_negative_cost
    return float(total / len(targets))
