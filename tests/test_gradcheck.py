"""The checker must find what is right right and, above all, what is wrong wrong."""

import numpy as np
import pytest

from nnbook.activations import ReLU, Tanh
from nnbook.gradcheck import check_gradients, numerical_gradient, relative_error
from nnbook.layers import Dropout, Linear, Sequential
from nnbook.losses import mean_squared_error
from nnbook.mlp import MLP


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(5, 3)), rng.normal(size=(5, 2))


def model(activation=Tanh, linear=Linear):
    rng = np.random.default_rng(1)
    return Sequential(linear(3, 4, rng=rng), activation(), linear(4, 2, rng=rng))


class WrongTanh(Tanh):
    def derivative(self, z, a, grad, out):
        return np.multiply(grad, 1 - a, out=out)  # forgot the square


class ForgetfulLinear(Linear):
    def backward_parameters(self, grad):
        super().backward_parameters(grad)
        self.grads["bias"][...] = 0


class AveragingTwice(Linear):
    def backward_parameters(self, grad):
        super().backward_parameters(grad)
        self.gradients /= len(grad)


class SlightlyWrong(Linear):
    def backward(self, grad):
        return super().backward(grad) * (1 + 1e-5)


def wrong_loss(predictions, targets):
    value, grad = mean_squared_error(predictions, targets)
    return value, grad / 2


def test_right_gradients_agree():
    report = check_gradients(model(), mean_squared_error, *data())
    assert report.ok
    assert report.max_relative_error <= 1e-7
    assert str(report).startswith("gradients agree: largest relative error ")


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        (model(activation=WrongTanh), mean_squared_error),
        (model(linear=ForgetfulLinear), mean_squared_error),
        (model(linear=AveragingTwice), mean_squared_error),
        (model(linear=SlightlyWrong), mean_squared_error),
        (model(), wrong_loss),
    ],
    ids=["wrong derivative", "bias forgotten", "averaged twice", "off by 1e-5", "loss off by 2"],
)
def test_wrong_gradients_are_caught(layers, loss):
    report = check_gradients(layers, loss, *data())
    assert not report.ok
    assert str(report).startswith("gradients DISAGREE")


def test_the_report_names_the_place():
    class OneWrongBias(Linear):
        def backward_parameters(self, grad):
            super().backward_parameters(grad)
            self.grads["bias"][1] += 1.0

    report = check_gradients(OneWrongBias(3, 2, rng=np.random.default_rng(0)), mean_squared_error, *data())
    assert report.worst == "parameters[7]"  # six weights, then the second bias


def test_a_wrong_input_gradient_is_named_too():
    class WrongInput(Linear):
        def backward(self, grad):
            return super().backward(grad) * 2

    report = check_gradients(WrongInput(3, 2, rng=np.random.default_rng(0)), mean_squared_error, *data())
    assert not report.ok
    assert report.worst.startswith("inputs[")


def test_parameters_and_data_are_put_back():
    layers, (x, y) = model(), data()
    before, x_before = layers.parameters.copy(), x.copy()
    check_gradients(layers, mean_squared_error, x, y)
    assert np.array_equal(layers.parameters, before)
    assert np.array_equal(x, x_before)


def test_numerical_gradient_by_hand():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    numerical = numerical_gradient(lambda: float((x**3).sum()), x)
    assert numerical == pytest.approx(3 * x**2, rel=1e-8)


def test_the_error_falls_with_the_square_of_the_step_until_rounding():
    x = np.array([1.0])
    errors = [
        abs(numerical_gradient(lambda: float(np.exp(x[0])), x, h)[0] - np.e) for h in (1e-2, 1e-3, 1e-4)
    ]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)
    assert errors[1] / errors[2] == pytest.approx(100, rel=0.05)


class TestKinks:
    """At a kink there is no derivative: neither right nor wrong, and the report says so."""

    def test_a_relu_at_zero_is_not_called_wrong(self):
        relu = MLP([3, 4, 1], rng=np.random.default_rng(0))
        report = check_gradients(relu, mean_squared_error, np.zeros((2, 3)), np.ones((2, 1)))
        assert report.ok, report
        assert len(report.kinks) > 0
        assert "derivatives left out, at a kink of the loss (a ReLU at 0?), such as parameters[" in str(
            report
        )

    def test_a_kink_beside_the_place_is_one_too(self):
        layers = Sequential(Linear(1, 1, rng=np.random.default_rng(0)), ReLU())
        layers.parameters = [1.0, 0.0]
        report = check_gradients(layers, mean_squared_error, [[3e-6], [1.0]], [[1.0], [5.0]])
        assert report.ok, report
        assert report.kinks

    def test_a_wrong_derivative_is_no_kink(self):
        class WrongReLU(ReLU):
            def derivative(self, z, a, grad, out):
                return np.multiply(grad, (z > 0) * 1.001, out=out)

        rng = np.random.default_rng(1)
        for X in (rng.normal(size=(5, 3)), np.vstack([np.zeros(3), rng.normal(size=(4, 3))])):
            layers = Sequential(Linear(3, 4, rng=rng), WrongReLU(), Linear(4, 2, rng=rng))
            assert not check_gradients(layers, mean_squared_error, X, rng.normal(size=(5, 2))).ok

    @pytest.mark.parametrize("seed", range(5))
    def test_a_smooth_model_has_none(self, seed):
        rng = np.random.default_rng(seed)
        layers = MLP([3, 6, 6, 2], activation=WrongTanh, rng=rng)
        report = check_gradients(
            layers, mean_squared_error, 3 * rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
        )
        assert not report.ok
        assert report.kinks == ()


def test_a_loss_by_chance_is_not_taken_for_kinks():
    rng = np.random.default_rng(0)
    layers = Sequential(Linear(3, 8, rng=rng), Dropout(0.5, rng=rng), Linear(8, 2, rng=rng))
    report = check_gradients(layers, mean_squared_error, *data())
    assert not report.ok
    assert report.kinks == ()
    assert str(report).endswith("two calls gave two losses: set dropout to 0 to compare")


@pytest.mark.parametrize("factor", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_the_unit_of_the_loss_changes_no_verdict(factor):
    def scaled(loss):
        def in_another_unit(predictions, targets):
            value, grad = loss(predictions, targets)
            return value * factor, grad * factor

        return in_another_unit

    assert check_gradients(model(), scaled(mean_squared_error), *data()).ok
    assert not check_gradients(model(), scaled(lambda p, t: wrong_loss(p, t)), *data()).ok
    assert not check_gradients(model(linear=SlightlyWrong), scaled(mean_squared_error), *data()).ok


def test_whole_numbers_as_inputs_are_checked_too():
    class WrongInput(Linear):
        def backward(self, grad):
            return super().backward(grad) * 2

    X = np.array([[1, 0, 2], [0, 3, 1]])
    report = check_gradients(
        WrongInput(3, 2, rng=np.random.default_rng(0)), mean_squared_error, X, np.zeros((2, 2))
    )
    assert not report.ok
    assert report.worst.startswith("inputs[")


def test_float32_is_refused():
    layers = MLP([3, 2], dtype=np.float32, rng=np.random.default_rng(0))
    with pytest.raises(
        ValueError, match=r"numerical_gradient needs float64; got float32. Build the model with"
    ):
        check_gradients(layers, mean_squared_error, *data())


def test_relative_error_by_hand():
    assert relative_error(np.array([2.0, 0.0, 1e-9]), np.array([1.0, 0.0, 0.0])) == pytest.approx(
        [0.5, 0, 1e-5]
    )
