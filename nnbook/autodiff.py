"""Automatic differentiation in a hundred lines: write the forward pass, get the backward pass for nothing.

A `Tensor` is an array that remembers how it was made. Every operation does three things: compute the value,
remember the tensors it used, and remember how a gradient of its result becomes gradients of those tensors.
`backward` then walks the remembered graph from the end to the beginning.

Chapter 3 builds it step by step. The layers of nnbook do not use it; the tests prove that both agree.
"""

import numpy as np


class Tensor:
    """An array with a memory: `data`, its gradient `grad`, and the tensors it was made from.

    >>> w, x = Tensor([2.0]), Tensor([3.0])
    >>> loss = (w * x + 1.0).tanh().sum()
    >>> loss.backward()
    >>> bool(np.isclose(w.grad[0], 3.0 * (1 - np.tanh(7.0) ** 2)))
    True
    """

    __array_ufunc__ = None  # array + tensor: let the tensor do it

    def __init__(self, data, parents=(), backward=None, operation=""):
        self.data = np.asarray(data, dtype=np.float64)
        self.grad = np.zeros_like(self.data)
        self.parents = parents
        self.operation = operation
        self._backward = backward  # gradient of the result -> one gradient per parent

    # ---- operations: value, parents, and the derivative directly beside them

    def __add__(self, other):
        other = _tensor(other)
        return Tensor(self.data + other.data, (self, other), lambda g: (g, g), "+")

    def __mul__(self, other):
        other = _tensor(other)
        return Tensor(self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data), "×")

    def __matmul__(self, other):
        other = _tensor(other)
        a, b = self.data, other.data
        _check_matrices(a, b)
        return Tensor(a @ b, (self, other), lambda g: (g @ b.mT, a.mT @ g), "@")

    def __pow__(self, exponent):
        slope = exponent * self.data ** (exponent - 1) if exponent else np.zeros_like(self.data)
        return Tensor(self.data**exponent, (self,), lambda g: (g * slope,), f"^{exponent}")

    def exp(self):
        """The exponential of each element."""
        y = np.exp(self.data)
        return Tensor(y, (self,), lambda g: (g * y,), "exp")

    def log(self):
        """Natural logarithm of each element."""
        return Tensor(np.log(self.data), (self,), lambda g: (g / self.data,), "log")

    def tanh(self):
        """Hyperbolic tangent of each element."""
        y = np.tanh(self.data)
        return Tensor(y, (self,), lambda g: (g * (1 - y * y),), "tanh")

    def relu(self):
        """The element where it is positive, else 0."""
        return Tensor(np.maximum(self.data, 0), (self,), lambda g: (g * (self.data > 0),), "relu")

    def sum(self, axis=None):
        """Sum of all elements, or along `axis`, which stays as an axis of length 1."""
        y = self.data.sum(axis=axis, keepdims=axis is not None)
        return Tensor(y, (self,), lambda g: (np.broadcast_to(g, self.data.shape),), "sum")

    # ---- everything else is made of these

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -_tensor(other)

    def __truediv__(self, other):
        return self * _tensor(other) ** -1

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return -self + other

    def __rmatmul__(self, other):
        return _tensor(other) @ self

    # ---- the backward pass

    def graph(self):
        """All tensors this one was made from, and itself, each after its parents."""
        order, seen, waiting = [], set(), [(self, False)]
        while waiting:  # a loop and no recursion: a graph may be deeper than Python's stack
            tensor, done = waiting.pop()
            if done:
                order.append(tensor)
            elif id(tensor) not in seen:
                seen.add(id(tensor))
                waiting.append((tensor, True))
                waiting.extend((parent, False) for parent in tensor.parents)
        return order

    def backward(self):
        """Fill `grad` of every tensor in the graph with the derivative of this one number.

        Raises:
            ValueError: this tensor holds more than one number.
        """
        if self.data.size != 1:
            raise ValueError(
                f"backward starts from one number, the loss; got shape {self.data.shape}. Use .sum() first."
            )
        order = self.graph()
        for tensor in order:
            tensor.grad = np.zeros_like(tensor.data)
        self.grad = np.ones_like(self.data)
        for tensor in reversed(order):  # each tensor before its parents: its gradient is complete
            if tensor._backward is not None:
                for parent, gradient in zip(tensor.parents, tensor._backward(tensor.grad), strict=True):
                    parent.grad = parent.grad + _fold(gradient, parent.data.shape)  # the ways add up

    def __repr__(self):
        return f"Tensor(shape {self.data.shape}{', ' + self.operation if self.operation else ''})"


def _tensor(value):
    return value if isinstance(value, Tensor) else Tensor(value)


def _check_matrices(a, b):
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"@ needs matrices (n, k) and (k, m), or batches of them; got {a.shape} and {b.shape}. "
            "A vector? Make it a row, x[None, :], or a column, x[:, None]."
        )


def _fold(gradient, shape):
    """What was spread over several places by broadcasting comes back as a sum over these places."""
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1 and gradient.shape[axis] > 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient
