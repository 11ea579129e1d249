"""TrainingMonitor on the Python side: what it records, rounds, thins out and refuses."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from nnbook import callbacks, losses, optimizers, training
from nnbook.activations import Sigmoid, Tanh
from nnbook.datasets.toys import make_moons
from nnbook.metrics import accuracy
from nnbook.mlp import MLP
from nnbook.widgets import TrainingMonitor
from nnbook.widgets._training_recording import ALPHABET, BINS, GRID, histogram, widen


def run(monitor, *, epochs=4, sizes=(2, 5, 1), validation=False, loss=losses.binary_cross_entropy, **options):
    rng = np.random.default_rng(0)
    X, y = make_moons(60, noise=0.1, rng=rng)
    y = y[:, None].astype(float)
    model = MLP(list(sizes), rng=rng, **options)
    history = training.fit(
        model,
        X,
        y,
        loss=loss,
        optimizer=optimizers.Adam(0.05),
        epochs=epochs,
        batch_size=20,
        rng=rng,
        validation=(X[:30], y[:30]) if validation else None,
        metrics={"accuracy": lambda t, p: accuracy(t[:, 0].astype(int), (p[:, 0] > 0).astype(int))}
        if validation
        else None,
        callbacks=[monitor.callback()],
    )
    return model, history, (X, y)


def levels(text, *shape):
    return np.array([ALPHABET.index(character) for character in text]).reshape(shape)


class TestRecording:
    def test_it_holds_the_history(self):
        monitor = TrainingMonitor()
        _, history, _ = run(monitor, validation=True)
        recording = monitor.recording
        assert recording["epochs"] == [0, 1, 2, 3, 4]
        assert recording["curves"]["train loss"][0] is None, "nothing was measured before training"
        for name, values in (
            ("train loss", history.train_loss),
            ("validation loss", history.validation_loss),
            ("accuracy", history.metrics["accuracy"]),
        ):
            assert recording["curves"][name][1:] == pytest.approx(values, rel=1e-3)
        assert [layer["name"] for layer in recording["layers"]] == ["2 → 5", "5 → 1"]
        assert repr(monitor) == "TrainingMonitor(5 moments, 4 epochs)"

    def test_the_last_histogram_is_that_of_the_trained_weights(self):
        monitor = TrainingMonitor()
        model, _, _ = run(monitor)
        layer = monitor.recording["layers"][0]
        recorded = levels(layer["levels"], 5, BINS)[-1]
        counts, _ = np.histogram(
            model.linear_layers[0].params["weight"], bins=BINS, range=(-layer["limit"], layer["limit"])
        )
        assert np.array_equal(recorded > 0, counts > 0)

    def test_the_last_surface_is_that_of_the_trained_model(self):
        monitor = TrainingMonitor(data=make_moons(60, noise=0.1, rng=np.random.default_rng(0)))
        model, _, _ = run(monitor)
        surface = monitor.recording["surface"]
        picture = levels(surface["levels"], 5, GRID, GRID)[-1] / 63
        edge = surface["extent"] * (1 - 1 / GRID)  # the middle of the outermost cells
        for row, column, x1, x2 in ((0, 0, -edge, edge), (0, -1, edge, edge), (-1, 0, -edge, -edge)):
            expected = 1 / (1 + np.exp(-model(np.array([[x1, x2]])).item()))
            assert picture[row, column] == pytest.approx(expected, abs=0.5 / 63 + 1e-9)
        assert len(monitor.recording["points"]["x"]) == 60

    def test_thinning_out_points_keeps_both_classes(self):
        monitor = TrainingMonitor(data=make_moons(480, noise=0.1, rng=np.random.default_rng(0)))
        run(monitor, epochs=1)
        values = monitor.recording["points"]["value"]
        assert len(values) == 240
        assert 0.4 < np.mean(values) < 0.6

    def test_a_long_run_is_thinned_out_but_keeps_first_and_last(self):
        monitor = TrainingMonitor(max_frames=8)
        run(monitor, epochs=21)
        assert monitor.recording["epochs"] == [0, 4, 8, 12, 16, 20, 21]

    def test_the_longest_recording_stays_below_150_kB(self):
        monitor = TrainingMonitor(data=make_moons(400, noise=0.1, rng=np.random.default_rng(0)))
        run(monitor, epochs=89, sizes=(2, 8, 8, 8, 8, 8, 1))
        assert len(monitor.recording["epochs"]) == 90
        assert len(monitor.html_twin()) < 150_000

    def test_early_stopping_and_a_second_run(self):
        monitor = TrainingMonitor()
        run(monitor, epochs=6)
        run(monitor, epochs=2)
        assert monitor.recording["epochs"] == [0, 1, 2], "a new run replaces the old one"

    def test_the_model_is_trained_as_without_it(self):
        watched, _, (X, y) = run(TrainingMonitor())
        rng = np.random.default_rng(0)
        make_moons(60, noise=0.1, rng=rng)
        alone = MLP([2, 5, 1], rng=rng)
        training.fit(
            alone,
            X,
            y,
            loss=losses.binary_cross_entropy,
            optimizer=optimizers.Adam(0.05),
            epochs=4,
            batch_size=20,
            rng=rng,
        )
        assert np.array_equal(watched.parameters, alone.parameters)

    def test_a_failing_run_is_recorded_up_to_its_failure(self):
        monitor = TrainingMonitor()

        class Stumble(callbacks.Callback):
            def on_epoch_end(self, state):
                if state.epoch == 2:
                    raise FloatingPointError("on purpose")

        rng = np.random.default_rng(0)
        with pytest.raises(FloatingPointError, match="on purpose"):
            training.fit(
                MLP([2, 3, 1], rng=rng),
                rng.normal(size=(8, 2)),
                np.array([[0.0], [1.0]] * 4),
                loss=losses.mean_squared_error,
                optimizer=optimizers.SGD(0.1),
                epochs=5,
                batch_size=4,
                rng=rng,
                callbacks=[monitor.callback(), Stumble()],
            )
        assert monitor.recording["epochs"] == [0, 1, 2]


class TestScores:
    def test_a_sigmoid_output_is_a_probability_already(self):
        monitor = TrainingMonitor()
        model, _, _ = run(monitor, loss=losses.mean_squared_error, output_activation=Sigmoid)
        corner = levels(monitor.recording["surface"]["levels"], 5, GRID, GRID)[-1, 0, 0] / 63
        edge = monitor.recording["surface"]["extent"] * (1 - 1 / GRID)
        assert corner == pytest.approx(model(np.array([[-edge, edge]])).item(), abs=0.01)

    def test_a_tanh_output_runs_from_minus_one_to_one(self):
        monitor = TrainingMonitor()
        model, _, _ = run(monitor, loss=losses.mean_squared_error, output_activation=Tanh)
        corner = levels(monitor.recording["surface"]["levels"], 5, GRID, GRID)[-1, 0, 0] / 63
        edge = monitor.recording["surface"]["extent"] * (1 - 1 / GRID)
        assert corner == pytest.approx((model(np.array([[-edge, edge]])).item() + 1) / 2, abs=0.01)

    def test_real_targets_keep_their_range(self):
        X = np.random.default_rng(0).uniform(-1, 1, (40, 2))
        monitor = TrainingMonitor(data=(X, 3 * X[:, 0]))
        run(monitor, epochs=1, loss=losses.mean_squared_error)
        surface = monitor.recording["surface"]
        assert surface["low"] < -2
        assert surface["high"] > 2

    def test_a_score_of_ones_own(self):
        monitor = TrainingMonitor(score=lambda predictions: np.ones(len(predictions)))
        run(monitor)
        assert set(monitor.recording["surface"]["levels"]) == {"_"}

    def test_no_surface_for_more_inputs(self):
        rng = np.random.default_rng(0)
        monitor = TrainingMonitor()
        X = rng.normal(size=(20, 3))
        training.fit(
            MLP([3, 4, 2], rng=rng),
            X,
            (X[:, 0] > 0).astype(int),
            loss=losses.cross_entropy,
            optimizer=optimizers.SGD(0.1),
            epochs=1,
            batch_size=10,
            rng=rng,
            callbacks=[monitor.callback()],
        )
        assert "surface" not in monitor.recording


class TestHistogram:
    def test_widening_is_exact(self):
        weight = np.random.default_rng(0).normal(size=(30, 40))
        limit, counts = histogram(weight / 8)
        _, wide = histogram(np.append(weight.ravel() / 8, 4 * limit * 0.99))
        wide[-1] -= 1  # the one weight that made the axis wider
        assert np.array_equal(widen(limit, counts, 4 * limit), wide)
        assert counts.sum() == weight.size

    def test_the_last_bits_of_a_zero_do_not_matter(self):
        one, other = histogram(np.array([[0.0, -1e-17, 0.25]])), histogram(np.array([[0.0, 1e-17, 0.25]]))
        assert one[0] == other[0]
        assert np.array_equal(one[1], other[1])

    def test_zero_and_broken_weights(self):
        limit, counts = histogram(np.zeros((3, 3)))
        assert limit > 0
        assert counts.sum() == 9
        assert histogram(np.array([[np.nan, 1.0]]))[1].sum() == 1


class TestMachines:
    # What a reader's processor may change is the order of additions. Here another BLAS kernel does it.
    @pytest.mark.parametrize("kernel", ["Haswell", "Prescott"])
    def test_the_stored_text_does_not_depend_on_the_processor(self, kernel):
        code = (
            "import sys; sys.path.insert(0, 'tests')\n"
            "from test_widgets_training_monitor import *\n"
            "monitor = TrainingMonitor(data=make_moons(300, noise=0.1, rng=np.random.default_rng(0)))\n"
            "run(monitor, epochs=60, sizes=(2, 16, 16, 1), validation=True)\n"
            "print(monitor.html_twin())\n"
        )
        texts = [
            subprocess.run(
                [sys.executable, "-c", code],
                env={**os.environ, "OPENBLAS_CORETYPE": name},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for name in (kernel, "SkylakeX")
        ]
        assert texts[0] == texts[1]


class TestRefusals:
    def test_points_need_two_columns(self):
        with pytest.raises(ValueError, match=r"shapes \(n, 2\) and \(n,\)"):
            TrainingMonitor(data=(np.zeros((4, 3)), np.zeros(4)))
        with pytest.raises(ValueError, match="NaN"):
            TrainingMonitor(data=(np.full((4, 2), np.nan), np.zeros(4)))

    def test_a_model_with_other_inputs_than_the_points(self):
        monitor = TrainingMonitor(data=(np.zeros((4, 2)), np.zeros(4)))
        rng = np.random.default_rng(0)
        model = MLP([3, 1], rng=rng)
        with pytest.raises(ValueError, match="needs a model with 2 inputs; this one has 3"):
            training.fit(
                model,
                rng.normal(size=(4, 3)),
                np.array([[0.0], [1.0]] * 2),
                loss=losses.mean_squared_error,
                optimizer=optimizers.SGD(0.1),
                epochs=1,
                batch_size=2,
                rng=rng,
                callbacks=[monitor.callback()],
            )

    def test_too_few_frames(self):
        with pytest.raises(ValueError, match="at least 4; got 1"):
            TrainingMonitor(max_frames=1)

    def test_an_empty_monitor_can_be_shown(self):
        assert json.dumps(TrainingMonitor().state()) == '{"frame": -1, "recording": {}}'
