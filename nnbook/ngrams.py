"""The baseline that a language model must beat: count what followed each short context, and mix the contexts.

A longer context knows more but has been seen less. So each of its counts is discounted, and what that frees
goes to the next shorter context, down to the uniform distribution. With n(h c) how often c followed context
h:

    p(c | h) = (n(h c) - d(n(h c)) + freed(h) · p(c | h without its first token)) / n(h)

The discount d(n) differs for tokens seen once, twice and more often; freed(h) is the sum of the discounts of
all tokens that followed h. A context never seen passes the question on.
"""

import numpy as np

from nnbook._validate import check_generator
from nnbook.functional import as_whole


class NGramModel:
    """An interpolated n-gram model over token ids, with Kneser–Ney counts for the shorter contexts.

    Args:
        order: n; 1 is the unigram (no context), 2 the bigram (one token), and so on.
        vocab_size: number of different tokens.
    Raises:
        ValueError: a size that is no positive whole number, or more combinations than a 64-bit integer holds.

    `fit` counts in training text, `tune` chooses the three discounts of each context length on validation
    text. A shorter context is asked only when the longer one could not decide, so it counts how many
    different tokens came before (h c), not how often it stood: "Francisco" is frequent, but only after "San".
    Source: Kneser & Ney, 1995; Chen & Goodman, An empirical study of smoothing techniques, 1999.

    >>> model = NGramModel(2, 3).fit(np.array([0, 1, 0, 1, 0, 2]))
    >>> model.probabilities([0]).round(3)
    array([0.189, 0.522, 0.289])
    """

    def __init__(self, order, vocab_size):
        self.order, self.vocab_size = as_whole(order, "order"), as_whole(vocab_size, "vocab_size")
        if float(vocab_size) ** order >= 2**63:
            raise ValueError(
                f"{vocab_size} tokens in {order} places have too many combinations. Use a lower order."
            )
        self.discounts = np.tile([0.0, 0.7, 1.0, 1.2], (self.order, 1))  # of counts 0, 1, 2, 3 and more
        self._levels = []

    def fit(self, tokens):
        """Count in `tokens` (1-D); returns the model itself."""
        tokens = self._checked(tokens)
        V = self.vocab_size
        keys, counts = np.unique(self._keys(tokens, self.order - 1), return_counts=True)
        levels = [(keys, counts)]
        for length in range(self.order - 2, -1, -1):
            # drop the first token of every different (h c): how many tokens it came after
            keys, counts = np.unique(keys % V ** (length + 1), return_counts=True)
            levels.append((keys, counts))
        self._levels = []
        for keys, counts in reversed(levels):
            contexts, starts = np.unique(keys // V, return_index=True)
            totals = np.add.reduceat(counts, starts)
            # how many different tokens were seen once, twice, more often after each context
            kinds = [
                np.add.reduceat(kind.astype(np.int32), starts)
                for kind in (counts == 1, counts == 2, counts > 2)
            ]
            self._levels.append((keys, counts, contexts, totals, kinds))
        return self

    def tune(self, tokens):
        """Choose the discounts that give `tokens` (validation text) the smallest loss; returns the model."""
        found = self._look_up(self._checked(tokens))
        best = -np.log(self._mix(found, len(tokens))).mean()
        for step in (0.2, 0.1, 0.05, 0.02):  # move one discount at a time, ever more finely
            for length, times in np.ndindex(self.order, 3):
                for direction in (step, -step):
                    kept = self.discounts[length, times + 1]
                    self.discounts[length, times + 1] = np.clip(kept + direction, 0.01, times + 0.99)
                    loss = -np.log(self._mix(found, len(tokens))).mean()
                    if loss < best:
                        best = loss
                        break
                    self.discounts[length, times + 1] = kept
        return self

    def losses(self, tokens):
        """-log p of every token after the first, in nats; the first few have shorter contexts."""
        tokens = self._checked(tokens)
        return -np.log(self._mix(self._look_up(tokens), len(tokens)))[1:]

    def loss(self, tokens):
        """Mean of `losses`: nats per token."""
        return float(self.losses(tokens).mean())

    def probabilities(self, context):
        """Distribution of the next token, shape (vocab_size,), given the tokens before it."""
        V = self.vocab_size
        context = [int(token) for token in context][max(0, len(context) - self.order + 1) :]
        found = []
        for length in range(len(context) + 1):
            key = 0
            for token in context[len(context) - length :]:
                key = (key + token) * V
            found.append((0, *self._counts(length, key + np.arange(V))))
        return self._mix(found, V)

    def sample(self, prompt, n_tokens, *, rng):
        """Continue `prompt` by `n_tokens` drawn tokens; returns both as one array."""
        check_generator(rng)
        tokens = [int(token) for token in prompt]
        for _ in range(n_tokens):
            cumulative = np.cumsum(self.probabilities(tokens))
            tokens.append(int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")))
        return np.array(tokens)

    def _keys(self, tokens, length):
        """One number per place: the `length` tokens before it and itself, as digits in base `vocab_size`."""
        keys = np.zeros(len(tokens) - length, np.int64)
        for i in range(length + 1):
            keys *= self.vocab_size
            keys += tokens[i : len(tokens) - length + i]
        return keys

    def _look_up(self, tokens):
        """For each context length: the first place that has such a context, and the counts from there on."""
        lengths = range(min(self.order, len(tokens)))
        return [(length, *self._counts(length, self._keys(tokens, length))) for length in lengths]

    def _counts(self, length, keys):
        """n(h c), n(h), and the different tokens seen 1, 2 and more times after h; 0 where never seen."""
        if not self._levels:
            raise RuntimeError("the model has counted nothing yet: call fit(tokens) first.")
        known, counts, contexts, totals, kinds = self._levels[length]
        before = keys // self.vocab_size
        n, total = _find(known, keys, counts), _find(contexts, before, totals)
        return n, total, [_find(contexts, before, kind) for kind in kinds]

    def _mix(self, found, size):
        """The formula of the module, from the shortest context to the longest, for `size` places at once."""
        p = np.full(size, 1 / self.vocab_size)
        for d, (first, n, total, kinds) in zip(self.discounts, found, strict=False):
            shorter = p[first:]
            freed = d[1] * kinds[0] + d[2] * kinds[1] + d[3] * kinds[2]
            mixed = (n - d[np.minimum(n, 3)] + freed * shorter) / np.maximum(total, 1)
            p[first:] = np.where(total > 0, mixed, shorter)
        return p

    def _checked(self, tokens):
        tokens = np.asarray(tokens)
        if tokens.ndim != 1 or len(tokens) < self.order or tokens.dtype.kind not in "iu":
            raise ValueError(
                f"tokens must be integers in one dimension, at least {self.order} of them; "
                f"got dtype {tokens.dtype}, shape {tokens.shape}."
            )
        if tokens.min() < 0 or tokens.max() >= self.vocab_size:
            raise ValueError(
                f"tokens must lie in 0 … {self.vocab_size - 1}; got {tokens.min()} … {tokens.max()}."
            )
        return tokens.astype(np.int64)

    def __repr__(self):
        return f"NGramModel(order {self.order}, {self.vocab_size} tokens)"


def _find(keys, wanted, values):
    """values[i] where keys[i] == wanted, else 0; `keys` are sorted."""
    i = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[i] == wanted, values[i], 0)
