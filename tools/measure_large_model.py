"""Measure the large model: speed beside its peers, texts, tasks, how sure it is, and smaller weights.

    python tools/measure_large_model.py [speed batch texts tasks sure compress] [--again]
        [--llama-python PATH]     a Python that has llama-cpp-python, for its 4-bit program

Writes results/large_model.json after each section, and skips sections that are there (not with --again). One
thread. Speeds are CPU seconds of interleaved rounds, the median of them: compare ratios, because other
programs on the machine take memory bandwidth from all. About ten minutes of one core.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import lzma
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from nnbook.compression import quantize
from nnbook.datasets import load_large_model
from nnbook.datasets.text import load_chinese_reviews, load_shakespeare
from nnbook.functional import log_softmax
from nnbook.language_model import nats_per_character
from nnbook.large.chat import chat_tokens, choose, stream
from nnbook.large.loading import load_llama
from nnbook.large.parts import Projection
from nnbook.large.speculation import speculate
from nnbook.models import load_text_model

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "results" / "large_model.json"
TASKS = json.loads(Path(__file__).with_name("large_tasks.json").read_text(encoding="utf-8"))
PROMPT, NEW = 256, 16  # places read at once, and tokens written one by one
CHARACTERS = 30_000  # of each text
LLAMA_CPP = """
import sys, time, llama_cpp
model = llama_cpp.Llama(sys.argv[1], n_ctx=1024, n_threads=1, n_threads_batch=1, n_batch=512, verbose=False)
print("ready", llama_cpp.__version__, flush=True)
for line in sys.stdin:
    tokens = list(range(1000, 1000 + int(line)))
    model.reset()
    start = time.process_time(); model.eval(tokens); read = time.process_time() - start
    start = time.process_time()
    for token in range(int(sys.argv[2])):
        model.eval([2000 + token])
    print(read, time.process_time() - start, flush=True)
