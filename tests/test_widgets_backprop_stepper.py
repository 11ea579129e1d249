"""BackpropStepper on the Python side: what it refuses, and that it speaks nnbook's own types."""

import json

import numpy as np
import pytest
import traitlets

from nnbook.activations import GELU, Identity, ReLU, Sigmoid, Tanh
from nnbook.gradcheck import numerical_gradient
from nnbook.mlp import MLP
from nnbook.widgets import BackpropStepper


@pytest.fixture
def stepper():
    return BackpropStepper()


class TestNumbers:
    def test_default_state_is_instructive(self, stepper):
        assert stepper.loss_value() == pytest.approx(1.1089, abs=1e-4)
        gradients = stepper.gradients()
        assert (gradients > 0.1).any(), "some parameter must go down"
        assert (gradients < -0.1).any(), "and another up"
        assert len(set(np.abs(gradients).round(6))) >= 6, "hardly two gradients are alike"

    def test_model_gives_the_prediction_by_hand(self, stepper):
        hidden = np.tanh([0.4 * 1 + 0.8 * 0.5, -0.6 * 1 + 0.2 * 0.5])
        logit = stepper.model()(np.array([[1.0, 0.5]]))
        assert logit.item() == pytest.approx(-0.8 * hidden[0] + 0.6 * hidden[1] + 0.1, abs=1e-12)

    @pytest.mark.parametrize("activation", ["identity", "relu", "tanh", "sigmoid", "gelu"])
    @pytest.mark.parametrize(
        ("loss", "output_activation"),
        [
            ("binary_cross_entropy", "identity"),
            ("mean_squared_error", "identity"),
            ("mean_squared_error", "sigmoid"),
            ("mean_squared_error", "tanh"),
        ],
    )
    def test_gradients_are_those_of_central_differences(self, activation, loss, output_activation):
        stepper = BackpropStepper(activation=activation, loss=loss, output_activation=output_activation)

        parameters = np.array(stepper.parameters)

        def loss_there():
            stepper.parameters = parameters.tolist()
            return stepper.loss_value()

        numeric = numerical_gradient(loss_there, parameters)
        stepper.parameters = parameters.tolist()
        assert np.allclose(stepper.gradients(), numeric, atol=1e-8)

    def test_model_is_a_copy(self, stepper):
        stepper.model().parameters[:] = 0
        assert stepper.parameters[0] == 0.4


class TestSetModel:
    @pytest.mark.parametrize("activation", [Identity, ReLU, Tanh, Sigmoid, GELU])
    def test_a_model_goes_in_and_comes_out(self, stepper, activation):
        model = MLP([2, 2, 1], activation=activation, rng=np.random.default_rng(1))
        stepper.step = 5
        stepper.set_model(model)
        assert np.array_equal(stepper.model().parameters, model.parameters)
        assert stepper.model().activation is activation
        assert stepper.step == 0

    def test_an_output_activation_comes_along_with_squared_error(self, stepper):
        model = MLP([2, 2, 1], output_activation=Tanh, rng=np.random.default_rng(1))
        stepper.loss = "mean_squared_error"
        stepper.set_model(model)
        X = np.array([[0.3, -0.2]])
        assert np.allclose(stepper.model()(X), model(X))

    def test_other_sizes_are_refused(self, stepper):
        with pytest.raises(ValueError, match=r"sizes \[2, 2, 1\]; got \[2, 3, 1\]"):
            stepper.set_model(MLP([2, 3, 1], rng=np.random.default_rng(1)))
        with pytest.raises(ValueError, match="got dict"):
            stepper.set_model({})

    def test_a_sigmoid_output_under_cross_entropy_is_refused(self, stepper):
        before = stepper.state()
        with pytest.raises(ValueError, match="expects logits"):
            stepper.set_model(MLP([2, 2, 1], output_activation=Sigmoid, rng=np.random.default_rng(1)))
        assert stepper.state() == before


class TestBounds:
    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("inputs", [1.0], r"inputs must be 2 numbers in \[-10, 10\]; got \[1.0\]"),
            ("inputs", [1.0, 11.0], r"2 numbers in \[-10, 10\]"),
            ("inputs", [float("nan"), 0.0], r"2 numbers in \[-10, 10\]"),
            ("parameters", [0.0] * 8, "9 numbers"),
            ("parameters", [0.0] * 8 + [float("inf")], "9 numbers"),
            ("target", 2.0, r"needs a target in \[0, 1\], a probability; got 2.0"),
            ("target", 20.0, r"a number in \[-10, 10\]; got 20.0"),
            (
                "activation",
                "step",
                "activation must be one of tanh, relu, sigmoid, gelu, identity; got 'step'",
            ),
            ("output_activation", "relu", "one of identity, sigmoid, tanh"),
            ("loss", "hinge", "one of binary_cross_entropy, mean_squared_error; got 'hinge'"),
            ("learning_rate", 0.0, r"\[0.001, 10\]; got 0.0"),
            ("seed", -1, "seed must lie in 0"),
            ("step", 18, "step must lie in 0 … 17; got 18"),
        ],
    )
    def test_a_value_out_of_bounds_is_refused_and_changes_nothing(self, stepper, name, value, message):
        before = stepper.state()
        with pytest.raises(traitlets.TraitError, match=message):
            setattr(stepper, name, value)
        assert stepper.state() == before

    def test_a_target_beyond_one_needs_squared_error(self, stepper):
        stepper.loss = "mean_squared_error"
        stepper.target = 2.5
        with pytest.raises(traitlets.TraitError, match="needs a target"):
            stepper.loss = "binary_cross_entropy"
        assert stepper.loss == "mean_squared_error"


class TestFromTheBrowser:
    """What the view sends comes as one message, in any order."""

    def test_loss_and_target_change_together(self, stepper):
        stepper.set_state({"target": 3.0, "loss": "mean_squared_error"})
        assert (stepper.target, stepper.loss) == (3.0, "mean_squared_error")
        stepper.set_state({"loss": "binary_cross_entropy", "target": 1.0})
        assert (stepper.target, stepper.loss) == (1.0, "binary_cross_entropy")

    def test_whole_numbers_are_taken_as_floats(self, stepper):
        stepper.set_state({"inputs": [1, -1], "learning_rate": 1, "parameters": [0] * 9})
        assert stepper.loss_value() == pytest.approx(np.log(2))


class TestTwin:
    def test_the_state_stands_in_the_page(self, stepper):
        twin = stepper.html_twin()
        assert twin.startswith('<div class="nnbook-widget" data-nnbook-widget="BackpropStepper"')
        state = json.loads(twin.split("data-state='")[1].split("'>")[0])
        assert state == stepper.state()
        assert set(state) == {
            *("inputs", "target", "parameters", "activation", "output_activation"),
            *("loss", "learning_rate", "seed", "step"),
        }
