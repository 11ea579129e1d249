"""Split before you look, and scale with what the training part knows."""

import itertools

import numpy as np
import sklearn.model_selection

from nnbook._validate import check_generator
from nnbook.functional import as_numbers, as_whole


def train_test_split(X, y, *, test_share=0.25, rng, stratify=True):
    """Shuffle and split into (X_train, X_test, y_train, y_test).

    Args:
        test_share: part of the samples held out, in (0, 1).
        stratify: keep the class shares equal on both sides (for integer labels).
    Raises:
        ValueError: X and y differ in length, or a side would be empty or, with `stratify`, lack a class.
    """
    X, y = np.asarray(X), np.asarray(y)
    check_generator(rng)
    if X.ndim == 0 or y.ndim == 0:
        raise ValueError(f"X and y must be arrays of samples; got shapes {X.shape} and {y.shape}.")
    if not 0 < test_share < 1:
        raise ValueError(f"test_share must lie between 0 and 1; got {test_share}.")
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} samples but y has {len(y)}. Each row of X needs one target.")
    needed = 1
    if stratify:
        if y.ndim != 1 or y.dtype.kind == "f":
            whole = y.ndim == 1 and y.size and np.all(y == np.round(y))
            hint = "Labels? Use y.astype(int)." if whole else "Regression? Use stratify=False."
            raise ValueError(
                f"stratify needs class labels of shape (n,); got {y.dtype} of shape {y.shape}. {hint}"
            )
        classes, counts = np.unique(y, return_counts=True)
        needed = len(classes)
        if counts.min() < 2:
            raise ValueError(
                f"class {classes[counts.argmin()]} has 1 sample, which cannot be on both sides. "
                "Drop the class, or use stratify=False."
            )
    n_test = int(np.ceil(test_share * len(X)))
    smaller = min(n_test, len(X) - n_test)
    if smaller < needed:
        raise ValueError(
            f"a side of the split would hold {smaller} samples, but {needed} are the least. "
            f"There are {len(X)} samples and test_share is {test_share}."
        )
    train, test = sklearn.model_selection.train_test_split(
        np.arange(len(X)),
        test_size=test_share,
        random_state=int(rng.integers(2**31)),
        stratify=y if stratify else None,
    )
    return X[train], X[test], y[train], y[test]


def train_validation_test_split(X, y, *, validation_share=0.2, test_share=0.2, rng, stratify=True):
    """Split into (X_train, X_validation, X_test, y_train, y_validation, y_test); shares are of the whole."""
    if not validation_share + test_share < 1:
        raise ValueError(
            "validation_share + test_share must leave something to train on; "
            f"got {validation_share} + {test_share}."
        )
    X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_share=test_share, rng=rng, stratify=stratify)
    X_train, X_validation, y_train, y_validation = train_test_split(
        X_rest, y_rest, test_share=validation_share / (1 - test_share), rng=rng, stratify=stratify
    )
    return X_train, X_validation, X_test, y_train, y_validation, y_test


def split_by_group(groups, *, shares=(0.75, 0.25), rng):
    """Split rows so that no group is on both sides: all recordings of one voice, all spellings of one text.

    Args:
        groups: the group of each row, any hashable values: a speaker, a patient, a tuple of words.
        shares: the share of the *groups* for each part, in order: training first, test last.
    Returns:
        list of sorted row numbers, one array for each share.
    Raises:
        ValueError: shares that do not add up to 1, or too few groups to fill every part.

    >>> train, test = split_by_group(["a", "b", "a", "c"], shares=(0.6, 0.4), rng=np.random.default_rng(1))
    >>> train.tolist(), test.tolist()
    ([0, 1, 2], [3])
    """
    check_generator(rng)
    if not (len(shares) > 1 and min(shares) > 0 and np.isclose(sum(shares), 1)):
        raise ValueError(f"shares must be two or more positive numbers with sum 1; got {shares}.")
    numbers = {}  # group -> its number, in the order in which they come
    group = np.array([numbers.setdefault(name, len(numbers)) for name in groups], dtype=int)
    ends = np.round(np.cumsum((0, *shares)) * len(numbers)).astype(int)
    if np.diff(ends).min() < 1:
        raise ValueError(f"{len(numbers)} groups cannot fill parts of {shares}: one of them would be empty.")
    place = rng.permutation(len(numbers))[group]  # each group's place in a shuffled row
    return [np.flatnonzero((place >= start) & (place < end)) for start, end in itertools.pairwise(ends)]


