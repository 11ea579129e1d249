"""The large model's blocks: right by a slow twin and by PyTorch, gradients checked, cache = no cache."""

import json
from pathlib import Path

import large_twin
import numpy as np
import pytest

from nnbook import embeddings
from nnbook.generation import generate
from nnbook.gradcheck import check_gradients
from nnbook.language_model import next_token_loss, token_losses
from nnbook.large import loading, parts
from nnbook.large.caches import pad
from nnbook.large.gguf import read_gguf
from nnbook.large.llama import READ_AT_ONCE, Llama, LlamaSettings
from nnbook.large.loading import load_llama
from nnbook.parameter_counts import SMOLLM2_135M, grouped_decoder_parameters

TINY = LlamaSettings(
    vocab_size=11, d_model=8, n_heads=4, n_groups=2, n_layers=2, hidden=6, context_length=9, rotary_base=50.0
)


def tiny(dtype=np.float64, seed=0):
    """A model of about 800 random weights."""
    rng = np.random.default_rng(seed)
    arrays = {
        name: (rng.normal(0, 0.5, shape) if len(shape) == 2 else rng.uniform(0.5, 1.5, shape)).astype(dtype)
        for name, shape in TINY.shapes().items()
    }
    return Llama(TINY, arrays)


@pytest.fixture(scope="module")
def twin_path(tmp_path_factory):
    return large_twin.write_twin(tmp_path_factory.mktemp("twin") / "twin.gguf")


@pytest.fixture(scope="module")
def twin(twin_path):
    return load_llama(twin_path, dtype=np.float64)


def slow_logits(file, tokens):
    """The model again from the file, one place and one head at a time, by the formulas."""
    weights = {name.removesuffix(".weight"): a.unpack().astype(float) for name, a in file.arrays.items()}
    said = file.metadata
    n_heads, n_groups = said["llama.attention.head_count"], said["llama.attention.head_count_kv"]
    epsilon, base = said["llama.attention.layer_norm_rms_epsilon"], said["llama.rope.freq_base"]
    width = said["llama.embedding_length"]
    D = width // n_heads

    def norm(x, weight):
        return x / np.sqrt(sum(x * x) / width + epsilon) * weight

    def turn(x, place):
        out = x.copy()
        for j in range(D // 2):
            angle = place / base ** (2 * j / D)
            a, b = x[2 * j], x[2 * j + 1]
            out[2 * j] = a * np.cos(angle) - b * np.sin(angle)
            out[2 * j + 1] = a * np.sin(angle) + b * np.cos(angle)
        return out

    xs = [weights["token_embd"][token] for token in tokens]
    for i in range(said["llama.block_count"]):
        w = {name.removeprefix(f"blk.{i}."): a for name, a in weights.items() if name.startswith(f"blk.{i}.")}
        keys, values, new = [], [], []
        for place, x in enumerate(xs):
            h = norm(x, w["attn_norm"])
            q = (w["attn_q"] @ h).reshape(n_heads, D)
            keys.append([turn(k, place) for k in (w["attn_k"] @ h).reshape(n_groups, D)])
            values.append((w["attn_v"] @ h).reshape(n_groups, D))
            heads = []
            for head in range(n_heads):
                group = head * n_groups // n_heads
                scores = np.array([turn(q[head], place) @ k[group] / np.sqrt(D) for k in keys])
                share = np.exp(scores) / np.exp(scores).sum()
                heads.append(sum(p * v[group] for p, v in zip(share, values, strict=True)))
            x = x + w["attn_output"] @ np.concatenate(heads)
            h = norm(x, w["ffn_norm"])
            gate = w["ffn_gate"] @ h
            new.append(x + w["ffn_down"] @ (gate / (1 + np.exp(-gate)) * (w["ffn_up"] @ h)))
        xs = new
    return np.array([weights["token_embd"] @ norm(x, weights["output_norm"]) for x in xs])


def test_the_model_equals_its_formulas(twin, twin_path):
    model, _ = twin
    tokens = np.random.default_rng(0).integers(0, model.vocab_size, 12)
    slow = slow_logits(read_gguf(twin_path), tokens)
    np.testing.assert_allclose(model.forward(tokens[None])[0], slow, rtol=0, atol=1e-12 * np.abs(slow).max())


# each part


def test_distance_alone_counts_for_turned_vectors():
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(2, 1, 1, 1, 8))

    def product(place_q, place_k):
        turned = [
            parts.rotate(x, parts.rotations([[place]], 8, 100.0, x.dtype))
            for x, place in ((q, place_q), (k, place_k))
        ]
        return float((turned[0] * turned[1]).sum())

    assert product(7, 3) == pytest.approx(product(104, 100), abs=1e-12)
    assert abs(product(7, 3) - product(7, 4)) > 1e-3


