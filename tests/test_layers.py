"""One table for all layers that map (n, 4) to something: shapes, gradients, buffers, formats."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbook.activations import GELU, Identity, ReLU, Sigmoid, Tanh
from nnbook.gradcheck import check_gradients
from nnbook.layers import Dropout, Layer, Linear, Sequential
from nnbook.losses import mean_squared_error
from nnbook.mlp import MLP

LAYERS = {
    "Linear": (lambda rng, dtype: Linear(4, 3, rng=rng, dtype=dtype), 3),
    "Linear to one": (lambda rng, dtype: Linear(4, 1, rng=rng, dtype=dtype), 1),
    "Dropout that drops nothing": (lambda rng, dtype: Dropout(0.0, rng=rng), 4),
    "Identity": (lambda rng, dtype: Identity(), 4),
    "ReLU": (lambda rng, dtype: ReLU(), 4),
    "Tanh": (lambda rng, dtype: Tanh(), 4),
    "Sigmoid": (lambda rng, dtype: Sigmoid(), 4),
    "GELU": (lambda rng, dtype: GELU(), 4),
    "Sequential": (
        lambda rng, dtype: Sequential(
            Linear(4, 5, rng=rng, dtype=dtype),
            GELU(),
            Dropout(0.0, rng=rng),
            Linear(5, 2, rng=rng, dtype=dtype),
        ),
        2,
    ),
    "Sequential in Sequential": (
        lambda rng, dtype: Sequential(Tanh(), Sequential(Linear(4, 3, rng=rng, dtype=dtype), Sigmoid())),
        3,
    ),
    "MLP": (lambda rng, dtype: MLP([4, 6, 5, 2], activation=Tanh, rng=rng, dtype=dtype), 2),
    "MLP ReLU": (lambda rng, dtype: MLP([4, 8, 3], output_activation=Sigmoid, rng=rng, dtype=dtype), 3),
}


@pytest.fixture(params=LAYERS)
def case(request):
    """(make, out_features): a layer of the table is made by `make(dtype)`."""
    make, out_features = LAYERS[request.param]
    return lambda dtype=np.float64: make(np.random.default_rng(0), dtype), out_features


def batch(n=5, dtype=np.float64):
    return np.random.default_rng(1).normal(size=(n, 4)).astype(dtype)


def test_output_shape(case):
    make, out_features = case
    assert make().forward(batch()).shape == (5, out_features)
    assert make()(batch(1)).shape == (1, out_features)


def test_gradients(case):
    make, out_features = case
    targets = np.random.default_rng(2).normal(size=(5, out_features))
    report = check_gradients(make(), mean_squared_error, batch(), targets)
    assert report.ok, report  # 1e-6: what central differences in float64 can resolve


def test_evaluation_repeats_itself_in_fresh_arrays(case):
    layer, x = case[0](), batch()
    first = layer.forward(x)
    kept = first.copy()
    second = layer.forward(x)
    layer.forward(batch() + 1, training=True)
    assert np.array_equal(first, kept)
    assert np.array_equal(second, kept)
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, x)


def test_training_computes_what_evaluation_computes(case):
    layer = case[0]()
    # not bit by bit: with the bias inside the matrix product, sums run in another order
    assert layer.forward(batch(), training=True) == pytest.approx(layer.forward(batch()), rel=1e-12)


def test_odd_batch_sizes_in_turn(case):
    layer = case[0]()
    for n in (3, 7, 1, 3, 2, 6, 5, 7):
        out = layer.forward(batch(n), training=True)
        assert out == pytest.approx(layer.forward(batch(n)), rel=1e-12)
        assert layer.backward(np.ones_like(out)).shape == (n, 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_format_is_kept(case, dtype):
    layer, x = case[0](dtype), batch(dtype=dtype)
    assert layer.forward(x).dtype == dtype
    out = layer.forward(x, training=True)
    assert out.dtype == dtype
    assert layer.backward(np.ones_like(out)).dtype == dtype
    if layer.n_parameters:
        assert layer.gradients.dtype == layer.dtype == dtype


def test_backward_overwrites(case):
    layer = case[0]()
    grad = np.ones_like(layer.forward(batch(), training=True))
    first_input_gradient, first = layer.backward(grad.copy()).copy(), layer.gradients.copy()
    again = layer.backward(grad.copy())
    assert np.array_equal(first_input_gradient, again)
    assert np.array_equal(first, layer.gradients)


def test_backward_parameters_fills_the_same_gradients(case):
    layer = case[0]()
    grad = np.ones_like(layer.forward(batch(), training=True))
    layer.backward(grad.copy())
    expected = layer.gradients.copy()
    layer.gradients[...] = np.nan
    layer.backward_parameters(grad.copy())
    assert np.array_equal(layer.gradients, expected)


def test_backward_changes_neither_parameters_nor_its_argument(case):
    layer = case[0]()
    grad = np.ones_like(layer.forward(batch(), training=True))
    before = layer.parameters.copy()
    layer.backward(grad)
    assert (grad == 1).all()
    assert np.array_equal(layer.parameters, before)


def test_the_same_seed_makes_the_same_layer(case):
    assert np.array_equal(case[0]().parameters, case[0]().parameters)


@pytest.mark.parametrize(
    "layer", [Linear(4, 2, rng=np.random.default_rng(0)), Tanh(), Dropout(0.5, rng=np.random.default_rng(0))]
)
def test_backward_needs_a_training_forward_first(layer):
    layer.forward(batch())
    with pytest.raises(RuntimeError, match=r"backward needs forward\(x, training=True\) first"):
        layer.backward(batch())


def test_linear_by_hand():
    layer = Linear(2, 1, rng=np.random.default_rng(0))
    layer.params["weight"][...] = [[2.0], [3.0]]
    layer.params["bias"][...] = [0.5]
    x = np.array([[1.0, 1.0], [0.0, -1.0]])
    assert layer.forward(x).tolist() == [[5.5], [-2.5]]
    assert layer.forward(x, training=True).tolist() == [[5.5], [-2.5]]
    assert layer.backward(np.array([[1.0], [10.0]])).tolist() == [[2, 3], [20, 30]]
    assert layer.grads["weight"].tolist() == [[1], [-9]]
    assert layer.grads["bias"].tolist() == [11]


def test_biases_start_at_zero():
    assert (Linear(4, 3, rng=np.random.default_rng(0)).params["bias"] == 0).all()


# one flat vector


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.sampled_from([np.float32, np.float64]))
def test_the_flat_vectors_are_the_layers_arrays_in_order(sizes, dtype):
    model = MLP(sizes, dtype=dtype, rng=np.random.default_rng(0))
    model.parameters[...] = np.arange(model.n_parameters)
    model.gradients[...] = -np.arange(model.n_parameters)
    start = 0
    for layer in model.linear_layers:
        for name in ("weight", "bias"):
            parameter, gradient = layer.params[name], layer.grads[name]
            expected = np.arange(start, start + parameter.size)
            assert parameter.ravel().tolist() == expected.tolist()
            assert gradient.ravel().tolist() == (-expected).tolist()
            start += parameter.size
    assert start == model.n_parameters
    model.linear_layers[0].params["bias"][...] = 99
    assert 99 in model.parameters


def test_a_layer_put_into_a_model_keeps_its_values():
    rng = np.random.default_rng(0)
    first, second = Linear(3, 4, rng=rng), Linear(4, 2, rng=rng)
    before = [array.copy() for layer in (first, second) for array in layer.params.values()]
    model = Sequential(first, Tanh(), second)
    after = [array for layer in (first, second) for array in layer.params.values()]
    for old, new in zip(before, after, strict=True):
        assert np.array_equal(old, new)
        assert np.shares_memory(new, model.parameters)
    x = batch()[:, :3]
    first.params["bias"] += 1.0  # seen by the training pass too, which reads the flat vector
    assert model.forward(x, training=True) == pytest.approx(model.forward(x), rel=1e-12)


# dropout


def test_dropout_keeps_the_mean_and_the_share():
    dropped = Dropout(0.25, rng=np.random.default_rng(0)).forward(np.ones((200, 500)), training=True)
    assert set(np.unique(dropped).round(6)) == {0.0, round(1 / 0.75, 6)}
    assert dropped.mean() == pytest.approx(1.0, abs=0.01)  # 100 000 draws: standard error 0.002


def test_dropout_lets_the_gradient_pass_where_the_input_passed():
    layer, x = Dropout(0.5, rng=np.random.default_rng(0)), np.ones((6, 4))
    out = layer.forward(x, training=True)
    assert np.array_equal(layer.backward(np.ones((6, 4))), out)  # inputs are 1, so the output is the mask


def test_dropout_draws_a_new_mask_each_time():
    layer, x = Dropout(0.5, rng=np.random.default_rng(0)), np.ones((6, 4))
    assert not np.array_equal(layer.forward(x, training=True), layer.forward(x, training=True))


# what is refused, and with which words


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda rng: Linear(0, 2, rng=rng), "in_features must be a whole number of at least 1; got 0."),
        (lambda rng: Linear(2, 2.5, rng=rng), "out_features must be a whole number of at least 1; got 2.5."),
        (lambda rng: Dropout(1.0, rng=rng), r"rate must lie in \[0, 1\); got 1.0."),
        (lambda rng: Dropout(float("nan"), rng=rng), r"rate must lie in \[0, 1\); got nan."),
        (lambda rng: Sequential(), "Sequential needs at least one layer."),
        (
            lambda rng: Sequential(Linear(2, 2, rng=rng), Linear(2, 2, rng=rng, dtype=np.float32)),
            r"all layers of a model must share one dtype; got \['float32', 'float64'\].",
        ),
        (lambda rng: Linear(2, 2, rng=rng, dtype=int), "dtype must be a float format"),
    ],
)
def test_layers_that_cannot_be(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make(np.random.default_rng(0))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("shape", [(4,), (5, 3), (4, 5), (2, 5, 4)])
def test_linear_refuses_another_shape(shape, training):
    layer = Linear(4, 2, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"Linear expected inputs of shape \(n, 4\); got "):
        layer.forward(np.ones(shape), training=training)


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        ([["a", "b"]], "inputs must be numbers; got dtype <U1. Encode text and categories first."),
        (np.ones((0, 4)), r"inputs are empty \(shape \(0, 4\)\). Did a filter or a split remove every row\?"),
        (
            [[np.nan, 1, np.inf, 1]],
            "inputs hold 2 values that are NaN or infinite. Fill or drop missing values",
        ),
        (np.ones((1, 4), complex), "inputs must be numbers; got dtype complex128."),
        (np.array([[None, 1, 1, 1]]), "inputs must be numbers; got dtype object."),
    ],
)
def test_a_called_layer_checks_its_inputs(x, sentence):
    with pytest.raises(ValueError, match=sentence):
        Linear(4, 2, rng=np.random.default_rng(0))(x)


def test_a_called_layer_takes_integers_and_lists():
    layer = Linear(2, 1, rng=np.random.default_rng(0), dtype=np.float32)
    assert layer([[1, 2]]).dtype == np.float32


def test_the_base_class_has_no_function():
    with pytest.raises(NotImplementedError):
        Layer().forward(np.ones(1))


def test_readable_names():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(2, 3, rng=rng), Dropout(0.1, rng=rng), ReLU())
    assert repr(model) == "Sequential(Linear(2 → 3), Dropout(0.1), ReLU())"
