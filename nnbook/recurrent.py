"""A network with a memory: the same weights at every step of a sequence.

The shapes below: B sequences, T steps, D inputs and H hidden units.
"""

import numpy as np

from nnbook.embeddings import TokenEmbedding
from nnbook.functional import as_whole
from nnbook.initializers import glorot_uniform
from nnbook.layers import Layer, Linear
from nnbook.sequence_dropout import SequenceDropout


class Recurrent(Layer):
    """Base of RNN and LSTM: walks along a sequence, and back (backpropagation through time).

    Args:
        in_features, hidden: D and H.
        dropout: a `SequenceDropout`, or None.
        dtype, rng: number format and source of the starting weights.

    `params`: `weight_x` (D, G·H), `weight_h` (H, G·H) and `bias` (G·H,), with G blocks of columns: 1 in an
    RNN, 4 in an LSTM. Sequences come in as (B, T, D) and go out as hidden states (B, T, H). The first state
    is zero.
    """

    blocks = 1

    def __init__(self, in_features, hidden, *, dropout=None, dtype=np.float64, rng):
        super().__init__()
        self.in_features, self.hidden = as_whole(in_features, "in_features"), as_whole(hidden, "hidden")
        self.dropout = dropout or SequenceDropout("none", 0.0, rng=rng)
        columns = self.blocks * self.hidden
        self.params = {
            "weight_x": glorot_uniform((self.in_features, columns), rng=rng),
            "weight_h": glorot_uniform((self.hidden, columns), rng=rng),
            "bias": self._first_bias(),
        }
        self._lay_out(np.dtype(dtype))
        self._work = None

    def forward(self, x, *, training=False):
        """All hidden states (B, T, H) of sequences `x` (B, T, D); dropout only while training."""
        if x.ndim != 3 or x.shape[2] != self.in_features or x.shape[1] == 0:
            raise ValueError(
                f"{type(self).__name__} expected sequences (n, steps, {self.in_features}); got {x.shape}. "
                "One sequence? Use x[None]."
            )
        B, T, D = x.shape
        mask_x = self.dropout.mask(B, T, D, x.dtype) if training else None
        mask_h = self.dropout.recurrent_mask(B, self.hidden, x.dtype) if training else None
        inputs = np.ascontiguousarray(_times(x, mask_x).transpose(1, 0, 2))  # (T, B, D): a step is one block
        z = inputs.reshape(T * B, D) @ self.params["weight_x"] + self.params["bias"]
        z = z.reshape(T, B, self.blocks * self.hidden)
        h, memory = np.zeros((B, self.hidden), x.dtype), np.zeros((B, self.hidden), x.dtype)
        states, sources, caches = np.empty((T, B, self.hidden), x.dtype), [], []
        for t in range(T):
            source = _times(h, mask_h)
            h, memory, cache = self._step(z[t] + source @ self.params["weight_h"], memory)
            states[t] = h
            sources.append(source)
            caches.append(cache)
        if training:
            self._work = inputs, np.array(sources), caches, mask_x, mask_h
        return states.transpose(1, 0, 2)

    def backward(self, grad):
        """Gradient at the inputs (B, T, D) from the one at all hidden states (B, T, H)."""
        if self._work is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        inputs, sources, caches, mask_x, mask_h = self._work
        T, B, D = inputs.shape
        dz = np.empty((T, B, self.blocks * self.hidden), grad.dtype)
        dh = dm = np.zeros((B, self.hidden), grad.dtype)
        weight_h = np.ascontiguousarray(self.params["weight_h"].T)
        for t in reversed(range(T)):  # what step t did reaches the loss by itself and through step t + 1
            dz[t], dm = self._step_back(grad[:, t] + dh, dm, caches[t])
            dh = _times(dz[t] @ weight_h, mask_h)
        flat = dz.reshape(T * B, -1)
        self.grads["weight_x"][...] = inputs.reshape(T * B, D).T @ flat
        self.grads["weight_h"][...] = sources.reshape(T * B, -1).T @ flat
        self.grads["bias"][...] = flat.sum(axis=0)
        dx = (flat @ self.params["weight_x"].T).reshape(T, B, D).transpose(1, 0, 2)
        return _times(dx, mask_x)

    def _first_bias(self):
        return np.zeros(self.blocks * self.hidden)

    def _step(self, z, memory):
        """(hidden state, memory, what the way back needs) from the weighted sums `z` of one step."""
        raise NotImplementedError

    def _step_back(self, dh, dm, cache):
        """(gradient at z, gradient at the memory before this step)."""
        raise NotImplementedError

    def __repr__(self):
        return f"{type(self).__name__}({self.in_features} → {self.hidden}, dropout {self.dropout.way})"


class RNN(Recurrent):
    """The simplest memory: h[t] = tanh(x[t] W_x + h[t-1] W_h + b)  (Elman, Finding structure in time, 1990).

    >>> layer = RNN(3, 5, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((2, 7, 3))).shape
    (2, 7, 5)
    """

    def _step(self, z, memory):
        h = np.tanh(z)
        return h, memory, h

    def _step_back(self, dh, dm, h):
        return dh * (1 - h * h), dm


