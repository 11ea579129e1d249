"""A decoder of the Llama family: tokens in, scores for the next token out, made of `nnbook.large.parts`.

Shapes: B conversations, T new places, C = d_model features, V tokens.
"""

from dataclasses import asdict, dataclass

import numpy as np

from nnbook.embeddings import check_token_rows, check_tokens
from nnbook.functional import as_whole, logsumexp
from nnbook.large.caches import KeyValueCaches
from nnbook.large.parts import (
    GivenLayer,
    GroupedAttention,
    LlamaBlock,
    RMSNorm,
    SwiGLU,
    TiedEmbedding,
    rotations,
)

READ_AT_ONCE = 256  # places of a prompt: more would need much memory for the scores, and be no faster


@dataclass(frozen=True)
class LlamaSettings:
    """Sizes of a model. `n_groups`: sets of keys and values, which the `n_heads` heads share alike."""

    vocab_size: int
    d_model: int
    n_heads: int
    n_groups: int
    n_layers: int
    hidden: int
    context_length: int
    rotary_base: float = 10_000.0
    epsilon: float = 1e-5

    def __post_init__(self):
        for name, value in asdict(self).items():
            if name not in ("rotary_base", "epsilon"):
                as_whole(value, name)
            elif not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a finite number above 0; got {value}.")
        if self.d_model % self.n_heads or self.n_heads % self.n_groups or self.d_model // self.n_heads % 2:
            raise ValueError(
                f"d_model {self.d_model} must be n_heads {self.n_heads} times an even number, and n_heads a "
                f"multiple of n_groups {self.n_groups}."
            )

    @property
    def d_head(self):
        """D, features of a head."""
        return self.d_model // self.n_heads

    def shapes(self):
        """{name: shape}: all that the model is made of, matrices (in, out); block 0 has 0.query and so on."""
        C, H, narrow = self.d_model, self.hidden, self.n_groups * self.d_head
        block = {
            "norm1": (C,), "query": (C, C), "key": (C, narrow), "value": (C, narrow), "output": (C, C),
            "norm2": (C,), "gate": (C, H), "up": (C, H), "down": (H, C),
        }  # fmt: skip
        blocks = {f"{i}.{name}": shape for i in range(self.n_layers) for name, shape in block.items()}
        return {"embedding": (C, self.vocab_size), **blocks, "norm": (C,)}


