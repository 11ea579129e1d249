"""What the metrics ask of their arguments."""

import numpy as np


def check_pair(first, labels):
    """Return both as arrays of the same shape (n,), n > 0, or say what is wrong."""
    first, labels = np.asarray(first), np.asarray(labels)
    if first.shape != labels.shape or first.ndim != 1:
        raise ValueError(
            f"both arguments must have the same shape (n,); got {first.shape} and {labels.shape}. "
            "Column vector? Use .ravel()."
        )
    if first.size == 0:
        raise ValueError("both arguments are empty; a metric of nothing is not a number.")
    return first, labels


def check_classes(predicted, labels):
    """Return both as integer labels (int64), or say what is wrong."""
    predicted, labels = check_pair(predicted, labels)
    for name, array in (("predicted", predicted), ("labels", labels)):
        if array.dtype.kind not in "iub":
            raise ValueError(
                f"{name} must be class labels (integers); got dtype {array.dtype}. "
                "From scores to labels: scores.argmax(axis=1), or (probability > 0.5).astype(int)."
            )
    return predicted.astype(np.int64), labels.astype(np.int64)  # 8 bits are too few to count in


def check_binary(labels):
    """Raise a ValueError unless all labels are 0 or 1."""
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"labels must be 0 or 1; got {', '.join(map(str, np.unique(labels)[:5]))}.")


def check_probabilities(p):
    """Raise a ValueError unless all numbers lie in [0, 1]."""
    if not (np.isfinite(p).all() and p.min() >= 0 and p.max() <= 1):
        raise ValueError(
            "probabilities must lie in [0, 1]. Logits? Apply nnbook.functional.sigmoid or softmax first."
        )