class LSTM(Recurrent):
    """A memory c with gates: i lets in, f keeps, o shows.

    Source: Hochreiter & Schmidhuber, Long short-term memory, 1997; the gate f by Gers et al., 2000.
    The columns of the weights are the blocks i, f, g, o, as in PyTorch; the bias of f starts at 1, so that an
    untrained network keeps its memory.
    """

    blocks = 4

    def _first_bias(self):
        return np.repeat([0.0, 1.0, 0.0, 0.0], self.hidden)

    def _step(self, z, memory):
        H = self.hidden
        a = z * z.dtype.type(0.5)
        a[:, 2 * H : 3 * H] *= 2
        np.tanh(a, out=a)  # σ(z) = ½ + ½ tanh(z/2): one tanh for all four blocks, and no overflow
        for gate in (a[:, : 2 * H], a[:, 3 * H :]):
            gate += 1
            gate *= 0.5
        i, f, g, o = a[:, :H], a[:, H : 2 * H], a[:, 2 * H : 3 * H], a[:, 3 * H :]
        c = f * memory + i * g
        squashed = np.tanh(c)
        return o * squashed, c, (a, memory, squashed)

    def _step_back(self, dh, dm, cache):
        a, memory, squashed = cache
        H = self.hidden
        i, f, g, o = a[:, :H], a[:, H : 2 * H], a[:, 2 * H : 3 * H], a[:, 3 * H :]
        dc = dm + dh * o * (1 - squashed * squashed)
        dz = np.empty_like(a)
        dz[:, :H] = dc * g * i * (1 - i)
        dz[:, H : 2 * H] = dc * memory * f * (1 - f)
        dz[:, 2 * H : 3 * H] = dc * i * (1 - g * g)
        dz[:, 3 * H :] = dh * squashed * o * (1 - o)
        return dz, dc * f


class SequenceClassifier(Layer):
    """Tokens (B, T) → one vector each → a memory → its last state → logits (B, n_classes).

    Args:
        vocab_size, d_model: numbers of different tokens, and of values per token.
        hidden, n_classes: numbers of hidden units and of classes.
        dropout: `SequenceDropout`, used for words, inputs, memory and last state as its way says.
        cell: `LSTM` or `RNN`.
    """

    def __init__(self, vocab_size, d_model, hidden, n_classes, *, dropout, cell=LSTM, dtype=np.float64, rng):
        super().__init__()
        self.dropout = dropout
        self.embedding = TokenEmbedding(vocab_size, d_model, std=0.1, dtype=dtype, rng=rng)
        self.recurrent = cell(d_model, hidden, dropout=dropout, dtype=dtype, rng=rng)
        self.head = Linear(hidden, n_classes, dtype=dtype, rng=rng)
        self.children = (self.embedding, self.recurrent, self.head)
        self._lay_out(np.dtype(dtype))

    @property
    def settings(self):
        """What rebuilds this model: sizes, cell and dropout, without the weights."""
        return {
            "vocab_size": self.embedding.vocab_size,
            "d_model": self.embedding.d_model,
            "hidden": self.recurrent.hidden,
            "n_classes": self.head.out_features,
            "cell": type(self.recurrent).__name__,
            "dropout": [self.dropout.way, self.dropout.rate],
        }

    @classmethod
    def from_settings(cls, settings, *, dtype, rng):
        """A model with these `settings` and fresh weights."""
        settings = dict(settings)
        way, rate = settings.pop("dropout")
        cell = {"RNN": RNN, "LSTM": LSTM}[settings.pop("cell")]
        return cls(**settings, cell=cell, dropout=SequenceDropout(way, rate, rng=rng), dtype=dtype, rng=rng)

    def check_inputs(self, x):
        """Return `x` as an array of token ids, or say what is wrong with it."""
        tokens = self.embedding.check_inputs(x)
        if tokens.ndim != 2:
            raise ValueError(f"tokens must have shape (n, steps); got {tokens.shape}. One? tokens[None].")
        return tokens

    def forward(self, tokens, *, training=False):
        """Logits (B, n_classes) of token ids (B, T)."""
        x = self.embedding.forward(tokens, training=training)
        word_mask = last_mask = None
        if training:
            word_mask = self.dropout.word_mask(tokens, self.embedding.vocab_size, x.dtype)
        states = self.recurrent.forward(_times(x, word_mask), training=training)
        last = states[:, -1]
        if training:
            mask = self.dropout.mask(len(last), 1, last.shape[1], x.dtype)
            last_mask = None if mask is None else mask[:, 0]
            self._word_mask, self._last_mask, self._shape = word_mask, last_mask, states.shape
        return self.head.forward(_times(last, last_mask), training=training)

    def backward(self, grad):
        """Token ids have no gradient; fills the gradients of all parameters."""
        at_last = self.head.backward(grad)
        at_states = np.zeros(self._shape, at_last.dtype)
        at_states[:, -1] = _times(at_last, self._last_mask)
        self.embedding.backward(_times(self.recurrent.backward(at_states), self._word_mask))

    def __repr__(self):
        return (
            f"SequenceClassifier({self.embedding.vocab_size} tokens → {self.recurrent!r} → "
            f"{self.head.out_features}, {self.n_parameters:,} parameters)"
        )


def _times(values, mask):
    return values if mask is None else values * mask
