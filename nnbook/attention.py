"""Attention: every place asks a question, earlier places offer answers, and the best fits are mixed."""

from functools import partial

import numpy as np

from nnbook.embeddings import rotary_angles, rotate
from nnbook.functional import as_whole
from nnbook.initializers import normal
from nnbook.layers import Layer, Linear


class MultiHeadSelfAttention(Layer):
    """Causal self-attention: softmax(q kᵀ / √d) v in each head, looking only at itself and the past.

    Args:
        d_model: length of each vector.
        n_heads: questions asked side by side; each head works on d_model / n_heads features.
        std, output_std: standard deviation of the starting weights (GPT-2's 0.02), and of the output
            projection.
        rotary: turn queries and keys by their place (`nnbook.embeddings.rotate`), so that a score knows how
            far apart two places are. Needs an even d_model / n_heads. No parameters.
        window: how many places a place may look at, itself counted; None: its whole past.
        dtype, rng: as in `Linear`.

    After a forward pass, `weights` of shape (B, n_heads, T, T) says where each place looked: row t sums to 1
    and is zero right of column t. Children: `qkv` (d_model → 3 d_model: queries, keys, values) and
    `projection` (d_model → d_model).
    Source: Vaswani et al., Attention is all you need, 2017.

    >>> layer = MultiHeadSelfAttention(8, 2, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((1, 3, 8))).shape, layer.weights.shape
    ((1, 3, 8), (1, 2, 3, 3))
    """

    def __init__(
        self, d_model, n_heads, *, std=0.02, output_std=0.02, rotary=False, window=None,
        dtype=np.float64, rng,
    ):  # fmt: skip
        super().__init__()
        self.d_model, self.n_heads = as_whole(d_model, "d_model"), as_whole(n_heads, "n_heads")
        if self.d_model % self.n_heads:
            raise ValueError(f"d_model must be a multiple of n_heads; got {d_model} and {n_heads}.")
        self.d_head = self.d_model // self.n_heads
        self.rotary = rotary
        self.window = None if window is None else as_whole(window, "window")
        if rotary:
            rotary_angles(np.arange(1), self.d_head)  # says at once if d_head is odd
        start = partial(normal, std=std)
        self.qkv = Linear(self.d_model, 3 * self.d_model, initializer=start, dtype=dtype, rng=rng)
        end = partial(normal, std=output_std)
        self.projection = Linear(self.d_model, self.d_model, initializer=end, dtype=dtype, rng=rng)
        self.children = (self.qkv, self.projection)
        self._lay_out(np.dtype(dtype))
        self.weights = self._heads = None

    def forward(self, x, *, training=False, cache=None):
        """Map `x` (B, T, d_model) to the same shape.

        With a `cache`, `x` holds only the newest places; their keys and values are added to it.
        """
        B, T, C = x.shape
        qkv = self.qkv.forward(x.reshape(B * T, C), training=training)
        q, k, v = self._split(qkv, B, T)  # each (B, H, T, D)
        if self.rotary:
            first = 0 if cache is None else cache.length
            angles = rotary_angles(np.arange(first, first + T), self.d_head)
            q, k = rotate(q, angles), rotate(k, angles)
        if cache is not None:
            k, v = cache.append(k, v)
        mixed, scores, mask = (
            self._workspace((B, T))[:3] if training else self._allocate_forward(B, T, k.shape[2])
        )
        np.matmul(q, k.swapaxes(2, 3), out=scores)  # (B, H, T, D) @ (B, H, D, T)
        scores *= x.dtype.type(self.d_head**-0.5)
        scores += mask  # -inf on the future: its softmax is exactly 0
        self.weights = softmax_in_place(scores)
        np.matmul(
            self.weights, v, out=mixed.transpose(0, 2, 1, 3)
        )  # written as (B, T, H, D): heads side by side
        if training:
            self._heads = q, k, v, scores  # its own: `weights` are those of the last call of any kind
        return self.projection.forward(mixed.reshape(B * T, C), training=training).reshape(B, T, C)

    def backward(self, grad):
        """Back through the projection, the mixture w v, the softmax, the scores q kᵀ, and the three maps.

        Softmax: dscores = w (dw - Σ dw · w), the sum over the places looked at.
        """
        if self._heads is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        B, T, C = grad.shape
        q, k, v, w = self._heads
        _, _, _, d_qkv, scratch, dw = self._workspace((B, T))
        d_mixed = self.projection.backward(grad.reshape(B * T, C)).reshape(B, T, self.n_heads, self.d_head)
        d_mixed = d_mixed.transpose(0, 2, 1, 3)  # (B, H, T, D)
        dq, dk, dv = self._split(d_qkv, B, T)
        np.matmul(w.swapaxes(2, 3), d_mixed, out=dv)
        np.matmul(d_mixed, v.swapaxes(2, 3), out=dw)
        dw -= np.einsum("bhij,bhij->bhi", dw, w, out=scratch)[..., None]
        dw *= w  # now the gradient of the scores
        dw *= grad.dtype.type(self.d_head**-0.5)
        np.matmul(dw, k, out=dq)
        np.matmul(dw.swapaxes(2, 3), q, out=dk)
        if self.rotary:  # turn back
            angles = rotary_angles(np.arange(T), self.d_head)
            dq[...], dk[...] = rotate(dq, -angles), rotate(dk, -angles)
        return self.qkv.backward(d_qkv).reshape(B, T, C)

    def _split(self, qkv, B, T):
        """Views of the columns of `qkv` (B·T, 3 C) as queries, keys and values, each (B, H, T, D)."""
        parts = qkv.reshape(B, T, 3, self.n_heads, self.d_head)
        return (parts[:, :, i].transpose(0, 2, 1, 3) for i in range(3))

    def _allocate(self, batch_and_length):
        B, T = batch_and_length
        return (
            *self._allocate_forward(B, T, T),
            np.empty((B * T, 3 * self.d_model), self.dtype),
            np.empty((B, self.n_heads, T), self.dtype),
            np.empty((B, self.n_heads, T, T), self.dtype),
        )

    def _allocate_forward(self, B, T, n_keys):
        return (
            np.empty((B, T, self.n_heads, self.d_head), self.dtype),
            np.empty((B, self.n_heads, T, n_keys), self.dtype),
            causal_mask(T, n_keys, self.dtype, self.window),
        )

    def __repr__(self):
        turned = ", rotary" if self.rotary else ""
        return f"MultiHeadSelfAttention({self.d_model}, {self.n_heads} heads{turned})"


