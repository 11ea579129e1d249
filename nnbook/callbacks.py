"""What may happen around training steps without making the loop longer."""

import numpy as np


class Callback:
    """Base: override the moments you care about. `state` is a `nnbook.training.TrainingState`."""

    def on_train_begin(self, state):
        """Before the first step."""

    def on_step_end(self, state):
        """After every optimiser step."""

    def on_epoch_end(self, state):
        """After every epoch; the validation figures of the epoch are in `state.history`."""

    def on_train_end(self, state):
        """After the last epoch, or after an error."""


class EarlyStopping(Callback):
    """Stop when validation loss has not improved for `patience` epochs; keep the best weights.

    Args:
        patience: epochs to wait, at least 1.
        min_delta: a smaller improvement does not count.

    After training, `best_epoch` (from 1) and `best_loss` say where it was.
    """

    def __init__(self, patience, *, min_delta=0.0):
        if patience < 1 or min_delta < 0:
            raise ValueError(
                f"patience must be at least 1 and min_delta at least 0; got {patience} and {min_delta}."
            )
        self.patience, self.min_delta = patience, min_delta

    def on_train_begin(self, state):
        """Forget an earlier run."""
        self.best_loss, self.best_epoch, self._best = np.inf, 0, None

    def on_epoch_end(self, state):
        """Keep the weights if this epoch was the best; ask to stop if the best is too long ago."""
        if not state.history.validation_loss:
            raise ValueError("EarlyStopping needs fit(..., validation=(X, y)).")
        value = state.history.validation_loss[-1]
        if value < self.best_loss - self.min_delta:
            self.best_loss, self.best_epoch = value, state.epoch
            self._best = state.model.parameters.copy()
        elif state.epoch - self.best_epoch >= self.patience:
            state.stop = True

    def on_train_end(self, state):
        """Put the best weights back."""
        if self._best is not None:
            state.model.parameters[...] = self._best


class Progress(Callback):
    """A progress bar with the current loss (on stderr, so keep it out of cells whose output is compared)."""

    def on_train_begin(self, state):
        """Draw an empty bar."""
        from tqdm.auto import tqdm  # only readers who ask for a bar pay for the import

        self._bar = tqdm(total=state.epochs * state.steps_per_epoch, unit="step")

    def on_step_end(self, state):
        """Move the bar by one step."""
        self._bar.update()

    def on_epoch_end(self, state):
        """Write the losses of the epoch beside the bar."""
        figures = {"loss": f"{state.history.train_loss[-1]:.4f}"}
        if state.history.validation_loss:
            figures["validation"] = f"{state.history.validation_loss[-1]:.4f}"
        self._bar.set_postfix(figures)

    def on_train_end(self, state):
        """Leave the bar as it stands."""
        self._bar.close()


class SnapshotRecorder(Callback):
    """Keep copies of the flat parameter vector: before training, then after every `every` epochs.

    `snapshots` is a list of (epoch, parameters); put one back with `model.parameters[...] = parameters`.
    """

    def __init__(self, every=1):
        if every < 1:
            raise ValueError(f"every must be at least 1; got {every}.")
        self.every = every
        self.snapshots = []

    def on_train_begin(self, state):
        """Begin with the untrained weights, as epoch 0."""
        self.snapshots = [(0, state.model.parameters.copy())]

    def on_epoch_end(self, state):
        """Keep a copy if its turn has come."""
        if state.epoch % self.every == 0:
            self.snapshots.append((state.epoch, state.model.parameters.copy()))
