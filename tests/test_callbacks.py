import numpy as np
import pytest

from nnbook.callbacks import Callback, EarlyStopping, Progress, SnapshotRecorder
from nnbook.losses import mean_squared_error
from nnbook.mlp import MLP
from nnbook.optimizers import SGD
from nnbook.training import History, TrainingState, fit


def play(callback, losses, model):
    """Act out the epochs of a training run whose validation losses are given; parameters count the epochs."""
    state = TrainingState(model, SGD(0.1), History(), len(losses), 1)
    callback.on_train_begin(state)
    for epoch, loss in enumerate(losses, start=1):
        state.epoch = epoch
        state.history.validation_loss.append(loss)
        model.parameters[...] = epoch
        callback.on_epoch_end(state)
        if state.stop:
            break
    callback.on_train_end(state)
    return state


@pytest.fixture
def model():
    return MLP([2, 2], rng=np.random.default_rng(0))


def test_early_stopping_waits_and_restores_the_best(model):
    callback = EarlyStopping(2)
    state = play(callback, [3.0, 1.0, 2.0, 1.5, 0.1], model)
    assert state.epoch == 4  # two epochs without improvement after the second
    assert (callback.best_epoch, callback.best_loss) == (2, 1.0)
    assert (model.parameters == 2).all()


def test_a_small_improvement_does_not_count(model):
    assert play(EarlyStopping(2, min_delta=0.5), [3.0, 2.8, 2.7, 2.0], model).epoch == 3


def test_without_a_rise_it_runs_to_the_end_and_keeps_the_last(model):
    assert not play(EarlyStopping(1), [3.0, 2.0, 1.0], model).stop
    assert (model.parameters == 3).all()


def test_it_can_be_used_again(model):
    callback = EarlyStopping(1)
    play(callback, [1.0, 2.0], model)
    play(callback, [5.0, 4.0, 6.0], model)
    assert callback.best_loss == 4.0


@pytest.mark.parametrize(("patience", "min_delta"), [(0, 0.0), (2, -1.0)])
def test_settings_that_cannot_be(patience, min_delta):
    with pytest.raises(ValueError, match="patience must be at least 1 and min_delta at least 0"):
        EarlyStopping(patience, min_delta=min_delta)


def test_snapshots(model):
    recorder = SnapshotRecorder(every=2)
    model.parameters[...] = 0
    play(recorder, [1.0] * 5, model)
    assert [epoch for epoch, _ in recorder.snapshots] == [0, 2, 4]
    assert [parameters[0] for _, parameters in recorder.snapshots] == [0, 2, 4]
    with pytest.raises(ValueError, match=r"every must be at least 1; got 0."):
        SnapshotRecorder(0)


@pytest.mark.parametrize("validation", [True, False])
def test_the_bar_counts_steps_on_stderr(model, capsys, validation):
    x = np.random.default_rng(0).normal(size=(10, 2))
    fit(
        model,
        x,
        x,
        loss=mean_squared_error,
        optimizer=SGD(0.1),
        epochs=2,
        batch_size=5,
        rng=np.random.default_rng(0),
        validation=(x, x) if validation else None,
        callbacks=[Progress()],
    )
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "4/4" in printed.err
    assert "loss=" in printed.err
    assert ("validation=" in printed.err) == validation


def test_the_base_does_nothing(model):
    before = model.parameters.copy()
    callback = Callback()
    for moment in (
        callback.on_train_begin,
        callback.on_step_end,
        callback.on_epoch_end,
        callback.on_train_end,
    ):
        assert moment(None) is None
    assert np.array_equal(model.parameters, before)