class KeyValueCache:
    """Keys and values of the places already read, so that the next token costs one place, not all."""

    def __init__(self, batch_size, n_heads, context_length, d_head, dtype):
        self.keys = np.zeros((batch_size, n_heads, context_length, d_head), dtype)
        self.values = np.zeros_like(self.keys)
        self.length = 0

    def append(self, keys, values):
        """Add `keys` and `values` (B, H, T, D); return all that are known so far."""
        stop = self.length + keys.shape[2]
        self.keys[:, :, self.length : stop] = keys
        self.values[:, :, self.length : stop] = values
        self.length = stop
        return self.keys[:, :, :stop], self.values[:, :, :stop]


def causal_mask(n_queries, n_keys, dtype, window=None):
    """0 where a place may look, -inf on its future; the queries are the last of the keys' places.

    With a `window`, also -inf on what lies that many places back or more.

    >>> causal_mask(2, 3, float)
    array([[  0.,   0., -inf],
           [  0.,   0.,   0.]])
    >>> causal_mask(2, 3, float, window=2)
    array([[  0.,   0., -inf],
           [-inf,   0.,   0.]])
    """
    back = np.arange(n_keys - n_queries, n_keys)[:, None] - np.arange(n_keys)  # how far back a key lies
    hidden = back < 0 if window is None else (back < 0) | (back >= window)
    return np.where(hidden, -np.inf, 0).astype(dtype)


def softmax_in_place(scores):
    """`nnbook.functional.softmax` over the last axis, written over `scores`: no second array of that size."""
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return scores
