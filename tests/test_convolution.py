import numpy as np
import pytest

from nnbook.activations import ReLU, Tanh
from nnbook.convolution import Conv1d, Conv2d, Flatten, GlobalMaxPool
from nnbook.gradcheck import check_gradients
from nnbook.layers import Linear, Sequential
from nnbook.losses import cross_entropy, mean_squared_error
from nnbook.optimizers import Adam
from nnbook.training import fit

LAYERS = {
    "Conv1d": (lambda **s: Conv1d(3, 4, 2, **s), (2, 6, 3), (2, 5, 4)),
    "Conv1d with padding": (lambda **s: Conv1d(3, 4, 3, padding=2, **s), (2, 5, 3), (2, 7, 4)),
    "Conv1d, window of one": (lambda **s: Conv1d(3, 4, 1, **s), (2, 5, 3), (2, 5, 4)),
    "Conv1d, window as long as the text": (lambda **s: Conv1d(3, 4, 5, **s), (2, 5, 3), (2, 1, 4)),
    "Conv2d": (lambda **s: Conv2d(2, 3, 2, **s), (2, 4, 5, 2), (2, 3, 4, 3)),
    "Conv2d with padding": (lambda **s: Conv2d(2, 3, 3, padding=1, **s), (2, 4, 5, 2), (2, 4, 5, 3)),
    "GlobalMaxPool over a text": (lambda **s: GlobalMaxPool(), (2, 5, 3), (2, 3)),
    "GlobalMaxPool over a picture": (lambda **s: GlobalMaxPool(), (2, 4, 5, 3), (2, 3)),
    "Flatten": (lambda **s: Flatten(), (2, 4, 5, 3), (2, 60)),
}


@pytest.fixture(params=LAYERS)
def case(request):
    make, in_shape, out_shape = LAYERS[request.param]
    rng = np.random.default_rng(0)

    def layer(dtype=np.float64):
        made = make(rng=np.random.default_rng(0), dtype=dtype)
        made.parameters += np.random.default_rng(1).normal(0, 0.1, made.n_parameters)  # biases away from 0
        return made

    return layer, rng.normal(size=in_shape), rng.normal(size=out_shape)


def test_shapes_and_gradients(case):
    make, x, y = case
    assert make()(x).shape == y.shape
    report = check_gradients(make(), mean_squared_error, x, y)
    assert report.ok, str(report)


def test_a_wrong_gradient_is_found():
    rng = np.random.default_rng(0)
    layer = Conv1d(3, 4, 2, rng=rng)
    backward = layer.backward
    layer.backward = lambda grad: backward(grad) * (1 + 1e-4)
    assert not check_gradients(
        layer, mean_squared_error, rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 5, 4))
    ).ok


def test_training_and_inference_agree_and_keep_the_format(case):
    make, x, _ = case
    for dtype in (np.float64, np.float32):
        layer, inputs = make(dtype), x.astype(dtype)
        out = layer.forward(inputs)
        np.testing.assert_array_almost_equal(layer.forward(inputs, training=True), out, 5)
        assert out.dtype == dtype
        assert layer.backward(np.ones_like(out)).dtype == dtype


def test_an_inference_call_between_forward_and_backward_changes_nothing(case):
    make, x, y = case
    layer = make()
    layer.forward(x, training=True)
    expected = layer.backward(y).copy()
    layer.forward(x, training=True)
    layer.forward(np.concatenate([x, -x]))
    np.testing.assert_array_equal(layer.backward(y), expected)


def test_by_hand_a_difference_of_neighbours():
    layer = Conv1d(1, 1, 2, rng=np.random.default_rng(0))
    layer.kernel[...] = np.array([-1.0, 1.0]).reshape(2, 1, 1)
    out = layer(np.array([1.0, 4.0, 9.0, 16.0]).reshape(1, 4, 1))
    np.testing.assert_array_equal(out.ravel(), [3, 5, 7])


def test_by_hand_an_edge_in_a_picture():
    layer = Conv2d(1, 1, 2, rng=np.random.default_rng(0))
    layer.kernel[..., 0, 0] = [[-1, 1], [-1, 1]]  # dark left, bright right
    picture = np.array([[0, 0, 1], [0, 0, 1], [0, 0, 1]], float)
    np.testing.assert_array_equal(layer(picture[None, ..., None])[0, ..., 0], [[0, 2], [0, 2]])


