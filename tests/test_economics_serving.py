"""What a model costs to answer: memory decides the batch, the batch the speed, the speed the price."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbook import economics as eco

# 80 GB of which 72 are used; 1e15 operations and 1e12 bytes a second; 3.60 dollars an hour
GPU = eco.Accelerator("test GPU", 1e15, 80, 3.6, bandwidth_bytes_per_second=1e12)
# 10e9 weights of 16 bits: 20 GB; cache 2 · 50 · 1000 · 2 = 200 kB a token
MODEL = eco.Model("test model", 10e9, n_layers=50, kv_width=1000)
SERVING = eco.Serving(MODEL, GPU, read_tokens=800, written_tokens=200, busy_share=1, efficiency=1)


def changed(**inputs):
    return dataclasses.replace(SERVING, **inputs)


def test_a_batch_by_hand():
    # 72 - 20 = 52 GB of room; 0.2 GB for 1000 tokens: 260 conversations
    assert SERVING.batch_size == 260
    # a step moves 20 + 52 = 72 GB: 72 ms; it computes 260 · 20e9 = 5.2e12 operations: 5.2 ms
    assert SERVING.limit == "memory"
    assert SERVING.seconds_per_step == pytest.approx(0.072)
    assert SERVING.written_tokens_per_second == pytest.approx(260 / 0.072)
    assert SERVING.utilisation == pytest.approx(5.2 / 72)
    # reading: 1e15 / 20e9 tokens a second
    assert SERVING.read_tokens_per_second == pytest.approx(50_000)
    # an answer takes 800 / 50 000 + 200 · 0.072 / 260 seconds of the machine, at 0.001 dollars a second
    seconds = 0.016 + 14.4 / 260
    assert SERVING.seconds_per_answer == pytest.approx(seconds)
    assert SERVING.cost_usd_per_answer == pytest.approx(seconds / 1000)
    assert SERVING.cost_usd_per_million_tokens == pytest.approx(seconds)
    assert SERVING.million_tokens_per_month == pytest.approx(730 * 3600 / seconds / 1000)


def test_short_contexts_are_limited_by_arithmetic_and_long_ones_never():
    # ridge 1000: 20e9 operations need 20e6 bytes a conversation at most, 100 tokens of 200 kB
    short = changed(read_tokens=5, written_tokens=5)
    assert short.limit == "arithmetic"
    assert short.utilisation == pytest.approx(1)
    assert changed(read_tokens=100, written_tokens=5).limit == "memory"


def test_idle_hours_and_slow_software_cost():
    assert changed(busy_share=0.1).cost_usd_per_answer == pytest.approx(10 * SERVING.cost_usd_per_answer)
    assert changed(efficiency=0.5).cost_usd_per_answer == pytest.approx(2 * SERVING.cost_usd_per_answer)


def test_a_cached_prompt_is_not_read_again():
    assert changed(cached_share=1).seconds_per_answer == pytest.approx(14.4 / 260)


def test_a_mixture_of_experts_stores_all_and_computes_with_some():
    dense, sparse = MODEL, dataclasses.replace(MODEL, active_parameters=1e9)
    assert sparse.weight_bytes == dense.weight_bytes
    assert sparse.flops_per_token() == dense.flops_per_token() / 10
    assert dataclasses.replace(SERVING, model=sparse).batch_size == SERVING.batch_size
    with pytest.raises(ValueError, match="cannot be more than total_parameters"):
        eco.Model("wrong", 1e9, 2e9)


def test_a_lone_conversation_of_experts_reads_only_its_own():
    sparse = dataclasses.replace(MODEL, active_parameters=1e9)
    long = eco.Serving(sparse, GPU, read_tokens=250_000, written_tokens=9_000, efficiency=1)
    assert long.batch_size == 1  # 51.8 GB of cache
    assert long.bytes_per_step == pytest.approx(2e9 + 51.8e9)


def test_what_does_not_fit_is_refused_with_the_number_that_does():
    with pytest.raises(ValueError, match=r"20 GB of weights and 60 GB of cache need at least 2 × test GPU"):
        changed(read_tokens=299_800)
    with pytest.raises(
        ValueError, match=r"400 GB of weights .* need at least 6 × test GPU; got n_accelerators=1"
    ):
        eco.Serving(dataclasses.replace(MODEL, total_parameters=200e9, active_parameters=0), GPU)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"accelerator": eco.Accelerator("old", 1e15, 80, 1.0)}, "old needs bandwidth_bytes_per_second"),
        ({"efficiency": 0}, "efficiency is a share"),
        ({"busy_share": 1.5}, "busy_share is a share"),
        ({"cached_share": -0.1}, "cached_share must lie in"),
        ({"written_tokens": 0}, "written_tokens must be a finite number above 0"),
    ],
)
def test_refusals(inputs, words):
    with pytest.raises(ValueError, match=words):
        changed(**inputs)


def test_a_model_and_a_machine_are_asked_for_in_this_order():
    with pytest.raises(TypeError, match="a Model and an Accelerator"):
        eco.Serving(GPU, MODEL)


@given(
    read=st.floats(1, 20_000),
    written=st.floats(1, 5_000),
    bits=st.sampled_from([16, 8, 4]),
    n=st.integers(1, 8),
)
def test_a_plan_never_claims_more_than_its_memory_allows(read, written, bits, n):
    model = dataclasses.replace(MODEL, bits_per_weight=bits)
    serving = eco.Serving(model, GPU, n, read_tokens=read, written_tokens=written)
    used = model.weight_bytes + serving.batch_size * serving.cache_bytes
    assert used <= 72e9 * n * (1 + 1e-9)
    assert 0 < serving.utilisation <= serving.efficiency * (1 + 1e-9)
    longer = eco.Serving(model, GPU, n, read_tokens=read + 100, written_tokens=written)
    assert longer.cost_usd_per_answer >= serving.cost_usd_per_answer * (1 - 1e-9)


def test_the_price_of_finished_work_by_hand():
    # 2000 · 2 + (500 + 3000) · 10 = 39 000 millionths
    work = {
        "input_usd": 2,
        "output_usd": 10,
        "read_tokens": 2000,
        "written_tokens": 500,
        "hidden_tokens": 3000,
    }
    assert eco.answer_price_usd(**work) == pytest.approx(0.039)
    assert eco.answer_price_usd(**work, attempts=2) == pytest.approx(0.078)
    assert eco.answer_price_usd(**work, cached_share=0.5, cached_usd=0.2) == pytest.approx(0.0372)
    with pytest.raises(ValueError, match="attempts must be a finite number of at least 1"):
        eco.answer_price_usd(**work, attempts=0.5)


def test_one_final_run_is_not_the_cost_of_a_model():
    # 6 · 1e9 · 1e10 = 6e19 operations at 0.4e15 a second: 150 000 s at 0.001 dollars
    run = eco.TrainingRun(1e9, 1e10, GPU)
    project = eco.TrainingProject(run, experiments_factor=1, staff_usd=250, data_usd=50)
    assert project.computing_usd == pytest.approx(300)
    assert project.cost_usd == pytest.approx(600)
    assert project.final_run_share == pytest.approx(0.25)
