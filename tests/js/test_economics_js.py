"""economics.js must compute what nnbook.economics.compute and serving do."""

import dataclasses
import itertools

import pytest
from javascript import Cases

from nnbook import economics as eco

GPU = eco.Accelerator("test GPU", 3.12e14, 80, 1.7, bandwidth_bytes_per_second=2e12)
MIXTURE = eco.Model("mixture", 1e11, 1e10, bits_per_weight=4, n_layers=40, kv_width=512)


def training_case(n_parameters, n_accelerators, share):
    machine = {"n_parameters": n_parameters, "accelerator": GPU, "n_accelerators": n_accelerators}
    training = eco.TrainingRun(**machine, n_tokens=2e10, utilisation=share)
    return {
        "plan": {**machine, "accelerator": dataclasses.asdict(GPU)},
        "share": share,
        "training": [training.flops, training.accelerator_hours, training.days, training.cost_usd],
        "flops": eco.inference_flops_per_token(n_parameters, n_layers=12, d_model=768, context_tokens=1024),
        "cache": eco.kv_cache_bytes(n_layers=12, d_model=768, context_tokens=1024, kv_share=0.25),
        "needed": [eco.n_accelerators_for(eco.training_bytes(n_parameters * k), 80) for k in (0.01, 1, 25)],
    }


NUMBERS = (
    "utilisation", "written_tokens_per_second", "read_tokens_per_second", "seconds_per_answer",
    "cost_usd_per_million_written", "cost_usd_per_million_read", "cost_usd_per_million_tokens",
)  # fmt: skip


def serving_case(model, read, written, at_once):
    serving = eco.Serving(
        model,
        GPU,
        2,
        read_tokens=read,
        written_tokens=written,
        cached_share=0.3,
        busy_share=0.4,
        n_conversations=at_once,
    )
    return {
        "plan": {**dataclasses.asdict(serving)},
        "batch_size": serving.batch_size,
        "limit": serving.limit,
        "numbers": {name: getattr(serving, name) for name in NUMBERS},
    }


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    models = (eco.LLAMA_8B, eco.LLAMA_70B_8BIT, MIXTURE)
    everything = {
        "machines": [
            training_case(*row) for row in itertools.product((1.5e9, 7e9, 3e10), (1, 8), (0.1, 1.0))
        ],
        "servings": [
            serving_case(*row) for row in itertools.product(models, (0, 100, 9000), (1, 700), (0, 1, 7))
        ],
    }
    return Cases(tmp_path_factory, "economics.parity.mjs", everything)


def test_parity(cases):
    assert cases.passed() == 2


def test_both_limits_occur(cases):
    assert {case["limit"] for case in cases.copy()["servings"]} == {"memory", "arithmetic"}


def test_a_cent_too_much_is_found(cases):
    everything = cases.copy()
    everything["servings"][4]["numbers"]["cost_usd_per_million_tokens"] *= 1 + 1e-8
    assert "cost_usd_per_million_tokens" in cases.complaint(everything)
