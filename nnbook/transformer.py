"""A small GPT: embeddings, a stack of attention and feed-forward blocks, and a score for every next token.

Shapes: B sequences, T places, C = d_model features. Source of the design: Radford et al., Language models are
unsupervised multitask learners (GPT-2), 2019.
"""

from functools import partial

import numpy as np

from nnbook.activations import GELU
from nnbook.attention import KeyValueCache, MultiHeadSelfAttention
from nnbook.embeddings import PositionEmbedding, TokenEmbedding, check_token_rows
from nnbook.functional import as_whole
from nnbook.initializers import normal
from nnbook.layers import Dropout, Layer, Linear, check_gradient
from nnbook.normalization import LayerNorm

POSITIONS = ("learned", "rotary", "none")
CHUNK = 32_768  # elements handled at a time, so that the arrays of the activation stay in the cache


class FeedForward(Layer):
    """Each place thinks for itself: C → 4 C → C features, GELU between, the same weights everywhere."""

    def __init__(self, d_model, *, std=0.02, output_std=0.02, dtype=np.float64, rng):
        super().__init__()
        self.d_model, hidden = as_whole(d_model, "d_model"), 4 * d_model
        self.expand = Linear(self.d_model, hidden, initializer=partial(normal, std=std), dtype=dtype, rng=rng)
        self.contract = Linear(
            hidden, self.d_model, initializer=partial(normal, std=output_std), dtype=dtype, rng=rng
        )
        self.gelu = GELU()
        self.children = (self.expand, self.contract)
        self._lay_out(np.dtype(dtype))
        self._z = None

    def forward(self, x, *, training=False):
        """Map `x` (B, T, C) to the same shape."""
        z = self.expand.forward(x.reshape(-1, self.d_model), training=training)  # (B·T, 4 C)
        a = self._workspace(len(z))[0] if training else np.empty_like(z)
        for rows in self._chunks(z):
            self.gelu.function(z[rows], a[rows])
        if training:
            self._z, self._a = z, a
        return self.contract.forward(a, training=training).reshape(x.shape)

    def backward(self, grad):
        """Back through the second map, the activation and the first map."""
        if self._z is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        da = self.contract.backward(grad.reshape(-1, self.d_model))
        dz = self._workspace(len(da))[1]
        for rows in self._chunks(da):
            self.gelu.derivative(self._z[rows], self._a[rows], da[rows], dz[rows])
        return self.expand.backward(dz).reshape(grad.shape)

    def _chunks(self, z):
        n = max(1, CHUNK // z.shape[1])
        return (slice(start, start + n) for start in range(0, len(z), n))

    def _allocate(self, rows):
        return np.empty((rows, 4 * self.d_model), self.dtype), np.empty((rows, 4 * self.d_model), self.dtype)

    def __repr__(self):
        return f"FeedForward({self.d_model} → {4 * self.d_model} → {self.d_model}, GELU)"


class Block(Layer):
    """x ← x + attention(norm(x)), then x ← x + feed_forward(norm(x)).

    The additions are the residual path: a gradient runs through them unchanged, however deep the stack.
    `dropout` silences that share of what each branch adds, while training; `rotary`, `window`: see attention.
    """

    def __init__(
        self, d_model, n_heads, *, std=0.02, output_std=0.02, dropout=0.0, rotary=False,
        window=None, dtype=np.float64, rng,
    ):  # fmt: skip
        super().__init__()
        settings = {"std": std, "output_std": output_std, "dtype": dtype, "rng": rng}
        self.norm1 = LayerNorm(d_model, dtype=dtype)
        self.attention = MultiHeadSelfAttention(d_model, n_heads, rotary=rotary, window=window, **settings)
        self.norm2 = LayerNorm(d_model, dtype=dtype)
        self.feed_forward = FeedForward(d_model, **settings)
        self.dropout1, self.dropout2 = Dropout(dropout, rng=rng), Dropout(dropout, rng=rng)
        self.children = (self.norm1, self.attention, self.norm2, self.feed_forward)
        self._lay_out(np.dtype(dtype))

    def forward(self, x, *, training=False, cache=None):
        """Map `x` (B, T, C) to the same shape."""
        middle, out, _, _ = self._workspace(x.shape) if training else self._allocate(x.shape)
        branch = self.attention.forward(
            self.norm1.forward(x, training=training), training=training, cache=cache
        )
        np.add(x, self._drop(self.dropout1, branch, training), out=middle)
        branch = self.feed_forward.forward(self.norm2.forward(middle, training=training), training=training)
        return np.add(middle, self._drop(self.dropout2, branch, training), out=out)

    def backward(self, grad):
        """A sum passes its gradient to both terms: the residual path, and back through the branch."""
        _, _, d_middle, d_x = self._workspace(grad.shape)
        branch = self.feed_forward.backward(self._drop_back(self.dropout2, grad))
        np.add(grad, self.norm2.backward(branch), out=d_middle)
        branch = self.attention.backward(self._drop_back(self.dropout1, d_middle))
        return np.add(d_middle, self.norm1.backward(branch), out=d_x)

    @staticmethod
    def _drop(dropout, x, training):
        return dropout.forward(x, training=True) if training and dropout.rate else x

    @staticmethod
    def _drop_back(dropout, grad):
        return dropout.backward(grad) if dropout.rate else grad

    def _allocate(self, shape):
        return tuple(np.empty(shape, self.dtype) for _ in range(4))

    def __repr__(self):
        return f"Block({self.attention}, {self.feed_forward})"


class Transformer(Layer):
    """A GPT: for every place, a score (logit) for each token that could come next.

    Args:
        vocab_size: number of different tokens.
        d_model: features per place.
        n_heads, n_layers: heads per attention, and blocks.
        context_length: the largest number of places it can look at.
        dropout: share of values silenced while training, after the embeddings and in each branch.
        positions: how a place is known. "learned": one vector per place is added, as in GPT-2. "rotary":
            attention turns queries and keys, as most models do since 2021; no table, and d_model / n_heads
            must be even. "none": only the causal mask tells places apart.
        window: how many places each place may look at, itself counted; None: its whole past.
        dtype: np.float64 (default) or np.float32 (faster training).
        rng: where starting weights and dropout come from.
    Raises:
        ValueError: a size that is not a positive whole number, d_model not a multiple of n_heads, or another
            word for positions.

    Weights start as in GPT-2: normal with standard deviation 0.02, the output of each branch divided by
    √(2 n_layers), so that the first loss is close to log(vocab_size). Train it with
    `nnbook.language_model.next_token_loss`.

    >>> model = Transformer(65, 32, 4, 2, 16, rng=np.random.default_rng(0)); model
    Transformer(65 tokens, 2 blocks, 4 heads, d_model 32, context 16, 30,209 parameters)
    >>> model.forward(np.zeros((5, 16), int)).shape
    (5, 16, 65)
    """

    def __init__(
        self, vocab_size, d_model, n_heads, n_layers, context_length, *, dropout=0.0, positions="learned",
        window=None, dtype=np.float64, rng,
    ):  # fmt: skip
        super().__init__()
        if positions not in POSITIONS:
            raise ValueError(
                f"positions must be one of {', '.join(map(repr, POSITIONS))}; got {positions!r}."
            )
        self.positions = positions
        self.n_layers = as_whole(n_layers, "n_layers")
        self.context_length = as_whole(context_length, "context_length")
        self.dropout = dropout
        output_std = 0.02 / np.sqrt(2 * self.n_layers)
        self.token_embedding = TokenEmbedding(vocab_size, d_model, dtype=dtype, rng=rng)
        self.position_embedding = (
            PositionEmbedding(context_length, d_model, dtype=dtype, rng=rng)
            if positions == "learned"
            else None
        )
        block = {
            "output_std": output_std,
            "dropout": dropout,
            "rotary": positions == "rotary",
            "window": window,
        }
        self.blocks = tuple(
            Block(d_model, n_heads, **block, dtype=dtype, rng=rng) for _ in range(self.n_layers)
        )
        self.final_norm = LayerNorm(d_model, dtype=dtype)
        self.head = Linear(d_model, vocab_size, initializer=partial(normal, std=0.02), dtype=dtype, rng=rng)
        self.embedding_dropout = Dropout(dropout, rng=rng)
        tables = (self.token_embedding, self.position_embedding)
        self.children = (*filter(None, tables), *self.blocks, self.final_norm, self.head)
        self._lay_out(np.dtype(dtype))
        self.vocab_size, self.d_model = self.token_embedding.vocab_size, self.final_norm.d_model
        self.n_heads, self.window = self.blocks[0].attention.n_heads, self.blocks[0].attention.window

    def check_inputs(self, x):
        """Return `x` as token ids of shape (B, T), or say what is wrong with it.

        Raises:
            ValueError: not two-dimensional, longer than the context, not integers, or out of range.
        """
        tokens = check_token_rows(x, self.vocab_size)
        if tokens.shape[1] > self.context_length:
            raise ValueError(
                f"{tokens.shape[1]} tokens do not fit into a context of {self.context_length}. "
                f"Keep the last {self.context_length}."
            )
        return tokens

    def forward(self, tokens, *, training=False, caches=None):
        """Map `tokens` (B, T) to logits (B, T, vocab_size); logits[:, t] see the tokens 0 … t only.

        With `caches` from `new_caches`, `tokens` are only the newest ones, and the caches grow by them.
        """
        first = caches[0].length if caches else 0
        x = self.token_embedding.forward(tokens, training=training)
        if self.position_embedding:
            x = self.position_embedding.forward(x, training=training, first=first)
        if training and self.dropout:
            x = self.embedding_dropout.forward(x, training=True)
        for i, block in enumerate(self.blocks):
            x = block.forward(x, training=training, cache=caches[i] if caches else None)
        x = self.final_norm.forward(x, training=training)
        logits = self.head.forward(x.reshape(-1, self.d_model), training=training)
        return logits.reshape(*tokens.shape, self.vocab_size)

    def backward(self, grad):
        """From the gradient of the logits (B, T, vocab_size) to that of every parameter; tokens have none."""
        check_gradient(grad)
        B, T, _ = grad.shape
        grad = self.head.backward(grad.reshape(B * T, self.vocab_size)).reshape(B, T, self.d_model)
        grad = self.final_norm.backward(grad)
        for block in reversed(self.blocks):
            grad = block.backward(grad)
        if self.dropout:
            grad = self.embedding_dropout.backward(grad)
        if self.position_embedding:
            grad = self.position_embedding.backward(grad)
        self.token_embedding.backward(grad)

    def new_caches(self, batch_size=1):
        """One empty `KeyValueCache` per block, for reading token by token."""
        d_head = self.d_model // self.n_heads
        return [
            KeyValueCache(batch_size, self.n_heads, self.context_length, d_head, self.dtype)
            for _ in range(self.n_layers)
        ]

    def attention_maps(self, tokens):
        """Where each place looks: array (n_layers, B, n_heads, T, T); every row sums to 1."""
        self.forward(self.check_inputs(tokens))
        return np.stack([block.attention.weights for block in self.blocks])

    @property
    def settings(self):
        """What was given to the constructor, without dtype and rng."""
        names = (
            "vocab_size",
            "d_model",
            "n_heads",
            "n_layers",
            "context_length",
            "dropout",
            "positions",
            "window",
        )
        return {name: getattr(self, name) for name in names}

    def __repr__(self):
        return (
            f"Transformer({self.vocab_size} tokens, {self.n_layers} blocks, {self.n_heads} heads, "
            f"d_model {self.d_model}, context {self.context_length}, {self.n_parameters:,} parameters)"
        )
