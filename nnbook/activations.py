"""The bend after each weighted sum; without it, any number of layers is one layer.

Each class is a layer without parameters whose derivative stands directly under its function.
"""

import numpy as np

from nnbook.layers import Layer


class Activation(Layer):
    """Base: in training, remembers input `z` and output `a` in reusable arrays of their shape."""

    def __init__(self):
        super().__init__()
        self._work = None

    def forward(self, x, *, training=False):
        """Apply the function to every element; same shape out as in."""
        if not training:
            return self.function(x, np.empty_like(x))
        out, slope = self._workspace((x.shape, x.dtype))
        self._work = x, out, slope
        return self.function(x, out)

    def backward(self, grad):
        """Multiply `grad` by the derivative at the remembered input."""
        if self._work is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        z, a, out = self._work
        return self.derivative(z, a, grad, out)

    def function(self, z, out):
        """Write f(z) to `out` and return it."""
        raise NotImplementedError

    def derivative(self, z, a, grad, out):
        """Write grad · f′(z) to `out` and return it; `a` is f(z)."""
        raise NotImplementedError

    def _allocate(self, shape_and_dtype):
        shape, dtype = shape_and_dtype
        return np.empty(shape, dtype), np.empty(shape, dtype)

    def __repr__(self):
        return f"{type(self).__name__}()"


class Identity(Activation):
    """No bend: the output layer of a regression, or logits for a loss that brings its own softmax."""

    def forward(self, x, *, training=False):
        """f(z) = z."""
        return x if training else np.array(x)

    def backward(self, grad):
        """f′(z) = 1."""
        return grad


class ReLU(Activation):
    """Zero below, itself above: cheap, and its gradient does not fade for active neurons."""

    def function(self, z, out):
        """f(z) = max(0, z)."""
        out.fill(0)
        return np.maximum(
            z, out, out=out
        )  # with an array of zeros, 3 to 6 times faster than with the scalar 0

    def derivative(self, z, a, grad, out):
        """f′(z) = 1 where z > 0, else 0."""
        np.greater(z, 0, out=out)  # 1.0 or 0.0; far faster than boolean indexing
        return np.multiply(grad, out, out=out)


class Tanh(Activation):
    """A smooth step between -1 and 1, centred at zero."""

    def function(self, z, out):
        """f(z) = tanh z."""
        return np.tanh(z, out=out)

    def derivative(self, z, a, grad, out):
        """f′(z) = 1 - a²."""
        np.multiply(a, a, out=out)
        np.multiply(grad, out, out=out)
        return np.subtract(grad, out, out=out)  # grad - grad a²


class Sigmoid(Activation):
    """A smooth step between 0 and 1; its gradient never exceeds 1/4."""

    def function(self, z, out):
        """f(z) = 1 / (1 + exp(-z))."""
        np.abs(z, out=out)
        np.negative(out, out=out)
        np.exp(out, out=out)  # in (0, 1]: no overflow on either side
        numerator = np.where(z >= 0, out.dtype.type(1), out)
        out += 1
        return np.divide(numerator, out, out=out)

    def derivative(self, z, a, grad, out):
        """f′(z) = a (1 - a)."""
        np.subtract(1, a, out=out)
        np.multiply(a, out, out=out)
        return np.multiply(grad, out, out=out)


class GELU(Activation):
    """The smooth ReLU of GPT-2, in its tanh form.

    Source: Hendrycks & Gimpel, Gaussian error linear units, 2016.
    """

    scale, cubic = np.sqrt(2 / np.pi), 0.044715

    def function(self, z, out):
        """f(z) = ½ z (1 + tanh u) with u = √(2/π) (z + 0.044715 z³)."""
        scale, cubic = z.dtype.type(self.scale), z.dtype.type(self.cubic)
        np.multiply(z, z, out=out)
        out *= cubic
        out += 1
        out *= z
        out *= scale
        np.tanh(out, out=out)
        out += 1
        out *= z
        out *= z.dtype.type(0.5)
        return out

    def derivative(self, z, a, grad, out):
        """f′(z) = ½ (1 + tanh u) + ½ z (1 - tanh² u) u′ with u′ = √(2/π) (1 + 3 · 0.044715 z²)."""
        scale, cubic = z.dtype.type(self.scale), z.dtype.type(self.cubic)
        half = z.dtype.type(0.5)
        z = np.clip(z, -40, 40)  # beyond, the slope is exactly 0 or 1, and z³ would overflow: 0 · inf
        t = np.tanh(scale * (z + cubic * z * z * z))
        np.multiply(half * z * (1 - t * t), scale * (1 + 3 * cubic * z * z), out=out)
        out += half * (1 + t)
        return np.multiply(grad, out, out=out)
