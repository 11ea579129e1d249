import numpy as np
import pytest

from nnbook import parameter_counts as counts
from nnbook.mlp import MLP
from nnbook.transformer import Transformer


@pytest.mark.parametrize(
    ("configuration", "published"),
    [
        (counts.GPT2_SMALL, 124_439_808),
        (counts.GPT2_MEDIUM, 354_823_168),
        (counts.GPT2_LARGE, 774_030_080),
        (counts.GPT2_XL, 1_557_611_200),
    ],
)
def test_gpt2_as_its_published_weights_have_it(configuration, published):
    assert counts.decoder_parameters(**configuration).total == published


@pytest.mark.parametrize(
    ("configuration", "published"), [(counts.BERT_BASE, 109_482_240), (counts.BERT_LARGE, 335_141_888)]
)
def test_bert_as_its_published_weights_have_it(configuration, published):
    assert int(counts.encoder_parameters(**configuration)) == published


def test_gpt3_within_half_a_percent():
    assert counts.decoder_parameters(**counts.GPT3).total == pytest.approx(175e9, rel=0.005)


def test_by_hand():
    # d = 2, V = 5, T = 3, L = 1: 10 + 6 + (48 + 26) + 4
    count = counts.decoder_parameters(n_layers=1, d_model=2, vocabulary_size=5, context_length=3)
    assert count.total == 94
    assert count.parts == {
        "token embedding": 10,
        "position embedding": 6,
        "attention": 24,
        "feed-forward": 42,
        "normalisation": 12,
    }
    # BERT adds segments, a norm after the embeddings (in place of the final one) and a pooler of 4 + 2
    settings = {"n_layers": 1, "d_model": 2, "vocabulary_size": 5, "context_length": 3}
    assert counts.encoder_parameters(**settings).total == 94 + 4 + 6
    assert counts.encoder_parameters(**settings, n_segments=0, pooler=False).total == 94
    assert repr(counts.mlp_parameters([1000, 1000])) == "ParameterCount(1,001,000)"


def test_the_networks_of_this_book_have_what_the_formulas_say():
    rng = np.random.default_rng(0)
    sizes = [7, 5, 3, 2]
    assert counts.mlp_parameters(sizes).total == MLP(sizes, rng=rng).n_parameters
    model = Transformer(11, 8, 2, 3, 9, rng=rng)
    settings = {"n_layers": 3, "d_model": 8, "vocabulary_size": 11, "context_length": 9}
    assert counts.decoder_parameters(**settings, tied_output=False).total == model.n_parameters


@pytest.mark.parametrize("wrong", [0, 2.5, -1, float("inf"), float("nan")])
def test_sizes_are_whole_numbers(wrong):
    with pytest.raises(ValueError, match="d_model must be a whole number of at least 1"):
        counts.decoder_parameters(**{**counts.GPT2_SMALL, "d_model": wrong})
    with pytest.raises(ValueError, match="every size must be a whole number"):
        counts.mlp_parameters([3, wrong])


def test_other_refusals():
    with pytest.raises(ValueError, match="input and an output size"):
        counts.mlp_parameters([3])
    with pytest.raises(ValueError, match="n_segments must be"):
        counts.encoder_parameters(**counts.BERT_BASE, n_segments=-1)