def test_equals_a_loop_over_places():
    rng = np.random.default_rng(0)
    layer, x = Conv2d(2, 3, 3, padding=1, rng=rng), rng.normal(size=(2, 4, 5, 2))
    padded = np.zeros((2, 6, 7, 2))
    padded[:, 1:-1, 1:-1] = x
    expected = np.empty((2, 4, 5, 3))
    for i in range(4):
        for j in range(5):
            window = padded[:, i : i + 3, j : j + 3]  # (B, 3, 3, 2)
            expected[:, i, j] = np.einsum("bijc,ijco->bo", window, layer.kernel)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-12)


def test_what_moves_in_moves_out():
    layer = Conv1d(4, 5, 3, rng=np.random.default_rng(0))
    x = np.zeros((1, 12, 4))
    x[0, 2:5] = np.random.default_rng(1).normal(size=(3, 4))
    moved = np.roll(x, 4, axis=1)
    np.testing.assert_allclose(layer(moved)[0, 4:], layer(x)[0, :-4])


def test_what_is_learned_at_some_places_is_known_at_all():
    rng = np.random.default_rng(0)

    def rows(n, first, last):
        x, y = rng.integers(0, 5, (n, 8)), np.arange(n) % 2
        x[:, 1:][(x[:, :-1] == 3) & (x[:, 1:] == 4)] = 0
        for i in np.flatnonzero(y):
            place = rng.integers(first, last)
            x[i, place : place + 2] = 3, 4
        return np.eye(5)[x], y

    model = Sequential(Conv1d(5, 8, 2, rng=rng), ReLU(), GlobalMaxPool(), Linear(8, 2, rng=rng))
    X, y = rows(400, 0, 3)
    fit(model, X, y, loss=cross_entropy, optimizer=Adam(0.02), epochs=15, batch_size=20, rng=rng)
    X, y = rows(400, 4, 7)
    assert (model(X).argmax(axis=1) == y).mean() > 0.98


def test_as_a_first_layer_it_skips_the_gradient_of_its_input():
    rng = np.random.default_rng(0)
    model = Sequential(Conv2d(1, 2, 3, rng=rng), Tanh(), Flatten(), Linear(18, 2, rng=rng))
    x, y = rng.normal(size=(4, 5, 5, 1)), np.array([0, 1, 1, 0])
    grad = cross_entropy(model.forward(x, training=True), y)[1]
    model.backward(grad)
    expected = model.gradients.copy()
    model.forward(x, training=True)
    model.backward_parameters(grad)
    np.testing.assert_array_equal(model.gradients, expected)


def test_the_gradient_of_equal_maxima_goes_to_the_first():
    pool = GlobalMaxPool()
    pool.forward(np.array([[[1.0], [2.0], [2.0]]]), training=True)
    np.testing.assert_array_equal(pool.backward(np.array([[5.0]])).ravel(), [0, 5, 0])


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Conv2d, (5, 64), "Flat rows"),
        (Conv2d, (5, 8, 8), "Flat rows"),
        (Conv2d, (5, 8, 8, 3), "Flat rows"),
        (Conv2d, (5, 2, 8, 1), "smaller kernel"),
        (Conv1d, (5, 64), "Flat rows"),
        (Conv1d, (5, 2, 1), "smaller kernel"),
    ],
)
def test_wrong_shapes_are_explained(layer, shape, words):
    made = layer(1, 4, 3, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=words) as error:
        made(np.ones(shape))
    assert str(shape) in str(error.value)


@pytest.mark.parametrize("layer", [Conv1d(1, 1, 1, rng=np.random.default_rng(0)), GlobalMaxPool(), Flatten()])
def test_backward_needs_a_forward(layer):
    with pytest.raises(RuntimeError, match="forward"):
        layer.backward(np.ones((1, 1, 1)))


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="kernel_size"):
        Conv1d(1, 1, 0, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="padding"):
        Conv1d(1, 1, 1, padding=-1, rng=np.random.default_rng(0))
