import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnbook.functional import check_labels, log_softmax, logsumexp, one_hot, sigmoid, softmax

logits = arrays(np.float64, (3, 4), elements=st.floats(-1e3, 1e3))


def test_sigmoid_by_hand():
    assert sigmoid(np.array([0.0, np.log(3.0), -np.log(3.0)])) == pytest.approx([0.5, 0.75, 0.25])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_tails_neither_overflow_nor_change_the_dtype(dtype):
    z = np.array([[-1e4, 0.0, 1e4]], dtype)
    for f in (sigmoid, softmax, log_softmax, logsumexp):
        assert f(z).dtype == dtype
        assert np.isfinite(f(z)).all()


@given(logits)
def test_softmax_is_a_distribution(z):
    p = softmax(z)
    assert (p >= 0).all()
    assert p.sum(axis=-1) == pytest.approx(np.ones(3))


@given(logits, st.floats(-1e3, 1e3))
def test_softmax_does_not_see_a_shift(z, shift):
    assert softmax(z + shift) == pytest.approx(
        softmax(z), abs=1e-12
    )  # 1e3 + tiny loses the last digits of tiny


@given(logits)
def test_log_softmax_is_the_log_of_softmax_where_that_exists(z):
    p = softmax(z)
    seen = p > 1e-300  # below, a float64 loses its digits one by one
    assert log_softmax(z)[seen] == pytest.approx(np.log(p[seen]))


@given(logits)
def test_logsumexp_lies_just_above_the_maximum(z):
    assert (logsumexp(z) >= z.max(axis=-1)).all()
    assert (logsumexp(z) <= z.max(axis=-1) + np.log(4) + 1e-12).all()


@given(arrays(np.float64, 5, elements=st.floats(-1e3, 1e3)))
def test_sigmoid_is_symmetric(z):
    assert sigmoid(z) + sigmoid(-z) == pytest.approx(np.ones(5))


def test_softmax_along_another_axis():
    assert softmax(np.zeros((2, 5)), axis=0) == pytest.approx(np.full((2, 5), 0.5))


def test_one_hot_by_hand():
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot([0], 2, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64])
def test_labels_of_every_integer_type_are_fine(kind):
    assert one_hot(np.array([1, 0], kind), 2).tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([[0], [1]], r"labels must have shape \(n,\); got \(2, 1\). Column vector\? Use labels.ravel\(\)."),
        ([0.0, 1.0], r"labels must be integers; got dtype float64."),
        ([0, -1], r"labels must lie in 0 … 2; got -1 … 0."),
        ([3, 0], r"labels must lie in 0 … 2; got 0 … 3."),
        (np.array([2**63 + 1], np.uint64), r"labels must lie in 0 … 2; got"),
    ],
)
def test_what_is_no_label_is_refused(labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        check_labels(labels, 3)