def test_a_complex_product_turns_as_chapter_5_does():
    x = np.random.default_rng(0).normal(size=(2, 5, 3, 8))
    positions = np.arange(5) + 40
    turned = parts.rotate(x, parts.rotations(np.stack([positions] * 2), 8, 100.0, x.dtype))
    slow = embeddings.rotate(x.swapaxes(1, 2), embeddings.rotary_angles(positions, 8, base=100.0))
    np.testing.assert_allclose(turned, slow.swapaxes(1, 2), atol=1e-14)


def test_turning_back_undoes_the_turn():
    x = np.random.default_rng(0).normal(size=(1, 3, 2, 4))
    turns = parts.rotations([[0, 5, 9]], 4, 100.0, x.dtype)
    np.testing.assert_allclose(parts.rotate(parts.rotate(x, turns), turns.conj()), x, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_format_is_kept(dtype):
    model = tiny(dtype)
    assert model.dtype == dtype
    assert model.forward(np.array([[1, 2]])).dtype == dtype


# gradients


TOKENS = np.array([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
TARGETS = np.array([[1, 4, 1, 5, 9], [2, 6, 5, 3, 5]])


def test_every_derivative_is_right():
    model = tiny().make_trainable()
    assert model.parameters.size == model.n_parameters > 700
    report = check_gradients(model, next_token_loss, TOKENS, TARGETS)
    assert report.ok, report


@pytest.mark.parametrize("fault", ["no turn back", "mean kept", "silu without its second term", "head only"])
def test_a_wrong_derivative_is_found(fault, monkeypatch):
    model = tiny().make_trainable()
    if fault == "no turn back":
        monkeypatch.setattr(parts.GroupedAttention, "backward", without_turning_back)
    elif fault == "mean kept":
        monkeypatch.setattr(
            parts.RMSNorm, "backward", lambda self, g: g * self.params["weight"] * self._inverse
        )
    elif fault == "silu without its second term":
        right = parts.SwiGLU.backward
        monkeypatch.setattr(
            parts.SwiGLU, "backward", lambda self, g: right(with_work(self, self._work[2] * 0 + 1), g)
        )
    else:
        monkeypatch.setattr(parts.TiedEmbedding, "backward", lambda self, g: None)
    report = check_gradients(model, next_token_loss, TOKENS, TARGETS)
    assert report.max_relative_error > 1e-3


def without_turning_back(self, grad, right=parts.GroupedAttention.backward):
    q, k, v, turns = self._heads
    self._heads = q, k, v, np.ones_like(turns)
    return right(self, grad)


def with_work(layer, s):
    z, u, _ = layer._work
    layer._work = z, u, s
    return layer


def test_frozen_weights_get_no_gradient_and_no_memory_for_one():
    model = tiny()
    loss, grad = next_token_loss(model.forward(TOKENS, training=True), TARGETS)
    model.backward(grad)
    assert loss > 0
    assert all(not leaf.grads for leaf in model._leaves())


# cache, batch, chapter 5's programs


def test_reading_token_by_token_equals_reading_at_once(twin):
    model, tokenizer = twin
    tokens = tokenizer.encode("the cat on the hat, in an inn")[:20]
    whole = model.forward(tokens[None])[0]
    caches = model.new_caches()
    step = [model.forward(tokens[None, i : i + 1], caches=caches)[0, 0] for i in range(len(tokens))]
    np.testing.assert_allclose(step, whole, atol=1e-12)
    caches = model.new_caches()
    pieces = [model.forward(tokens[None, a:b], caches=caches)[0] for a, b in ((0, 7), (7, 8), (8, 20))]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-12)


def test_conversations_of_different_lengths_do_not_see_one_another(twin):
    model, tokenizer = twin
    texts = ["the cat", "a", "one hat in the rain on an inn"]
    tokens, counts = pad([tokenizer.encode(text) for text in texts])
    caches = model.new_caches(3, capacity=40)
    together = [model.next_logits(tokens, caches, counts=counts)]
    for _ in range(5):
        together.append(model.next_logits(together[-1].argmax(axis=1)[:, None], caches))
    assert caches.lengths.tolist() == (counts + 5).tolist()
    for row, text in enumerate(texts):
        alone = model.new_caches()
        logits = model.next_logits(tokenizer.encode(text)[None], alone)
        for step in together:
            np.testing.assert_allclose(step[row], logits[0], atol=1e-12)
            logits = model.next_logits(logits.argmax(axis=1)[:, None], alone)


def test_a_finished_conversation_makes_room_for_the_last(twin):
    model, tokenizer = twin
    caches = model.new_caches(3, capacity=20)
    for row, text in enumerate(["the", "a cat", "in an inn"]):
        model.next_logits(tokenizer.encode(text)[None], caches[row : row + 1])
    caches.move(2, 0)
    alone = model.new_caches()
    model.next_logits(tokenizer.encode("in an inn")[None], alone)
    new = np.array([[7]])
    np.testing.assert_allclose(model.next_logits(new, caches[:1]), model.next_logits(new, alone), atol=1e-12)
    assert caches.lengths[1] == len(tokenizer.encode("a cat"))


def test_going_back_in_a_cache_is_a_shorter_length(twin):
    model, _ = twin
    caches = model.new_caches()
    first = model.next_logits(np.array([[5, 6, 7]]), caches)
    model.next_logits(np.array([[9, 9]]), caches)
    caches.lengths -= 3
    np.testing.assert_allclose(model.next_logits(np.array([[7]]), caches), first, atol=1e-12)


def test_long_prompts_are_read_in_pieces(tmp_path):
    path = large_twin.write_twin(tmp_path / "long.gguf", llama__context_length=3 * READ_AT_ONCE)
    model, _ = load_llama(path, dtype=np.float64)
    rng = np.random.default_rng(0)
    long, short = (rng.integers(0, model.vocab_size, n) for n in (2 * READ_AT_ONCE + 9, READ_AT_ONCE - 3))
    tokens, counts = pad([long, short])
    logits = model.next_logits(tokens, model.new_caches(2), counts=counts)
    for row, alone in zip(logits, (long, short), strict=True):
        np.testing.assert_allclose(row, model.forward(alone[None])[0, -1], atol=1e-11)


def test_chapter_5_writes_with_it(twin):
    model, _ = twin
    rng = np.random.default_rng(0)
    with_cache = generate(model, [3, 4], 60, temperature=0, rng=rng)  # longer than the context
    without = generate(model, [3, 4], 60, temperature=0, rng=rng, use_cache=False)
    assert with_cache.tolist() == without.tolist()


@pytest.mark.parametrize("n", [2, 30, 48, 49, 60, 100])
def test_losses_of_short_and_long_texts(twin, n):
    model, _ = twin
    tokens = np.random.default_rng(0).integers(0, model.vocab_size, n)
    losses = model.losses(tokens)
    assert losses.shape == (n - 1,)
    if n <= 49:
        np.testing.assert_allclose(losses, token_losses(model, tokens), atol=1e-10)
    for place in range(0, n - 1, 7):
        # the first window has 48 places; later ones begin 24 before what they judge
        begin = 0 if place < 48 else (place - 48) // 24 * 24 + 24
        logits = model.forward(tokens[None, begin : place + 1])[0, -1]
        assert losses[place] == pytest.approx(np.log(np.exp(logits).sum()) - logits[tokens[place + 1]])


def test_the_lens_ends_with_what_the_model_says(twin):
    model, _ = twin
    tokens = np.array([5, 9, 2, 30])
    lens = model.lens(tokens)
    assert lens.shape == (3, model.vocab_size)
    np.testing.assert_allclose(lens[-1], model.forward(tokens[None])[0, -1], atol=1e-12)


def test_every_place_looks_at_itself_and_the_past(twin):
    maps = twin[0].attention_maps(np.array([[5, 9, 2]]))
    assert maps.shape == (2, 1, 4, 3, 3)
    np.testing.assert_allclose(maps.sum(axis=-1), 1)
    assert not np.triu(maps, 1).any()


# what is refused


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"general__architecture": "qwen2"}, "architecture is 'qwen2'"),
        ({"llama__rope__scaling__type": "yarn"}, r"asks for llama\.rope\.scaling\.type"),
        ({"llama__expert_count": 8}, r"asks for llama\.expert_count"),
        ({"llama__block_count": None}, "lacks or garbles a size"),
        ({"llama__block_count": "two"}, "n_layers must be a single number"),
        ({"llama__block_count": 0}, "n_layers must be a whole number"),
        ({"llama__block_count": 3}, "missing or unknown"),
        ({"llama__attention__head_count": 5}, "must be n_heads 5 times an even number"),
        ({"llama__feed_forward_length": 128}, "must have shape"),
        ({"llama__rope__dimension_count": 8}, "turns 8 of 16 features"),
        ({"llama__rope__freq_base": 0.0}, "rotary_base must be a finite number above 0"),
        ({"tokenizer__ggml__pre": "qwen2"}, "tokenizer is of kind"),
    ],
)
def test_a_foreign_or_damaged_model_is_refused(tmp_path, changes, words):
    said = {**large_twin.metadata(), **large_twin.metadata(**changes)}
    for name, value in changes.items():
        if value is None:
            said.pop(name.replace("__", "."))
    large_twin.write_gguf(tmp_path / "bad.gguf", said, large_twin.arrays())
    with pytest.raises(ValueError, match=words):
        load_llama(tmp_path / "bad.gguf")


