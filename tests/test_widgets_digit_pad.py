"""DigitPad on the Python side, and its JavaScript path over the held-out digits with the real weights."""

import json

import numpy as np
import pytest
from javascript import HERE, printed

from nnbook.activations import Tanh
from nnbook.datasets import load_digits
from nnbook.datasets.splits import StandardScaler
from nnbook.functional import softmax
from nnbook.mlp import MLP
from nnbook.serialization import load_model
from nnbook.widgets import DigitPad, _stored, digit_pad


def answers(data, tmp_path):
    """What the widget's JavaScript answers to its own examples."""
    path = tmp_path / "data.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return printed(HERE / "digit_pad_answers.mjs", path)


@pytest.fixture(scope="module")
def stored():
    return digit_pad.pack_stored("digits")


@pytest.fixture
def own():
    digits = load_digits()
    scaler = StandardScaler().fit(digits.X[:500])
    return MLP([64, 12, 10], activation=Tanh, rng=np.random.default_rng(0)), scaler, digits


class TestStoredModel:
    def test_the_page_reads_at_least_95_of_100_held_out_digits(self, stored, tmp_path):
        rows = answers(stored, tmp_path)
        card = load_model(_stored.MODELS / "digits.npz")[1]["card"]
        right = np.array([row["best"] == row["label"] for row in rows])
        assert len(rows) == card["held_out_digits"] == 360
        assert right.mean() >= 0.95
        assert right.mean() == pytest.approx(card["held_out_accuracy"], abs=1e-4)
        sure = np.array([row["verdict"] == "sure" for row in rows])
        assert sure.mean() == pytest.approx(card["held_out_sure_share"], abs=0.01)
        assert right[sure].mean() >= 0.99
        assert sum(row["verdict"] == "strange" for row in rows) <= 0.01 * len(rows)

    def test_the_examples_are_the_digits_that_training_left_out(self, stored, tmp_path):
        _, arrays = _stored.stored_arrays("digits")
        digits = load_digits()
        rows = answers(stored, tmp_path)
        assert np.array_equal([row["counts"] for row in rows], digits.X[arrays["held_out"]])
        assert np.array_equal([row["label"] for row in rows], digits.y[arrays["held_out"]])

    def test_javascript_computes_what_nnbook_computes(self, stored, tmp_path):
        model, metadata = load_model(_stored.MODELS / "digits.npz")
        _, arrays = _stored.stored_arrays("digits")
        rows = answers(stored, tmp_path)
        X = np.array([row["counts"] for row in rows], dtype=np.float64)
        shift, scale = (arrays[name].astype(np.float32).astype(np.float64) for name in ("shift", "scale"))
        logits = digit_pad.rounded(model)((X - shift) / scale)
        assert np.allclose([row["logits"] for row in rows], logits, rtol=1e-9, atol=1e-9)
        temperature = metadata["calibration"]["temperature"]
        assert np.allclose([row["probabilities"] for row in rows], softmax(logits / temperature), atol=1e-9)
        strange = digit_pad.strangeness(X, arrays["center"], arrays["basis"])
        # the basis travels in whole numbers: a part in a hundred
        assert np.allclose([row["strangeness"] for row in rows], strange, rtol=0.01)

    def test_it_travels_in_less_than_60_kB(self):
        assert len(_stored.stored_script("digits")) < 60_000

    def test_the_text_in_the_notebook_is_short_and_names_the_model(self):
        pad = DigitPad()
        assert pad.state() == {"example": 0, "source": "digits"}
        assert len(pad.html_twin()) < 500
        assert pad.data["sizes"] == [64, 128, 64, 10], "JupyterLab gets the weights"


