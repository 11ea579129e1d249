"""Pure functions on arrays that never overflow: the arithmetic under activations and losses."""

import math

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


def as_array(values, name, shape, *, empty=False):
    """Return `values` as a finite float array of a given shape, or say what is wrong with them.

    Args:
        shape: what is wanted, with a letter where any length will do: ("n", 3).
        empty: whether no values at all are fine, too.
    Raises:
        ValueError: as `as_numbers`; another shape; empty; NaN or infinity.

    >>> as_array([[1, 2]], "points", ("n", 2))
    array([[1., 2.]])
    """
    array = as_numbers(values, name)
    fits = array.ndim == len(shape) and all(
        isinstance(want, str) or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits or (array.size == 0 and not empty):
        wanted = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
        raise ValueError(
            f"{name} must have shape {wanted}{'' if empty else ' and not be empty'}; got {array.shape}."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{name} hold NaN or infinity. Fill or drop missing values first.")
    return array


def as_number(value, name):
    """Return `value` as one plain number; NaN and infinity are left to the caller's range check.

    Raises:
        ValueError: text, nothing, several numbers, or a whole number too large for a float.

    >>> as_number(np.array(0.5), "rate")
    0.5
    """
    if isinstance(value, np.ndarray | np.generic) and np.ndim(value) == 0:
        value = value.item()
    if not isinstance(value, int | float):
        raise ValueError(f"{name} must be a single number; got {type(value).__name__}.")
    if isinstance(value, int) and abs(value) > 2**1000:
        raise ValueError(f"{name} must be a number that a float can hold; got one of more than 300 digits.")
    return value


def as_whole(value, name, least=1):
    """Return `value` as an int of at least `least`, or say that it must be one.

    >>> as_whole(3.0, "steps")
    3
    """
    number = as_number(value, name)
    if not math.isfinite(number) or int(number) != number or number < least:
        raise ValueError(f"{name} must be a whole number of at least {least}; got {number}.")
    return int(number)


def is_gap(value):
    """Whether a value is missing: None, or the NaN that pandas puts there.

    >>> is_gap(float("nan")), is_gap(""), is_gap(0)
    (True, False, False)
    """
    return value is None or value != value


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
    top = np.where(np.isinf(top), 0, top)  # inf - inf is no number; exp(-inf) is 0 and exp(inf) infinite
    with np.errstate(divide="ignore", over="ignore"):  # log(0) = -inf is right: nothing was summed
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
    with np.errstate(
        over="ignore"
    ):  # two scores may lie farther apart than the largest number: exp(-inf) is 0
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
