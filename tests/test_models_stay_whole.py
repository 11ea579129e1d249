"""A model is one vector: copies, files, second models and calls in between must not break it in silence."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbook.activations import ReLU, Tanh
from nnbook.attention import MultiHeadSelfAttention
from nnbook.convolution import Conv1d, GlobalMaxPool
from nnbook.gradcheck import check_gradients
from nnbook.language_model import next_token_loss
from nnbook.layers import Dropout, Linear, Sequential
from nnbook.losses import cross_entropy, mean_squared_error
from nnbook.mlp import MLP
from nnbook.normalization import LayerNorm
from nnbook.optimizers import SGD, Adam
from nnbook.recurrent import LSTM, RNN, SequenceClassifier
from nnbook.sequence_dropout import SequenceDropout
from nnbook.training import fit
from nnbook.transformer import Transformer


def rng(seed=0):
    return np.random.default_rng(seed)


def tokens(shape, seed=1):
    return rng(seed).integers(0, 7, shape)


# name -> (make, inputs for a seed, targets, loss)
MODELS = {
    "MLP": (
        lambda: MLP([3, 5, 2], rng=rng()),
        lambda seed: rng(seed).normal(size=(6, 3)),
        np.array([0, 1, 0, 1, 1, 0]),
        cross_entropy,
    ),
    "float32": (
        lambda: MLP([3, 5, 2], activation=Tanh, dtype=np.float32, rng=rng()),
        lambda seed: rng(seed).normal(size=(6, 3)).astype(np.float32),
        np.array([0, 1, 0, 1, 1, 0]),
        cross_entropy,
    ),
    "Sequential in Sequential": (
        lambda: Sequential(
            Sequential(Linear(3, 4, rng=rng()), LayerNorm(4)),
            Dropout(0.3, rng=rng()),
            Linear(4, 2, rng=rng()),
        ),
        lambda seed: rng(seed).normal(size=(6, 3)),
        np.array([0, 1, 0, 1, 1, 0]),
        cross_entropy,
    ),
    "convolution": (
        lambda: Sequential(Conv1d(2, 4, 2, rng=rng()), ReLU(), GlobalMaxPool(), Linear(4, 2, rng=rng())),
        lambda seed: rng(seed).normal(size=(6, 5, 2)),
        np.array([0, 1, 0, 1, 1, 0]),
        cross_entropy,
    ),
    "attention": (
        lambda: MultiHeadSelfAttention(4, 2, std=0.5, output_std=0.5, rng=rng()),
        lambda seed: rng(seed).normal(size=(2, 3, 4)),
        rng(5).normal(size=(2, 3, 4)),
        mean_squared_error,
    ),
    "LSTM": (
        lambda: LSTM(4, 3, rng=rng()),
        lambda seed: rng(seed).normal(size=(2, 3, 4)),
        rng(5).normal(size=(2, 3, 3)),
        mean_squared_error,
    ),
    "Transformer": (
        lambda: Transformer(7, 8, 2, 2, 4, dropout=0.1, rng=rng()),
        lambda seed: tokens((2, 4), seed),
        tokens((2, 4), 5),
        next_token_loss,
    ),
    "SequenceClassifier": (
        lambda: SequenceClassifier(
            7, 3, 4, 2, cell=RNN, dropout=SequenceDropout("variational", 0.3, rng=rng()), rng=rng()
        ),
        lambda seed: tokens((6, 4), seed),
        np.array([0, 1, 0, 1, 1, 0]),
        cross_entropy,
    ),
}
COPIES = {
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "a list of models": lambda model: copy.deepcopy([model, model])[1],
}
each_model = pytest.mark.parametrize("name", MODELS)
each_copy = pytest.mark.parametrize("way", COPIES)


def train(model, name, optimizer=None, epochs=2):
    _, inputs, targets, loss = MODELS[name]
    return fit(
        model,
        inputs(1),
        targets,
        loss=loss,
        optimizer=optimizer or Adam(0.01),
        epochs=epochs,
        batch_size=2,
        rng=rng(2),
    ).train_loss


@each_copy
@each_model
def test_a_copy_trains_as_its_original_and_leaves_it_alone(name, way):
    model = MODELS[name][0]()
    train(model, name)  # not fresh: with workspaces, and gradients of a last step
    before = model.parameters.copy()
    twin = COPIES[way](model)
    assert np.array_equal(twin.parameters, before)
    assert np.array_equal(twin.gradients, model.gradients)
    assert twin.dtype == model.dtype
    losses = train(twin, name)
    assert not np.array_equal(twin.parameters, before)
    assert np.array_equal(model.parameters, before)
    assert train(model, name) == losses
    assert np.array_equal(twin.parameters, model.parameters)


@each_model
def test_a_copy_moves_with_its_vector(name):
    make, inputs, _, _ = MODELS[name]
    twin = copy.deepcopy(make())
    shown = twin.forward(inputs(1))
    twin.parameters *= 2
    assert not np.allclose(twin.forward(inputs(1)), shown)
    assert all(
        np.shares_memory(array, twin.parameters) for part in twin._leaves() for array in part.params.values()
    )


def test_joblib_stores_a_model(tmp_path):
    model = MODELS["MLP"][0]()
    joblib.dump(model, tmp_path / "model.joblib")
    assert train(joblib.load(tmp_path / "model.joblib"), "MLP") == train(model, "MLP")


def test_a_file_holds_each_number_once():
    model = MLP([100, 100], rng=rng())
    assert len(pickle.dumps(model)) < 2.2 * model.parameters.nbytes  # parameters and gradients


@each_model
def test_a_call_between_forward_and_backward_changes_no_gradient(name):
    make, inputs, targets, loss = MODELS[name]

    def gradients(*between):
        model = make()
        _, grad = loss(model.forward(inputs(1), training=True), targets)
        for x in between:
            model(x)
        model.backward(np.array(grad))
        return model.gradients.copy()

    expected = gradients()
    assert np.abs(expected).max() > 0
    assert np.array_equal(gradients(inputs(3), inputs(4)[:1]), expected)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 99))
def test_assignments_write_into_the_vector(sizes, seed):
    model, values = MLP([2, *sizes, 2], activation=Tanh, rng=rng(seed)), rng(seed + 1)
    for layer in model.linear_layers:
        layer.params["weight"] = values.normal(size=layer.weight.shape)
        layer.bias = values.normal(size=layer.out_features)
    x = expected = values.normal(size=(3, 2))
    for k, layer in enumerate(model.linear_layers):
        expected = expected @ layer.weight + layer.bias
        expected = np.tanh(expected) if k < len(sizes) else expected
    assert model(x) == pytest.approx(expected)
    assert model.forward(x, training=True) == pytest.approx(expected)
    assert model.parameters == pytest.approx(
        np.concatenate([part.ravel() for layer in model.linear_layers for part in layer.params.values()])
    )
    assert check_gradients(model, mean_squared_error, x, np.zeros((3, 2))).ok


def test_a_whole_vector_can_be_assigned():
    first, second = MLP([2, 3, 1], rng=rng(0)), MLP([2, 3, 1], rng=rng(1))
    vector = first.parameters
    first.parameters = second.parameters
    assert first.parameters is vector
    assert np.array_equal(first(np.ones((1, 2))), second(np.ones((1, 2))))
    first.parameters += 1
    assert not np.array_equal(first.parameters, second.parameters)


def test_an_array_of_another_shape_is_refused():
    layer = Linear(2, 3, rng=rng())
    with pytest.raises(ValueError, match=r"weight must have shape \(2, 3\); got \(3, 2\)."):
        layer.params["weight"] = np.ones((3, 2))
    with pytest.raises(ValueError, match=r"bias must have shape \(3,\); got \(\)."):
        layer.bias = 0.0
    with pytest.raises(ValueError, match=r"parameters must have shape \(9,\); got \(8,\)."):
        layer.parameters = np.ones(8)
    with pytest.raises(AttributeError, match="write into the arrays that are there"):
        layer.params = {"weight": np.ones((2, 3))}


def test_names_of_parameters_are_properties():
    layer = Linear(2, 3, rng=rng())
    assert layer.weight is layer.params["weight"]
    assert layer.weight.shape == (layer.in_features, layer.out_features)
    layer.weight *= 0
    assert not layer.forward(np.ones((1, 2)), training=True).any()
    norm = LayerNorm(4)
    assert (norm.weight.tolist(), norm.bias.tolist()) == ([1] * 4, [0] * 4)


class TestOneLayerIsOnePlace:
    @pytest.mark.parametrize("shared", [Tanh(), Linear(2, 2, rng=rng()), Sequential(Linear(2, 2, rng=rng()))])
    def test_the_same_layer_twice_is_refused(self, shared):
        with pytest.raises(ValueError, match="is in this model twice, but it can remember one place only"):
            Sequential(shared, Linear(2, 2, rng=rng()), shared)
        with pytest.raises(ValueError, match="is in this model twice"):
            Sequential(Sequential(Linear(2, 2, rng=rng()), shared), shared)

    def test_who_lost_a_layer_to_a_second_model_says_so(self):
        teacher, X = MLP([2, 3, 1], rng=rng()), np.ones((4, 2))
        pupil = Sequential(*teacher.children[:2], Linear(3, 2, rng=rng()))
        assert np.array_equal(teacher.children[0](X), pupil.children[0](X))  # both still predict
        with pytest.raises(RuntimeError, match="was put into another model, which trains it now"):
            train(teacher, "MLP")
        with pytest.raises(RuntimeError, match=r"copy\.deepcopy"):
            teacher.parameters  # noqa: B018
        assert pupil.n_parameters == 2 * 3 + 3 + 3 * 2 + 2

    def test_a_copy_of_the_layers_leaves_both_models_whole(self):
        teacher = MLP([3, 5, 2], rng=rng())
        pupil = Sequential(*copy.deepcopy(teacher.children[:2]), Linear(5, 2, rng=rng()))
        losses = train(teacher, "MLP")
        assert losses[-1] < losses[0]
        assert len(train(pupil, "MLP")) == 2

    def test_the_same_cell_may_run_again(self):
        layer = Linear(3, 2, rng=rng())
        model = Sequential(layer)
        model = Sequential(layer, Tanh())
        assert len(train(model, "MLP")) == 2

    def test_a_model_in_a_model_trains_with_it(self):
        inner = Sequential(Linear(3, 4, rng=rng()), Tanh())
        outer = Sequential(inner, Linear(4, 2, rng=rng()))
        before = inner.parameters.copy()
        train(outer, "MLP")
        assert not np.array_equal(inner.parameters, before)


class TestAnOptimizerBelongsToOneModel:
    def test_the_momentum_of_one_model_does_not_move_another(self):
        optimizer, a, b = Adam(0.1), np.zeros(3), np.ones(3)
        for _ in range(10):
            optimizer.step(a, np.ones(3))
        with pytest.raises(ValueError, match="has the momentum of another model"):
            optimizer.step(b, np.zeros(3))
        assert (b == 1).all()
        optimizer.step(a[:], np.ones(3))  # a view of the vector is the vector

    def test_views_that_come_and_go_are_one_vector(self):
        optimizer, p = Adam(0.1), np.ones(3)
        for _ in range(3):
            optimizer.step(p[:], np.ones(3))
        with pytest.raises(ValueError, match="another model"):
            optimizer.step(np.ones(6)[3:], np.ones(3))

    def test_plain_sgd_remembers_nothing_and_serves_all(self):
        optimizer, a, b = SGD(0.5), np.zeros(1), np.zeros(1)
        optimizer.step(a, np.ones(1))
        optimizer.step(b, np.ones(1))
        assert (a[0], b[0]) == (-0.5, -0.5)

    @pytest.mark.parametrize("make", [lambda: SGD(0.1, momentum=0.9), lambda: Adam(0.1)])
    def test_a_copied_pair_goes_on_as_the_original(self, make):
        model, optimizer = MLP([3, 5, 2], rng=rng()), make()
        train(model, "MLP", optimizer)
        twin, twin_optimizer = pickle.loads(pickle.dumps((model, optimizer)))
        assert train(twin, "MLP", twin_optimizer) == train(model, "MLP", optimizer)

    def test_after_divergence_model_and_optimizer_are_as_before(self):
        model, optimizer = MLP([3, 5, 2], rng=rng()), SGD(0.01, momentum=0.9)
        train(model, "MLP", optimizer)
        twin, twin_optimizer = copy.deepcopy((model, optimizer))
        optimizer.learning_rate = 1e200
        with pytest.raises(FloatingPointError, match="Try a learning rate below"):
            train(model, "MLP", optimizer, epochs=20)
        optimizer.learning_rate = 0.01
        assert train(model, "MLP", optimizer) == train(twin, "MLP", twin_optimizer)

    def test_a_fresh_optimizer_is_fresh_after_divergence(self):
        model, optimizer = MLP([3, 5, 2], rng=rng()), SGD(1e200, momentum=0.9)
        with pytest.raises(FloatingPointError):
            train(model, "MLP", optimizer, epochs=20)
        optimizer.learning_rate = 0.01
        assert train(MLP([3, 5, 2], rng=rng()), "MLP", optimizer) == train(
            model, "MLP", SGD(0.01, momentum=0.9)
        )
