"""How many numbers a network learns, counted exactly from its configuration.

Biases count. A weight that stands in two places counts once (GPT-2's token embedding is its output layer).
"""

import itertools
from dataclasses import dataclass

from nnbook.functional import as_whole


@dataclass(frozen=True)
class ParameterCount:
    """Parameters by part: `parts` maps a name to a number, `total` is their sum."""

    parts: dict

    @property
    def total(self):
        """All parameters together."""
        return sum(self.parts.values())

    def __int__(self):
        return self.total

    def __repr__(self):
        return f"ParameterCount({self.total:,})"


def mlp_parameters(sizes):
    """Count an MLP with these layer sizes: in · out weights and out biases per layer.

    >>> mlp_parameters([64, 32, 10]).parts
    {'layer 1': 2080, 'layer 2': 330}
    """
    sizes = list(sizes)
    if len(sizes) < 2:
        raise ValueError(f"sizes needs an input and an output size, for example [2, 8, 1]; got {sizes}.")
    for size in sizes:
        as_whole(size, "every size")
    layers = itertools.pairwise(sizes)
    return ParameterCount({f"layer {i}": n * m + m for i, (n, m) in enumerate(layers, 1)})


def decoder_parameters(*, n_layers, d_model, vocabulary_size, context_length, tied_output=True):
    """Count a decoder built like GPT-2: V d + T d + L (12 d² + 13 d) + 2 d.

    A layer holds attention (query, key, value, output: 4 d² + 4 d), a feed-forward network that is four times
    as wide (8 d² + 5 d) and two normalisations (4 d). The number of heads changes nothing. With
    `tied_output=False` the output layer has weights and biases of its own, V d + V more, as in this book's
    `Transformer`.
    Source: Radford et al., Language models are unsupervised multitask learners, 2019.

    >>> decoder_parameters(**GPT2_SMALL).total
    124439808
    """
    _check_all(
        n_layers=n_layers, d_model=d_model, vocabulary_size=vocabulary_size, context_length=context_length
    )
    d = d_model
    parts = {
        "token embedding": vocabulary_size * d,
        "position embedding": context_length * d,
        "attention": n_layers * (4 * d * d + 4 * d),
        "feed-forward": n_layers * (8 * d * d + 5 * d),
        "normalisation": n_layers * 4 * d + 2 * d,
    }
    if not tied_output:
        parts["output"] = vocabulary_size * d + vocabulary_size
    return ParameterCount(parts)


def grouped_decoder_parameters(*, n_layers, d_model, n_heads, n_groups, hidden, vocabulary_size):
    """Count a decoder built like LLaMA: V d + L (2 d² + 2 d k + 3 d h + 2 d) + d, k = d · groups / heads.

    Queries and output are d × d; keys and values d × k, because the heads of a group share them; the
    feed-forward network has three matrices of d × h; normalisations have no shift, nothing has a bias,
    positions are turned instead of learned, and the embedding is the output layer.
    Source: Touvron et al., LLaMA, 2023; grouped heads: Ainslie et al., GQA, 2023.

    >>> grouped_decoder_parameters(**SMOLLM2_135M).total
    134515008
    """
    _check_all(n_layers=n_layers, d_model=d_model, n_heads=n_heads, n_groups=n_groups, hidden=hidden)
    _check_all(vocabulary_size=vocabulary_size)
    if d_model % n_heads or n_heads % n_groups:
        raise ValueError(
            f"d_model must be a multiple of n_heads, and n_heads of n_groups; got {d_model}, {n_heads} and "
            f"{n_groups}."
        )
    d, narrow = d_model, d_model // n_heads * n_groups
    parts = {
        "token embedding": vocabulary_size * d,
        "attention": n_layers * (2 * d * d + 2 * d * narrow),
        "feed-forward": n_layers * 3 * d * hidden,
        "normalisation": n_layers * 2 * d + d,
    }
    return ParameterCount(parts)


def encoder_parameters(*, n_layers, d_model, vocabulary_size, context_length, n_segments=2, pooler=True):
    """Count an encoder built like BERT: (V + T + S + 2) d + L (12 d² + 13 d) + pooler d² + d.

    The embeddings of words, places and segments are added and normalised; the pooler is a layer on the first
    token. The heads for the training tasks are not counted.
    Source: Devlin et al., BERT, 2019.

    >>> encoder_parameters(**BERT_BASE).total
    109482240
    """
    _check_all(
        n_layers=n_layers, d_model=d_model, vocabulary_size=vocabulary_size, context_length=context_length
    )
    as_whole(n_segments, "n_segments", 0)
    d = d_model
    parts = {
        "token embedding": vocabulary_size * d,
        "position embedding": context_length * d,
        "segment embedding": n_segments * d,
        "attention": n_layers * (4 * d * d + 4 * d),
        "feed-forward": n_layers * (8 * d * d + 5 * d),
        "normalisation": n_layers * 4 * d + 2 * d,
    }
    if pooler:
        parts["pooler"] = d * d + d
    return ParameterCount(parts)


def _gpt(n_layers, d_model, vocabulary_size=50_257, context_length=1024):
    return {
        "n_layers": n_layers,
        "d_model": d_model,
        "vocabulary_size": vocabulary_size,
        "context_length": context_length,
    }


# Configurations as published, ready for `decoder_parameters(**GPT2_XL)`.
GPT2_SMALL = _gpt(12, 768)
GPT2_MEDIUM = _gpt(24, 1024)
GPT2_LARGE = _gpt(36, 1280)
GPT2_XL = _gpt(48, 1600)
GPT3 = _gpt(96, 12_288, context_length=2048)  # Brown et al., 2020, table 2.1
SMOLLM2_135M = {  # Allal et al., SmolLM2, 2025; the sizes as in its file
    "n_layers": 30,
    "d_model": 576,
    "n_heads": 9,
    "n_groups": 3,
    "hidden": 1536,
    "vocabulary_size": 49_152,
}
BERT_BASE = _gpt(12, 768, 30_522, 512)
BERT_LARGE = _gpt(24, 1024, 30_522, 512)


def _check_all(**values):
    for name, value in values.items():
        as_whole(value, name)
