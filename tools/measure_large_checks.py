"""Two stored runs of page 5.6: the large model beside PyTorch's, and the same weights laid the other way.

    python tools/measure_large_checks.py        writes results/large_checks.json; about three minutes

Needs requirements-frameworks.txt (transformers, torch, gguf). One thread. Speeds are CPU seconds of
interleaved rounds on a machine that other programs use too: compare the ratio, not the figures.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded
os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from large_reference import transformers_model

from nnbook.datasets import load_large_model
from nnbook.large.loading import load_llama
from nnbook.large.parts import Projection

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "results" / "large_checks.json"
TEXTS = [
    "The capital of France is",
    "A neural network is a function with many parameters, and training sets them.",
    "def area(width, height):\n    return width * height\n",
    "我想知道神经网络是什么。",
]
ROUNDS, WRITTEN = 9, 16


def beside_pytorch(model, tokenizer, path):
    """The logits of both programs at every place of some texts."""
    theirs, rows = transformers_model(path), []
    for text in TEXTS:
        tokens = tokenizer.encode(text)[None]
        mine = model.forward(tokens)[0]
        with torch.no_grad():
            reference = theirs(torch.from_numpy(tokens.astype(np.int64))).logits[0].numpy()
        best = np.argsort(-reference[-1])[:5]
        last = {"tokens": best.tolist(), "logits": reference[-1, best].astype(float).round(3).tolist()}
        rows.append(
            {
                "text": text,
                "tokens": tokens.shape[1],
                "largest_difference": float(np.abs(mine - reference).max()),
                "largest_logit": float(np.abs(reference).max()),
                "same_best_token": float((mine.argmax(axis=1) == reference.argmax(axis=1)).mean()),
                "last_place": last,
            }
        )
    versions = {name: version(name) for name in ("transformers", "torch", "gguf")}
    return {"versions": versions, "rows": rows}


def write(model):
    """Tokens a CPU second, one by one after a prompt."""
    caches = model.new_caches(capacity=64)
    model.next_logits(np.arange(1000, 1032)[None], caches)
    start = time.process_time()
    for token in range(WRITTEN):
        model.next_logits(np.array([[2000 + token]]), caches)
    return WRITTEN / (time.process_time() - start)


def layouts(path):
    """The same matrices in memory as (in, out), in the order of use, and as (out, in), as in the file."""
    in_out, _ = load_llama(path)
    out_in, _ = load_llama(path)
    for layer in out_in._leaves():
        if isinstance(layer, Projection) or layer is out_in.embedding:
            layer.params["weight"] = np.asfortranarray(layer.params["weight"])
    tokens = np.arange(1000, 1008)[None]
    difference = np.abs(in_out.forward(tokens) - out_in.forward(tokens)).max()
    found = {"in, out": [], "out, in": []}
    for i in range(ROUNDS + 1):
        for name, model in (("in, out", in_out), ("out, in", out_in)):
            speed = write(model)
            if i:  # the first round warms up
                found[name].append(speed)
    ratio = np.array(found["in, out"]) / np.array(found["out, in"])
    return {
        "rounds": ROUNDS,
        "written": WRITTEN,
        "tokens_a_cpu_s": {name: round(float(np.median(speeds)), 1) for name, speeds in found.items()},
        "times_faster": round(float(np.median(ratio)), 2),
        "times_faster_of_each_round": ratio.round(2).tolist(),
        "largest_difference_of_logits": float(difference),
    }


def main():
    """Measure both and write the file."""
    path = load_large_model()
    load = os.getloadavg()[0]
    result = {
        "what": "SmolLM2-135M-Instruct in NumPy float32, one thread; CPU seconds: compare the ratio",
        "layout": layouts(path) | {"load_before": round(load, 1)},
        "reference": beside_pytorch(*load_llama(path), path),
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(result["layout"], indent=1))


if __name__ == "__main__":
    sys.exit(main())
