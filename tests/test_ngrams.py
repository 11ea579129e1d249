from collections import Counter

import numpy as np
import pytest

from nnbook.ngrams import NGramModel


@pytest.fixture(scope="module")
def text():
    """A chain in which a token depends on the two before it, with some noise."""
    rng = np.random.default_rng(0)
    tokens = [0, 1]
    for _ in range(6000):
        tokens.append((tokens[-1] + 2 * tokens[-2]) % 5 if rng.random() < 0.7 else int(rng.integers(5)))
    return np.array(tokens)


def test_counts_of_a_bigram_by_hand():
    model = NGramModel(2, 3).fit(np.array([0, 1, 0, 1, 0, 2]))
    model.discounts[...] = [0, 0.5, 0.5, 0.5]
    # Short contexts: 0 came after 1; 1 after 0; 2 after 0: one kind each, so (1 - 0.5 + 1.5 / 3) / 3
    np.testing.assert_allclose(model.probabilities([]), 1 / 3)
    # After 0: 1 twice, 2 once. (2 - 0.5 + 1 · 1/3) / 3 and so on
    np.testing.assert_allclose(model.probabilities([0]), [1 / 9, (1.5 + 1 / 3) / 3, (0.5 + 1 / 3) / 3])


def formula(tokens, discounts, order, V, history, token):
    """The formula of the module with dictionaries, one question at a time."""
    grams = {order: Counter(tuple(tokens[i : i + order]) for i in range(len(tokens) - order + 1))}
    for n in range(order - 1, 0, -1):
        grams[n] = Counter(gram[1:] for gram in grams[n + 1])

    def p(n, history):
        if n == 0:
            return 1 / V
        history = history[len(history) - n + 1 :] if n > 1 else ()
        followers = {gram[-1]: count for gram, count in grams[n].items() if gram[:-1] == history}
        if not followers:
            return p(n - 1, history)
        discount = {c: discounts[n - 1][min(count, 3)] for c, count in followers.items()}
        own = followers.get(token, 0) - discount.get(token, 0)
        return (own + sum(discount.values()) * p(n - 1, history)) / sum(followers.values())

    return p(min(order, len(history) + 1), tuple(history))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_equals_the_formula_with_dictionaries(text, order):
    train, other = text[:300], text[300:340]
    model = NGramModel(order, 5).fit(train)
    losses = model.losses(other)
    for i in range(1, 40):
        history = other[max(0, i - order + 1) : i].tolist()
        expected = formula(train.tolist(), model.discounts, order, 5, history, other[i])
        assert np.exp(-losses[i - 1]) == pytest.approx(expected, rel=1e-12)
        assert model.probabilities(other[:i])[other[i]] == pytest.approx(expected, rel=1e-12)


def test_probabilities_sum_to_1_also_after_what_was_never_seen(text):
    model = NGramModel(4, 9).fit(text).tune(text[:500])
    for context in ([], [0], [8], [1, 2, 3], [8, 7, 8], [0, 1, 2, 3, 4, 0]):
        probabilities = model.probabilities(context)
        assert probabilities.sum() == pytest.approx(1)
        assert (probabilities > 0).all()


def test_more_context_helps_until_there_is_no_more_to_know(text):
    train, validation, test = np.split(text, [4000, 5000])
    losses = [NGramModel(order, 5).fit(train).tune(validation).loss(test) for order in (1, 2, 3, 4)]
    assert losses[2] < losses[1] - 0.1
    assert losses[0] == pytest.approx(np.log(5), abs=0.05)
    truth = -(0.76 * np.log(0.76) + 4 * 0.06 * np.log(0.06))
    assert truth - 0.05 < losses[2] < truth + 0.1
    assert abs(losses[3] - losses[2]) < 0.05


def test_tuning_makes_the_validation_loss_smaller(text):
    model = NGramModel(4, 5).fit(text[:1000])
    before = model.loss(text[1000:2000])
    assert model.tune(text[1000:2000]).loss(text[1000:2000]) < before


def test_a_sample_follows_the_seed_and_the_model(text):
    model = NGramModel(3, 5).fit(text)
    first = model.sample([0, 1], 2000, rng=np.random.default_rng(0))
    assert first.tolist() == model.sample([0, 1], 2000, rng=np.random.default_rng(0)).tolist()
    follows = (first[1:-1] + 2 * first[:-2]) % 5 == first[2:]
    assert follows.mean() == pytest.approx(0.76, abs=0.05)


@pytest.mark.parametrize(
    ("order", "vocab_size", "message"),
    [(0, 5, "order"), (2, 0, "vocab_size"), (2.5, 5, "order"), (20, 100, "too many combinations")],
)
def test_sizes_that_cannot_be(order, vocab_size, message):
    with pytest.raises(ValueError, match=message):
        NGramModel(order, vocab_size)


@pytest.mark.parametrize("tokens", [[0, 5], [-1, 0], [0.0, 1.0], [1], [[0, 1]]])
def test_bad_tokens_get_a_sentence(tokens):
    with pytest.raises(ValueError, match="tokens must"):
        NGramModel(2, 5).fit(tokens)


def test_asking_before_counting_is_refused():
    with pytest.raises(RuntimeError, match=r"fit\(tokens\) first"):
        NGramModel(2, 5).loss([0, 1, 2])
