"""Points that a reader passes to the Playground, and the inputs it makes of points."""

import numpy as np

FEATURES = ["x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2"]
RANGE = 1.2  # the drawn plane covers [-RANGE, RANGE] on both axes
MAX_POINTS = 2000

_FUNCTIONS = {
    "x1": lambda a, b: a,
    "x2": lambda a, b: b,
    "x1_squared": lambda a, b: a * a,
    "x2_squared": lambda a, b: b * b,
    "x1_x2": lambda a, b: a * b,
    "sin_x1": lambda a, b: np.sin(np.pi * a),
    "sin_x2": lambda a, b: np.sin(np.pi * b),
}


def inputs(X, features) -> np.ndarray:
    """Return the network's inputs (n_samples, n_features) for points X (n_samples, 2)."""
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"X must have shape (n_samples, 2); got {X.shape}. One point? Use X[None, :].")
    return np.stack([_FUNCTIONS[name](X[:, 0], X[:, 1]) for name in features], axis=1)


def checked_points(X, y) -> dict:
    """Return the traits dataset, task and points for arrays X (n_samples, 2) and y (n_samples,).

    Raises:
        ValueError: wrong shape, NaN, points off the plane, too few or too many, or labels that are not 0, 1.
    """
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"X must have shape (n_samples, 2); got {X.shape}. The plane has two axes.")
    if y.shape != (len(X),):
        raise ValueError(f"y must have shape ({len(X)},) like the rows of X; got {y.shape}. Use y.ravel()?")
    if not 2 <= len(X) <= MAX_POINTS:
        raise ValueError(f"the plane shows 2 to {MAX_POINTS} points; got {len(X)}.")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("X and y must be finite; they hold NaN or infinity.")
    if np.abs(X).max() > RANGE:
        raise ValueError(
            f"X must lie within [-{RANGE}, {RANGE}], the drawn plane; got values from {X.min():.3g} to "
            f"{X.max():.3g}. Scale first: MinMaxScaler(-1, 1), fitted on the training part."
        )
    labels = np.issubdtype(y.dtype, np.integer) or y.dtype == bool
    if labels and not set(np.unique(y)) <= {0, 1}:
        raise ValueError(
            f"labels must be 0 and 1; got {np.unique(y).tolist()[:6]}. "
            "Numbers to predict? Use y.astype(float)."
        )
    points = [[float(a), float(b), float(t)] for (a, b), t in zip(X, y, strict=True)]
    return {"dataset": "own", "task": "classification" if labels else "regression", "points": points}
