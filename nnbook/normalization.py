"""Keep every vector at mean 0 and spread 1, so that a deep stack neither fades nor explodes."""

import numpy as np

from nnbook._named import Named
from nnbook.functional import as_whole
from nnbook.layers import Layer


class LayerNorm(Layer):
    """Normalise each vector on its own, then let training choose scale and shift: out = x̂ · weight + bias.

    x̂ = (x - mean) / √(variance + ε), mean and variance over the last axis.
    Source: Ba, Kiros & Hinton, Layer normalization, 2016.

    >>> layer = LayerNorm(2)
    >>> layer.forward(np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]])
    """

    weight, bias = Named(), Named()

    def __init__(self, d_model, *, epsilon=1e-5, dtype=np.float64):
        super().__init__()
        self.d_model, self.epsilon = as_whole(d_model, "d_model"), epsilon
        self.params = {"weight": np.ones(self.d_model), "bias": np.zeros(self.d_model)}
        self._lay_out(np.dtype(dtype))
        self._x_hat = None

    def forward(self, x, *, training=False):
        """Map `x` of shape (…, d_model) to the same shape."""
        if x.shape[-1] != self.d_model:
            raise ValueError(f"LayerNorm expected vectors of length {self.d_model}; got shape {x.shape}.")
        rows = x.reshape(-1, self.d_model)
        x_hat, out, _, ones = self._workspace(len(rows)) if training else self._allocate(len(rows))
        mean = np.dot(rows, ones) / self.d_model  # a product with ones is the fastest sum
        np.subtract(rows, mean[:, None], out=x_hat)
        variance = np.einsum("ij,ij->i", x_hat, x_hat) / self.d_model
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.epsilon))
        x_hat *= inverse[:, None]
        if training:
            self._x_hat, self._inverse = x_hat, inverse
        np.multiply(x_hat, self.params["weight"], out=out)
        out += self.params["bias"]
        return out.reshape(x.shape)

    def backward(self, grad):
        """Gradient at the input: (g - mean(g) - x̂ · mean(g · x̂)) / √(variance + ε), with g = grad · weight.

        The two means are what the input changes through the mean and through the variance.
        """
        if self._x_hat is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        rows, x_hat = grad.reshape(-1, self.d_model), self._x_hat
        _, g, scratch, ones = self._workspace(len(rows))
        np.multiply(rows, x_hat, out=scratch)
        np.sum(scratch, axis=0, out=self.grads["weight"])
        np.sum(rows, axis=0, out=self.grads["bias"])
        np.multiply(rows, self.params["weight"], out=g)
        mean_g = np.dot(g, ones) / self.d_model
        mean_gx = np.einsum("ij,ij->i", g, x_hat) / self.d_model
        np.multiply(x_hat, mean_gx[:, None], out=scratch)
        g -= mean_g[:, None]
        g -= scratch
        g *= self._inverse[:, None]
        return g.reshape(grad.shape)

    def _allocate(self, rows):
        shape = (rows, self.d_model)
        return (
            np.empty(shape, self.dtype),
            np.empty(shape, self.dtype),
            np.empty(shape, self.dtype),
            np.ones(self.d_model, self.dtype),
        )

    def __repr__(self):
        return f"LayerNorm({self.d_model})"
