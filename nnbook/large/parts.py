"""The parts of today's language models: chapter 5's Transformer with five parts replaced.

| chapter 5 | here | what it brings |
|---|---|---|
| LayerNorm | `RMSNorm` | no mean, no shift: half the numbers, the same effect |
| a learned vector for each place | `rotate` | what counts is the distance of two places; no table that ends |
| each head has its own keys and values | `GroupedAttention` | a few heads share them: a smaller cache |
| GELU | `SwiGLU` | one product opens or closes the other |
| a head of its own | `TiedEmbedding` | the vector that is read is the vector that is written |

The weights are given: they lie in a file. So a layer here has gradients only after `make_trainable` of the
model. Its `backward` then fills them; before, it only hands the gradient on, which is all that tuning by
adapters needs.

Shapes: B conversations, T new places, S places known so far, C = d_model features, G groups of R heads, D
features of a head, H = hidden features, V tokens. Matrices are stored (in, out), so that `x @ W` reads them
in the order in which they lie in memory.
Source: Touvron et al., LLaMA, 2023; grouped heads: Ainslie et al., GQA, 2023.
"""

import numpy as np

from nnbook.attention import softmax_in_place
from nnbook.embeddings import rotary_angles
from nnbook.functional import sigmoid
from nnbook.layers import Layer


class GivenLayer(Layer):
    """Base: a layer whose weights are given. Its gradients exist only once the model was made trainable."""

    def __init__(self, **params):
        super().__init__()
        self.params = params

    @property
    def dtype(self):
        """Number format of the weights."""
        return next(array.dtype for leaf in self._leaves() for array in leaf.params.values())

    @property
    def n_parameters(self):
        """How many numbers it holds, counted from the shapes."""
        return sum(array.size for leaf in self._leaves() for array in leaf.params.values())


class RMSNorm(GivenLayer):
    """Give every vector the length √C, then scale its features: out = x̂ · weight, x̂ = x / √(mean(x²) + ε).

    Source: Zhang & Sennrich, Root mean square layer normalization, 2019.

    >>> RMSNorm(np.ones(2), 0.0).forward(np.array([[3.0, 4.0]])).round(3)
    array([[0.849, 1.131]])
    """

    def __init__(self, weight, epsilon):
        super().__init__(weight=weight)
        self.epsilon = epsilon

    def forward(self, x, *, training=False):
        """Map `x` of shape (…, C) to the same shape."""
        mean_square = np.einsum("...i,...i->...", x, x)[..., None] / x.shape[-1]
        inverse = 1 / np.sqrt(mean_square + x.dtype.type(self.epsilon))
        x_hat = x * inverse
        if training:
            self._x_hat, self._inverse = x_hat, inverse
        return x_hat * self.params["weight"]

    def backward(self, grad):
        """Gradient at the input: (g - x̂ · mean(g · x̂)) / √(mean(x²) + ε), with g = grad · weight.

        LayerNorm's formula without the mean of g, because no mean was taken off.
        """
        if self.grads:
            by_place = (grad * self._x_hat).reshape(-1, grad.shape[-1])
            np.sum(by_place, axis=0, out=self.grads["weight"])
        g = grad * self.params["weight"]
        mean_gx = np.einsum("...i,...i->...", g, self._x_hat)[..., None] / g.shape[-1]
        return (g - self._x_hat * mean_gx) * self._inverse


class Projection(GivenLayer):
    """A matrix without biases, x @ weight; `adapter` may add a layer that is tuned (`nnbook.large.lora`)."""

    def __init__(self, weight):
        super().__init__(weight=weight)  # (in, out)
        self.adapter = None

    def forward(self, x, *, training=False):
        """Map `x` (n, in) to (n, out)."""
        if training:
            self._x = x
        out = x @ self.params["weight"]
        if self.adapter is not None:
            out += self.adapter.forward(x, training=training)
        return out

    def backward(self, grad):
        """Gradient at the input: grad @ weight.T, (n, in); and what comes back through the adapter."""
        if self.grads:
            np.dot(self._x.T, grad, out=self.grads["weight"])
        out = grad @ self.params["weight"].T
        if self.adapter is not None:
            out += self.adapter.backward(grad)
        return out


