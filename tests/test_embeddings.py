import numpy as np
import pytest

from nnbook.embeddings import PositionEmbedding, TokenEmbedding, check_tokens, rotary_angles, rotate
from nnbook.gradcheck import numerical_gradient


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


def test_a_turn_by_hand(rng):
    # pair 0 turns by 1 radian a place, pair 1 by 1/100
    turned = rotate(np.array([[1.0, 0.0, 0.0, 2.0]]), rotary_angles([3], 4))
    expected = [[np.cos(3), np.sin(3), -2 * np.sin(0.03), 2 * np.cos(0.03)]]
    np.testing.assert_allclose(turned, expected, rtol=1e-12)


def test_the_product_of_two_turned_vectors_knows_only_how_far_apart_they_are(rng):
    q, k = rng.normal(size=(2, 1, 8))
    products = [
        (rotate(q, rotary_angles([t + 5], 8)) @ rotate(k, rotary_angles([t], 8)).T).item()
        for t in (0, 1, 17, 900)
    ]
    np.testing.assert_allclose(products, products[0], rtol=1e-9)
    assert not np.isclose(products[0], (q @ k.T).item())


def test_a_turn_back_undoes_it_and_is_its_derivative(rng):
    x, grad, angles = rng.normal(size=(2, 3, 6)), rng.normal(size=(2, 3, 6)), rotary_angles(np.arange(3), 6)
    np.testing.assert_allclose(rotate(rotate(x, angles), -angles), x, rtol=1e-12)
    numerical = numerical_gradient(lambda: float((rotate(x, angles) * grad).sum()), x)
    np.testing.assert_allclose(rotate(grad, -angles), numerical, atol=1e-8)


def test_an_odd_number_of_features_cannot_be_turned_in_pairs():
    with pytest.raises(ValueError, match="even; got 5"):
        rotary_angles([0], 5)
