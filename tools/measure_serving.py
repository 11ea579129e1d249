"""Measure the server: tokens a second and waiting times of 1 to 32 users at once, and what a token costs.

    python tools/measure_serving.py [--users 1 2 4 8 16 32] [--again]
        [--engine PATH]     a Python that has llama-cpp-python[server]: the same client asks its server too

Writes results/large_serving.json after each number of users, and skips those that are there (not with
--again). Two servers run on loopback: one that batches, and one with a single row, which answers one after
another. They are asked the same questions in turn, each user the next one when he has the last answer. About
five minutes of one core. Other programs on the machine slow both: compare ratios, and what is counted in the
server's CPU seconds. On a core that nobody else uses, these are seconds.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import psutil

from nnbook.datasets import load_large_model
from nnbook.economics import H100, Model, Serving
from nnbook.large.chat import SYSTEM
from nnbook.parameter_counts import SMOLLM2_135M, grouped_decoder_parameters

TARGET = Path(__file__).resolve().parent.parent / "results" / "large_serving.json"
ROWS, CONTEXT, MAX_TOKENS = 16, 256, 24
LEAST, PER_USER = 8, 2  # questions in all, and of each user
CORE_USD_PER_HOUR = 0.05  # an assumption: rent of one core with the memory that this takes
BUSY_SHARE = 0.5  # an assumption, for the core as for the accelerator: of the rented hours
QUESTIONS = (
    "What is the capital of France?", "Where is my parcel?", "Write one sentence about the sea.",
    "Is water wet? Answer yes or no.", "Name three colours.", "What does a shop sell?", "Say hello.",
    "How do I return a pair of shoes that are too small for me?", "What is a neural network?",
    "Which animal barks?", "Give me a short name for a cat.", "Why is the sky blue?",
    "I want to cancel my order, because I found it cheaper elsewhere. What must I do?",
    "What is overfitting?", "Count from one to five.", "What is bread made of?",
)  # fmt: skip


def cpu_seconds(process):
    """CPU time of a process so far."""
    times = process.cpu_times()
    return times.user + times.system


async def ask(client, process, model, i, rows):
    """One question, streamed; append what came of it. Times are (seconds, CPU seconds of the server)."""

    def since():
        return time.perf_counter() - start[0], cpu_seconds(process) - start[1]

    messages = [{"role": "system", "content": SYSTEM}]
    messages += [{"role": "user", "content": QUESTIONS[i % len(QUESTIONS)]}]
    asked = {"model": model, "messages": messages, "max_tokens": MAX_TOKENS, "temperature": 0}
    asked |= {"stream": True, "stream_options": {"include_usage": True}}
    row = {"question": i % len(QUESTIONS), "text": "", "read": 0, "written": 0, "first": None, "end": None}
    start = time.perf_counter(), cpu_seconds(process)
    with contextlib.suppress(httpx.HTTPError):
        async with client.stream("POST", "/v1/chat/completions", json=asked) as answer:
            async for line in answer.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                piece = json.loads(line[6:])
                if usage := piece.get("usage"):
                    row["read"], row["written"] = usage["prompt_tokens"], usage["completion_tokens"]
                for choice in piece.get("choices", ()):
                    if choice["delta"].get("content"):
                        row["first"] = row["first"] or since()
                        row["text"] += choice["delta"]["content"]
                        row["written"] += 1  # until the usage says it exactly; not every engine does
                    row["end"] = choice["finish_reason"] or row["end"]
    rows.append(row | {"whole": since()})


async def crowd(address, process, users):
    """All users ask side by side: the rows, and the seconds that all took."""
    limits, rows = httpx.Limits(max_connections=users), []
    async with httpx.AsyncClient(base_url=address, timeout=600, limits=limits) as client:
        model = (await client.get("/v1/models")).json()["data"][0]["id"]

        async def user(u):
            for turn in range(max(PER_USER, LEAST // users)):
                await ask(client, process, model, u + turn * users, rows)

        start = time.perf_counter()
        await asyncio.gather(*map(user, range(users)))
        return rows, time.perf_counter() - start


def measure(server, users):
    """What `users` saw of a server (address, process), rounded; and the texts."""
    address, process = server
    load, before = os.getloadavg()[0], cpu_seconds(process)
    rows, seconds = asyncio.run(crowd(address, process, users))
    cpu = cpu_seconds(process) - before
    good = [row for row in rows if row["end"]]
    tokens = sum(row["written"] for row in good)

    def both(name, clock):
        return [round(float(np.percentile([row[name][clock] for row in good], p)), 2) for p in (50, 95)]

    found = {
        "questions": len(rows), "lost": len(rows) - len(good),
        "read": sum(row["read"] for row in good), "written": tokens,
        "tokens_a_second": round(tokens / seconds, 1), "tokens_a_cpu_second": round(tokens / cpu, 1),
        "first_token_s_p50_p95": both("first", 0), "first_token_cpu_s_p50_p95": both("first", 1),
        "answer_s_p50_p95": both("whole", 0), "answer_cpu_s_p50_p95": both("whole", 1),
        "seconds": round(seconds, 1), "load_before": round(load, 1),
    }  # fmt: skip
    return found, {row["question"]: row["text"] for row in good}


@contextlib.contextmanager
def serving(command):
    """A server of its own on a free port of this computer: (address, its process)."""
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | one_thread)
        try:
            end, found = time.monotonic() + 120, None
            while not found:
                time.sleep(0.2)
                log.seek(0)
                found = re.search(r"http://127\.0\.0\.1:[1-9]\d*", text := log.read())
                if not found and (server.poll() is not None or time.monotonic() > end):
                    raise RuntimeError(f"the server did not start: {text[-300:]}")
            yield found[0], psutil.Process(server.pid)
        finally:
            server.terminate()
            server.wait()


def ours(rows):
    """The command of our server."""
    return [
        sys.executable, "-m", "nnbook.large.serve", "--port", "0", "--rows", str(rows),
        "--context", str(CONTEXT),
    ]  # fmt: skip


def free_port():
    """A port of this computer that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def measure_engine(python):
    """The same client, another program: llama.cpp's, as it starts by itself but for the threads."""
    version = subprocess.run(
        [python, "-c", "import llama_cpp; print(llama_cpp.__version__)"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    command = [
        python, "-m", "llama_cpp.server", "--model", str(load_large_model()), "--host", "127.0.0.1",
        "--port", str(free_port()), "--n_ctx", str(CONTEXT), "--interrupt_requests", "false",
        "--n_threads", "1", "--n_threads_batch", "1",
    ]  # fmt: skip
    with serving(command) as server:
        rows = {str(users): measure(server, users)[0] for users in (1, 8)}
    for row in rows.values():
        del row["read"]  # it does not say
    return {"program": f"llama-cpp-python {version}", "weights": "4 bits as in the file", "users": rows}


def cost(levels):
    """Dollars for a million written tokens, their prompts included: on one core, and by the roofline."""
    best = max((level["batched"] for level in levels.values()), key=lambda row: row["tokens_a_cpu_second"])
    alone = levels["1"]["one_after_another"]

    def core(tokens_a_second):
        return round(CORE_USD_PER_HOUR / 3600 / (tokens_a_second * BUSY_SHARE) * 1e6, 3)

    parameters = grouped_decoder_parameters(**SMOLLM2_135M).total
    model = Model("SmolLM2 135M", parameters, bits_per_weight=16, n_layers=30, kv_width=192, d_model=576)
    read, written = best["read"] / best["questions"], best["written"] / best["questions"]
    card = Serving(model, H100, read_tokens=read, written_tokens=written, busy_share=BUSY_SHARE)
    return {
        "assumed": {"core_usd_per_hour": CORE_USD_PER_HOUR, "busy_share": BUSY_SHARE},
        "usd_per_million_written": {
            "one core, batched": core(best["tokens_a_cpu_second"]),
            "one core, one after another": core(alone["tokens_a_cpu_second"]),
            "H100 by the roofline": round(
                card.cost_usd_per_answer / written * 1e6, 5
            ),
        },
        "H100": {
            "batch_size": card.batch_size, "limit": card.limit,
            "written_tokens_per_second": round(card.written_tokens_per_second),
        },
    }  # fmt: skip


def main():
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, nargs="*", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--engine")
    asked = parser.parse_args()
    known = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() and not asked.again else {}
    result = known or {"users": {}, "same_text": {"of": 0, "same": 0}}
    result["what"] = (
        f"users who ask at once, {PER_USER} questions or more each, up to {MAX_TOKENS} tokens an answer: "
        f"{ROWS} rows that write together beside one after another; other programs ran on the machine"
    )
    result["machine"] = {"cpu": platform.machine(), "cores": os.cpu_count()}
    result["settings"] = {"rows": ROWS, "context": CONTEXT, "max_tokens": MAX_TOKENS}

    def save():
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    missing = [users for users in asked.users if str(users) not in result["users"]]
    if missing:
        with serving(ours(ROWS)) as many, serving(ours(1)) as one:
            for users in missing:
                batched, texts = measure(many, users)
                single, expected = measure(one, users)
                both = texts.keys() & expected.keys()
                result["same_text"]["of"] += len(both)
                result["same_text"]["same"] += sum(texts[i] == expected[i] for i in both)
                times = round(batched["tokens_a_cpu_second"] / single["tokens_a_cpu_second"], 2)
                row = {
                    "batched": batched,
                    "one_after_another": single,
                    "times_more_tokens_a_cpu_second": times,
                }
                result["users"][str(users)] = row
                print(users, json.dumps(row), flush=True)
                save()
    if asked.engine:
        result["engine"] = measure_engine(asked.engine)
        print(json.dumps(result["engine"]), flush=True)
    result["cost"] = cost(result["users"])
    save()


if __name__ == "__main__":
    main()
