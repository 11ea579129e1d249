"""Decisions against the truth: predicted classes."""

import numpy as np

from nnbook.metrics._checks import check_classes


def accuracy(predicted, labels):
    """Share of labels predicted exactly, in [0, 1].

    Args:
        predicted, labels: integer class labels, shape (n,).
    Raises:
        ValueError: floats (== on rounded numbers is not accuracy), different shapes, or empty.

    >>> accuracy(np.array([1, 0, 1, 1]), np.array([1, 0, 0, 1]))
    0.75
    """
    predicted, labels = check_classes(predicted, labels)
    return float(np.mean(predicted == labels))


def confusion_matrix(predicted, labels, n_classes):
    """Counts of shape (n_classes, n_classes): row = true class, column = predicted class.

    >>> confusion_matrix(np.array([1, 0, 1]), np.array([1, 0, 0]), 2)
    array([[1, 1],
           [0, 1]])
    """
    predicted, labels = check_classes(predicted, labels)
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


def expected_cost(predicted, labels, *, false_positive_cost, false_negative_cost):
    """Mean cost per case, in the unit of the two costs."""
    (_, false_positive), (false_negative, _) = confusion_matrix(predicted, labels, 2)
    total = false_positive * false_positive_cost + false_negative * false_negative_cost
    return float(total / len(labels))
