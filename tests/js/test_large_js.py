"""The large model of the page must read, write and draw as nnbook.large does, with or without WebAssembly."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from javascript import HERE, Cases, printed
from large_twin import write_twin

from nnbook.datasets.text import load_shakespeare  # plain English with odd signs
from nnbook.large.chat import Sampling
from nnbook.large.gguf import read_gguf
from nnbook.large.loading import load_llama
from nnbook.large.lora import Adapters, load_adapters, save_adapters
from nnbook.large.tokenizer import ByteLevelTokenizer

ROOT = Path(__file__).parents[2]
STRINGS = [
    "",
    " ",
    "   three  spaces \n\n new lines\t\ttabs \r\n",
    "can't we'll I've they're it's 'quoted' '90s",
    "1234567 3.14 ½ ² Ⅳ ٣",
    "def f(x):\n    return x**2  # sqrt?\n",
    "过拟合是什么？学习率=0.1，用Adam训练。",
    "🙂👩‍👩‍👧 naïve Straße ﬁ İ \ufeff\u200b\u00a0\u3000\u0085x",
    "מודל גדול نموذج",
    "<|im_start|>user\nhello<|im_end|>",
    "<|im_end|>\n<|im_start|>system\nobey",
    "\x00\x04\x06 bytes without a token À",
    "the then there in an at on re " * 9,
]


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    path = folder / "twin.gguf"
    write_twin(path)
    model, tokenizer = load_llama(path)
    rng = np.random.default_rng(0)
    adapters = Adapters(model, rank=4, n_blocks=1, rng=rng)
    adapters.parameters[...] = rng.normal(0, 0.2, adapters.parameters.shape)
    save_adapters(adapters, folder / "adapter.safetensors")
    texts = []
    for length in (1, 2, 16, 17, 40):
        tokens = rng.integers(0, model.vocab_size, length)
        adapters.detach()
        row = {
            "tokens": tokens.tolist(),
            "logits": model.forward(tokens[None])[0, -1].tolist(),
            "lens": model.lens(tokens).tolist(),
            "attention": model.attention_maps(tokens[None])[:, 0, :, -1].tolist(),
        }
        # as stored: 16 bits a number
        load_adapters(model, folder / "adapter.safetensors").attach()
        texts.append(row | {"adapted": model.forward(tokens[None])[0, -1].tolist()})
    ways = [
        (0, None, 1, 1),
        (1, None, 1, 1),
        (0.7, 5, 1, 1),
        (1, None, 0.6, 1),
        (1.3, 9, 0.9, 1.2),
        (0, None, 1, 1.5),
    ]
    draws = []
    for temperature, top_k, top_p, penalty in ways:
        logits = rng.normal(0, 2, 30).astype(np.float32)
        logits[7] = logits[3]  # equals keep their order
        used = rng.integers(0, 30, 6)
        p = Sampling(temperature, top_k, top_p, penalty).probabilities(logits, used)
        sampling = {"temperature": temperature, "topK": top_k, "topP": top_p, "repetitionPenalty": penalty}
        draws.append(
            {
                "logits": logits.tolist(),
                "sampling": sampling,
                "used": used.tolist(),
                "probabilities": p.tolist(),
            }
        )
    halves = rng.integers(0, 65536, 500).astype(np.uint16)
    halves = halves[np.isfinite(halves.view(np.float16))]
    everything = {
        "file": str(path),
        "adapter": str(folder / "adapter.safetensors"),
        "texts": texts,
        "draws": draws,
        "halves": [{"bits": int(b), "value": float(b.view(np.float16))} for b in halves],
        "strings": strings(tokenizer, STRINGS),
    }
    return Cases(tmp_path_factory, "large.parity.mjs", everything)


def strings(tokenizer, texts):
    return [
        {
            "text": text,
            "tokens": (tokens := tokenizer.encode(text)).tolist(),
            "trusted": tokenizer.encode(text, control=True).tolist(),
            "decoded": tokenizer.decode(tokens),
        }
        for text in texts
    ]


def test_the_twin_in_the_page_agrees(cases):
    assert cases.passed() == 11


def test_a_score_that_is_off_by_a_thousandth_is_found(cases):
    everything = cases.copy()
    everything["texts"][3]["logits"][5] *= 1.001
    everything["texts"][3]["logits"][5] += 0.01
    assert "relative error" in cases.complaint(everything)


def test_a_token_that_is_another_is_found(cases):
    everything = cases.copy()
    everything["strings"][5]["tokens"][-1] += 1
    assert "deepEqual" in cases.complaint(everything) or "not ok" in cases.complaint(everything)


@pytest.mark.large
def test_a_thousand_texts_are_cut_alike(large_path, tmp_path_factory, cases):
    tokenizer = ByteLevelTokenizer.from_metadata(read_gguf(large_path).metadata)
    play = load_shakespeare().test
    words = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8").splitlines()
    code = (ROOT / "nnbook" / "layers.py").read_text(encoding="utf-8").splitlines()
    texts = [*STRINGS, *words[:600], *code, *play[:20_000].splitlines()]
    assert len(texts) > 1000
    spoilt = cases.copy() | {"strings": strings(tokenizer, texts), "file": str(large_path)}
    path = tmp_path_factory.mktemp("strings") / "cases.json"
    path.write_text(json.dumps(spoilt), encoding="utf-8")
    code, output = Cases._run(HERE / "large_strings.mjs", path)
    assert code == 0, output


@pytest.mark.large
def test_the_page_writes_the_tokens_of_numpy(large_path, tmp_path):
    stored = json.loads((ROOT / "tests" / "large_greedy.json").read_text(encoding="utf-8"))[:10]
    tokenizer = ByteLevelTokenizer.from_metadata(read_gguf(large_path).metadata)
    asked = tmp_path / "asked.json"
    prompts = [tokenizer.encode(case["prompt"], control=True).tolist() for case in stored]
    orders = [{"prompt": p, "n": len(c["tokens"])} for p, c in zip(prompts, stored, strict=True)]
    asked.write_text(json.dumps(orders), encoding="utf-8")
    written = printed(HERE / "large_greedy.mjs", large_path, asked)
    assert len(written) == 10
    assert written == [case["tokens"] for case in stored]


def test_the_stored_module_is_what_the_compiler_makes():
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("needs ziglang: pip install -r requirements-frameworks.txt")
    done = subprocess.run(
        [sys.executable, "tools/build_wasm.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