def test_an_array_too_many_is_refused(tmp_path):
    arrays = large_twin.arrays() | {"output.weight": ("F32", np.ones((4, 64)))}
    large_twin.write_gguf(tmp_path / "untied.gguf", large_twin.metadata(), arrays)
    with pytest.raises(ValueError, match=r"output\.weight, which a Llama with tied embeddings does not have"):
        load_llama(tmp_path / "untied.gguf")


def test_too_little_memory_is_said_before_anything_is_read(twin_path, monkeypatch):
    monkeypatch.setattr(loading, "free_memory", lambda: 1000)
    with pytest.raises(MemoryError, match=r"needs 0\.00 GB of memory for its weights; 0\.00 GB are free"):
        load_llama(twin_path)
    assert loading.free_memory.__name__ == "<lambda>"


def test_the_free_memory_is_plausible():
    assert 1e7 < loading.free_memory() < 1e14


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (np.zeros((1, 0), int), "there are no tokens"),
        (np.array([[0.5]]), "tokens must be integers"),
        (np.array([[10**6]]), "tokens must lie in"),
        (np.ones((1, 49), int), "49 tokens do not fit into a context of 48"),
    ],
)
def test_what_cannot_be_read_is_refused(twin, tokens, words):
    model, _ = twin
    with pytest.raises(ValueError, match=words):
        model.next_logits(tokens, model.new_caches())


