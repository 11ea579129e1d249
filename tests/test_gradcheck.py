"""The checker must find what is right right and, above all, what is wrong wrong."""

import numpy as np
import pytest

from nnbook.activations import Tanh
from nnbook.gradcheck import check_gradients, numerical_gradient, relative_error
from nnbook.layers import Linear, Sequential
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
