"""The training loop: the one place where model, loss, optimiser and data meet."""

import contextlib
import math
from dataclasses import dataclass, field

import numpy as np

from nnbook._validate import (
    check_callable,
    check_functions,
    check_generator,
    check_list,
    check_method,
    check_pair,
)
from nnbook.functional import as_whole
from nnbook.optimizers import Optimizer, clip_gradients
from nnbook.schedules import constant

BLOCK = 65_536  # numbers gathered at once: shuffling costs one copy per block, a small batch is then a view


@dataclass
class History:
    """What training recorded, one entry per epoch.

    `train_loss` averages an epoch's batches while weights still move; the others are measured at its end.
    """

    train_loss: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    metrics: dict = field(default_factory=dict)
    steps: int = 0

    @property
    def epochs(self):
        """How many epochs ran."""
        return len(self.train_loss)


@dataclass
class TrainingState:
    """What a callback sees; setting `stop` ends training after the current epoch."""

    model: object
    optimizer: object
    history: History
    epochs: int
    steps_per_epoch: int
    epoch: int = 0
    step: int = 0
    batch_loss: float = float("nan")
    stop: bool = False


def fit(
    model,
    X,
    y,
    *,
    loss,
    optimizer,
    epochs,
    batch_size,
    rng,
    validation=None,
    metrics=None,
    schedule=constant(),  # noqa: B008 - a function without state, safe to share
    penalty=None,
    max_gradient_norm=None,
    callbacks=(),
):
    """Train `model` in place and return the `History`.

    Args:
        model: a layer with `forward`, `backward_parameters`, `parameters` and `gradients`.
        X, y: training inputs (n_samples, …) and targets (n_samples, …).
        loss: function (predictions, targets) -> (value, grad).
        optimizer: object with `step(parameters, gradients)` and `learning_rate`.
        epochs: passes through the data.
        batch_size: samples per step; the last batch of an epoch may be smaller.
        rng: shuffles the samples anew in every epoch.
        validation: pair (X, y) measured after each epoch, never trained on.
        metrics: {name: function(targets, predictions) -> float}, measured on the validation data; the
            truth comes first, as in `nnbook.metrics`.
        schedule: function step -> factor on the learning rate.
        penalty: function flat parameters -> (value, grad), added to the loss's gradient. The recorded losses
            are those of the data alone, so that training and validation can be compared.
        max_gradient_norm: longer gradients are shortened to this length.
        callbacks: objects from `nnbook.callbacks`.
    Raises:
        ValueError: data or settings that cannot be trained on; the model is left as it was.
        FloatingPointError: the loss stopped being a number.
    After an error, model and optimizer are put back as they were (an interruption by hand keeps them).
    """
    metrics = {} if metrics is None else metrics
    callbacks = check_list(callbacks, "on_train_begin", "callbacks", "EarlyStopping(3)")
    _check_settings(model, loss, optimizer, rng, metrics, validation, schedule, penalty)
    X, y = check_data(model, X, y)
    if validation is not None:
        X_validation, y_validation = check_pair(validation, "validation")
        validation = check_data(model, X_validation, y_validation, name="validation ", constant_targets=True)
    epochs, batch_size = as_whole(epochs, "epochs"), as_whole(batch_size, "batch_size")
    if max_gradient_norm is not None and not max_gradient_norm > 0:
        raise ValueError(f"max_gradient_norm must be above 0; got {max_gradient_norm}.")
    history = History(metrics={name: [] for name in metrics})
    state = TrainingState(model, optimizer, history, epochs, -(-len(X) // batch_size))
    base_rate = optimizer.learning_rate
    with _put_back_on_error(model, optimizer), np.errstate(over="ignore", invalid="ignore"):
        # divergence is reported by one sentence of our own, not by NumPy's warnings
        for callback in callbacks:
            callback.on_train_begin(state)
        try:
            while state.epoch < epochs and not state.stop:
                _run_epoch(
                    state,
                    X,
                    y,
                    loss,
                    batch_size,
                    rng,
                    schedule,
                    base_rate,
                    penalty,
                    max_gradient_norm,
                    callbacks,
                )
                if validation is not None:
                    predictions = model.forward(validation[0])
                    history.validation_loss.append(loss(predictions, validation[1])[0])
                    for name, metric in metrics.items():
                        history.metrics[name].append(float(metric(validation[1], predictions)))
                state.epoch += 1
                for callback in callbacks:
                    callback.on_epoch_end(state)
        finally:
            optimizer.learning_rate = base_rate
            for callback in callbacks:
                callback.on_train_end(state)
    return history


def _check_settings(model, loss, optimizer, rng, metrics, validation, schedule, penalty):
    """What is not a number or an array: refused before the first epoch, not after it."""
    check_method(model, "backward_parameters", "model", "MLP([2, 8, 1], rng=rng)")
    check_callable(loss, "loss", "nnbook.losses.cross_entropy")
    check_method(optimizer, "step", "optimizer", "Adam(0.001)")
    check_generator(rng)
    check_functions(metrics, "metrics", '{"error": lambda targets, predictions: …}')
    if metrics and validation is None:
        raise ValueError("metrics are measured on validation data: add validation=(X, y).")
    check_callable(schedule, "schedule", "nnbook.schedules.cosine(1000)")
    if penalty is not None:
        check_callable(penalty, "penalty", "lambda p: l2_penalty(p, 0.01)")


@contextlib.contextmanager
def _put_back_on_error(model, optimizer):
    """Refused data or divergence must not leave a half-trained model, nor the momentum of its last steps."""
    start = model.parameters.copy()
    state = optimizer.snapshot() if isinstance(optimizer, Optimizer) else None
    try:
        yield
    except Exception:
        model.parameters[...] = start
        if state is not None:
            optimizer.restore(state)
        raise


def _run_epoch(
    state, X, y, loss, batch_size, rng, schedule, base_rate, penalty, max_gradient_norm, callbacks
):
    model, optimizer = state.model, state.optimizer
    parameters, gradients, dtype = model.parameters, model.gradients, model.dtype
    total = 0.0
    for x_batch, y_batch in minibatches(X, y, batch_size, rng=rng):
        predictions = model.forward(x_batch, training=True)
        value, grad = loss(predictions, y_batch)
        if not math.isfinite(value):
            raise _divergence(f"loss became {value}", state, state.step + 1)
        model.backward_parameters(grad.astype(dtype, copy=False))  # a loss may compute in float64
        if penalty is not None:
            gradients += penalty(parameters)[1]
        if max_gradient_norm is not None:
            try:
                clip_gradients(gradients, max_gradient_norm)
            except FloatingPointError:
                raise _divergence("gradient became infinite", state, state.step + 1) from None
        optimizer.learning_rate = base_rate * schedule(state.step)
        optimizer.step(parameters, gradients)
        total += value * len(x_batch)
        state.step += 1
        state.batch_loss = value
        for callback in callbacks:
            callback.on_step_end(state)
    if not np.isfinite(parameters).all():
        raise _divergence("weights became infinite", state, state.step)
    state.history.train_loss.append(total / len(X))
    state.history.steps = state.step


def _divergence(what, state, step):
    return FloatingPointError(
        f"the {what} in epoch {state.epoch + 1}, step {step}. Try a learning rate below "
        f"{state.optimizer.learning_rate:g}, or clip gradients with max_gradient_norm."
    )


def minibatches(X, y, batch_size, *, rng):
    """Yield (X, y) batches of one shuffled pass over the data; the last may be smaller.

    Raises:
        ValueError: X is empty or of another length than y, or a batch size below 1.

    >>> rng = np.random.default_rng(0)
    >>> [len(x) for x, _ in minibatches(np.ones((7, 2)), np.ones(7), 3, rng=rng)]
    [3, 3, 1]
    """
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim == 0 or X.size == 0:
        raise ValueError(f"X must hold samples with features; got shape {X.shape}.")
    if y.shape[:1] != X.shape[:1]:
        raise ValueError(f"X has {len(X)} samples; y must have as many; got shape {y.shape}.")
    return _batches(X, y, as_whole(batch_size, "batch_size"), check_generator(rng))


def _batches(X, y, batch_size, rng):
    order = rng.permutation(len(X))
    block = batch_size * max(1, BLOCK * len(X) // (X.size * batch_size))
    for start in range(0, len(order), block):
        rows = order[start : start + block]
        x_block, y_block = X[rows], y[rows]
        for first in range(0, len(rows), batch_size):
            last = first + batch_size
            yield x_block[first:last], y_block[first:last]


def check_data(model, X, y, *, name="", constant_targets=False):
    """Return (X, y) as arrays the model can train on, or say in one sentence what is wrong.

    Raises:
        ValueError: empty, NaN or infinite, of different lengths, or targets that are all the same.
    """
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim == 0 or y.ndim == 0:
        raise ValueError(f"{name}X and y must be arrays of samples; got shapes {X.shape} and {y.shape}.")
    if len(X) != len(y):
        raise ValueError(f"{name}X has {len(X)} samples but y has {len(y)}. Each row of X needs one target.")
    X = model.check_inputs(X)
    if y.dtype.kind == "f":
        if not np.isfinite(y).all():
            raise ValueError(
                f"{name}targets hold {int((~np.isfinite(y)).sum())} values that are NaN or infinite."
            )
        y = y.astype(model.dtype, copy=False)
    elif y.dtype.kind not in "iub":
        raise ValueError(
            f"{name}targets must be numbers; got dtype {y.dtype}. Encode class names as 0, 1, 2, …"
        )
    classes = y.dtype.kind != "f" or np.isin(y[:1], (0, 1)).all()  # a constant measurement can be learned
    if len(y) > 1 and not constant_targets and classes and (y == y[:1]).all():
        raise ValueError(
            "all targets are the same: there is nothing to learn. "
            "Does the training split hold one class only?"
        )
    return X, y
