"""TrainingMonitor: watch `fit` while it runs, and keep the run as a recording that a page can play."""

import time
from typing import ClassVar

import numpy as np
import traitlets

from nnbook.activations import Identity, Sigmoid, Tanh
from nnbook.callbacks import Callback
from nnbook.functional import sigmoid, softmax
from nnbook.widgets._base import Widget

BINS = 40  # of a weight histogram; a multiple of 4, so that pairs of bins can be merged around zero
GRID = 32  # points along one side of the decision surface
LAYERS = 6  # more are thinned out evenly
POINTS = 240
SAMPLE = 20_000  # weights counted per layer
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"  # 64 levels
_TOP = len(_ALPHABET) - 1


class TrainingMonitor(Widget):
    """Shows loss, metrics, weights and (for two inputs) the decision surface of a training run.

    Pass ``monitor.callback()`` to `nnbook.training.fit`. In JupyterLab the run is live; afterwards, and on a
    page, it can be played and scrubbed.

    Args:
        data: (X, y) with two columns in X, to show the decision surface over these points.
        score: function predictions -> numbers, what the surface shows. When not given: the probability of
            class 1 for labels 0 and 1, the prediction itself for real targets.
        max_frames: a longer run is thinned out to this many moments.

    What is stored is rounded so coarsely (four digits, 64 levels) that the last bits of another processor do
    not show, as long as the run is float64 and not thousands of epochs long.
    """

    fallback: ClassVar[str] = (
        "Here a recorded training run can be played. It needs JavaScript in the browser."
    )

    recording = traitlets.Dict(help="the run, see `pack`").tag(sync=True)
    frame = traitlets.Int(-1, min=-1, help="which moment is shown; -1 is the last").tag(sync=True)

    def __init__(self, *, data=None, score=None, max_frames=90, **traits):
        if max_frames < 4:
            raise ValueError(f"max_frames must be at least 4; got {max_frames}.")
        if data is not None:
            data = _check_points(*data)
        self._data, self._score, self._max_frames = data, score, int(max_frames)
        super().__init__(**traits)

    def callback(self, *, show=True) -> Callback:
        """Return the callback for `fit`.

        Args:
            show: in a notebook, show this monitor from the first step on; what the cell wrote before training
                is replaced. With False, put the monitor on the last line of the cell yourself.
        """
        return _Recorder(self, show)

    def __repr__(self) -> str:
        epochs = self.recording.get("epochs", [])
        return (
            f"TrainingMonitor({len(epochs)} moments, {epochs[-1]} epochs)" if epochs else "TrainingMonitor()"
        )


class _Recorder(Callback):
    """Takes a frame of the model after every epoch."""

    def __init__(self, monitor, show):
        self.monitor, self.show = monitor, show

    def on_train_begin(self, state):
        self.frames, self.every, self._sent = [], 1, -np.inf
        self.matrices = weight_matrices(state.model)
        self.surface = _Surface(state.model, self.monitor._data, self.monitor._score)
        self.monitor.recording, self.monitor.frame = {}, -1
        self.shown = self.show and _show_live(self.monitor)
        self._take(state)

    def on_epoch_end(self, state):
        if state.epoch % self.every == 0:
            self._take(state)

    def on_train_end(self, state):
        if self.frames and self.frames[-1]["epoch"] != state.history.epochs:
            self._take(state)
        self.monitor.recording = pack(self.frames, [name for name, _ in self.matrices], self.surface)
        if self.shown:
            _show_final(self.monitor)

    def _take(self, state):
        history = state.history
        last = {"train loss": history.train_loss, "validation loss": history.validation_loss}
        last |= history.metrics
        self.frames.append(
            {
                "epoch": history.epochs,
                "curves": {name: _rounded(values[-1]) if values else None for name, values in last.items()},
                "histograms": [histogram(matrix) for _, matrix in self.matrices],
                "surface": self.surface.levels(state.model) if self.surface.shown else None,
            }
        )
        if len(self.frames) > self.monitor._max_frames:
            self.every *= 2
            self.frames = [frame for frame in self.frames if frame["epoch"] % self.every == 0]
        now = time.monotonic()
        if self.shown and now - self._sent > 0.05:  # a fast run must not flood the browser
            self._sent = now
            names = [name for name, _ in self.matrices]
            self.monitor.send({"moment": pack(self.frames[-1:], names, self.surface), "total": state.epochs})


class _Surface:
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
            (_rounded(self.y.min()), _rounded(self.y.max())) if self.real_targets else (0.0, 1.0)
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
                "value": [_rounded(value) for value in surface.y[some]],
            }
    return recording


def _text(levels) -> str:
    return "".join(_ALPHABET[level] for level in levels.ravel())


def _rounded(value):
    """Four significant digits; None for what is not a number."""
    return float(f"{float(value):.4g}") if np.isfinite(value) else None


def _check_points(X, y):
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


def _show_live(monitor) -> bool:
    """Show the monitor while its cell still runs; return whether there is a notebook to show it in."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return False
    if getattr(get_ipython(), "kernel", None) is None:
        return False
    # Only the live view: the text/html twin of an empty recording would be stored with the notebook.
    view = "application/vnd.jupyter.widget-view+json"
    display({view: monitor._repr_mimebundle_()[0][view]}, raw=True)
    return True


def _show_final(monitor) -> None:
    from IPython.display import clear_output, display

    clear_output(wait=True)
    display(monitor)
