import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnbook.gradcheck import numerical_gradient, relative_error
from nnbook.losses import binary_cross_entropy, cross_entropy, l1_penalty, l2_penalty, mean_squared_error

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 2, (5, 3))
LABELS = np.array([0, 2, 1, 1, 0])
ROWS = np.array([[1, 0, 0], [0, 0.5, 0.5], [0.2, 0.3, 0.5], [0, 1, 0], [0.1, 0, 0.9]])

LOSSES = {
    "mean squared error": (mean_squared_error, LOGITS, RNG.normal(size=(5, 3))),
    "mean squared error, one column": (mean_squared_error, LOGITS[:, :1], RNG.normal(size=(5, 1))),
    "binary cross-entropy": (binary_cross_entropy, LOGITS[:, :1], np.array([[0.0], [1], [1], [0], [1]])),
    "binary cross-entropy, shares": (binary_cross_entropy, LOGITS, RNG.random((5, 3))),
    "cross-entropy, labels": (cross_entropy, LOGITS, LABELS),
    "cross-entropy, probability rows": (cross_entropy, LOGITS, ROWS),
}


@pytest.fixture(params=LOSSES)
def case(request):
    return LOSSES[request.param]


def test_gradients(case):
    loss, predictions, targets = case
    value, grad = loss(predictions, targets)
    z = predictions.copy()
    numerical = numerical_gradient(lambda: loss(z, targets)[0], z)
    assert isinstance(value, float)
    assert grad.shape == predictions.shape
    assert relative_error(grad, numerical).max() <= 1e-6


def test_arguments_are_left_alone(case):
    loss, predictions, targets = case
    before = predictions.copy(), targets.copy()
    loss(predictions, targets)
    assert np.array_equal(predictions, before[0])
    assert np.array_equal(targets, before[1])


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.uint8, bool])
def test_the_gradient_has_the_format_of_the_predictions(case, kind):
    loss, predictions, targets = case
    if targets.ndim == 2 and np.dtype(kind).kind != "f":
        targets = np.eye(targets.shape[1])[targets.argmax(axis=1)]  # whole numbers: rows with one 1
    targets = targets if targets.ndim == 1 else targets.clip(0, 1).astype(kind)
    for dtype in (np.float32, np.float64):
        assert loss(predictions.astype(dtype), targets)[1].dtype == dtype


def test_memory_order_does_not_matter(case):
    loss, predictions, targets = case
    value, grad = loss(predictions, targets)
    other_value, other_grad = loss(np.asfortranarray(predictions), targets)
    assert other_value == pytest.approx(value, rel=1e-12)
    assert other_grad == pytest.approx(grad, rel=1e-12)


def test_mean_squared_error_by_hand():
    value, grad = mean_squared_error(np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[1.0, 0.0], [3.0, 1.0]]))
    assert value == 5.0  # (0 + 4 + 0 + 16) / 4
    assert grad.tolist() == [[0, 1], [0, 2]]


def test_binary_cross_entropy_by_hand():
    value, grad = binary_cross_entropy(np.array([[0.0], [np.log(3.0)]]), np.array([[1.0], [0.0]]))
    assert value == pytest.approx((np.log(2) + np.log(4)) / 2)
    assert grad.ravel() == pytest.approx([-0.25, 0.375])


def test_cross_entropy_by_hand():
    value, grad = cross_entropy(np.array([[0.0, np.log(3.0)], [0.0, 0.0]]), np.array([0, 1]))
    assert value == pytest.approx((np.log(4) + np.log(2)) / 2)
    assert grad == pytest.approx(np.array([[-0.375, 0.375], [0.25, -0.25]]))


def test_labels_and_their_one_hot_rows_agree():
    by_label, by_row = cross_entropy(LOGITS, LABELS), cross_entropy(LOGITS, np.eye(3)[LABELS])
    assert by_label[0] == pytest.approx(by_row[0], rel=1e-12)
    assert by_label[1] == pytest.approx(by_row[1], abs=1e-12)