def rotations(positions, d_head, base, dtype):
    """What turns the pairs of features at these places: e^(i · angle) of chapter 5's `rotary_angles`.

    They are the same in all blocks, so they are computed once.

    Args:
        positions: integers (B, T).
    Returns:
        complex array (B, T, 1, D/2); the 1 stands for the heads, which all turn alike.
    """
    positions = np.asarray(positions)
    angles = rotary_angles(positions.ravel(), d_head, base=float(base)).reshape(*positions.shape, 1, -1)
    return np.exp(1j * angles).astype(np.result_type(dtype, np.complex64))


def rotate(x, turns):
    """Chapter 5's `rotate` for `x` (B, T, heads, D): a pair of features is one complex number.

    To turn a complex number is to multiply it by e^(i · angle). The derivative is the turn back:
    `rotate(grad, turns.conj())`.
    Source: Su et al., RoFormer: enhanced Transformer with rotary position embedding, 2021.

    >>> rotate(np.array([[[[1.0, 0.0]]]]), np.array(1j)).ravel()  # a quarter turn
    array([0., 1.])
    """
    pairs = np.ascontiguousarray(x).view(np.result_type(x.dtype, np.complex64))
    return (pairs * turns).view(x.dtype)


class GroupedAttention(GivenLayer):
    """Causal attention whose G · R heads share G sets of keys and values.

    After `forward(…, training=True)`, `weights` (B, G · R, T, S) says where each place looked.
    """

    def __init__(self, query, key, value, output, n_heads, n_groups):
        super().__init__()
        self.query, self.key, self.value, self.output = map(Projection, (query, key, value, output))
        self.children = (self.query, self.key, self.value, self.output)
        self.n_groups, self.n_shared = n_groups, n_heads // n_groups
        self.d_head = query.shape[1] // n_heads

    def forward(self, x, turns, mask, *, training=False, cache=None):
        """Map `x` (B, T, C) to the same shape.

        Args:
            turns: `rotations` of the new places, (B, T, 1, D/2).
            mask: (B or 1, T, S), 0 where a place may look and -inf where not.
            cache: function (keys, values) -> all keys and values so far, or None.
        """
        B, T, C = x.shape
        G, R, D = self.n_groups, self.n_shared, self.d_head
        rows = x.reshape(B * T, C)
        q = rotate(self.query.forward(rows, training=training).reshape(B, T, G * R, D), turns)
        k = rotate(self.key.forward(rows, training=training).reshape(B, T, G, D), turns)
        v = self.value.forward(rows, training=training).reshape(B, T, G, D)
        # the R heads of a group ask the same keys, so their questions stand in one matrix
        q = q.reshape(B, T, G, R, D).transpose(0, 2, 3, 1, 4).reshape(B, G, R * T, D)
        k, v = k.transpose(0, 2, 1, 3), v.transpose(0, 2, 1, 3)  # (B, G, T, D)
        if cache is not None:
            k, v = cache(k, v)  # (B, G, S, D)
        scores = q @ k.swapaxes(2, 3)  # (B, G, R·T, S)
        scores *= x.dtype.type(D**-0.5)
        by_head = scores.reshape(B, G, R, T, -1)
        by_head += mask[:, None, None]
        weights = softmax_in_place(scores)
        mixed = weights @ v  # (B, G, R·T, D)
        if training:
            self._heads, self.weights = (q, k, v, turns), weights.reshape(B, G * R, T, -1)
        mixed = mixed.reshape(B, G, R, T, D).transpose(0, 3, 1, 2, 4).reshape(B * T, C)
        return self.output.forward(mixed, training=training).reshape(B, T, C)

    def backward(self, grad):
        """As in chapter 5; the gradients of a shared key or value sum over the heads that share it."""
        B, T, C = grad.shape
        G, R, D = self.n_groups, self.n_shared, self.d_head
        q, k, v, turns = self._heads
        w = self.weights.reshape(B, G, R * T, -1)
        d_mixed = self.output.backward(grad.reshape(B * T, C)).reshape(B, T, G, R, D)
        d_mixed = d_mixed.transpose(0, 2, 3, 1, 4).reshape(B, G, R * T, D)
        dv = w.swapaxes(2, 3) @ d_mixed  # one matrix holds all R heads, so this product sums over them
        dw = d_mixed @ v.swapaxes(2, 3)
        dw -= np.einsum("bgij,bgij->bgi", dw, w)[..., None]
        dw *= w  # now the gradient of the scores
        dw *= grad.dtype.type(D**-0.5)
        dq, dk = dw @ k, dw.swapaxes(2, 3) @ q
        dq = dq.reshape(B, G, R, T, D).transpose(0, 3, 1, 2, 4).reshape(B, T, G * R, D)
        dk, dv = dk.transpose(0, 2, 1, 3), dv.transpose(0, 2, 1, 3)  # (B, T, G, D)
        back = turns.conj()
        d_rows = self.query.backward(rotate(dq, back).reshape(B * T, C))
        d_rows += self.key.backward(rotate(dk, back).reshape(B * T, G * D))
        d_rows += self.value.backward(dv.reshape(B * T, G * D))
        return d_rows.reshape(B, T, C)