def test_a_cache_longer_than_the_context_is_refused(twin):
    with pytest.raises(ValueError, match="49 tokens do not fit into a context of 48"):
        twin[0].new_caches(capacity=49)
    with pytest.raises(ValueError, match="batch_size must be a whole number"):
        twin[0].new_caches(0)


def test_a_full_cache_is_said_and_stays_usable(twin):
    model, _ = twin
    caches = model.new_caches(capacity=4)
    model.next_logits(np.array([[1, 2, 3]]), caches)
    with pytest.raises(ValueError, match="5 tokens do not fit into a context of 4"):
        model.next_logits(np.array([[4, 5]]), caches)
    assert caches.lengths.tolist() == [3]
    assert np.isfinite(model.next_logits(np.array([[4]]), caches)).all()


# with the file


@pytest.fixture(scope="module")
def large(large_path):
    return load_llama(large_path)


@pytest.mark.large
def test_parameters_are_counted_to_the_last_one(large, large_path):
    model, _ = large
    assert model.n_parameters == read_gguf(large_path).n_parameters == 134_515_008
    assert grouped_decoder_parameters(**SMOLLM2_135M).total == 134_515_008
    assert repr(model).endswith("9 heads in 3 groups, d_model 576, context 8192, 134,515,008 parameters)")
    assert model.new_caches().bytes_per_token == 46_080


