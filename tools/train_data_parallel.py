"""Train one network with several processes that share every batch: data-parallel training.

On this machine:   python tools/train_data_parallel.py --processes 2
With torchrun:     torchrun --standalone --nproc-per-node 2 tools/train_data_parallel.py
On a cluster, on each of 4 machines:
    torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29500 \\
        tools/train_data_parallel.py

The network, its gradients and the optimiser are nnbook's. Only the exchange of the gradients needs PyTorch
(torch.distributed with gloo); one process alone runs without it.
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from nnbook.datasets import load_digits
from nnbook.datasets.splits import train_test_split
from nnbook.losses import cross_entropy
from nnbook.metrics import accuracy
from nnbook.mlp import MLP
from nnbook.optimizers import SGD

SIZES, STEPS, BATCH_SIZE, LEARNING_RATE, MOMENTUM, SEED = (64, 32, 10), 200, 64, 0.1, 0.9, 0
TIMEOUT_SECONDS = 300


def shard(rows, rank, world_size):
    """The part of `rows` that process number `rank` works on; all parts have the same size.

    >>> shard([5, 3, 8, 1], 1, 2)
    [8, 1]
    """
    if len(rows) % world_size:
        raise ValueError(
            f"a batch of {len(rows)} samples cannot be cut into {world_size} equal shards. "
            "Unequal shards would need a weighted average."
        )
    size = len(rows) // world_size
    return rows[rank * size : (rank + 1) * size]


def train(all_reduce, rank=0, world_size=1):
    """Train on the digits and return (model, accuracy on held-out digits).

    Args:
        all_reduce: function that replaces a vector by its sum over all processes, in place.
        rank, world_size: which process this is, and of how many.
    """
    digits = load_digits()
    rng = np.random.default_rng(SEED)  # the same seed everywhere: same split, same weights, same batches
    X_train, X_test, y_train, y_test = train_test_split(digits.X / 16, digits.y, rng=rng)
    model = MLP(SIZES, rng=rng)
    optimizer = SGD(LEARNING_RATE, momentum=MOMENTUM)
    for _ in range(STEPS):
        batch = rng.choice(len(X_train), BATCH_SIZE, replace=False)
        mine = shard(batch, rank, world_size)
        _, grad = cross_entropy(model.forward(X_train[mine], training=True), y_train[mine])
        model.backward(grad)
        all_reduce(model.gradients)  # the only line that knows about the others
        model.gradients /= world_size
        optimizer.step(model.parameters, model.gradients)
    return model, accuracy(y_test, model(X_test).argmax(axis=1))


def alone(vector):
    """The all-reduce of one process: nothing to add."""


def run_worker(weights_path):
    """One of the processes that `launch` or torchrun starts; the first one writes the result."""
    import torch
    import torch.distributed as dist

    dist.init_process_group("gloo")  # finds the others through RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT
    try:
        rank, world_size = dist.get_rank(), dist.get_world_size()
        # from_numpy shares the memory of the array, so the sum arrives in model.gradients itself
        model, share = train(lambda vector: dist.all_reduce(torch.from_numpy(vector)), rank, world_size)
        replicas = [torch.empty(model.n_parameters, dtype=torch.float64) for _ in range(world_size)]
        dist.all_gather(replicas, torch.from_numpy(model.parameters))
        if rank == 0:
            report(model, share, world_size, all(torch.equal(replicas[0], other) for other in replicas))
            if weights_path:
                np.save(weights_path, model.parameters)
    finally:
        dist.destroy_process_group()


def report(model, share, world_size, replicas_equal):
    """Print the result as one line of JSON."""
    result = {
        "processes": world_size,
        "parameters": model.n_parameters,
        "steps": STEPS,
        "held_out_accuracy": share,
        "sum_of_squared_weights": float(np.vdot(model.parameters, model.parameters)),
        "replicas_equal": replicas_equal,
    }
    print(json.dumps(result))


def launch(script, n_processes, *arguments):
    """Start `script` as `n_processes` processes that can find each other.

    Returns the last line that process 0 printed. torchrun does the same on many machines, and starts
    again what has died.

    Raises:
        RuntimeError: a process failed, or they did not finish in time.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(n_processes)}
    shared |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # the processes share the cores
    with contextlib.ExitStack() as stack:
        logs = [
            stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) for _ in range(n_processes)
        ]
        workers = []
        for rank, log in enumerate(logs):
            environment = os.environ | shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)}
            command = [sys.executable, str(script), *map(str, arguments)]
            worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            stack.callback(_end, worker)
            workers.append(worker)
        _wait(workers, logs)
        return _text(logs[0]).splitlines()[-1]


def _wait(workers, logs):
    """Until all have finished; as soon as one has failed, the others would wait for it for ever."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while any(worker.poll() is None for worker in workers):
        if any(worker.poll() for worker in workers):
            break
        if time.monotonic() > deadline:
            raise RuntimeError(f"the processes did not finish within {TIMEOUT_SECONDS} seconds.")
        time.sleep(0.05)
    for rank, (worker, log) in enumerate(zip(workers, logs, strict=True)):
        if worker.poll():
            raise RuntimeError(f"process {rank} ended with code {worker.poll()}:\n{_text(log)[-2000:]}")


def _text(log):
    log.seek(0)
    return log.read()


def _end(worker):
    worker.kill()  # does nothing to a process that has finished
    worker.wait()


def main():
    """Run as a worker under torchrun or `launch`; else alone, or start the processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=1, help="how many to start on this machine")
    parser.add_argument(
        "--weights", type=Path, help="where the first process saves the trained weights (.npy)"
    )
    options = parser.parse_args()
    if "RANK" in os.environ:
        run_worker(options.weights)
    elif options.processes == 1:
        model, share = train(alone)
        report(model, share, 1, True)
        if options.weights:
            np.save(options.weights, model.parameters)
    else:
        weights = ("--weights", options.weights) if options.weights else ()
        print(launch(__file__, options.processes, *weights))


if __name__ == "__main__":
    main()
