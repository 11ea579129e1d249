import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbook.activations import Sigmoid, Tanh
from nnbook.callbacks import Callback, EarlyStopping
from nnbook.datasets import make_disc
from nnbook.layers import Dropout, Linear, Sequential
from nnbook.losses import binary_cross_entropy, cross_entropy, l2_penalty, mean_squared_error
from nnbook.metrics import accuracy
from nnbook.mlp import MLP
from nnbook.optimizers import SGD, Adam
from nnbook.schedules import step_decay
from nnbook.training import fit, minibatches

X, Y = make_disc(64, rng=np.random.default_rng(0))


def make(sizes=(2, 8, 2), seed=0, **settings):
    return MLP(sizes, rng=np.random.default_rng(seed), **settings)


def train(model, X=X, y=Y, **settings):
    defaults = {
        "loss": cross_entropy,
        "optimizer": SGD(0.1),
        "epochs": 2,
        "batch_size": 16,
        "rng": np.random.default_rng(1),
    }
    return fit(model, X, y, **(defaults | settings))


def test_one_step_by_hand():
    model = make([1, 1])
    model.parameters[...] = [2.0, 1.0]  # prediction 2x + 1
    history = train(
        model,
        [[1.0], [3.0]],
        [[2.0], [9.0]],
        loss=mean_squared_error,
        optimizer=SGD(0.1),
        epochs=1,
        batch_size=2,
    )
    # errors 1 and -2; slope gradient 2/2 · (1·1 + 3·(-2)) = -5; bias gradient 2/2 · (1 - 2) = -1
    assert model.parameters == pytest.approx([2.5, 1.1])
    assert history.train_loss == [2.5]


def test_the_disc_is_learned():
    model = make([2, 16, 2], activation=Tanh)
    history = train(model, optimizer=Adam(0.02), epochs=150)
    assert accuracy(Y, model(X).argmax(axis=1)) >= 0.95
    assert history.train_loss[-1] < history.train_loss[0] / 3


def test_history_counts():
    history = train(
        make(),
        epochs=3,
        batch_size=30,
        validation=(X[:10], Y[:10]),
        metrics={"accuracy": lambda t, p: accuracy(t, p.argmax(axis=1))},
    )
    assert history.epochs == len(history.train_loss) == len(history.validation_loss) == 3
    assert history.steps == 9  # 30 + 30 + 4 samples, three times
    assert len(history.metrics["accuracy"]) == 3
    assert all(math.isfinite(value) for value in history.train_loss + history.validation_loss)


def test_a_metric_gets_the_truth_first_as_those_of_the_package_take_it():
    seen = []
    train(
        make(), epochs=1, validation=(X[:10], Y[:10]), metrics={"seen": lambda *pair: seen.append(pair) or 0}
    )
    targets, predictions = seen[0]
    assert targets.tolist() == Y[:10].tolist()
    assert predictions.shape == (10, 2)


def test_train_loss_weighs_batches_by_their_size():
    class Frozen(SGD):
        def step(self, parameters, gradients):
            """Change nothing."""

    model = make()
    history = train(model, optimizer=Frozen(0.1), epochs=1, batch_size=30)
    assert history.train_loss[0] == pytest.approx(cross_entropy(model(X), Y)[0], rel=1e-12)


def test_validation_loss_is_that_of_the_trained_model():
    model = make()
    history = train(model, validation=(X[:10], Y[:10]))
    assert history.validation_loss[-1] == cross_entropy(model(X[:10]), Y[:10])[0]


def test_the_same_seeds_give_the_same_run_to_the_last_bit():
    runs = [make(), make()]
    histories = [train(model, epochs=5) for model in runs]
    assert np.array_equal(runs[0].parameters, runs[1].parameters)
    assert histories[0] == histories[1]
    other = make()
    train(other, epochs=5, rng=np.random.default_rng(2))  # another order of samples
    assert not np.array_equal(runs[0].parameters, other.parameters)


