import numpy as np
import pytest

from nnbook.gradcheck import check_gradients
from nnbook.losses import mean_squared_error
from nnbook.normalization import LayerNorm


def test_by_hand():
    layer = LayerNorm(3, epsilon=0.0)
    x = np.array([[1.0, 2.0, 3.0], [-5.0, -5.0, 10.0]])
    root = np.sqrt(1.5)
    expected = [[-root, 0, root], [-np.sqrt(0.5), -np.sqrt(0.5), np.sqrt(2)]]
    np.testing.assert_allclose(layer.forward(x), expected, atol=1e-12)


def test_every_vector_gets_mean_0_and_spread_1_wherever_it_stands():
    x = np.random.default_rng(0).normal(5, 3, (2, 4, 16))
    out = LayerNorm(16).forward(x)
    np.testing.assert_allclose(out.mean(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=-1), 1, atol=1e-4)  # ε = 1e-5 is added to the variance


@pytest.mark.parametrize("shape", [(5, 6), (2, 3, 6)])
def test_gradients(shape):
    rng = np.random.default_rng(1)
    layer = LayerNorm(6)
    layer.parameters += rng.normal(0, 0.5, 12)
    report = check_gradients(layer, mean_squared_error, rng.normal(size=shape), rng.normal(size=shape))
    assert report.ok, str(report)


def test_training_and_evaluation_agree_and_evaluation_keeps_its_array():
    rng = np.random.default_rng(2)
    layer, x = LayerNorm(4), rng.normal(size=(3, 4))
    first = layer.forward(x)
    np.testing.assert_array_equal(layer.forward(x, training=True), first)
    kept = first.copy()
    layer.forward(-x)
    np.testing.assert_array_equal(first, kept)


def test_equals_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    layer, x, grad = LayerNorm(6), rng.normal(size=(4, 6)), rng.normal(size=(4, 6))
    layer.parameters += rng.normal(size=12)
    theirs = torch.nn.LayerNorm(6, dtype=torch.float64)
    theirs.weight.data[:] = torch.from_numpy(layer.params["weight"])
    theirs.bias.data[:] = torch.from_numpy(layer.params["bias"])
    inputs = torch.from_numpy(x).requires_grad_()
    out = theirs(inputs)
    out.backward(torch.from_numpy(grad))
    np.testing.assert_allclose(layer.forward(x, training=True), out.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(layer.backward(grad), inputs.grad.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(layer.grads["weight"], theirs.weight.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(layer.grads["bias"], theirs.bias.grad.numpy(), rtol=1e-12)


def test_wrong_length_gets_a_sentence():
    with pytest.raises(ValueError, match="vectors of length 6; got shape"):
        LayerNorm(6).forward(np.ones((2, 5)))