"""


def numpy_round(model):
    """CPU seconds of reading a prompt and of writing after it."""
    caches = model.new_caches(capacity=PROMPT + NEW)
    tokens = np.arange(1000, 1000 + PROMPT)[None]
    start = time.process_time()
    model.next_logits(tokens, caches)
    read = time.process_time() - start
    start = time.process_time()
    for token in range(NEW):
        model.next_logits(np.array([[2000 + token]]), caches)
    return read, time.process_time() - start


def torch_round(model, torch):
    """The same with transformers on PyTorch, one thread."""
    with torch.inference_mode():
        tokens = torch.arange(1000, 1000 + PROMPT)[None]
        start = time.process_time()
        out = model(tokens, use_cache=True, logits_to_keep=1)
        read = time.process_time() - start
        start = time.process_time()
        for token in range(NEW):
            out = model(torch.tensor([[2000 + token]]), past_key_values=out.past_key_values, use_cache=True)
    return read, time.process_time() - start


def bandwidth():
    """Bytes a second of a long read: the roof for writing."""
    a, b = (np.ones(2**25, np.float32) for _ in range(2))
    times = []
    for _ in range(5):
        start = time.process_time()
        np.dot(a, b)
        times.append(time.process_time() - start)
    return 2 * a.nbytes / min(times)


def measure_speed(model, tokenizer, path, llama_python, rounds=9):
    """Tokens a CPU second, reading and writing, in interleaved rounds."""
    peers = {"numpy float32": lambda: numpy_round(model)}
    try:
        import torch
        from large_reference import transformers_model

        torch.set_num_threads(1)
        other = transformers_model(path)
        peers["transformers, torch float32"] = lambda: torch_round(other, torch)
    except ImportError as error:
        print("without PyTorch:", error)
    process = None
    if llama_python:
        process = subprocess.Popen(
            [llama_python, "-c", LLAMA_CPP, str(path), str(NEW)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        version = process.stdout.readline().split()[1]

        def llama_round():
            process.stdin.write(f"{PROMPT}\n")
            process.stdin.flush()
            return tuple(map(float, process.stdout.readline().split()))

        peers[f"llama.cpp Q4_1 (llama-cpp-python {version})"] = llama_round
    found, roofs = {name: [] for name in peers}, []
    for i in range(rounds + 1):
        roof = bandwidth()
        for name, one in peers.items():
            times = one()
            if i:  # the first round warms up
                found[name].append(times)
        roofs.append(roof)
        print(i, {name: f"{NEW / times[-1][1]:.1f}" for name, times in found.items() if times}, flush=True)
    if process:
        process.terminate()
    n_bytes = 4 * model.n_parameters
    rows = {}
    for name, times in found.items():
        read, write = np.array(times).T
        rows[name] = {
            "read_tokens_a_cpu_s": round(float(PROMPT / np.median(read)), 1),
            "write_tokens_a_cpu_s": round(float(NEW / np.median(write)), 1),
            "write_fastest": round(float(NEW / write.min()), 1),
            "write_over_numpy": round(float(np.median(np.array(found["numpy float32"])[:, 1] / write)), 3),
            "read_over_numpy": round(float(np.median(np.array(found["numpy float32"])[:, 0] / read)), 3),
        }
    write = NEW / np.array(found["numpy float32"])[:, 1]
    return {
        "rounds": rounds, "prompt": PROMPT, "written": NEW, "rows": rows,
        "bytes_a_token": n_bytes, "bytes_a_second": round(float(np.median(roofs[1:]))),
        "roof_tokens_a_s": round(float(np.median(roofs[1:]) / n_bytes), 1),
        "share_of_roof": round(float(np.median(write * n_bytes / np.array(roofs[1:]))), 3),
        "speculation": measure_speculation(model, tokenizer),
    }  # fmt: skip


def measure_speculation(model, tokenizer):
    """CPU time of guessing ahead over plain writing, where an answer repeats its prompt and where not."""
    code = (
        "def area(width, height):\n    return width * height\n\ndef volume(width, height, depth):\n    return"
    )
    texts = {
        "code": tokenizer.encode(code),
        "chat": chat_tokens([{"role": "user", "content": "Tell me about the sea."}], tokenizer),
    }
    rows = {}
    for name, tokens in texts.items():
        start = time.process_time()
        plain = [p.token for p in stream(model, tokenizer, tokens, max_tokens=48, stop=())]
        middle = time.process_time()
        ahead, passes = speculate(model, tokens, 48)
        end = time.process_time()
        rows[name] = {
            "same": ahead == plain, "tokens": 48, "passes": passes,
            "times_faster": round((middle - start) / (end - middle), 2),
        }  # fmt: skip
    return rows


def measure_batch(model):
    """Tokens a CPU second, all together, of 1, 4, 16 and 64 conversations that write side by side."""
    sizes, rows = (1, 4, 16, 64), {}
    all_caches = model.new_caches(max(sizes), capacity=128)
    for size in sizes:
        caches, times = all_caches[:size], []
        for _ in range(5):
            caches.lengths[:] = 64
            start = time.process_time()
            for token in range(4):
                model.next_logits(np.full((size, 1), 1000 + token), caches)
            times.append((time.process_time() - start) / 4)
        rows[str(size)] = {
            "tokens_a_cpu_s": round(size / float(np.median(times)), 1),
            "cpu_s_a_step": round(float(np.median(times)), 4),
        }
        print(size, rows[str(size)], flush=True)
    return {"places_before": 64, "rows": rows}


def texts():
    """{name: (text, whether the model has surely not read it)}, each of 30,000 characters."""
    plays = load_shakespeare().test
    middle = plays.index("The Tempest") if "The Tempest" in plays else len(plays) // 2
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    cells = [cell for path in notebooks for cell in json.loads(path.read_text("utf-8"))["cells"]]
    prose = [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "markdown" and len(cell["source"]) > 2
    ]
    prose = "\n\n".join(text for text in prose if not text.startswith(("```", "|")) and text.isascii())
    code = "\n\n".join(path.read_text("utf-8") for path in sorted((ROOT / "nnbook").glob("*.py")))
    return {
        "Macbeth": (plays[2000:][:CHARACTERS], False),
        "The Tempest": (plays[middle + 2000 :][:CHARACTERS], False),
        "prose of this book": (prose[:CHARACTERS], True),
        "code of this book": (code[:CHARACTERS], True),
        "Chinese reviews": (load_chinese_reviews().test[: CHARACTERS // 5], False),
    }


def judged(model, tokens, window=1024):
    """For every token after the first: -log p of it, the highest p, and whether that was right."""
    losses, top, right = [], [], []
    for start in range(0, len(tokens) - 1, window // 2):
        first = max(0, start - window // 2)
        piece = tokens[first : start + window // 2 + 1]
        caches = model.new_caches(capacity=len(piece))
        for place, x in model.read(piece[None, :-1], caches):
            keep = np.arange(len(x[0])) + place + first >= start
            if not keep.any():
                continue
            own = piece[1:][place : place + len(x[0])][keep]
            logs = log_softmax(model.embedding.logits(x[0][keep]).astype(np.float64))
            losses.append(-logs[np.arange(len(own)), own])
            top.append(np.exp(logs.max(axis=1)))
            right.append(logs.argmax(axis=1) == own)
    return tuple(map(np.concatenate, (losses, top, right)))


def calibration(p, right, n_bins=10):
    """Bins of the stated probability: how often it was right there; and the mean distance (ECE)."""
    places = np.minimum((p * n_bins).astype(int), n_bins - 1)
    rows, distance = [], 0.0
    for i in range(n_bins):
        own = places == i
        if own.any():
            rows.append(
                {
                    "said": round(float(p[own].mean()), 3),
                    "right": round(float(right[own].mean()), 3),
                    "n": int(own.sum()),
                }
            )
            distance += own.mean() * abs(p[own].mean() - right[own].mean())
    return {"bins": rows, "expected_calibration_error": round(float(distance), 4)}


def measure_texts(model, tokenizer):
    """Bits per character of the large model, the book's GPT and xz; calibration of the next token."""
    gpt, gpt_tokenizer, _ = load_text_model()
    rows = {}
    for name, (text, unseen) in texts().items():
        start = time.process_time()
        tokens = tokenizer.encode(text)
        losses, top, right = judged(model, tokens)
        per_character = np.log(2) * (len(text) - len(tokenizer.decode(tokens[:1])))
        rows[name] = {
            "characters": len(text),
            "unseen": unseen,
            "large": round(float(losses.sum() / per_character), 3),
            "book_gpt": round(nats_per_character(gpt, gpt_tokenizer, text) / np.log(2), 3),
            "xz": round(8 * len(lzma.compress(text.encode(), preset=9)) / len(text), 3),
            "characters_a_token": round(len(text) / len(tokens), 2),
            "next_token": calibration(top, right),
            "cpu_s": round(time.process_time() - start, 1),
        }
        print(name, {k: v for k, v in rows[name].items() if k != "next_token"}, flush=True)
    return rows


