"""Tuning: right derivatives, the frozen part computed once, files that travel, labels learned."""

import large_twin
import numpy as np
import pytest
from test_large_llama import TARGETS, TINY, TOKENS, tiny

from nnbook.exchange import load_safetensors, save_safetensors
from nnbook.gradcheck import check_gradients, numerical_gradient, relative_error
from nnbook.language_model import next_token_loss
from nnbook.large import parts
from nnbook.large.loading import load_llama
from nnbook.large.lora import (
    Adapters,
    Example,
    LowRank,
    answer_loss,
    load_adapters,
    lower_states,
    save_adapters,
    tune,
)

EXAMPLES = [
    Example((3, 1, 4, 1), (5, 9)),
    Example((2, 6), (5,)),
    Example((3, 5, 8, 9, 7), (9, 3, 2)),
]


def moved(n_blocks=2, rank=2):
    """Adapters of the tiny model away from their start, where half of the gradients would be 0."""
    adapters = Adapters(tiny(), rank=rank, n_blocks=n_blocks, rng=np.random.default_rng(1))
    adapters.parameters[:] = np.random.default_rng(2).normal(0, 0.5, adapters.n_parameters)
    return adapters


def states_of(adapters, examples=EXAMPLES):
    return lower_states(adapters.model, [example.inputs for example in examples], adapters.first)


@pytest.mark.parametrize("n_blocks", [1, 2])
def test_every_derivative_is_right(n_blocks):
    report = check_gradients(moved(n_blocks), next_token_loss, TOKENS, TARGETS)
    assert report.ok, report


@pytest.mark.parametrize("n_blocks", [1, 2])
def test_the_derivative_of_the_masked_loss_is_right(n_blocks):
    adapters = moved(n_blocks)
    states = states_of(adapters)
    answer_loss(adapters, states, EXAMPLES)
    analytic = adapters.gradients.copy()
    numerical = numerical_gradient(
        lambda: answer_loss(adapters, states, EXAMPLES, training=False), adapters.parameters
    )
    assert relative_error(analytic, numerical).max() < 1e-6


def test_a_wrong_derivative_is_found(monkeypatch):
    monkeypatch.setattr(LowRank, "backward", without_the_way_down(LowRank.backward))
    report = check_gradients(moved(), next_token_loss, TOKENS, TARGETS)
    assert report.max_relative_error > 1e-3


def without_the_way_down(right):
    return lambda self, grad: 0 * right(self, grad)


def test_a_wrong_turn_is_found(monkeypatch):
    right = parts.GroupedAttention.backward

    def backward(self, grad):
        q, k, v, turns = self._heads
        self._heads = q, k, v, np.ones_like(turns)
        return right(self, grad)

    monkeypatch.setattr(parts.GroupedAttention, "backward", backward)
    assert check_gradients(moved(), next_token_loss, TOKENS, TARGETS).max_relative_error > 1e-3


def test_the_masked_loss_is_that_of_the_answers_alone():
    adapters = moved()
    by_hand = []
    for example in EXAMPLES:
        logits = adapters.forward(np.array([example.inputs]))[0]
        for place, token in zip(example.places, example.answer, strict=True):
            by_hand.append(np.log(np.exp(logits[place]).sum()) - logits[place, token])
    assert len(by_hand) == 6
    assert answer_loss(adapters, states_of(adapters), EXAMPLES) == pytest.approx(np.mean(by_hand), rel=1e-12)