def test_no_global_random_state_is_used():
    np.random.seed(0)  # noqa: NPY002 - the point of the test
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    train(make())
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_data_are_left_alone():
    x, y = X.copy(), Y.copy()
    train(make(), x, y)
    assert np.array_equal(x, X)
    assert np.array_equal(y, Y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_format_of_the_model_decides(dtype):
    for loss, y in ((cross_entropy, Y), (mean_squared_error, np.eye(2, dtype=int)[Y])):
        model = make(dtype=dtype)
        train(model, X.astype(np.float32), y, loss=loss, optimizer=Adam(0.01))
        assert model.parameters.dtype == dtype


def test_the_schedule_multiplies_the_learning_rate_and_the_optimizer_gets_its_own_back():
    rates = []

    class Watch(Callback):
        def on_step_end(self, state):
            rates.append(state.optimizer.learning_rate)

    optimizer = SGD(0.5)
    train(make(), optimizer=optimizer, schedule=step_decay(4, 0.1), callbacks=[Watch()])
    assert rates == pytest.approx([0.5] * 4 + [0.05] * 4)
    assert optimizer.learning_rate == 0.5


def test_a_penalty_shrinks_the_weights():
    free, held = make(), make()
    train(free, epochs=20)
    train(held, epochs=20, penalty=lambda w: l2_penalty(w, 0.1))
    assert np.linalg.norm(held.parameters) < 0.7 * np.linalg.norm(free.parameters)


def test_gradients_are_clipped_before_the_step():
    model = make()
    before = model.parameters.copy()
    train(model, 100 * X, optimizer=SGD(1.0), epochs=1, batch_size=64, max_gradient_norm=0.01)
    assert np.linalg.norm(model.parameters - before) == pytest.approx(0.01)


def test_dropout_is_active_in_training_only():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(2, 8, rng=rng), Tanh(), Dropout(0.5, rng=rng), Linear(8, 2, rng=rng))
    train(model)
    assert np.array_equal(model(X), model(X))


def test_callbacks_see_every_moment_in_order():
    seen = []

    class Watch(Callback):
        def on_train_begin(self, state):
            seen.append(f"begin of {state.epochs} × {state.steps_per_epoch}")

        def on_step_end(self, state):
            assert math.isfinite(state.batch_loss)
            seen.append(f"step {state.step}")

        def on_epoch_end(self, state):
            seen.append(f"epoch {state.epoch}")

        def on_train_end(self, state):
            seen.append("end")

    train(make(), batch_size=40, callbacks=[Watch()])
    assert seen == ["begin of 2 × 2", "step 1", "step 2", "epoch 1", "step 3", "step 4", "epoch 2", "end"]


def test_a_callback_can_stop_training():
    class Stop(Callback):
        def on_epoch_end(self, state):
            state.stop = state.epoch == 2

    assert train(make(), epochs=10, callbacks=[Stop()]).epochs == 2


# what is refused leaves the model as it was

