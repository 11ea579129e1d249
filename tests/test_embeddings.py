import numpy as np
import pytest

from nnbook.embeddings import PositionEmbedding, TokenEmbedding, check_tokens


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_token_picks_its_row(rng):
    layer = TokenEmbedding(4, 3, rng=rng)
    out = layer.forward(np.array([[2, 0]]))
    np.testing.assert_array_equal(out[0], layer.params["weight"][[2, 0]])


def test_the_gradient_of_a_row_sums_over_the_places_of_its_token(rng):
    layer = TokenEmbedding(4, 2, rng=rng)
    layer.forward(np.array([[1, 3], [1, 1]]), training=True)
    layer.backward(np.array([[[1.0, 2.0], [10.0, 20.0]], [[3.0, 4.0], [5.0, 6.0]]]))
    np.testing.assert_array_equal(layer.grads["weight"], [[0, 0], [9, 12], [0, 0], [10, 20]])


def test_the_sum_by_groups_equals_the_loop(rng):
    layer = TokenEmbedding(7, 5, rng=rng)
    tokens, grad = rng.integers(0, 7, (6, 9)), rng.normal(size=(6, 9, 5))
    layer.forward(tokens, training=True)
    layer.backward(grad)
    expected = np.zeros((7, 5))
    for b in range(6):
        for t in range(9):
            expected[tokens[b, t]] += grad[b, t]
    np.testing.assert_allclose(layer.grads["weight"], expected, rtol=1e-12)


def test_a_place_adds_its_vector_and_its_gradient_sums_over_the_batch(rng):
    layer = PositionEmbedding(4, 2, rng=rng)
    x = rng.normal(size=(3, 2, 2))
    np.testing.assert_array_equal(layer.forward(x, training=True), x + layer.params["weight"][:2])
    layer.gradients[...] = 99.0
    assert layer.backward(x) is x
    np.testing.assert_allclose(layer.grads["weight"][:2], x.sum(axis=0))
    np.testing.assert_array_equal(layer.grads["weight"][2:], 0)


def test_places_may_begin_later(rng):
    layer = PositionEmbedding(4, 2, rng=rng)
    np.testing.assert_array_equal(
        layer.forward(np.zeros((1, 1, 2)), first=3)[0, 0], layer.params["weight"][3]
    )
    with pytest.raises(ValueError, match="5 tokens do not fit into a context of 4"):
        layer.forward(np.zeros((1, 2, 2)), first=3)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([], "no tokens"),
        ([0.5], "must be integers; got dtype float64"),
        ([-1, 2], r"0 … 4; got -1 … 2"),
        ([5], "tokenizer of this model"),
    ],
)
def test_bad_tokens_get_a_sentence(tokens, message):
    with pytest.raises(ValueError, match=message):
        check_tokens(tokens, 5)


def test_a_vocabulary_of_nothing_is_refused(rng):
    with pytest.raises(ValueError, match="vocab_size must be a whole number of at least 1; got 0"):
        TokenEmbedding(0, 2, rng=rng)


def test_backward_before_forward_is_refused(rng):
    with pytest.raises(RuntimeError, match="forward"):
        TokenEmbedding(3, 2, rng=rng).backward(np.ones((1, 1, 2)))