def measure_tasks(model, tokenizer):
    """Twenty tasks, greedy, judged by an expression; and how likely the model found its own answer."""
    rows = []
    for task in TASKS["tasks"]:
        tokens = chat_tokens([{"role": "user", "content": task["ask"]}], tokenizer)
        pieces = list(stream(model, tokenizer, tokens, max_tokens=60))
        answer = "".join(piece.text for piece in pieces)
        rows.append(
            {
                "kind": task["kind"], "ask": task["ask"], "answer": answer,
                "right": bool(re.search(task["right"], answer)),
                "mean_probability_of_its_tokens": round(
                    float(np.exp(np.mean([piece.log_probability for piece in pieces]))), 3
                ),
            }
        )  # fmt: skip
        print(rows[-1]["right"], task["ask"], "->", answer[:60].replace("\n", " "), flush=True)
    return {"right": sum(row["right"] for row in rows), "of": len(rows), "rows": rows}


def measure_sure(model, tokenizer):
    """Capitals among four, and sums of two-digit numbers: how sure it is, and how often right."""
    rng, capitals = np.random.default_rng(0), TASKS["capitals"]
    names = list(capitals.values())
    p, right = [], []
    for country, capital in capitals.items():
        others = [name for name in names if name != capital]
        options = [capital, *(others[i] for i in rng.permutation(len(others))[:3])]
        options = [options[i] for i in rng.permutation(4)]
        tokens = tokenizer.encode(f"The capital of {country} is")
        best, shares = choose(model, tokenizer, tokens, [f" {option}" for option in options])
        p.append(shares.max())
        right.append(best == f" {capital}")
    found = {"capitals": {"right": round(float(np.mean(right)), 3), "n": len(right)}}
    found["capitals"] |= calibration(np.array(p), np.array(right), 5)
    p, right, said = [], [], []
    for _ in range(60):
        a, b = (int(n) for n in rng.integers(10, 50, 2))
        tokens = tokenizer.encode(f"12 + 25 = 37\n31 + 14 = 45\n{a} + {b} =")
        pieces = list(stream(model, tokenizer, tokens, max_tokens=3, stop=()))
        p.append(float(np.exp(sum(piece.log_probability for piece in pieces))))
        said.append("".join(piece.text for piece in pieces).strip())
        right.append(said[-1] == str(a + b))
    found["sums"] = {"right": round(float(np.mean(right)), 3), "n": len(right)}
    found["sums"] |= calibration(np.array(p), np.array(right), 5)
    print({name: (row["right"], row["expected_calibration_error"]) for name, row in found.items()})
    return found


