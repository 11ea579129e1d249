import numpy as np
import pytest

from nnbook import explanations as ex
from nnbook.activations import Tanh
from nnbook.gradcheck import numerical_gradient
from nnbook.mlp import MLP


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def net(rng, sizes=(6, 8, 5, 3), **settings):
    return MLP(sizes, rng=rng, **settings)


def test_the_input_gradient_is_the_slope_of_the_chosen_logit(rng):
    model, X, classes = net(rng, activation=Tanh), rng.normal(size=(4, 6)), np.array([0, 2, 1, 2])
    expected = numerical_gradient(lambda: float(model.forward(X)[np.arange(4), classes].sum()), X)
    assert ex.input_gradient(model, X, classes) == pytest.approx(expected, abs=1e-7)
    assert ex.saliency(model, X, classes) == pytest.approx(np.abs(expected), abs=1e-7)


def test_a_second_call_does_not_change_the_first_answer(rng):
    model, X = net(rng), rng.normal(size=(4, 6))
    first = ex.input_gradient(model, X, [0, 0, 0, 0])
    kept = first.copy()
    ex.input_gradient(model, X + 1, [1, 1, 1, 1])
    assert np.array_equal(first, kept)


def test_without_hidden_layers_one_step_of_integrated_gradients_is_exact(rng):
    model, X, baseline = net(rng, (6, 3)), rng.normal(size=(4, 6)), rng.normal(size=6)
    classes = np.array([0, 1, 2, 1])
    parts = ex.integrated_gradients(model, X, classes, baseline=baseline, steps=1)
    assert parts == pytest.approx((X - baseline) * model.linear_layers[0].params["weight"].T[classes])
    error = ex.completeness_error(model, X, classes, parts, baseline=baseline)
    assert error.max() < 1e-12


def test_completeness_gets_better_with_steps_and_notices_a_wrong_attribution(rng):
    model, X, classes = net(rng), rng.normal(size=(20, 6)), rng.integers(0, 3, 20)
    model.parameters[...] += rng.normal(size=model.n_parameters) / 3  # with biases 0 it is exact at once
    errors = []
    for steps in (4, 64, 512):
        parts = ex.integrated_gradients(model, X, classes, baseline=np.zeros(6), steps=steps)
        errors.append(ex.completeness_error(model, X, classes, parts, baseline=np.zeros(6)).mean())
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 3e-3
    slopes = X * ex.input_gradient(model, X, classes)
    assert ex.completeness_error(model, X, classes, slopes, baseline=np.zeros(6)).mean() > 10 * errors[1]


def test_scrambling_shuffles_the_last_layers_of_a_copy_and_leaves_the_model_alone(rng):
    model, X = net(rng), rng.normal(size=(5, 6))
    before = model.parameters.copy()
    assert np.array_equal(ex.randomise_layers(model, 0, rng=rng)(X), model(X))
    twin = ex.randomise_layers(model, 2, rng=rng)
    same = [
        np.array_equal(a.params["weight"], b.params["weight"])
        for a, b in zip(model.linear_layers, twin.linear_layers, strict=True)
    ]
    assert same == [True, False, False]
    assert np.array_equal(model.parameters, before)
    for a, b in zip(model.linear_layers, twin.linear_layers, strict=True):
        assert np.array_equal(np.sort(a.params["weight"], None), np.sort(b.params["weight"], None))
    twin.parameters[...] = 0  # the flat vector and the layers are still one thing
    assert np.array_equal(twin(X), np.zeros((5, 3)))


def test_rank_similarity_by_hand():
    first = np.array([[1.0, 2.0, 3.0, 4.0]])
    assert ex.rank_similarity(first, -first).item() == pytest.approx(-1)
    assert ex.rank_similarity(first, np.array([[1.0, 3.0, 2.0, 4.0]])).item() == pytest.approx(0.8)
    mask = np.array([[True, True, False, False]])
    assert ex.rank_similarity(first, np.array([[1.0, 2.0, 1.0, 0.0]]), where=mask).item() == pytest.approx(1)
    assert ex.rank_similarity(first, np.ones((1, 4))).item() == 0  # no order at all: unrelated
    assert ex.rank_similarity(first, first, where=np.zeros((1, 4), bool)).item() == 0


def test_permutation_importance_finds_the_column_that_is_used(rng):
    X = rng.normal(size=(400, 4))
    X[:, 1] = X[:, 0]  # a twin of the column that decides
    y = (X[:, 0] > 0).astype(int)

    def score(X, y):
        return np.mean((X[:, 0] + X[:, 1] > 0) == y)

    falls = ex.permutation_importance(score, X, y, groups=[[0], [0, 1], [2, 3]], rng=rng).mean(axis=1)
    assert falls[1] == pytest.approx(0.5, abs=0.05)  # nothing is left but a coin
    assert 0.1 < falls[0] < falls[1]
    assert falls[2] == 0


def test_columns_of_a_group_are_shuffled_by_the_same_order(rng):
    X = np.arange(20.0).reshape(10, 2)
    seen = []

    def score(X, y):
        seen.append(X[:, 1] - X[:, 0])
        return 0.0

    ex.permutation_importance(score, X, None, groups=[[0, 1]], repeats=3, rng=rng)
    assert all(np.array_equal(row, np.ones(10)) for row in seen)


def test_hidden_activations_are_what_the_last_layer_reads(rng):
    model, X = net(rng), rng.normal(size=(5, 6))
    hidden = ex.hidden_activations(model, X)
    last = model.linear_layers[-1].params
    assert hidden @ last["weight"] + last["bias"] == pytest.approx(model(X))


def test_a_probe_reads_what_is_there_and_nothing_from_coins(rng):
    features, more = rng.normal(size=(500, 10)), rng.normal(size=(500, 10))
    there = ex.linear_probe(features, (features[:, 3] > 0).astype(int), more, (more[:, 3] > 0).astype(int))
    assert min(there) > 0.9
    coins = ex.linear_probe(features, rng.integers(0, 2, 500), more, rng.integers(0, 2, 500))
    assert coins[1] == pytest.approx(0.5, abs=0.08)
    assert coins[0] > coins[1]


def test_wrong_questions_are_refused(rng):
    model, X = net(rng), rng.normal(size=(4, 6))
    with pytest.raises(ValueError, match="one entry per row"):
        ex.saliency(model, X, [0, 1])
    with pytest.raises(ValueError, match="0 … 2"):
        ex.saliency(model, X, [0, 1, 2, 3])
    with pytest.raises(ValueError, match="baseline"):
        ex.integrated_gradients(model, X, [0, 1, 2, 0], baseline=np.zeros(5))
    with pytest.raises(ValueError, match="steps"):
        ex.integrated_gradients(model, X, [0, 1, 2, 0], baseline=np.zeros(6), steps=0)
    with pytest.raises(ValueError, match="n_layers"):
        ex.randomise_layers(model, 4, rng=rng)
