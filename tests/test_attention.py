import numpy as np
import pytest

from nnbook.attention import KeyValueCache, MultiHeadSelfAttention, causal_mask
from nnbook.functional import softmax
from nnbook.gradcheck import check_gradients
from nnbook.losses import mean_squared_error


def make(d_model=8, n_heads=2, seed=0, **more):
    rng = np.random.default_rng(seed)
    return MultiHeadSelfAttention(d_model, n_heads, std=0.5, output_std=0.5, rng=rng, **more), rng


KINDS = pytest.mark.parametrize(
    "kind", [{}, {"rotary": True}, {"window": 2}, {"rotary": True, "window": 3}], ids=str
)


def test_by_hand_one_head_two_places():
    layer, _ = make(1, 1)
    layer.qkv.params["weight"][...] = [[1.0, 1.0, 10.0]]  # q = k = x, v = 10 x
    layer.projection.params["weight"][...] = 1.0
    out = layer.forward(np.array([[[1.0], [2.0]]]))
    share = 1 / (1 + np.exp(2.0))  # scores of place 1: 2·1 against 2·2
    np.testing.assert_allclose(out[0, :, 0], [10.0, 10 * share + 20 * (1 - share)])
    np.testing.assert_allclose(layer.weights[0, 0], [[1, 0], [share, 1 - share]])


def test_equals_a_loop_over_heads_and_places():
    layer, rng = make(6, 3)
    x = rng.normal(size=(2, 4, 6))
    qkv = x @ layer.qkv.params["weight"] + layer.qkv.params["bias"]
    expected = np.zeros((2, 4, 6))
    for b in range(2):
        for h in range(3):
            q, k, v = (qkv[b, :, 6 * i + 2 * h : 6 * i + 2 * h + 2] for i in range(3))
            for t in range(4):
                w = softmax(k[: t + 1] @ q[t] / np.sqrt(2))
                expected[b, t, 2 * h : 2 * h + 2] = w @ v[: t + 1]
    expected = expected @ layer.projection.params["weight"] + layer.projection.params["bias"]
    np.testing.assert_allclose(layer.forward(x), expected, rtol=1e-12)


@KINDS
def test_gradients(kind):
    layer, rng = make(**kind)
    layer.parameters += rng.normal(0, 0.1, layer.n_parameters)  # biases away from 0
    x, y = rng.normal(size=(2, 4, 8)), rng.normal(size=(2, 4, 8))
    report = check_gradients(layer, mean_squared_error, x, y)
    assert report.ok, str(report)


def test_a_wrong_gradient_is_found():
    layer, rng = make()
    backward = layer.backward
    layer.backward = lambda grad: backward(grad) * (1 + 1e-4)
    x, y = rng.normal(size=(1, 3, 8)), rng.normal(size=(1, 3, 8))
    assert not check_gradients(layer, mean_squared_error, x, y).ok


def test_the_future_is_not_seen():
    layer, rng = make()
    x = rng.normal(size=(1, 5, 8))
    before = layer.forward(x)
    x[0, 3] += 1.0
    after = layer.forward(x)
    np.testing.assert_array_equal(before[0, :3], after[0, :3])
    assert (before[0, 3:] != after[0, 3:]).any(axis=-1).all()


def test_weights_are_shares_of_the_past():
    layer, rng = make()
    layer.forward(rng.normal(size=(3, 5, 8)))
    assert layer.weights.shape == (3, 2, 5, 5)
    np.testing.assert_allclose(layer.weights.sum(axis=-1), 1)
    assert (layer.weights[..., *np.triu_indices(5, 1)] == 0).all()


def test_huge_scores_do_not_overflow():
    layer, rng = make()
    with np.errstate(over="raise", invalid="raise"):
        assert np.isfinite(layer.forward(1e150 * rng.normal(size=(1, 3, 8)))).all()


@KINDS
@pytest.mark.parametrize("parts", [[1, 1, 1, 1, 1], [3, 2], [2, 1, 2]])
def test_a_cache_gives_what_reading_at_once_gives(parts, kind):
    layer, rng = make(**kind)
    x = rng.normal(size=(2, 5, 8))
    cache = KeyValueCache(2, 2, 5, 4, np.float64)
    pieces = [layer.forward(part, cache=cache) for part in np.split(x, np.cumsum(parts)[:-1], axis=1)]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), layer.forward(x), rtol=1e-12)


def test_the_mask_is_for_the_last_places():
    np.testing.assert_array_equal(causal_mask(1, 3, float), [[0, 0, 0]])
    np.testing.assert_array_equal(np.isinf(causal_mask(3, 3, float)), np.triu(np.ones((3, 3)), 1) == 1)


def test_heads_must_divide_the_model():
    with pytest.raises(ValueError, match="multiple of n_heads; got 8 and 3"):
        make(8, 3)


def test_rotary_equals_a_loop_over_heads_and_places():
    layer, rng = make(8, 2, rotary=True)
    x = rng.normal(size=(1, 4, 8))
    qkv = x @ layer.qkv.params["weight"] + layer.qkv.params["bias"]
    mixed = np.zeros((4, 8))
    for h in range(2):
        q, k, v = (qkv[0, :, 8 * i + 4 * h : 8 * i + 4 * h + 4] for i in range(3))
        for t in range(4):
            scores = np.zeros(t + 1)
            for s in range(t + 1):
                for pair in range(2):  # the key's pair turned by the distance, as a complex number
                    turn = np.exp(1j * (s - t) * 10_000 ** (-pair / 2))
                    a, b = (z[2 * pair] + 1j * z[2 * pair + 1] for z in (q[t], k[s]))
                    scores[s] += (np.conj(a) * b * turn).real
            mixed[t, 4 * h : 4 * h + 4] = softmax(scores / 2) @ v[: t + 1]
    expected = mixed @ layer.projection.params["weight"] + layer.projection.params["bias"]
    np.testing.assert_allclose(layer.forward(x)[0], expected, rtol=1e-11)


def test_with_rotary_positions_and_a_window_what_moves_in_moves_out():
    layer, rng = make(rotary=True, window=3)
    x = rng.normal(size=(1, 9, 8))
    moved = np.concatenate([rng.normal(size=(1, 2, 8)), x], axis=1)
    np.testing.assert_allclose(layer.forward(moved)[0, 4:], layer.forward(x)[0, 2:], rtol=1e-10)


@pytest.mark.parametrize("kind", [{"rotary": True}, {}])
def test_without_a_window_the_growing_past_tells_the_place(kind):
    layer, rng = make(**kind)
    x = rng.normal(size=(1, 9, 8))
    moved = np.concatenate([rng.normal(size=(1, 2, 8)), x], axis=1)
    assert not np.allclose(layer.forward(moved)[0, 4:], layer.forward(x)[0, 2:], rtol=1e-3)


def test_a_window_of_one_looks_only_at_itself():
    layer, rng = make(window=1)
    layer.forward(rng.normal(size=(2, 4, 8)))
    np.testing.assert_array_equal(layer.weights, np.broadcast_to(np.eye(4), (2, 2, 4, 4)))


@pytest.mark.parametrize(
    ("kind", "message"),
    [({"rotary": True, "d_model": 6}, "even; got 3"), ({"window": 0}, "window")],
)
def test_settings_that_cannot_work_are_named(kind, message):
    with pytest.raises(ValueError, match=message):
        make(**kind)
