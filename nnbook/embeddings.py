"""A token is a number without meaning; an embedding gives each one a vector that training can move."""

import numpy as np

from nnbook.functional import as_whole
from nnbook.initializers import normal
from nnbook.layers import Layer


class TokenEmbedding(Layer):
    """One row of a table per token: out[b, t] = weight[tokens[b, t]].

    Args:
        vocab_size: number of different tokens.
        d_model: length of each vector.
        std: standard deviation of the starting vectors (0.02 as in GPT-2).

    `params["weight"]` has shape (vocab_size, d_model).

    >>> layer = TokenEmbedding(10, 4, rng=np.random.default_rng(0))
    >>> layer.forward(np.array([[1, 2, 3]])).shape
    (1, 3, 4)
    """

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

    Without it attention could not tell "dog bites man" from "man bites dog".
    `params["weight"]` has shape (context_length, d_model).
    """

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
