"""A token is a number without meaning; an embedding gives each one a vector that training can move."""

import numpy as np

from nnbook._named import Named
from nnbook.functional import as_whole
from nnbook.initializers import normal
from nnbook.layers import Layer


class TokenEmbedding(Layer):
    """One row of a table per token: out[b, t] = weight[tokens[b, t]].

    Args:
        vocab_size: number of different tokens.
        d_model: length of each vector.
        std: standard deviation of the starting vectors (0.02 as in GPT-2).

    `weight` has shape (vocab_size, d_model).

    >>> layer = TokenEmbedding(10, 4, rng=np.random.default_rng(0))
    >>> layer.forward(np.array([[1, 2, 3]])).shape
    (1, 3, 4)
    """

    weight = Named()

    def __init__(self, vocab_size, d_model, *, std=0.02, dtype=np.float64, rng):
        super().__init__()
        self.vocab_size, self.d_model = as_whole(vocab_size, "vocab_size"), as_whole(d_model, "d_model")
        self.params = {"weight": normal((self.vocab_size, self.d_model), rng=rng, std=std)}
        self._lay_out(np.dtype(dtype))
        self._tokens = None

    def check_inputs(self, x):
        """Return `x` as an array of token ids, or say what is wrong with it."""
        return check_tokens(x, self.vocab_size)

    def forward(self, tokens, *, training=False):
        """Look up `tokens` (B, T); returns (B, T, d_model)."""
        # read as unsigned, a negative id becomes a huge one, which NumPy would not count from the end
        if (
            tokens.dtype.kind not in "iu"
            or tokens.view(f"u{tokens.itemsize}").max(initial=0) >= self.vocab_size
        ):
            check_tokens(tokens, self.vocab_size)
        if training:
            self._tokens = tokens
        return self.params["weight"][tokens]

    def backward(self, grad):
        """A row's gradient is the sum over all places where its token stood; ids have no gradient."""
        if self._tokens is None:
            raise RuntimeError("backward needs forward(tokens, training=True) first.")
        # sorted by token, equal tokens stand together: one sum per group, without a loop over places
        tokens = self._tokens.ravel()
        order = np.argsort(tokens, kind="stable")
        present, starts = np.unique(tokens[order], return_index=True)
        self.grads["weight"].fill(0)
        self.grads["weight"][present] = np.add.reduceat(grad.reshape(-1, self.d_model)[order], starts, axis=0)

    def __repr__(self):
        return f"TokenEmbedding({self.vocab_size} tokens → {self.d_model})"


class PositionEmbedding(Layer):
    """One learned vector per place, added to whatever stands there: out[b, t] = x[b, t] + weight[t].

    Without it one layer of attention could not tell "dog bites man" from "man bites dog". The vector of a
    place knows nothing of the vector of the next one: what is learned at one place must be learned again at
    another. See `rotate` for the other way.
    `weight` has shape (context_length, d_model).
    """

    weight = Named()

    def __init__(self, context_length, d_model, *, std=0.02, dtype=np.float64, rng):
        super().__init__()
        self.context_length = as_whole(context_length, "context_length")
        self.d_model = as_whole(d_model, "d_model")
        self.params = {"weight": normal((self.context_length, self.d_model), rng=rng, std=std)}
        self._lay_out(np.dtype(dtype))

    def forward(self, x, *, training=False, first=0):
        """Add the vectors of places `first`, `first` + 1, … to `x` (B, T, d_model)."""
        stop = first + x.shape[1]
        if stop > self.context_length:
            raise ValueError(
                f"{stop} tokens do not fit into a context of {self.context_length}. "
                f"Keep the last {self.context_length}."
            )
        return x + self.params["weight"][first:stop]

    def backward(self, grad):
        """Every sequence of the batch used the same vector, so its gradient sums over the batch."""
        self.grads["weight"][grad.shape[1] :].fill(0)  # places that no sequence reached
        np.sum(grad, axis=0, out=self.grads["weight"][: grad.shape[1]])
        return grad

    def __repr__(self):
        return f"PositionEmbedding({self.context_length} places, {self.d_model})"


def rotary_angles(places, d_head, *, base=10_000.0):
    """By how much `rotate` turns each pair of features at each place: place · base^(-2i / d_head) for pair i.

    Args:
        places: 1-D array of T places, 0 for the first token of a text.
        d_head: features that are turned; an even number.
        base: how much slower the last pair turns than the first; 10,000 as in the paper.
    Returns:
        Angles in radians, float64 of shape (T, d_head / 2): the first pair turns by 1 at each place.
    Raises:
        ValueError: an odd d_head.

    >>> rotary_angles(np.arange(3), 4).tolist()
    [[0.0, 0.0], [1.0, 0.01], [2.0, 0.02]]
    """
    if d_head % 2:
        raise ValueError(
            f"rotary positions turn pairs of features, so d_head must be even; got {d_head}. "
            "Choose d_model and n_heads so that d_model / n_heads is even."
        )
    return np.outer(places, base ** (-np.arange(0, d_head, 2) / d_head))


def rotate(x, angles):
    """Turn each pair of neighbouring features of `x` by its angle: rotary positions.

    The product of a query turned by place t and a key turned by place s depends on t - s only: how far, not
    where. A turn changes no length; its derivative is the turn back, `rotate(grad, -angles)`.
    Source: Su et al., RoFormer: Enhanced transformer with rotary position embedding, 2021.

    Args:
        x: (..., T, d_head).
        angles: (T, d_head / 2) from `rotary_angles`.
    Returns:
        A new array of the shape and format of `x`.

    >>> rotate(np.array([[1.0, 0.0]]), np.array([[np.pi / 2]])).round(3)
    array([[0., 1.]])
    """
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    out = np.empty(x.shape, x.dtype)
    out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
    return out


def check_tokens(tokens, vocab_size):
    """Return `tokens` as an integer array, or say in one sentence why it cannot be one of token ids.

    Raises:
        ValueError: empty, not integers, or outside 0 … vocab_size-1.
    """
    tokens = np.asarray(tokens)
    if tokens.size == 0:
        raise ValueError(
            f"there are no tokens (shape {tokens.shape}). Give at least one; a prompt may be a line break."
        )
    if tokens.dtype.kind not in "iu":
        raise ValueError(
            f"tokens must be integers; got dtype {tokens.dtype}. Text? Use tokenizer.encode(text) first."
        )
    if tokens.min() < 0 or tokens.max() >= vocab_size:
        raise ValueError(
            f"tokens must lie in 0 … {vocab_size - 1}; got {tokens.min()} … {tokens.max()}. "
            "Were they encoded with the tokenizer of this model?"
        )
    return tokens


def check_token_rows(tokens, vocab_size):
    """Return `tokens` as an integer array (B, T): `check_tokens`, and one row for each sequence.

    Raises:
        ValueError: as `check_tokens`, or not two-dimensional.
    """
    tokens = check_tokens(tokens, vocab_size)
    if tokens.ndim != 2:
        raise ValueError(
            f"tokens must have shape (B, T); got {tokens.shape}. One sequence? Use tokens[None, :]."
        )
    return tokens
