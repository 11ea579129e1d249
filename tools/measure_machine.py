"""Measure this machine for chapter 8: its roofline, and the speed of compressed weights (about a minute).

    python tools/measure_machine.py [--rounds 15]

Writes tools/machine.json. One thread; of each case the fastest of many rounds, because other programs can
only make a round slower. int8 needs PyTorch (requirements-frameworks.txt); without it this row is left out.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np
import scipy.sparse

from nnbook.mlp import MLP

TARGET = Path(__file__).with_name("machine.json")
WIDTH = 4096  # a matrix of 64 MB in float32: larger than the caches of most processors
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


def fastest(function, rounds, repeat=1):
    """Seconds of the fastest of `rounds` calls (each `repeat` times)."""
    best = float("inf")  # thread time: what other programs take does not count
    for _ in range(rounds):
        start = time.thread_time()
        for _ in range(repeat):
            function()
        best = min(best, (time.thread_time() - start) / repeat)
    return best


def peaks(rounds, rng):
    """Peak operations a second of a product that fits the caches, and bytes a second of a long read."""
    rows = {}
    for name in ("float32", "float64"):
        a, b = (rng.standard_normal((768, 768)).astype(name) for _ in range(2))
        rows[f"{name}_flops_per_second"] = 2 * 768**3 / fastest(lambda a=a, b=b: a @ b, 4 * rounds)
    a, b = (rng.standard_normal(2**25).astype(np.float32) for _ in range(2))  # 128 MB each
    rows["bytes_per_second"] = 2 * a.nbytes / fastest(lambda: np.dot(a, b), rounds)
    return rows


def products(rounds, rng):
    """Operations a second of X (batch, WIDTH) @ W for several batches, float32."""
    weight = rng.standard_normal((WIDTH, WIDTH)).astype(np.float32)
    rows = []
    for batch in BATCHES:
        x = rng.standard_normal((batch, WIDTH)).astype(np.float32)
        out = np.empty((batch, WIDTH), np.float32)
        seconds = fastest(
            lambda x=x, out=out: np.dot(x, weight, out=out), max(3, rounds if batch < 128 else 4)
        )
        rows.append({"batch_size": batch, "flops_per_second": 2 * batch * WIDTH**2 / seconds})
    return rows


def formats(rounds, rng):
    """Seconds of one row times a WIDTH x WIDTH matrix, stored in several ways."""
    weight = rng.standard_normal((WIDTH, WIDTH))
    x = rng.standard_normal(WIDTH)
    rows = []

    def add(name, n_bytes, function):
        rows.append({"format": name, "bytes": int(n_bytes), "seconds": fastest(function, rounds)})

    for name in ("float64", "float32"):
        w, v = weight.T.astype(name).copy(), x.astype(name)
        add(name, w.nbytes, lambda w=w, v=v: w @ v)
    whole, scale = np.rint(weight.T * 20).astype(np.int8), np.full(WIDTH, 0.05, np.float32)
    v = x.astype(np.float32)
    add(
        "int8, expanded in NumPy", whole.nbytes + scale.nbytes, lambda: (whole.astype(np.float32) @ v) * scale
    )
    for share in (0.5, 0.9, 0.95):
        mask = np.abs(weight.T) > np.quantile(np.abs(weight), share)
        sparse = scipy.sparse.csr_matrix(np.where(mask, weight.T, 0).astype(np.float32))
        n_bytes = sparse.data.nbytes + sparse.indices.nbytes + sparse.indptr.nbytes
        add(f"float32, {share:.0%} pruned, sparse", n_bytes, lambda s=sparse: s @ v)
    rows += int8_kernel(weight, v, rounds)
    return rows


def int8_kernel(weight, v, rounds):
    """The same product with a kernel that reads int8: PyTorch's dynamically quantised layer."""
    try:
        import torch
    except ModuleNotFoundError:
        return []
    torch.set_num_threads(1)
    layer = torch.nn.Linear(WIDTH, WIDTH, bias=False)
    layer.weight.data = torch.tensor(weight.T.astype(np.float32))
    quantised = torch.ao.quantization.quantize_dynamic(
        torch.nn.Sequential(layer), {torch.nn.Linear}, dtype=torch.qint8
    )
    x = torch.tensor(v)[None, :]
    with torch.no_grad():
        rows = [("float32 (PyTorch)", 4, layer), ("int8 kernel (PyTorch)", 1, quantised)]
        return [
            {"format": n, "bytes": b * WIDTH**2, "seconds": fastest(lambda m=m: m(x), rounds)}
            for n, b, m in rows
        ]


def networks(rounds, rng):
    """Microseconds for one digit: the network of chapter 5 and smaller pupils."""
    x = rng.standard_normal((1, 64))
    rows = []
    for sizes in ([64, 128, 64, 10], [64, 32, 10], [64, 16, 10], [64, 8, 10]):
        model = MLP(sizes, rng=rng)
        seconds = fastest(lambda m=model: m.forward(x), rounds, repeat=200)
        rows.append({"sizes": sizes, "parameters": model.n_parameters, "seconds": seconds})
    return rows


def main():
    """Measure everything and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds, rng = parser.parse_args().rounds, np.random.default_rng(0)
    result = {
        "what": "fastest of many rounds, one thread; products of float32 matrices 4096 x 4096",
        "machine": {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "load_before": os.getloadavg()[0],
        },
        "width": WIDTH,
        "peaks": peaks(rounds, rng),
        "products": products(rounds, rng),
        "formats": formats(rounds, rng),
        "networks": networks(rounds, rng),
    }
    TARGET.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(TARGET.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