def stratified_folds(*marks, k=5, rng):
    """Return a fold 0 … k-1 for each sample (n,), so that each combination of marks is shared out evenly.

    Args:
        marks: one or more arrays (n,) of labels, such as the class and the group of each sample.
    Raises:
        ValueError: no marks, marks of different lengths, or fewer samples than folds.

    >>> fold = stratified_folds([0, 0, 0, 0, 1, 1, 1, 1], k=2, rng=np.random.default_rng(0))
    >>> int(fold[:4].sum()), int(fold[4:].sum())
    (2, 2)
    """
    check_generator(rng)
    marks, k = [np.asarray(mark) for mark in marks], as_whole(k, "k", 2)
    if not marks or any(mark.ndim != 1 or len(mark) != len(marks[0]) for mark in marks):
        raise ValueError(f"marks must be arrays (n,), alike in length; got {[mark.shape for mark in marks]}.")
    if len(marks[0]) < k:
        raise ValueError(f"{k} folds need at least {k} samples; got {len(marks[0])}.")
    cells = np.zeros(len(marks[0]), int)
    for mark in marks:
        values, place = np.unique(mark, return_inverse=True)
        cells = cells * len(values) + place
    fold = np.zeros(len(cells), int)
    for cell in np.unique(cells):
        rows = rng.permutation(np.flatnonzero(cells == cell))
        fold[rows] = np.arange(len(rows)) % k
    return fold


class _Scaler:
    def fit_transform(self, X):
        """`fit`, then `transform` of the same data: for the training part only."""
        return self.fit(X).transform(X)

    def transform(self, X):
        """Apply what `fit` remembered to any data with the same columns."""
        return (_check_matrix(X, self) - self.shift) / self.scale


class StandardScaler(_Scaler):
    """Shift and scale each feature to mean 0 and standard deviation 1 **on the training data**.

    A feature that never changes is shifted only.
    """

    def fit(self, X):
        """Remember mean and spread of each column; returns self."""
        X = _check_matrix(X)
        self.shift = X.mean(axis=0)
        spread = X.std(axis=0)
        self.scale = np.where(spread > 0, spread, 1.0)
        return self


class MinMaxScaler(_Scaler):
    """Map each feature's training range to [low, high]; new data may fall outside, and should.

    >>> scaler = MinMaxScaler().fit(np.array([[0.0], [10.0]]))
    >>> scaler.transform(np.array([[5.0], [20.0]])).ravel()
    array([0., 3.])
    """

    def __init__(self, low=-1.0, high=1.0):
        if not low < high:
            raise ValueError(f"low must be below high; got {low} and {high}.")
        self.low, self.high = low, high

    def fit(self, X):
        """Remember the range of each column; returns self."""
        X = _check_matrix(X)
        smallest, span = X.min(axis=0), np.ptp(X, axis=0)
        self.scale = np.where(span > 0, span, 1.0) / (self.high - self.low)
        # a constant feature goes to the middle of the range
        self.shift = np.where(
            span > 0, smallest - self.low * self.scale, smallest - self.scale * (self.low + self.high) / 2
        )
        return self


def _check_matrix(X, scaler=None):
    X = as_numbers(X, "X").astype(np.float64, copy=False)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"X must have shape (n_samples, n_features) and hold something; got {X.shape}.")
    if not np.isfinite(X).all():
        raise ValueError("X holds NaN or infinity. Fill or drop missing values first.")
    if scaler is not None:
        if not hasattr(scaler, "shift"):
            raise RuntimeError(f"call {type(scaler).__name__}().fit(X_train) before transform.")
        if X.shape[1] != len(scaler.shift):
            raise ValueError(f"the scaler was fitted on {len(scaler.shift)} features; got {X.shape[1]}.")
    return X