class Llama(GivenLayer):
    """A decoder of the Llama family: for every place, a score (logit) for each token that could come next.

    Args:
        settings: `LlamaSettings`.
        arrays: {name: array}, names and shapes as `settings.shapes()` says; all of one float format. They are
            used, not copied.
    Raises:
        ValueError: an array is missing, too many, or of another shape.

    `nnbook.generation.generate` and `nnbook.language_model.token_losses` work with it as with chapter 5's
    `Transformer`.
    """

    def __init__(self, settings, arrays):
        super().__init__()
        shapes = settings.shapes()
        if odd := sorted(shapes.keys() ^ arrays.keys()):
            raise ValueError(f"the arrays must be those of settings.shapes(); missing or unknown: {odd[:3]}.")
        for name, shape in shapes.items():
            if arrays[name].shape != shape:
                raise ValueError(f"{name} must have shape {shape}; got {arrays[name].shape}.")
        self.settings = settings
        self.vocab_size, self.context_length = settings.vocab_size, settings.context_length
        self.embedding = TiedEmbedding(weight=arrays["embedding"])
        self.blocks = tuple(self._block(i, arrays) for i in range(settings.n_layers))
        self.norm = RMSNorm(arrays["norm"], settings.epsilon)
        self.children = (self.embedding, *self.blocks, self.norm)

    def _block(self, i, arrays):
        heads, groups, epsilon = self.settings.n_heads, self.settings.n_groups, self.settings.epsilon
        attention = (arrays[f"{i}.{name}"] for name in ("query", "key", "value", "output"))
        feed_forward = (arrays[f"{i}.{name}"] for name in ("gate", "up", "down"))
        return LlamaBlock(
            RMSNorm(arrays[f"{i}.norm1"], epsilon),
            GroupedAttention(*attention, heads, groups),
            RMSNorm(arrays[f"{i}.norm2"], epsilon),
            SwiGLU(*feed_forward),
        )

    def make_trainable(self):
        """Move the weights to one flat vector with gradients, as in chapter 5: for small models."""
        self._lay_out(self.dtype)
        return self

    # reading

    def check_inputs(self, x):
        """Return `x` as token ids (B, T), or say what is wrong with it.

        Raises:
            ValueError: not two-dimensional, longer than the context, not integers, or out of range.
        """
        tokens = check_token_rows(x, self.vocab_size)
        check_length(tokens.shape[1], self.context_length)
        return tokens

    def forward(self, tokens, *, training=False, caches=None, counts=None):
        """Map `tokens` (B, T) to logits (B, T, V); logits[:, t] see the tokens 0 … t only.

        With `caches` from `new_caches`, `tokens` are only the newest ones, and the caches grow by them.
        Conversations of different lengths are filled up at the right with any tokens, and `counts` (B,) says
        how many are real: nobody looks at the future, so the fill changes nothing.
        """
        x = self.hidden(tokens, training=training, caches=caches, counts=counts)
        return self.embedding.logits(x, training=training)

    def backward(self, grad):
        """From the gradient of the logits (B, T, V) to that of every parameter; tokens have none."""
        grad = self.norm.backward(self.embedding.logits_backward(grad))
        self.embedding.backward(self.body_backward(grad))

    def hidden(self, tokens, *, training=False, caches=None, counts=None):
        """What the head sees: (B, T, C), normalised."""
        x = self.embedding.forward(tokens, training=training)
        x = self.body(x, training=training, caches=caches)
        if caches is not None:
            caches.lengths += tokens.shape[1] if counts is None else counts
        return self.norm.forward(x, training=training)

    def body(self, x, *, first=0, last=None, training=False, caches=None):
        """Send `x` (B, T, C) through the blocks `first` … `last` - 1 only."""
        T = x.shape[1]
        start = np.zeros(1, int) if caches is None else caches.lengths  # places already read
        check_length(start.max() + T, self.context_length if caches is None else caches.capacity)
        positions = start[:, None] + np.arange(T)  # (B or 1, T)
        turns = rotations(positions, self.settings.d_head, self.settings.rotary_base, x.dtype)
        known = np.arange(start.max() + T)
        mask = np.where(known <= positions[..., None], 0, -np.inf).astype(x.dtype)  # (B or 1, T, S)
        for i in range(self.settings.n_layers)[first:last]:
            cache = None if caches is None else caches.of_block(i)
            x = self.blocks[i].forward(x, turns, mask, training=training, cache=cache)
        return x

    def body_backward(self, grad, *, first=0):
        """Back from the last block to block `first`."""
        for block in reversed(self.blocks[first:]):
            grad = block.backward(grad)
        return grad

    def read(self, tokens, caches, *, counts=None):
        """Read `tokens` (B, T) into `caches` piece by piece; yield (first place, `hidden` of it).

        `counts` as in `forward`.
        """
        B, T = tokens.shape
        check_length(int(caches.lengths.max()) + T, caches.capacity)
        counts = np.full(B, T) if counts is None else np.asarray(counts)
        for start in range(0, T, READ_AT_ONCE):
            piece = tokens[:, start : start + READ_AT_ONCE]
            real = np.clip(counts - start, 0, piece.shape[1])
            yield start, self.hidden(piece, caches=caches, counts=real)

    def next_logits(self, tokens, caches, *, counts=None):
        """Read `tokens` (B, T) into `caches`; return the logits of what comes next, (B, V).

        The head, a fifth of the work, sees only the last real place of each conversation. `counts` as in
        `forward`, each at least 1.
        """
        tokens = check_tokens(tokens, self.vocab_size)
        last = np.full(len(tokens), tokens.shape[1] - 1) if counts is None else np.asarray(counts) - 1
        seen = np.empty((len(tokens), self.settings.d_model), self.dtype)
        for start, x in self.read(tokens, caches, counts=counts):
            here = np.flatnonzero((start <= last) & (last < start + x.shape[1]))
            seen[here] = x[here, last[here] - start]
        return self.embedding.logits(seen)

    def new_caches(self, batch_size=1, *, capacity=None):
        """Empty keys and values for `batch_size` conversations of up to `capacity` tokens (the context)."""
        capacity = self.context_length if capacity is None else as_whole(capacity, "capacity")
        check_length(capacity, self.context_length)
        return KeyValueCaches(self.settings, as_whole(batch_size, "batch_size"), capacity, self.dtype)

    # looking into it

    def losses(self, tokens, *, window=None):
        """-log p of every token after the first, float64 (n - 1,) in nats.

        A text longer than a window (the context, if not given) is read in windows that overlap by half; only
        the new half is judged, so that no token is judged without half a window before it.
        """
        tokens = check_tokens(tokens, self.vocab_size)
        if tokens.ndim != 1 or len(tokens) < 2:
            raise ValueError(f"scoring needs at least two tokens in one dimension; got shape {tokens.shape}.")
        window = self.context_length if window is None else as_whole(window, "window", 2)
        half, found = window // 2, []
        for judged in (0, *range(window, len(tokens) - 1, half)):
            first = max(0, judged - half)
            stop = min(judged + (half if judged else window), len(tokens) - 1)
            caches = self.new_caches(capacity=stop - first)
            for start, x in self.read(tokens[None, first:stop], caches):
                x = x[0, max(0, judged - first - start) :]
                if not len(x):
                    continue
                logits = self.embedding.logits(x).astype(np.float64)
                place = max(judged, first + start)
                own = tokens[place + 1 : place + 1 + len(x)]
                found.append(logsumexp(logits) - logits[np.arange(len(x)), own])
        return np.concatenate(found)

    def lens(self, tokens):
        """What the head would say after each block: logits at the last place, (n_layers + 1, V).

        Row 0 is before the first block, the last row what the model says.
        Source: nostalgebraist, Interpreting GPT: the logit lens, 2020.
        """
        tokens = self.check_inputs(np.asarray(tokens)[None, :])
        x = self.embedding.forward(tokens)
        rows = [x[0, -1]]
        for i in range(self.settings.n_layers):
            x = self.body(x, first=i, last=i + 1)
            rows.append(x[0, -1])
        return self.embedding.logits(self.norm.forward(np.stack(rows)))

    def attention_maps(self, tokens):
        """Where each place looks: array (n_layers, B, n_heads, T, T); every row sums to 1."""
        self.hidden(self.check_inputs(tokens), training=True)
        return np.stack([block.attention.weights for block in self.blocks])

    def __repr__(self):
        s = self.settings
        return (
            f"Llama({s.vocab_size} tokens, {s.n_layers} blocks, {s.n_heads} heads in {s.n_groups} groups, "
            f"d_model {s.d_model}, context {s.context_length}, {self.n_parameters:,} parameters)"
        )


def check_length(n, room):
    """Raise a ValueError with one sentence unless `n` tokens have room."""
    if n > room:
        raise ValueError(f"{n} tokens do not fit into a context of {room}. Keep the last {room}.")
