import numpy as np
import pytest

from nnbook.activations import GELU, Identity, ReLU, Sigmoid, Tanh

Z = np.array([[-2.0, 0.0, 2.0]])

# by hand: f(z) and f′(z) at -2, 0, 2
TABLE = {
    Identity: ([-2, 0, 2], [1, 1, 1]),
    ReLU: ([0, 0, 2], [0, 0, 1]),
    Tanh: ([-0.9640275801, 0, 0.9640275801], [0.0706508249, 1, 0.0706508249]),
    Sigmoid: ([0.1192029220, 0.5, 0.8807970780], [0.1049935854, 0.25, 0.1049935854]),
    GELU: ([-0.0454023059, 0, 1.9545976941], [-0.0860992566, 0.5, 1.0860992566]),
}


@pytest.mark.parametrize("activation", TABLE)
def test_values_and_slopes(activation):
    layer = activation()
    values, slopes = TABLE[activation]
    assert layer.forward(Z)[0] == pytest.approx(values, abs=1e-9)
    layer.forward(Z, training=True)
    assert layer.backward(np.ones_like(Z))[0] == pytest.approx(slopes, abs=1e-9)


@pytest.mark.parametrize("activation", TABLE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_tails_are_finite(activation, dtype):
    layer, z = activation(), np.array([[-1e4, -100.0, 100.0, 1e4]], dtype)
    out = layer.forward(z, training=True)
    slope = layer.backward(np.ones_like(z))
    assert np.isfinite(out).all()
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("activation", TABLE)
def test_any_shape_and_memory_order(activation):
    z = np.random.default_rng(0).normal(size=(3, 4, 5))
    layer = activation()
    expected = layer.forward(z)
    swapped = np.swapaxes(z, 0, 2)
    assert np.array_equal(np.swapaxes(layer.forward(swapped), 0, 2), expected)
    assert np.array_equal(np.swapaxes(layer.forward(swapped, training=True), 0, 2), expected)


@pytest.mark.parametrize("activation", [ReLU, Tanh, Sigmoid, GELU])
def test_the_input_is_left_alone(activation):
    z = Z.copy()
    activation().forward(z, training=True)
    assert np.array_equal(z, Z)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", [GELU, Sigmoid, Tanh, ReLU])
def test_slopes_are_numbers_for_every_number(activation, dtype):
    """z³ overflows long before z: 0 · inf is no number."""
    largest = np.finfo(dtype).max
    z = np.array([[-largest, -1e30, -1e15, -50.0, 0.0, 50.0, 1e15, 1e30, largest]], dtype)
    layer = activation()
    with np.errstate(over="ignore"):
        layer.forward(z, training=True)
        slope = layer.backward(np.ones_like(z))
    assert np.isfinite(slope).all()
    assert slope[0, :4] == pytest.approx(0)
    assert slope[0, 5:] == pytest.approx(1 if activation in (GELU, ReLU) else 0)
