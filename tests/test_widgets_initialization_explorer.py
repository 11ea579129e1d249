"""InitializationExplorer on the Python side: statistics by hand, what theory says, what is refused."""

import numpy as np
import pytest
import traitlets

from nnbook.activations import ReLU, Tanh
from nnbook.gradcheck import numerical_gradient
from nnbook.losses import cross_entropy
from nnbook.mlp import MLP
from nnbook.widgets import InitializationExplorer
from nnbook.widgets.initialization_explorer import ACTIVATIONS, BOUNDS, LayerStatistics, measure, verdict

RNG = np.random.default_rng


class TestMeasure:
    def test_one_neuron_by_hand(self):
        model = MLP([1, 2, 2], activation=ReLU, rng=RNG(0))
        # hidden z = x · (1, -1), so ReLU leaves (x, 0) for x > 0; logits = (a1, 0)
        model.parameters[:] = [1, -1, 0, 0, 1, 0, 0, 0, 0, 0]
        (layer,) = measure(model, np.array([[1.0], [3.0]]), np.array([1, 1]))
        assert layer.activation_std == pytest.approx(np.std([1, 0, 3, 0]))
        assert layer.zero == 0.5
        assert layer.saturated == 0
        # the loss falls with logit 1, so dL/dz1 = softmax's first probability where ReLU lets it through
        p = [np.e / (np.e + 1), np.e**3 / (np.e**3 + 1)]
        assert layer.gradient_rms == pytest.approx(np.sqrt((p[0] ** 2 + p[1] ** 2) / 4))

    def test_gradients_are_those_of_central_differences(self):
        # The gradient by a hidden bias is the sum over the examples of the gradient by z
        model, X, labels = MLP([3, 1, 1, 2], activation=Tanh, rng=RNG(1)), RNG(2).normal(size=(1, 3)), [1]
        layers = measure(model, X, np.array(labels))
        numeric = numerical_gradient(
            lambda: cross_entropy(model(X), np.array(labels))[0], model.linear_layers[0].params["bias"]
        )
        assert layers[0].gradient_rms == pytest.approx(abs(numeric[0]), rel=1e-6)

    @pytest.mark.parametrize("activation", ACTIVATIONS)
    def test_one_entry_for_each_hidden_layer(self, activation):
        layers = InitializationExplorer(activation=activation, n_layers=3, width=5).measure()
        assert len(layers) == 3
        assert all(np.isfinite([layer.activation_std, layer.gradient_rms]).all() for layer in layers)


class TestWhatTheorySays:
    """Glorot & Bengio 2010 and He et al. 2015, seen in the numbers."""

    @pytest.mark.parametrize(
        ("activation", "initializer", "std", "expected"),
        [
            ("tanh", "zeros", 1.0, "silent"),
            ("tanh", "normal", 0.05, "dies"),
            ("tanh", "normal", 1.0, "saturates"),
            ("tanh", "glorot_uniform", 1.0, "level"),
            ("relu", "glorot_uniform", 1.0, "dies"),  # ReLU halves the variance at each layer
            ("relu", "he_normal", 1.0, "level"),
            ("relu", "normal", 1.0, "explodes"),
            ("sigmoid", "glorot_uniform", 1.0, "vanishes"),  # its slope is at most ¼
            ("sigmoid", "normal", 1.0, "saturates"),
        ],
    )
    def test_verdicts_hold_for_every_seed(self, activation, initializer, std, expected):
        for seed in range(5):
            explorer = InitializationExplorer(
                activation=activation, initializer=initializer, std=std, seed=seed
            )
            assert explorer.verdict() == expected, seed

    def test_relu_with_glorot_halves_the_variance(self):
        layers = InitializationExplorer(
            activation="relu", initializer="glorot_uniform", n_layers=10, width=100
        ).measure()
        per_layer = (layers[-1].activation_std / layers[0].activation_std) ** (1 / 9)
        assert per_layer == pytest.approx(np.sqrt(0.5), rel=0.15)

    def test_words(self):
        def layer(activation_std=1.0, gradient_rms=1.0, saturated=0.0):
            return LayerStatistics(activation_std, gradient_rms, saturated, 0.0)

        assert verdict([layer(), layer()]) == "level"
        assert verdict([layer(), layer(activation_std=0.19)]) == "dies"
        assert verdict([layer(), layer(activation_std=5.1)]) == "explodes"
        assert verdict([layer(gradient_rms=0.19), layer()]) == "vanishes"
        assert verdict([layer(gradient_rms=5.1), layer()]) == "swells"
        assert verdict([layer(saturated=0.51), layer()]) == "saturates"
        assert verdict([layer(gradient_rms=0.0)] * 2) == "silent"


class TestState:
    def test_the_model_has_the_settings(self):
        model = InitializationExplorer(n_layers=2, width=7, activation="relu", std=0.5).model()
        assert model.sizes == [7, 7, 7, 10]
        assert model.activation is ReLU
        assert model.linear_layers[0].params["weight"].std() == pytest.approx(0.5, rel=0.3)

    def test_the_batch_does_not_depend_on_the_initialiser(self):
        # with the identity and the same draws, ten times the weights are ten times the first layer's spread
        small, large = (
            InitializationExplorer(activation="identity", std=std).measure()[0].activation_std
            for std in (0.1, 1)
        )
        assert large == pytest.approx(10 * small)

    @pytest.mark.parametrize(("name", "bounds"), BOUNDS.items())
    def test_every_number_has_bounds(self, name, bounds):
        for value in (bounds[0] - 1, bounds[1] + 1):
            with pytest.raises(traitlets.TraitError, match=f"{name} must lie in"):
                setattr(InitializationExplorer(), name, value)

    @pytest.mark.parametrize("name", ["activation", "initializer"])
    def test_choices(self, name):
        with pytest.raises(traitlets.TraitError, match=f"{name} must be one of .*got 'magic'"):
            setattr(InitializationExplorer(), name, "magic")
