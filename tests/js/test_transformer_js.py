"""transformer.js must write what nnbook writes: the same tokens, logits, attention and probabilities."""

import numpy as np
import pytest
from javascript import Cases

from nnbook.generation import generate, next_token_probabilities
from nnbook.models import FOLDER
from nnbook.serialization import load_model, quantized_as_json, read_arrays, save_quantized
from nnbook.tokenizers import BPETokenizer, CharTokenizer, tokenizer_from_dict
from nnbook.transformer import Transformer

TEXT = "To be, or not to be: that is it.\n\n  Whether 'tis — 你好，世界！世界大 🙂 naïve\t\x0b\x1c\x85\xa0end"
TEXTS = [TEXT, "", " ", "a  b\n\n c", "你好", "🙂🙂 be", "to\u2003be \ufeffor [not] `to` {be} @~^_", "½\r\nx"]
SAMPLINGS = [(1.0, None), (0.7, 5), (2.0, 1), (0, None), (1e-6, None)]


def case(name, model, tokenizer, path, *, n_tokens):
    """What nnbook computes with the int8 weights, in float64 and float32."""
    file = quantized_as_json(path)
    stored, _ = load_model(path)
    exact = Transformer(**stored.settings, rng=np.random.default_rng(0))
    exact.parameters[...] = stored.parameters
    rng = np.random.default_rng(1)
    tokens = rng.integers(0, model.vocab_size, model.context_length)
    logits = exact.forward(tokens[None])[0]
    samplings = []
    for temperature, top_k in SAMPLINGS:
        probabilities = next_token_probabilities(logits[-1], temperature=temperature, top_k=top_k)
        samplings.append({"temperature": temperature, "topK": top_k, "probabilities": probabilities.tolist()})
    prompt = tokenizer.decode(tokenizer.encode("to be")[:3])
    greedy = generate(exact, tokenizer.encode(prompt), n_tokens, temperature=0, rng=None)
    return {
        "name": name,
        "file": file,
        "tokens": tokens.tolist(),
        "logits": logits.ravel().tolist(),
        "logits32": stored.forward(tokens[None])[0].ravel().tolist(),
        "attention": exact.attention_maps(tokens[None])[:, 0].ravel().tolist(),
        "samplings": samplings,
        "prompt": prompt,
        "greedy": greedy.tolist(),
    }


def tokenizer_case(tokenizer, texts):
    broken = [
        list(map(int, tokens))
        for tokens in np.random.default_rng(0).integers(0, tokenizer.vocab_size, (20, 9))
    ]
    return {
        "data": tokenizer.to_dict(),
        "texts": [{"text": text, "tokens": tokenizer.encode(text).tolist()} for text in texts],
        "decoded": [{"tokens": tokens, "text": tokenizer.decode(tokens)} for tokens in broken],
    }


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("transformer")
    characters, pairs = CharTokenizer.train(TEXT), BPETokenizer.train(TEXT * 2, vocab_size=300)
    models = []
    for name, tokenizer, sizes in (
        ("odd sizes", characters, (9, 3, 2, 7)),
        ("even sizes", pairs, (8, 2, 1, 10)),
        ("a context of one", characters, (4, 1, 1, 1)),
    ):
        rng = np.random.default_rng(len(models))
        model = Transformer(tokenizer.vocab_size, *sizes, rng=rng)
        model.parameters += rng.normal(0, 0.3, model.n_parameters)
        path = folder / f"{len(models)}.npz"
        save_quantized(model, path, metadata={"tokenizer": tokenizer.to_dict()})
        models.append(case(name, model, tokenizer, path, n_tokens=30))
    for path in sorted(FOLDER.glob("*.npz")):  # the models of the book
        if read_arrays(path)[0]["kind"] != "Transformer":
            continue
        model, metadata = load_model(path)
        models.append(case(path.stem, model, tokenizer_from_dict(metadata["tokenizer"]), path, n_tokens=100))
    unknown = CharTokenizer.train("aabbc🙂🙂", min_count=2, unknown="□")
    tokenizers = [
        tokenizer_case(pairs, TEXTS),
        tokenizer_case(BPETokenizer([]), TEXTS),
        tokenizer_case(characters, [TEXT, "to be", "你好🙂"]),
        tokenizer_case(unknown, ["abc🙂", "xyz"]),
    ]
    return Cases(tmp_path_factory, "transformer.parity.mjs", {"models": models, "tokenizers": tokenizers})


def test_parity(cases):
    assert cases.passed() >= 4


def test_a_logit_that_is_off_is_found(cases):
    everything = cases.copy()
    everything["models"][0]["logits"][5] += 1e-3
    assert "logits are off by" in cases.complaint(everything)
