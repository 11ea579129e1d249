"""How wrong the predictions are, as one number, and which way to move them.

Each loss returns `(value, grad)`: a float, and the derivative with respect to its first argument, of that
argument's shape. A loss knows no layers.
"""

import numpy as np

from nnbook.functional import as_numbers, check_labels, sigmoid


def mean_squared_error(predictions, targets):
    """Mean of (predictions - targets)² over all elements.

    Args:
        predictions, targets: arrays of the same shape.
    Returns:
        (value, grad) with grad = 2 (predictions - targets) / size.
    Raises:
        ValueError: the shapes differ (a silent broadcast would give a wrong loss).

    >>> value, grad = mean_squared_error(np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]]))
    >>> value, grad.ravel()
    (2.0, array([0., 2.]))
    """
    predictions = as_numbers(predictions, "predictions")
    targets = _same_shape(predictions, targets, "predictions")
    difference = predictions - targets
    value = float(np.vdot(difference, difference)) / difference.size
    difference *= 2 / difference.size
    return value, difference


def binary_cross_entropy(logits, targets):
    """Mean of -t log σ(z) - (1-t) log(1-σ(z)) over all elements, from logits z and targets t in [0, 1].

    Returns:
        (value, grad) with grad = (σ(z) - t) / size: no factor that vanishes when σ saturates.
    Raises:
        ValueError: the shapes differ, or a target lies outside [0, 1].
    """
    logits = as_numbers(logits, "logits")
    targets = _same_shape(logits, targets, "logits")
    if not (targets.min() >= 0 and targets.max() <= 1):  # put this way, NaN is refused too
        raise ValueError(
            f"targets must lie in [0, 1]; got {targets.min()} … {targets.max()}. "
            "Labels -1/+1? Use (labels + 1) / 2."
        )
    # max(z, 0) - z t + log(1 + exp(-|z|)) is the same sum without exp of a large number
    terms = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    return float(terms.mean()), (sigmoid(logits) - targets) / logits.size


def cross_entropy(logits, targets):
    """Mean over rows of -log softmax(logits)[target].

    Args:
        logits: scores, shape (n, n_classes).
        targets: integer labels of shape (n,), or probability rows of shape (n, n_classes).
    Returns:
        (value, grad) with grad = (softmax(logits) - one_hot(targets)) / n.
    Raises:
        ValueError: wrong shapes, labels outside 0 … n_classes-1, or rows that are no probabilities.

    >>> value, grad = cross_entropy(np.zeros((1, 2)), np.array([1]))
    >>> round(value, 4), grad
    (0.6931, array([[ 0.5, -0.5]]))
    """
    logits, targets = as_numbers(logits, "logits"), np.asarray(targets)
    if logits.ndim != 2:
        hint = " A language model? Use nnbook.language_model.next_token_loss." if logits.ndim == 3 else ""
        raise ValueError(f"logits must have shape (n, n_classes); got {logits.shape}.{hint}")
    n, n_classes = logits.shape
    if n == 0:
        raise ValueError("logits are empty: the mean of nothing is not a number.")
    if targets.shape[:1] != (n,):
        raise ValueError(f"logits have {n} rows and targets must have as many; got shape {targets.shape}.")
    top = np.ascontiguousarray(logits.T).max(axis=0)  # as max(axis=1), but 3 times faster for short rows
    shifted = logits - top[:, None]  # softmax is unchanged and exp cannot overflow
    grad = np.exp(shifted)
    totals = np.dot(grad, np.ones(n_classes, grad.dtype))
    if targets.ndim == 1:
        labels = check_labels(targets, n_classes)
        own = np.arange(0, n * n_classes, n_classes) + labels  # flat position of each row's own class
        value = (np.log(totals) - shifted.take(own)).sum()
        grad /= totals[:, None]
        grad.put(own, grad.take(own) - 1)
    else:
        targets = _same_shape(logits, targets, "logits")
        sums = targets.sum(axis=1)
        if not (targets.min() >= 0 and np.abs(sums - 1).max() <= 1e-3):  # put this way, NaN is refused too
            raise ValueError(
                "rows of targets must be probabilities: at least 0, with sum 1; got a smallest value of "
                f"{targets.min():g} and sums of {sums.min():g} … {sums.max():g}. Labels? Give shape (n,)."
            )
        value = np.vdot(np.log(totals), sums) - np.vdot(shifted, targets)
        grad *= (sums / totals)[:, None]
        grad -= targets
    grad /= n
    return float(value) / n, grad


def l1_penalty(parameters, strength):
    """Penalty strength · Σ|w|, which pulls weights to exactly zero: (value, grad) for the flat vector."""
    return strength * float(np.abs(parameters).sum()), strength * np.sign(parameters)


def l2_penalty(parameters, strength):
    """Penalty strength/2 · Σw², which pulls large weights most: (value, grad) for the flat vector."""
    return strength / 2 * float(np.vdot(parameters, parameters)), strength * parameters


def _same_shape(predictions, targets, name):
    targets = np.asarray(targets)
    if targets.shape != predictions.shape:
        hint = "Check the last layer's size."
        if targets.ndim == 1:
            hint = "Column vector? Use targets[:, None]."
        elif targets.ndim == 2 and targets.shape[1] == 1 and targets.dtype.kind in "iu":
            hint = "Class labels in a column? Use cross_entropy with targets.ravel()."
        raise ValueError(
            f"targets must have shape {predictions.shape} like {name}; got {targets.shape}. {hint}"
        )
    if targets.size == 0:
        raise ValueError(f"{name} are empty: the mean of nothing is not a number.")
    targets = as_numbers(targets, "targets")
    return targets.astype(predictions.dtype, copy=False)  # integer targets must not turn float32 into float64
