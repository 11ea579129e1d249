"""scale.js must count and cost as nnbook does, for many models."""

import dataclasses

import numpy as np
import pytest
from javascript import Cases

from nnbook.economics import training_bytes
from nnbook.widgets import ScaleExplorer
from nnbook.widgets.scale_explorer import BOUNDS, PRECISIONS, PRESETS, preset_state


def case(explorer):
    training, serving = explorer.training_run(), explorer.serving()
    return {
        "state": explorer.state(),
        "parts": explorer.count().parts,
        "total": explorer.count().total,
        "memory": [
            serving.model.weight_bytes,
            explorer.serving_bytes(),
            training_bytes(explorer.count().total),
        ],
        "accelerators": [explorer.serving_accelerators(), explorer.training_accelerators()],
        "training": [training.flops, training.accelerator_hours, training.days, training.cost_usd],
        "serving": [
            serving.written_tokens_per_second,
            serving.cost_usd_per_million_written,
            serving.utilisation,
        ],
        "limit": serving.limit,
        "machine": dataclasses.asdict(explorer.machine()),
    }


def random_explorer(rng):
    n_heads = int(rng.integers(1, 20))
    return ScaleExplorer(
        n_layers=int(rng.integers(1, 100)),
        n_heads=n_heads,
        d_model=n_heads * int(rng.integers(8, 200)),
        vocabulary_size=int(rng.integers(16, 200_000)),
        context_length=int(rng.integers(8, 100_000)),
        tied_output=bool(rng.integers(2)),
        bytes_per_parameter=float(rng.choice(PRECISIONS)),
        n_conversations=int(rng.integers(1, 300)),
        n_tokens=float(np.exp(rng.uniform(10, 30))),
        n_accelerators=int(rng.integers(1, 1000)),
        price_usd_per_hour=float(rng.uniform(0.1, 10)),
        training_utilisation=float(rng.uniform(0.05, 1)),
        efficiency=float(rng.uniform(0.05, 1)),
        busy_share=float(rng.uniform(0.05, 1)),
        accelerator=str(rng.choice(["L4, 24 GB", "H200, 141 GB"])),
    )


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    rng = np.random.default_rng(0)
    everything = {
        "bounds": BOUNDS,
        "precisions": PRECISIONS,
        "presets": {name: preset_state(name) for name in PRESETS},
        "models": [case(ScaleExplorer(name)) for name in PRESETS]
        + [case(random_explorer(rng)) for _ in range(60)],
    }
    return Cases(tmp_path_factory, "scale.parity.mjs", everything)


def test_parity(cases):
    assert cases.passed() >= 4


def test_one_parameter_too_many_is_found(cases):
    everything = cases.copy()
    everything["models"][1]["total"] += 1
    assert "124439809" in cases.complaint(everything)