def test_tuning_begins_at_the_model_as_it_was():
    model = tiny()
    before = model.forward(TOKENS)
    adapters = Adapters(model, rank=3, n_blocks=2, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(adapters.forward(TOKENS), before)
    adapters.parameters += 0.1
    assert np.abs(adapters.forward(TOKENS) - before).max() > 1e-3
    adapters.detach()
    np.testing.assert_array_equal(model.forward(TOKENS), before)


def test_adapters_equal_a_changed_matrix():
    adapters = moved()
    model = adapters.model
    tuned = adapters.forward(TOKENS)
    adapters.detach()
    for place, adapter in zip(adapters.places.values(), adapters.children, strict=True):
        place.params["weight"] = place.params["weight"] + adapter.params["a"] @ adapter.params["b"]
    np.testing.assert_allclose(model.forward(TOKENS), tuned, atol=1e-12)


def test_the_kept_states_give_the_same_as_reading_again():
    adapters = moved(n_blocks=1)
    assert adapters.first == 1
    x = adapters.model.body(np.stack(states_of(adapters, [EXAMPLES[0]])), first=1)
    whole = adapters.model.body(adapters.model.embedding.forward(np.array([EXAMPLES[0].inputs])))
    adapters.attach()
    tuned = adapters.model.body(adapters.model.embedding.forward(np.array([EXAMPLES[0].inputs])))
    np.testing.assert_allclose(x, whole, atol=1e-12)  # detached: as the model was
    assert np.abs(tuned - whole).max() > 1e-3


def test_labels_are_learned_and_no_weight_of_the_model_moves():
    model = tiny(np.float32)
    adapters = Adapters(model, rank=4, n_blocks=2, rng=np.random.default_rng(0))
    losses = tune(
        adapters, EXAMPLES, epochs=60, batch_size=2, learning_rate=0.02, rng=np.random.default_rng(0)
    )
    assert len(losses) == 120
    assert np.mean(losses[-10:]) < 0.3 * np.mean(losses[:10])
    adapters.detach()
    np.testing.assert_array_equal(model.forward(TOKENS), tiny(np.float32).forward(TOKENS))


def test_the_same_seed_gives_the_same_adapters():
    results = []
    for _ in range(2):
        adapters = Adapters(tiny(), rank=2, n_blocks=1, rng=np.random.default_rng(3))
        tune(adapters, EXAMPLES, epochs=2, batch_size=2, rng=np.random.default_rng(4))
        results.append(adapters.parameters.copy())
    np.testing.assert_array_equal(*results)


def test_there_and_back(tmp_path):
    adapters = moved(n_blocks=1)
    save_adapters(adapters, tmp_path / "a.safetensors")
    again = load_adapters(tiny(), tmp_path / "a.safetensors")
    assert again.first == 1
    np.testing.assert_allclose(again.parameters, adapters.parameters, rtol=1e-3, atol=1e-6)  # 16 bits
    assert repr(again) == "Adapters(rank 2, blocks 1 and later, 56 parameters)"


@pytest.mark.parametrize("fault", ["another model", "not finite", "an array missing", "too many", "no file"])
def test_adapters_that_do_not_fit_are_refused(tmp_path, fault):
    save_adapters(moved(), tmp_path / "a.safetensors")
    arrays, model = load_safetensors(tmp_path / "a.safetensors"), tiny()
    if fault == "another model":
        path = large_twin.write_twin(tmp_path / "twin.gguf")
        model, _ = load_llama(path)
    elif fault == "not finite":
        arrays["0.query.a"][0, 0] = np.nan
    elif fault == "an array missing":
        arrays.pop("1.value.b")
    elif fault == "too many":
        arrays["1.key.a"] = np.ones((2, 2), np.float16)
    else:
        arrays = {"w": np.ones(2)}
    save_safetensors(arrays, tmp_path / "b.safetensors")
    with pytest.raises(ValueError, match=r"b\.safetensors holds no adapters of this model"):
        load_adapters(model, tmp_path / "b.safetensors")


@pytest.mark.parametrize("examples", [[], [Example((), (1,))], [Example((1,), ())]])
def test_tuning_on_nothing_is_refused(examples):
    with pytest.raises(ValueError, match="tuning needs at least one example"):
        tune(moved(), examples, rng=np.random.default_rng(0))


def test_more_blocks_than_there_are_is_refused():
    with pytest.raises(ValueError, match="the model has 2 blocks; n_blocks cannot be 3"):
        Adapters(tiny(), n_blocks=3, rng=np.random.default_rng(0))
    assert TINY.n_layers == 2


@pytest.mark.large
def test_a_large_model_learns_from_a_few_examples(large_path):
    model, tokenizer = load_llama(large_path)
    adapters = Adapters(model, rng=np.random.default_rng(0))
    assert adapters.n_parameters == 153_600
    pairs = [
        ("where is my parcel", " track"),
        ("send it back please", " return"),
        ("stop my order", " cancel"),
    ]
    examples = [
        Example(tuple(tokenizer.encode(f"{text}\n=>")), tuple(tokenizer.encode(answer)))
        for text, answer in pairs
    ]
    settings = {"epochs": 15, "batch_size": 3, "learning_rate": 5e-3}
    losses = tune(adapters, examples, rng=np.random.default_rng(0), **settings)
    assert losses[-1] < 0.2 * losses[0]