def test_two_logits_are_one_logit():
    z, t = LOGITS[:, :1], np.array([1, 0, 1, 1, 0])
    pair = np.hstack([np.zeros_like(z), z])
    assert cross_entropy(pair, t)[0] == pytest.approx(binary_cross_entropy(z, t[:, None])[0], rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_neither_overflow_nor_vanish(dtype):
    z = np.array([[1e4, 0.0], [-1e4, 0.0]], dtype)
    value, grad = cross_entropy(z, np.array([1, 0]))
    assert value == pytest.approx(1e4)
    assert grad == pytest.approx(np.array([[0.5, -0.5], [-0.5, 0.5]]))
    value, grad = binary_cross_entropy(z, np.array([[0, 0], [1, 0]]))
    assert value == pytest.approx((2e4 + 2 * np.log(2)) / 4)
    assert np.isfinite(grad).all()


def test_one_row_far_above_the_others_does_not_drown_them():
    z = np.array([[0.0, 0.0], [1e4, 1e4]], np.float32)
    assert cross_entropy(z, np.array([0, 0]))[0] == pytest.approx(np.log(2))


@given(arrays(np.float64, (4, 3), elements=st.floats(-50, 50)), st.floats(-100, 100))
def test_cross_entropy_properties(z, shift):
    labels = np.array([0, 1, 2, 0])
    value, grad = cross_entropy(z, labels)
    assert value >= 0
    assert grad.sum(axis=1) == pytest.approx(np.zeros(4), abs=1e-12)  # probability only moves
    assert cross_entropy(z + shift, labels)[0] == pytest.approx(value, abs=1e-10)


def test_penalties_by_hand():
    w = np.array([3.0, -1.0, 0.0])
    value, grad = l1_penalty(w, 0.5)
    assert (value, grad.tolist()) == (2.0, [0.5, -0.5, 0.0])
    value, grad = l2_penalty(w, 0.5)
    assert (value, grad.tolist()) == (2.5, [1.5, -0.5, 0.0])


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_penalty_gradients(penalty):
    w = np.array([0.7, -1.3, 2.0])
    numerical = numerical_gradient(lambda: penalty(w, 0.3)[0], w)
    assert relative_error(penalty(w, 0.3)[1], numerical).max() <= 1e-6
    assert penalty(w.astype(np.float32), 0.3)[1].dtype == np.float32


REFUSED = [
    (
        mean_squared_error,
        np.ones((3, 1)),
        np.ones(3),
        r"targets must have shape \(3, 1\) like predictions; got \(3,\).",
    ),
    (mean_squared_error, np.ones((3, 1)), np.ones(3), r"Column vector\? Use targets\[:, None\]."),
    (mean_squared_error, np.ones((3, 1)), np.ones((3, 2)), "Check the last layer's size."),
    (mean_squared_error, np.ones((0, 1)), np.ones((0, 1)), "predictions are empty"),
    (binary_cross_entropy, np.ones((3, 1)), np.ones(3), r"targets must have shape \(3, 1\) like logits"),
    (binary_cross_entropy, np.ones((0, 1)), np.ones((0, 1)), "logits are empty"),
    (
        binary_cross_entropy,
        np.ones((2, 1)),
        np.array([[-1], [1]]),
        r"targets must lie in \[0, 1\]; got -1.0 … 1.0. Labels -1/\+1\? Use \(labels \+ 1\) / 2.",
    ),
    (
        binary_cross_entropy,
        np.ones((2, 1)),
        np.array([[np.nan], [1]]),
        r"targets must lie in \[0, 1\]; got nan",
    ),
    (cross_entropy, np.ones(3), np.array([0]), r"logits must have shape \(n, n_classes\); got \(3,\)."),
    (cross_entropy, np.ones((0, 3)), np.ones(0, int), "logits are empty"),
    (
        cross_entropy,
        np.ones((3, 2)),
        np.array([0, 1]),
        r"logits have 3 rows and targets must have as many; got shape \(2,\).",
    ),
    (cross_entropy, np.ones((2, 2)), np.array([0, 2]), "labels must lie in 0 … 1; got 0 … 2."),
    (cross_entropy, np.ones((2, 2)), np.array([0, -1]), "labels must lie in 0 … 1; got -1 … 0."),
    (cross_entropy, np.ones((2, 2)), np.array([0.0, 1.0]), "labels must be integers; got dtype float64."),
    (
        cross_entropy,
        np.ones((2, 2)),
        np.array([[0], [1]]),
        r"got \(2, 1\). Class labels in a column\? Use cross_entropy with",
    ),
    (cross_entropy, np.ones((2, 2)), np.ones((2, 2, 1)), r"targets must have shape \(2, 2\) like logits"),
    (cross_entropy, np.ones((2, 2)), np.int64(1), r"targets must have as many; got shape \(\)."),
]


@pytest.mark.parametrize(("loss", "predictions", "targets", "sentence"), REFUSED)
def test_targets_that_do_not_fit(loss, predictions, targets, sentence):
    with pytest.raises(ValueError, match=sentence):
        loss(predictions, targets)
