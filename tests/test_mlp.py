import numpy as np
import pytest

from nnbook.activations import Identity, Sigmoid, Tanh
from nnbook.initializers import he_normal, zeros
from nnbook.mlp import MLP


def make(sizes=(2, 3, 1), **settings):
    return MLP(sizes, rng=np.random.default_rng(0), **settings)


def test_by_hand():
    model = make([2, 2, 1], activation=Tanh)
    first, second = model.linear_layers
    first.params["weight"][...], first.params["bias"][...] = [[1, 0], [0, 1]], [0, 1]
    second.params["weight"][...], second.params["bias"][...] = [[2], [-1]], [0.5]
    expected = 2 * np.tanh(0.3) - np.tanh(-0.7 + 1) + 0.5
    assert model([[0.3, -0.7]])[0, 0] == pytest.approx(expected)


def test_count_and_name():
    model = make([30, 16, 2], activation=Tanh, output_activation=Sigmoid)
    assert model.n_parameters == 30 * 16 + 16 + 16 * 2 + 2
    assert repr(model) == "MLP(30 → 16 → 2, Tanh … Sigmoid, 530 parameters)"
    assert [(layer.in_features, layer.out_features) for layer in model.linear_layers] == [(30, 16), (16, 2)]


def test_calling_is_forward_on_good_input():
    model, x = make(), np.random.default_rng(1).normal(size=(4, 2))
    assert np.array_equal(model(x), model.forward(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_seed_gives_the_same_weights(dtype):
    first, again = make(dtype=dtype), make(dtype=dtype)
    assert first.dtype == dtype
    assert np.array_equal(first.parameters, again.parameters)


def test_float32_starts_from_the_rounded_float64_weights():
    assert np.array_equal(make(dtype=np.float32).parameters, make().parameters.astype(np.float32))


def test_without_hidden_layers_it_is_linear():
    model = make([3, 2])
    assert [type(layer) for layer in model.children[1:]] == [Identity]
    x = np.eye(3)
    assert np.array_equal(model(x), model.linear_layers[0].params["weight"])


def test_the_initializer_is_used_and_biases_are_zero():
    assert (make(initializer=zeros).parameters == 0).all()
    model = make([500, 400, 1], initializer=he_normal)
    assert model.linear_layers[0].params["weight"].std() == pytest.approx(np.sqrt(2 / 500), rel=0.01)
    assert (model.linear_layers[0].params["bias"] == 0).all()


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ([], "sizes needs an input and an output size"),
        ([3], r"sizes needs an input and an output size, for example \[2, 8, 1\]; got \[3\]."),
        ([3, 0, 1], "out_features must be a whole number of at least 1; got 0."),
        ([2, 1.5], "out_features must be a whole number of at least 1; got 1.5."),
    ],
)
def test_sizes_that_make_no_network(sizes, sentence):
    with pytest.raises(ValueError, match=sentence):
        make(sizes)
