"""What the metrics ask of their arguments."""

import numpy as np


def check_pair(targets, second):
    """Return both as arrays of the same shape (n,), n > 0, or say what is wrong."""
    targets, second = np.asarray(targets), np.asarray(second)
    if targets.shape != second.shape or targets.ndim != 1:
        raise ValueError(
            f"both arguments must have the same shape (n,); got {targets.shape} and {second.shape}. "
            + _way_to_one_axis(targets, second)
        )
    if targets.size == 0:
        raise ValueError("both arguments are empty; a metric of nothing is not a number.")
    return targets, second


def _way_to_one_axis(targets, second):
    if targets.ndim == 1 and second.shape[:1] == targets.shape and second.ndim == 2 and second.shape[1] > 1:
        return "Logits, one column per class? Use .argmax(axis=1)."
    return "Column vector? Use .ravel()."


def check_classes(targets, predictions):
    """Return both as integer labels (int64), or say what is wrong."""
    targets, predictions = check_pair(targets, predictions)
    for name, array in (("targets", targets), ("predictions", predictions)):
        if array.dtype.kind not in "iub":
            raise ValueError(
                f"{name} must be class labels (integers); got dtype {array.dtype}. "
                "From scores to labels: scores.argmax(axis=1), or (probability > 0.5).astype(int)."
            )
    return targets.astype(np.int64), predictions.astype(np.int64)  # 8 bits are too few to count in


def check_binary(targets):
    """Raise a ValueError unless all targets are 0 or 1."""
    if not np.isin(targets, (0, 1)).all():
        found = ", ".join(map(str, np.unique(targets)[:5]))
        raise ValueError(f"targets must be 0 or 1; got {found}. They come first, before the scores.")


def check_probabilities(p):
    """Raise a ValueError unless all numbers lie in [0, 1]."""
    if not (np.isfinite(p).all() and p.min() >= 0 and p.max() <= 1):
        raise ValueError(
            "probabilities must lie in [0, 1]. Logits? Apply nnbook.functional.sigmoid or softmax first."
        )
