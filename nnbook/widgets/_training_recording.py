"""A training run as a small recording: what is measured at each moment, and how it is packed.

`static/training_recording.js` unpacks it.
"""

import numpy as np

from nnbook.activations import Identity, Sigmoid, Tanh
from nnbook.functional import sigmoid, softmax

BINS = 40  # of a weight histogram; a multiple of 4, so that pairs of bins can be merged around zero
GRID = 32  # points along one side of the decision surface
LAYERS = 6  # more are thinned out evenly
POINTS = 240
SAMPLE = 20_000  # weights counted per layer
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"  # 64 levels
_TOP = len(ALPHABET) - 1


class Surface:
    """What the model answers on a grid over two inputs."""

    def __init__(self, model, data, score):
        first = weight_matrices(model)
        inputs = first[0][1].shape[0] if first else 0
        outputs = first[-1][1].shape[1] if first else 0
        self.X, self.y = data if data is not None else (None, None)
        if data is not None and inputs != 2:
            raise ValueError(f"a decision surface needs a model with 2 inputs; this one has {inputs}.")
        self.shown = inputs == 2 and (outputs <= 2 or score is not None)
        if not self.shown:
            return
        reach = 1.0 if data is None else float(np.abs(self.X).max())
        self.extent = float(np.ceil(11 * reach) / 10)  # a little room around the points
        self.real_targets = (
            data is not None and self.y.dtype.kind == "f" and not np.isin(self.y, (0, 1)).all()
        )
        self.low, self.high = (
            (rounded(self.y.min()), rounded(self.y.max())) if self.real_targets else (0.0, 1.0)
        )
        self.score = score or self._default_score(model)
        centers = self.extent * ((2 * np.arange(GRID) + 1) / GRID - 1)
        x1, x2 = np.meshgrid(centers, centers[::-1])  # row 0 is the top
        self.grid = np.column_stack([x1.ravel(), x2.ravel()]).astype(model.dtype)

    def _default_score(self, model):
        output = getattr(model, "output_activation", Identity)

        def score(predictions):
            if predictions.shape[1] == 2:
                return softmax(predictions)[:, 1]
            if self.real_targets or output is Sigmoid:
                return predictions[:, 0]
            return (predictions[:, 0] + 1) / 2 if output is Tanh else sigmoid(predictions[:, 0])

        return score

    def levels(self, model):
        """The score on the grid as whole numbers from 0 to 63."""
        values = np.asarray(self.score(model.forward(self.grid)), dtype=np.float64)
        if values.shape != (len(self.grid),):
            raise ValueError(f"score must return one number for each row; got shape {values.shape}.")
        share = (np.nan_to_num(values) - self.low) / ((self.high - self.low) or 1.0)
        return np.floor(np.clip(share, 0, 1) * _TOP + 0.5).astype(int)


def weight_matrices(model) -> list[tuple[str, np.ndarray]]:
    """Return (name, weight) of the weight matrices of a model from input to output, at most six of them."""
    found = []

    def visit(layer):
        for name, value in layer.params.items():
            if value.ndim == 2:
                arrow = f"{value.shape[0]} → {value.shape[1]}"
                found.append((arrow if name == "weight" else f"{name}, {arrow}", value))
        for child in layer.children:
            visit(child)

    visit(model)
    if len(found) > LAYERS:
        found = [found[i] for i in np.linspace(0, len(found) - 1, LAYERS).round().astype(int)]
    return found


def histogram(weight) -> tuple[float, np.ndarray]:
    """Return (limit, counts) of BINS equal bins over [-limit, limit].

    `limit` is a power of two that holds all weights. So a histogram with a smaller limit becomes one with a
    larger limit by merging pairs of bins, exactly, and all moments of a run can share one axis.
    """
    values = weight.ravel()
    values = values[:: max(1, values.size // SAMPLE)]
    values = values[np.isfinite(values)]
    largest = float(np.abs(values).max()) if values.size else 0.0
    limit = 2.0 ** np.ceil(np.log2(max(largest, 2.0**-10)) + 1e-6)
    # A weight of about zero must fall on the same side of the middle edge on every machine.
    counts, _ = np.histogram(values + 1e-9 * limit, bins=BINS, range=(-limit, limit))
    return limit, counts


def widen(limit, counts, wanted) -> np.ndarray:
    """Return the counts of a histogram over [-limit, limit] on the wider axis [-wanted, wanted]."""
    while limit < wanted:
        merged = counts[0::2] + counts[1::2]
        counts = np.zeros_like(counts)
        counts[BINS // 4 : 3 * BINS // 4] = merged
        limit *= 2
    return counts


def pack(frames, names, surface) -> dict:
    """Return frames as the JSON-able recording that JavaScript reads.

    `epochs`, and in `curves` by name the losses and metrics, hold one number per moment (None where nothing
    was measured). A histogram is a text of BINS characters per moment, a surface one of GRID² characters;
    each character is a level from 0 to 63.
    """
    curves = {}
    for name in frames[-1]["curves"]:
        values = [frame["curves"][name] for frame in frames]
        if any(value is not None for value in values):
            curves[name] = values
    layers = []
    for i, name in enumerate(names):
        limit = max(frame["histograms"][i][0] for frame in frames)
        counts = np.array([widen(*frame["histograms"][i], limit) for frame in frames])
        largest = max(int(counts.max()), 1)
        # whole numbers all the way: rounding cannot depend on the machine
        levels = (2 * _TOP * counts + largest) // (2 * largest)
        layers.append({"name": name, "limit": limit, "levels": _text(levels)})
    recording = {
        "epochs": [frame["epoch"] for frame in frames],
        "curves": curves,
        "bins": BINS,
        "layers": layers,
    }
    if surface.shown:
        recording["surface"] = {
            "size": GRID,
            "extent": surface.extent,
            "low": surface.low,
            "high": surface.high,
            "levels": _text(np.array([frame["surface"] for frame in frames])),
        }
        if surface.X is not None:
            # by lot: every second point of a list that alternates would be of one class
            some = np.sort(np.random.default_rng(0).permutation(len(surface.X))[:POINTS])
            recording["points"] = {
                "x": np.round(surface.X[some, 0], 2).tolist(),
                "y": np.round(surface.X[some, 1], 2).tolist(),
                "value": [rounded(value) for value in surface.y[some]],
            }
    return recording


def _text(levels) -> str:
    return "".join(ALPHABET[level] for level in levels.ravel())


def rounded(value):
    """Four significant digits; None for what is not a number."""
    return float(f"{float(value):.4g}") if np.isfinite(value) else None


def check_points(X, y):
    """Return X (n, 2) and y (n,) as finite arrays, or say in one sentence why no surface fits them."""
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y)
    y = y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y
    if X.ndim != 2 or X.shape[1] != 2 or y.shape != (len(X),) or len(X) == 0:
        raise ValueError(
            "data must be (X, y) with shapes (n, 2) and (n,), because the surface is drawn over two inputs; "
            f"got {X.shape} and {y.shape}."
        )
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("data holds NaN or infinity.")
    return X, y
