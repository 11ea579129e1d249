import numpy as np
import pytest

from nnbook.generation import draw, generate, next_token_probabilities
from nnbook.transformer import Transformer


@pytest.fixture(scope="module", params=[{}, {"positions": "rotary", "window": 4}], ids=str)
def model(request):
    rng = np.random.default_rng(0)
    model = Transformer(9, 8, 2, 2, 6, rng=rng, **request.param)
    model.parameters += rng.normal(0, 0.3, model.n_parameters)
    return model


LOGITS = np.log([0.1, 0.2, 0.4, 0.3])


def test_temperature_1_leaves_the_probabilities():
    np.testing.assert_allclose(next_token_probabilities(LOGITS), [0.1, 0.2, 0.4, 0.3])


def test_temperature_one_half_squares_them():
    squares = np.array([0.01, 0.04, 0.16, 0.09])
    np.testing.assert_allclose(next_token_probabilities(LOGITS, temperature=0.5), squares / squares.sum())


def test_top_k_keeps_the_best_and_shares_what_is_left():
    np.testing.assert_allclose(next_token_probabilities(LOGITS, top_k=2), [0, 0, 4 / 7, 3 / 7])
    np.testing.assert_allclose(next_token_probabilities(LOGITS, top_k=99), [0.1, 0.2, 0.4, 0.3])


def test_ties_go_to_the_smaller_id():
    np.testing.assert_array_equal(next_token_probabilities(np.zeros(3), temperature=0), [1, 0, 0])
    np.testing.assert_array_equal(next_token_probabilities(np.zeros(3), top_k=1), [1, 0, 0])


def test_a_tiny_temperature_does_not_overflow():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_array_equal(
            next_token_probabilities(1000 * LOGITS, temperature=1e-300), [0, 0, 1, 0]
        )


def test_draws_follow_the_probabilities():
    probabilities = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    assert [draw(probabilities, u) for u in (0.0, 0.49, 0.5, 0.999999)] == [1, 1, 3, 3]
    assert draw(np.array([0.1] * 3 + [0.0]), np.nextafter(1, 0)) == 2


@pytest.mark.parametrize("temperature", [0, 0.7, 1.5])
@pytest.mark.parametrize("top_k", [None, 3])
def test_the_cache_changes_nothing_even_past_the_context(model, temperature, top_k):
    settings = {"temperature": temperature, "top_k": top_k}
    fast = generate(model, [1, 2], 40, rng=np.random.default_rng(5), **settings)
    slow = generate(model, [1, 2], 40, rng=np.random.default_rng(5), use_cache=False, **settings)
    np.testing.assert_array_equal(fast, slow)
    assert len(fast) == 42
    assert fast[:2].tolist() == [1, 2]


def test_greedy_takes_the_best_token(model):
    written = generate(model, [3], 4, temperature=0, rng=None)
    for t in range(1, 5):
        assert written[t] == model.forward(written[None, :t])[0, -1].argmax()


def test_same_seed_same_text(model):
    texts = [generate(model, [0], 20, rng=np.random.default_rng(seed)).tolist() for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_of_a_long_prompt_the_end_is_read(model):
    prompt = np.arange(20) % 9
    written = generate(model, prompt, 3, temperature=0, rng=None)
    np.testing.assert_array_equal(written[:20], prompt)
    np.testing.assert_array_equal(written[20:], generate(model, prompt[-6:], 3, temperature=0, rng=None)[6:])


@pytest.mark.parametrize(
    ("prompt", "settings", "message"),
    [
        ([], {}, "no tokens"),
        ([9], {}, "0 … 8; got 9 … 9"),
        ([1], {"temperature": -0.1}, "temperature must be a finite number of at least 0; got -0.1"),
        ([1], {"temperature": float("nan")}, "temperature"),
        ([1], {"temperature": float("inf")}, "temperature"),
        ([1], {"top_k": 0}, "top_k must be a whole number of at least 1"),
        ([1], {"n_tokens": -1}, "n_tokens must be a whole number of at least 0; got -1"),
    ],
)
def test_bad_requests_get_a_sentence(model, prompt, settings, message):
    settings = {"n_tokens": 3, "rng": np.random.default_rng(0), **settings}
    with pytest.raises(ValueError, match=message):
        generate(model, prompt, **settings)


def test_no_tokens_wanted_gives_the_prompt(model):
    assert generate(model, [4, 5], 0, rng=None).tolist() == [4, 5]