NAN = X.copy()
NAN[3, 1] = np.nan
REFUSED = {
    "NaN in X": (NAN, Y, {}, "inputs hold 1 values that are NaN or infinite."),
    "no rows": (X[:0], Y[:0], {}, r"inputs are empty \(shape \(0, 2\)\)."),
    "lengths differ": (X, Y[:9], {}, "X has 64 samples but y has 9. Each row of X needs one target."),
    "too many features": (
        np.ones((64, 3)),
        Y,
        {},
        r"Linear expected inputs of shape \(n, 2\); got \(16, 3\).",
    ),
    "one sample as a row": (X[0], Y[:2], {}, r"Linear expected inputs of shape \(n, 2\); got \(2,\)."),
    "X is a number": (1.0, Y, {}, r"X and y must be arrays of samples; got shapes \(\) and \(64,\)."),
    "text": (X.astype(str), Y, {}, "inputs must be numbers; got dtype <U"),
    "class names": (
        X,
        np.where(Y, "in", "out"),
        {},
        "targets must be numbers; got dtype <U3. Encode class names",
    ),
    "label too large": (X, Y + 1, {}, "labels must lie in 0 … 1; got 1 … 2."),
    "label negative": (X, Y - 1, {}, "labels must lie in 0 … 1; got -1 … 0."),
    "float labels": (X, Y.astype(float), {}, "labels must be integers; got dtype float64."),
    "one class": (X, 0 * Y, {}, "all targets are the same: there is nothing to learn."),
    "NaN in y": (X, np.where(Y, np.nan, 1.0), {}, "targets hold 32 values that are NaN or infinite."),
    "column of labels": (X, Y[:, None], {}, r"Use cross_entropy with targets.ravel\(\)."),
    "flat targets": (X, 1.0 * Y, {"loss": mean_squared_error}, r"Column vector\? Use targets\[:, None\]."),
    "targets -1": (X, 2 * np.eye(2)[Y] - 1, {"loss": binary_cross_entropy}, r"targets must lie in \[0, 1\]"),
    "no epochs": (X, Y, {"epochs": 0}, "epochs must be a whole number of at least 1; got 0."),
    "half a batch": (X, Y, {"batch_size": 0.5}, "batch_size must be a whole number of at least 1; got 0.5."),
    "clip at 0": (X, Y, {"max_gradient_norm": 0.0}, "max_gradient_norm must be above 0; got 0.0."),
    "bad validation": (X, Y, {"validation": (NAN, Y)}, "inputs hold 1 values that are NaN"),
    "validation labels": (X, Y, {"validation": (X, Y + 5)}, "labels must lie in 0 … 1; got 5 … 6."),
    "no validation": (X, Y, {"callbacks": [EarlyStopping(2)]}, "EarlyStopping needs fit"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_and_the_model_unchanged(name):
    x, y, settings, sentence = REFUSED[name]
    model = make()
    before = model.parameters.copy()
    with pytest.raises(ValueError, match=sentence):
        train(model, x, y, **settings)
    assert np.array_equal(model.parameters, before)


def test_a_bad_label_in_the_last_batch_undoes_the_steps_before_it():
    y = Y.copy()
    y[5] = 7
    model = make()
    before = model.parameters.copy()
    with pytest.raises(ValueError, match=r"labels must lie in 0 … 1; got 7 … 7."):
        train(model, y=y, batch_size=1)
    assert np.array_equal(model.parameters, before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("callbacks", [[], [EarlyStopping(100)]], ids=["plain", "with early stopping"])
def test_divergence_is_one_sentence_and_the_model_is_put_back(dtype, callbacks):
    model = make([2, 8, 1], dtype=dtype)
    before = model.parameters.copy()
    y = Y[:, None].astype(float)
    optimizer = SGD(1e3)
    with pytest.raises(FloatingPointError, match=r"in epoch \d+, step \d+. Try a learning rate below 1000"):
        train(
            model,
            y=y,
            loss=mean_squared_error,
            optimizer=optimizer,
            epochs=100,
            callbacks=callbacks,
            validation=(X, y),
        )
    assert np.array_equal(model.parameters, before)
    assert optimizer.learning_rate == 1e3


def test_divergence_at_the_very_last_step_is_found_too():
    model = make([2, 2], dtype=np.float32)
    before = model.parameters.copy()
    with pytest.raises(FloatingPointError, match="the weights became infinite in epoch 1, step 1"):
        train(model, optimizer=SGD(1e39), epochs=1, batch_size=64)
    assert np.array_equal(model.parameters, before)


def test_an_interrupt_keeps_what_was_learned():
    class Interrupt(Callback):
        def on_epoch_end(self, state):
            raise KeyboardInterrupt

    model = make()
    before = model.parameters.copy()
    with pytest.raises(KeyboardInterrupt):
        train(model, callbacks=[Interrupt()])
    assert not np.array_equal(model.parameters, before)


def test_one_sample_is_enough():
    assert train(make(), X[:1], Y[:1]).steps == 2


def test_a_saturated_sigmoid_still_trains_from_logits():
    model = make([2, 1], output_activation=Sigmoid)
    model.parameters[...] = [0, 0, 30.0]
    y = np.zeros((64, 1))
    y[0] = 1.0
    history = train(model, y=y, loss=mean_squared_error)
    assert history.train_loss[0] == pytest.approx(63 / 64)


# batches


@given(st.integers(1, 60), st.integers(1, 70), st.integers(1, 3), st.integers(0, 3))
def test_minibatches_hand_out_every_row_once(n, batch_size, features, seed):
    x = np.arange(n)[:, None] * np.ones(features)
    batches = list(minibatches(x, np.arange(n), batch_size, rng=np.random.default_rng(seed)))
    rows = np.concatenate([y for _, y in batches])
    assert sorted(rows) == list(range(n))
    assert [len(y) for _, y in batches[:-1]] == [batch_size] * (len(batches) - 1)
    for x_batch, y_batch in batches:
        assert np.array_equal(x_batch[:, 0], y_batch)


def test_minibatches_in_several_blocks():
    x = np.zeros((700, 300))  # more than one block of 65 536 numbers
    x[:, 0] = np.arange(700)
    batches = list(minibatches(x, np.arange(700), 50, rng=np.random.default_rng(0)))
    assert sorted(np.concatenate([y for _, y in batches])) == list(range(700))
    assert all(np.array_equal(x_batch[:, 0], y) for x_batch, y in batches)
