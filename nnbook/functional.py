"""Pure functions on arrays that never overflow: the arithmetic under activations and losses."""

import numpy as np


def as_numbers(values, name="values"):
    """Return `values` as an array of floats: floats as they are, others as float64.

    Raises:
        ValueError: text, missing values, complex numbers, or rows of different lengths.

    >>> as_numbers([True, 2])
    array([1., 2.])
    """
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return values
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must form an array; its rows have different lengths.") from None
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    if array.dtype.kind != "f":
        raise ValueError(
            f"{name} must be numbers; got dtype {array.dtype}. Encode text and categories first."
        )
    return array


def sigmoid(z):
    """The logistic function 1 / (1 + exp(-z)), element by element.

    Args:
        z: array of any shape.
    Returns:
        Array of the same shape, each value in [0, 1].

    >>> sigmoid(np.array([-800.0, 0.0, 800.0]))
    array([0. , 0.5, 1. ])
    """
    z = as_numbers(z, "z")
    e = np.exp(-np.abs(z))  # in (0, 1]: exp of a large positive number would overflow
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def logsumexp(z, axis=-1, keepdims=False):
    """log(sum(exp(z))) along an axis, exact where the naive form overflows.

    >>> float(logsumexp(np.array([1000.0, 1000.0])).round(4))
    1000.6931
    """
    z = as_numbers(z, "z")
    if z.size == 0:
        raise ValueError(f"z is empty (shape {z.shape}): the sum of nothing has no logarithm.")
    top = np.max(z, axis=axis, keepdims=True)  # subtract the max: exp(800) overflows
    total = np.log(np.sum(np.exp(z - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)


def log_softmax(logits, axis=-1):
    """Logarithm of `softmax`, without ever taking the log of zero. Same shape as `logits`."""
    logits = as_numbers(logits, "logits")
    return logits - logsumexp(logits, axis=axis, keepdims=True)


def softmax(logits, axis=-1):
    """Turn scores into probabilities that are positive and sum to 1 along `axis`.

    >>> softmax(np.array([[0.0, np.log(3.0)]])).round(2)
    array([[0.25, 0.75]])
    """
    logits = as_numbers(logits, "logits")
    if logits.size == 0:
        raise ValueError(f"logits are empty (shape {logits.shape}): nothing can be made to sum to 1.")
    e = np.exp(logits - np.max(logits, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def one_hot(labels, n_classes, dtype=np.float64):
    """One row per label, with a 1 in the label's column.

    Args:
        labels: integers in 0 … n_classes-1, shape (n,).
        n_classes: number of columns.
    Returns:
        Array of shape (n, n_classes).
    Raises:
        ValueError: labels are not one-dimensional integers in range.

    >>> one_hot([1, 0], 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    labels = check_labels(labels, n_classes)
    rows = np.zeros((len(labels), n_classes), dtype=dtype)
    rows[np.arange(len(labels)), labels] = 1.0
    return rows


def check_labels(labels, n_classes):
    """Return `labels` as a 1-D array of indices, or say in one sentence why they are not class labels.

    Raises:
        ValueError: wrong number of dimensions, not integers, or outside 0 … n_classes-1.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError(
            f"labels must have shape (n,); got {labels.shape}. Column vector? Use labels.ravel(). "
            "One-hot rows? Use rows.argmax(axis=1)."
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be integers; got dtype {labels.dtype}. "
            "If they hold whole numbers, use labels.astype(int)."
        )
    labels = labels.astype(np.intp, copy=False)
    # read as unsigned, a negative label becomes a huge one: a single pass finds both kinds of stray
    if labels.size and labels.view(np.uintp).max() >= n_classes:
        raise ValueError(
            f"labels must lie in 0 … {n_classes - 1}; got {labels.min()} … {labels.max()}. "
            "Does the last layer have one output per class, and do the classes count from 0?"
        )
    return labels
