"""One process against two that share each batch, beside the cost model of the ring all-reduce.

    python benchmarks/data_parallel.py [--rounds 40] [--json benchmarks/data_parallel.json]

Times the step of an MLP (64 → width → 10, float64, 256 samples, one thread per process) alone and with two
processes (torch.distributed, gloo), and the all-reduce of vectors of many sizes. What is kept is the fastest
round: whatever else runs on the machine can only make a round slower. Not a test: timings depend on the
machine.
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from train_data_parallel import alone, launch, shard

from nnbook.losses import cross_entropy
from nnbook.mlp import MLP
from nnbook.optimizers import SGD

RESULT = Path(__file__).with_suffix(".json")
WIDTHS, BATCH_SIZE = (32, 128, 512, 2048), 256
VECTORS = (1, 1_000, 10_000, 100_000, 1_000_000)  # float64 numbers in one all-reduce


def fastest(action, rounds, wait):
    """Seconds of the fastest of `rounds` calls; `wait` brings the processes together before each."""
    best = float("inf")
    for _ in range(rounds):
        wait()
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


def step_seconds(all_reduce, rank, world_size, rounds, wait):
    """{width: (parameters, seconds of one training step)}."""
    results = {}
    for width in WIDTHS:
        rng = np.random.default_rng(0)
        model, optimizer = MLP([64, width, 10], rng=rng), SGD(1e-3)
        rows = shard(np.arange(BATCH_SIZE), rank, world_size)
        X, y = rng.normal(size=(BATCH_SIZE, 64))[rows], rng.integers(10, size=BATCH_SIZE)[rows]

        def step(model=model, optimizer=optimizer, X=X, y=y):
            _, grad = cross_entropy(model.forward(X, training=True), y)
            model.backward_parameters(grad)
            all_reduce(model.gradients)
            model.gradients /= world_size
            optimizer.step(model.parameters, model.gradients)

        results[width] = (model.n_parameters, fastest(step, rounds, wait))
    return results


def worker(rounds):
    """Measure with the others; process 0 prints."""
    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    rank, world_size = dist.get_rank(), dist.get_world_size()
    steps = step_seconds(
        lambda v: dist.all_reduce(torch.from_numpy(v)), rank, world_size, rounds, dist.barrier
    )
    reductions = []
    for n in VECTORS:
        vector = torch.zeros(n, dtype=torch.float64)
        seconds = fastest(lambda v=vector: dist.all_reduce(v), rounds, dist.barrier)
        reductions.append({"bytes": 8 * n, "seconds": seconds})
    if rank == 0:
        print(json.dumps({"steps": steps, "all_reduce": reductions}))
    dist.destroy_process_group()


def main():
    """Measure and write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    if "RANK" in os.environ:
        worker(options.rounds)
        return
    two = json.loads(launch(__file__, 2, "--rounds", options.rounds))
    one = step_seconds(alone, 0, 1, options.rounds, lambda: None)
    # one number alone is much faster than the line through the others says, so the fit begins with the second
    small, large = two["all_reduce"][1], two["all_reduce"][-1]
    # with p = 2 the ring sends 2 (p - 1) / p = 1 times the vector
    bandwidth = (large["bytes"] - small["bytes"]) / (large["seconds"] - small["seconds"])
    latency = small["seconds"] - small["bytes"] / bandwidth
    result = {
        "what": "fastest of many rounds, one process against two (gloo on one machine), one thread each",
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "load_before": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        },
        "rounds": options.rounds,
        "batch_size": BATCH_SIZE,
        "bytes_per_number": 8,
        "latency_seconds": latency,
        "bandwidth_bytes_per_second": bandwidth,
        "steps": [
            {
                "width": width,
                "parameters": parameters,
                "seconds_1_process": seconds,
                "seconds_2_processes": two["steps"][str(width)][1],
            }
            for width, (parameters, seconds) in one.items()
        ],
        "all_reduce": two["all_reduce"],
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2) + "\n")
    print(f"Written to {options.json}")


if __name__ == "__main__":
    main()
