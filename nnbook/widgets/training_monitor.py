"""TrainingMonitor: watch `fit` while it runs, and keep the run as a recording that a page can play."""

import time
from typing import ClassVar

import numpy as np
import traitlets

from nnbook.callbacks import Callback
from nnbook.widgets._base import Widget
from nnbook.widgets._training_recording import (
    Surface,
    check_points,
    histogram,
    pack,
    rounded,
    weight_matrices,
)


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
            data = check_points(*data)
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
        self.surface = Surface(state.model, self.monitor._data, self.monitor._score)
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
                "curves": {name: rounded(values[-1]) if values else None for name, values in last.items()},
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