class SwiGLU(GivenLayer):
    """Each place thinks for itself: (silu(x @ gate) · (x @ up)) @ down, with silu(z) = z σ(z).

    Source: Shazeer, GLU variants improve Transformer, 2020.
    """

    def __init__(self, gate, up, down):
        super().__init__()
        self.gate, self.up, self.down = map(Projection, (gate, up, down))
        self.children = (self.gate, self.up, self.down)

    def forward(self, x, *, training=False):
        """Map `x` (B, T, C) to the same shape."""
        rows = x.reshape(-1, x.shape[-1])
        z = self.gate.forward(rows, training=training)  # (B·T, H)
        u = self.up.forward(rows, training=training)
        s = sigmoid(z)
        if training:
            self._work = z, u, s
        return self.down.forward(z * s * u, training=training).reshape(x.shape)

    def backward(self, grad):
        """silu′(z) = σ(z) (1 + z (1 - σ(z))); a product hands each factor the other one."""
        z, u, s = self._work
        d_product = self.down.backward(grad.reshape(-1, grad.shape[-1]))
        dz = d_product * u * s * (1 + z * (1 - s))
        du = d_product * z * s
        return (self.gate.backward(dz) + self.up.backward(du)).reshape(grad.shape)


class LlamaBlock(GivenLayer):
    """x ← x + attention(norm(x)), then x ← x + feed_forward(norm(x)): chapter 5's block with other parts."""

    def __init__(self, norm1, attention, norm2, feed_forward):
        super().__init__()
        self.norm1, self.attention, self.norm2, self.feed_forward = norm1, attention, norm2, feed_forward
        self.children = (norm1, attention, norm2, feed_forward)

    def forward(self, x, turns, mask, *, training=False, cache=None):
        """Map `x` (B, T, C) to the same shape; the rest as in `GroupedAttention`."""
        branch = self.norm1.forward(x, training=training)
        x = x + self.attention.forward(branch, turns, mask, training=training, cache=cache)
        return x + self.feed_forward.forward(self.norm2.forward(x, training=training), training=training)

    def backward(self, grad):
        """A sum passes its gradient to both terms: past the branch, and back through it."""
        grad = grad + self.norm2.backward(self.feed_forward.backward(grad))
        return grad + self.norm1.backward(self.attention.backward(grad))


class TiedEmbedding(GivenLayer):
    """One vector for each token, used twice: read at the bottom, compared with at the top.

    `params["weight"]` has shape (C, V): its columns are the vectors.
    """

    def forward(self, tokens, *, training=False):
        """Look up `tokens` (B, T): (B, T, C)."""
        if training:
            self._tokens = tokens
        return np.ascontiguousarray(np.moveaxis(self.params["weight"][:, tokens], 0, -1))

    def backward(self, grad):
        """Add the gradient of the look-up to that of the logits, which `logits_backward` has written."""
        if self.grads:
            by_token = self.grads["weight"].T  # (V, C)
            np.add.at(by_token, self._tokens.ravel(), grad.reshape(-1, grad.shape[-1]))

    def logits(self, x, *, training=False):
        """How well `x` (…, C) fits each token's vector: (…, V)."""
        if training:
            self._x = x
        return x @ self.params["weight"]

    def logits_backward(self, grad):
        """Gradient at `x`: grad @ weight.T, (…, C)."""
        if self.grads:
            C, V = self.params["weight"].shape
            np.dot(self._x.reshape(-1, C).T, grad.reshape(-1, V), out=self.grads["weight"])
        return grad @ self.params["weight"].T