PROMPTS = json.loads((Path(__file__).parent / "large_greedy.json").read_text(encoding="utf-8"))


@pytest.mark.large
@pytest.mark.parametrize("case", PROMPTS, ids=[case["prompt"][:20] for case in PROMPTS])
def test_greedy_texts_have_not_changed(large, case):
    model, tokenizer = large
    caches, margin = model.new_caches(capacity=128), np.inf
    new, written = tokenizer.encode(case["prompt"], control=True), []
    for _ in case["tokens"]:
        logits = model.next_logits(np.array([new]), caches)[0]
        first, second = np.partition(logits, -2)[[-1, -2]]
        margin = min(margin, first - second)
        new = [int(logits.argmax())]
        written += new
    assert written == case["tokens"]
    assert tokenizer.decode(written) == case["text"]
    assert margin > 0.01  # so the text holds on machines that round otherwise


@pytest.mark.large
def test_cache_equals_no_cache(large):
    model, tokenizer = large
    tokens = tokenizer.encode("A neural network is a function with many parameters, and training sets them.")
    whole = model.forward(tokens[None])[0]
    caches = model.new_caches()
    step = [model.forward(tokens[None, i : i + 1], caches=caches)[0, 0] for i in range(len(tokens))]
    assert np.abs(np.array(step) - whole).max() < 1e-5 * np.abs(whole).max()


@pytest.mark.large
def test_logits_equal_transformers_on_the_same_file(large, large_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="it is in requirements-frameworks.txt", exc_type=ImportError)
    for name in ("gguf", "transformers"):
        pytest.importorskip(name, reason="it is in requirements-frameworks.txt")
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "tools"))
    from large_reference import transformers_model

    model, tokenizer = large
    theirs = transformers_model(large_path)
    texts = [case["prompt"] for case in PROMPTS] + [
        "我想知道神经网络是什么。",
        "def f(x):\n    return x ** 2\n" * 8,
    ]
    for text in texts:
        tokens = tokenizer.encode(text, control=True)[None]
        mine = model.forward(tokens)
        with torch.no_grad():
            reference = theirs(torch.from_numpy(tokens.astype(np.int64))).logits.numpy()
        assert np.abs(mine - reference).max() <= 1e-4 * np.abs(reference).max()
        assert (mine.argmax(axis=-1) == reference.argmax(axis=-1)).mean() > 0.99
