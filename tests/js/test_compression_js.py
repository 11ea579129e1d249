"""compression.js must prune, round, read and count as nnbook does, for many matrices and states."""

import numpy as np
import pytest
from javascript import Cases

from nnbook.compression import matrices, pruning_mask, quantize
from nnbook.widgets import CompressionExplorer, digit_pad
from nnbook.widgets.compression_explorer import BITS


def matrix_case(rng, number):
    rows, columns = int(rng.integers(1, 9)), int(rng.integers(1, 9))
    weight = rng.standard_normal((rows, columns)) * 10.0 ** rng.integers(-300, 300)
    if number % 4 == 0:
        weight = rng.integers(-3, 4, (rows, columns)) / 2  # halves, ties and zeros
    weight[:, 0] *= number % 3 > 0
    bits, grain = int(rng.choice(BITS)), str(rng.choice(["column", "matrix"]))
    small = quantize(weight, bits, grain=grain)
    return {
        "weight": weight.ravel().tolist(),
        "columns": columns,
        "bits": bits,
        "grain": grain,
        "integers": small.integers.ravel().tolist(),
        "scale": small.scale.tolist(),
    }


def mask_case(rng):
    weights = [np.round(rng.standard_normal(int(n)), 1) for n in rng.integers(1, 30, 3)]  # with ties
    share = float(rng.random())
    masks = [mask.astype(int).tolist() for mask in pruning_mask(weights, share)]
    return {"weights": [w.tolist() for w in weights], "share": share, "masks": masks}


def state_case(rng):
    explorer = CompressionExplorer(
        bits=int(rng.choice(BITS)),
        pruned=float(rng.choice([0.0, 0.5, 0.8, 0.98, rng.random() * 0.98])),
        grain=str(rng.choice(["column", "matrix"])),
        memory_share=float(rng.random()),
        price_usd_per_customer_month=float(rng.uniform(1, 100)),
    )
    return {
        "state": explorer.state(),
        "accuracy": explorer.accuracy(),
        "bytes": explorer.n_bytes(),
        "ratio": explorer.byte_ratio(),
        "margin": explorer.gross_margin(),
        "sums": [float(np.abs(w).sum()) for w in matrices(explorer.network())],
    }


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    rng = np.random.default_rng(0)
    everything = {
        "matrices": [matrix_case(rng, number) for number in range(80)],
        "masks": [mask_case(rng) for _ in range(20)],
        "data": digit_pad.pack_stored("digits"),
        "states": [state_case(rng) for _ in range(25)],
    }
    return Cases(tmp_path_factory, "compression.parity.mjs", everything)


def test_parity(cases):
    assert cases.passed() == 6


def test_a_weight_that_is_rounded_otherwise_is_found(cases):
    everything = cases.copy()
    everything["matrices"][1]["integers"][0] += 1
    cases.complaint(everything)