def round_blocks(weight, bits):
    """Each 32 inputs of an output share a scale and a smallest value, as in the file (Q4_1)."""
    blocks = weight.reshape(-1, 32, weight.shape[1])
    least = blocks.min(axis=1, keepdims=True)
    scale = (blocks.max(axis=1, keepdims=True) - least) / (2**bits - 1)
    scale[scale == 0] = 1
    return (np.rint((blocks - least) / scale) * scale + least).reshape(weight.shape)


def prune(weight, share):
    """The smallest `share` of a matrix set to 0."""
    size = np.abs(weight)
    bar = np.partition(size.ravel(), int(share * size.size))[int(share * size.size)]
    return np.where(size < bar, 0, weight).astype(weight.dtype)


def measure_compression(path):
    """Bits per character on unseen prose when the matrices of the blocks lose bits or weights."""
    prose = texts()["prose of this book"][0][:8000]
    ways = {"as in the file": lambda w: w}
    for bits in (8, 4, 3, 2):
        ways[f"{bits} bits, one scale a column"] = lambda w, b=bits: quantize(w, b).dequantize()
    for bits in (4, 3, 2):
        ways[f"{bits} bits, a scale for 32"] = lambda w, b=bits: round_blocks(w, b)
    for share in (0.1, 0.3, 0.5, 0.7):
        ways[f"{share:.0%} pruned"] = lambda w, s=share: prune(w, s)
    rows = {}
    for name, change in ways.items():
        model, tokenizer = load_llama(path)
        for layer in model.blocks:
            for part in layer._leaves():
                if isinstance(part, Projection):
                    part.params["weight"][...] = change(part.params["weight"])
        tokens = tokenizer.encode(prose)
        losses, _, right = judged(model, tokens)
        rows[name] = {
            "bits_a_character": round(float(losses.sum() / len(prose) / np.log(2)), 3),
            "next_token_right": round(float(right.mean()), 3),
        }
        print(name, rows[name], flush=True)
    return {"characters": len(prose), "what": "matrices of the 30 blocks; the embedding stays", "rows": rows}


def main():
    """Run the sections that are missing."""
    sections = ("speed", "batch", "texts", "tasks", "sure", "compress")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", default=sections)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--llama-python")
    asked = parser.parse_args()
    result = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    result["what"] = (
        "SmolLM2-135M-Instruct in NumPy float32 and its peers, one thread, CPU seconds on a machine that "
        "other programs use too: compare the ratios"
    )
    path = load_large_model()
    model, tokenizer = load_llama(path)
    run = {
        "speed": lambda: measure_speed(model, tokenizer, path, asked.llama_python),
        "batch": lambda: measure_batch(model),
        "texts": lambda: measure_texts(model, tokenizer),
        "tasks": lambda: measure_tasks(model, tokenizer),
        "sure": lambda: measure_sure(model, tokenizer),
        "compress": lambda: measure_compression(path),
    }
    for name in asked.sections:
        if name in result and not asked.again:
            continue
        load = os.getloadavg()[0]
        result[name] = run[name]() | {"machine": {"cpu": platform.machine(), "load_before": round(load, 1)}}
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(name, "done", flush=True)


if __name__ == "__main__":
    sys.exit(main())
