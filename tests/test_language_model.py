import numpy as np
import pytest

from nnbook.language_model import make_windows, nats_per_character, next_token_loss, token_losses
from nnbook.losses import cross_entropy
from nnbook.tokenizers import BPETokenizer, CharTokenizer
from nnbook.transformer import Transformer


def make(vocab_size=5, context_length=4):
    rng = np.random.default_rng(0)
    model = Transformer(vocab_size, 8, 2, 1, context_length, rng=rng)
    model.parameters += rng.normal(0, 0.3, model.n_parameters)
    return model, rng


def test_targets_are_what_follows():
    inputs, targets = make_windows(np.arange(11), 4)
    assert inputs.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert targets.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_windows_may_overlap_and_begin_later():
    inputs, targets = make_windows(np.arange(9), 4, stride=2, first=1)
    assert inputs.tolist() == [[1, 2, 3, 4], [3, 4, 5, 6]]
    assert targets.tolist() == [[2, 3, 4, 5], [4, 5, 6, 7]]


@pytest.mark.parametrize("tokens", [np.arange(4), np.zeros((3, 9), int), []])
def test_a_text_shorter_than_a_window_is_refused(tokens):
    with pytest.raises(ValueError, match="at least 5 tokens"):
        make_windows(tokens, 4)


def test_the_loss_is_the_mean_over_all_places():
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(2, 3, 5)), rng.integers(0, 5, (2, 3))
    value, grad = next_token_loss(logits, targets)
    places = [cross_entropy(logits[b, t : t + 1], targets[b, t : t + 1]) for b in range(2) for t in range(3)]
    assert value == pytest.approx(np.mean([place[0] for place in places]))
    np.testing.assert_allclose(grad.reshape(6, 5), np.concatenate([place[1] for place in places]) / 6)


@pytest.mark.parametrize("shape", [(2,), (2, 4), (6,)])
def test_targets_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"targets \(B, T\); got \(2, 3, 5\)"):
        next_token_loss(np.zeros((2, 3, 5)), np.zeros(shape, int))


@pytest.mark.parametrize("length", [2, 3, 5, 6, 7, 12, 13, 30])
@pytest.mark.parametrize(("batch_size", "stride"), [(1, 1), (3, 2), (32, 4), (32, None)])
def test_every_token_is_scored_once_with_most_of_a_context(length, batch_size, stride):
    model, rng = make()
    tokens = rng.integers(0, 5, length)
    losses = token_losses(model, tokens, stride=stride, batch_size=batch_size)
    assert losses.shape == (length - 1,)
    for i, loss in enumerate(losses):
        possible = []
        least = min(4 - (stride or 2), i) + 1
        for n_before in range(least, min(4, i + 1) + 1):
            logits = model.forward(tokens[None, i + 1 - n_before : i + 1])[0, -1:]
            possible.append(cross_entropy(logits, tokens[i + 1 : i + 2])[0])
        assert np.isclose(possible, loss).any()


def test_nats_per_character_counts_characters_not_tokens():
    text = "the cat and the hat and the bat"
    for tokenizer in (CharTokenizer.train(text), BPETokenizer.train(text, vocab_size=262)):
        model = Transformer(tokenizer.vocab_size, 8, 2, 1, 64, rng=np.random.default_rng(0))
        model.parameters[...] = 0.0  # guesses: log(vocab_size) a token
        n_tokens = len(tokenizer.encode(text)) - 1
        n_characters = len(text) - len(tokenizer.decode(tokenizer.encode(text)[:1]))
        expected = n_tokens * np.log(tokenizer.vocab_size) / n_characters
        assert nats_per_character(model, tokenizer, text) == pytest.approx(expected)


def test_one_token_cannot_be_scored():
    with pytest.raises(ValueError, match="at least two tokens"):
        token_losses(make()[0], np.array([1]))