class TestOwnModel:
    def test_the_network_passed_in_is_the_one_that_answers(self, own, tmp_path):
        model, scaler, digits = own
        pad = DigitPad(model, scaler, examples=(digits.X[500:520], digits.y[500:520]))
        rows = answers(pad.data, tmp_path)
        logits = model(scaler.transform(digits.X[500:520]))
        assert np.allclose([row["logits"] for row in rows], logits, atol=0.05)
        assert pad.state()["data"] == pad.data, "a page has no other place to find it"

    def test_validation_digits_set_the_threshold(self, own):
        model, scaler, digits = own
        pad = DigitPad(model, scaler, validation=(digits.X[500:900], digits.y[500:900]))
        assert pad.data["threshold"] > 0.9, "an untrained network must not sound sure"

    def test_python_reads_image_and_answer(self, own):
        pad = DigitPad()
        assert pad.image().shape == (8, 8)
        assert pad.answer().sum() == 0
        pad.pixels = [16] * 64
        pad.probabilities = [0.1] * 10
        assert pad.image().sum() == 1024
        assert pad.answer() == pytest.approx(0.1)

    def test_refusals(self, own):
        model, scaler, digits = own
        rng = np.random.default_rng(0)
        with pytest.raises(TypeError, match="shows an MLP; got str"):
            DigitPad("digits")
        with pytest.raises(ValueError, match=r"from 64 pixels to 10 logits; got sizes \[2, 3\]"):
            DigitPad(MLP([2, 3], rng=rng), scaler)
        with pytest.raises(TypeError, match="needs the scaler"):
            DigitPad(model)
        with pytest.raises(TypeError, match="or neither"):
            DigitPad(scaler=scaler)
        with pytest.raises(ValueError, match="before scaling"):
            DigitPad(model, scaler, examples=(scaler.transform(digits.X), digits.y))
        with pytest.raises(ValueError, match=r"shapes \(n, 64\) and \(n,\)"):
            DigitPad(model, scaler, examples=(digits.X[:3], digits.y[:2]))
        with pytest.raises(ValueError, match="no stored model called 'nothing'"):
            DigitPad(source="nothing")


class TestCalibration:
    def test_temperature_tells_overconfidence_by_hand(self):
        # right 3 of 4 times, but sure of itself: the best temperature makes the confidence 3/4
        logits = np.array([[8.0, 0.0]] * 4)
        found = digit_pad.calibrate(logits, np.array([0, 0, 0, 1]))
        confidence = 1 / (1 + np.exp(-8 / found["temperature"]))
        assert found["temperature"] == 5.0, "the largest temperature tried"
        assert confidence < 0.9

    def test_threshold_separates_the_wrong_answers(self):
        logits = np.log([[0.6, 0.4], [0.7, 0.3], [0.9, 0.1], [0.95, 0.05]])
        found = digit_pad.calibrate(logits, np.array([1, 0, 0, 0]), accuracy=1.0)
        first = softmax(logits / found["temperature"]).max(axis=1)
        assert first[0] < found["threshold"] <= first[1] + 0.01

    def test_strangeness_is_the_distance_from_the_plane(self):
        center, basis = np.array([1.0, 1.0, 1.0]), np.array([[1.0], [0.0], [0.0]])
        X = np.array([[7.0, 1.0, 1.0], [0.0, 4.0, 5.0]])
        assert digit_pad.strangeness(X, center, basis) == pytest.approx([0, np.sqrt(25 / 3)])

    def test_principal_components_span_the_data(self):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(50, 2)) @ rng.normal(size=(2, 6)) + 3
        center, basis = digit_pad.principal_components(X, 2)
        assert digit_pad.strangeness(X, center, basis) == pytest.approx(0, abs=1e-12)


class TestCard:
    def test_the_card_says_what_the_file_holds(self):
        text = (_stored.MODELS / "digits.md").read_text(encoding="utf-8")
        _, metadata = load_model(_stored.MODELS / "digits.npz")
        card, calibration = metadata["card"], metadata["calibration"]
        for figure in (
            f"{100 * card['held_out_accuracy']:.1f} % right",
            f"sure of {100 * card['held_out_sure_share']:.1f} %",
            f"of those {100 * card['held_out_sure_accuracy']:.1f} %",
            f"at least {calibration['threshold']}",
            f"logits by {calibration['temperature']}",
            f"{calibration['strange']:.2f} counts",
            f"seed {card['seed']}",
        ):
            assert figure in text, figure
