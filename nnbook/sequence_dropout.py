"""Three ways to use dropout along a sequence, and what a network with dropout left on says of its doubt.

Source: Gal & Ghahramani, A theoretically grounded application of dropout in recurrent neural networks,
NeurIPS 2016.
"""

import numpy as np

from nnbook._validate import check_generator
from nnbook.functional import as_array, as_number, as_whole, softmax

WAYS = ("none", "naive", "variational")


class SequenceDropout:
    """Masks for sequences: none, new ones at every step ("naive"), or one for all steps ("variational").

    Args:
        way: one of `WAYS`.
        rate: share of the values that are silenced; the others are divided by 1 - rate.
        rng: where the masks come from.

    >>> dropout = SequenceDropout("variational", 0.5, rng=np.random.default_rng(0))
    >>> dropout.mask(2, 7, 3, np.float64).shape  # one mask, used at all 7 steps
    (2, 1, 3)
    """

    def __init__(self, way, rate, *, rng):
        if not isinstance(way, str) or way not in WAYS:
            raise ValueError(f"way must be one of {', '.join(WAYS)}; got {way!r:.60}.")
        rate = as_number(rate, "rate")
        if not 0 <= rate < 1:
            raise ValueError(f"rate must lie in [0, 1); got {rate}.")
        if way != "none" and rate:
            check_generator(rng)
        self.way, self.rate, self.rng = way, rate, rng

    def mask(self, batch, steps, features, dtype):
        """Factors of shape (batch, steps or 1, features), or None if nothing is to be silenced."""
        if self.way == "none" or self.rate == 0:
            return None
        keep = self._keep((batch, steps if self.way == "naive" else 1, features))
        return keep.astype(dtype) / np.dtype(dtype).type(1 - self.rate)

    def recurrent_mask(self, batch, features, dtype):
        """Factors (batch, features) for the way from one step to the next: in the variational way only."""
        return self.mask(batch, 1, features, dtype)[:, 0] if self._is_variational else None

    def word_mask(self, tokens, vocab_size, dtype):
        """Factors (B, T, 1) that silence whole words of a sequence, wherever they stand; variational only."""
        if not self._is_variational:
            return None
        keep = np.take_along_axis(self._keep((len(tokens), vocab_size)), tokens, axis=1)
        return keep[:, :, None].astype(dtype) / np.dtype(dtype).type(1 - self.rate)

    @property
    def _is_variational(self):
        return self.way == "variational" and self.rate > 0

    def _keep(self, shape):
        return self.rng.random(shape, dtype=np.float32) >= self.rate


def monte_carlo(model, tokens, passes, *, rng):
    """Class probabilities of `passes` runs with dropout left on: array (passes, n, n_classes).

    Their mean over the passes is the Monte-Carlo prediction; how far they differ is the model's own doubt.

    Args:
        model: a `SequenceClassifier` with dropout.
        tokens: token ids (n, T).
        rng: where the masks come from; the model's own source is put back afterwards.
    """
    tokens, passes = model.check_inputs(tokens), as_whole(passes, "passes")
    own, model.dropout.rng = model.dropout.rng, rng
    try:
        return np.stack([softmax(model.forward(tokens, training=True)) for _ in range(passes)])
    finally:
        model.dropout.rng = own


def disagreement(probabilities):
    """Mutual information between answer and masks, in nats, for each sample; 0 if all passes agree.

    Args:
        probabilities: (passes, n, n_classes) from `monte_carlo`.
    Returns:
        Entropy of the mean minus the mean entropy, shape (n,).

    >>> agree, differ = np.full((2, 1, 2), 0.5), np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    >>> disagreement(agree).round(3), disagreement(differ).round(3)
    (array([0.]), array([0.693]))
    """
    p = as_array(probabilities, "probabilities", ("passes", "n", "n_classes")).astype(np.float64)
    if p.min() < 0 or p.max() > 1 + 1e-6:
        raise ValueError(f"probabilities must lie in [0, 1]; got {p.min():g} … {p.max():g}. Logits?")
    return _entropy(p.mean(axis=0)) - _entropy(p).mean(axis=0)


def _entropy(p):
    return -np.sum(p * np.log(np.maximum(p, 1e-300)), axis=-1)
