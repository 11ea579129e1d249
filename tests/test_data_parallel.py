"""Data-parallel training: any number of processes must end with the weights of one."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

import train_data_parallel as parallel

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "tools" / "train_data_parallel.py"


def test_the_shards_of_a_batch_are_the_batch():
    rows = np.arange(12)
    assert np.concatenate([parallel.shard(rows, rank, 3) for rank in range(3)]).tolist() == rows.tolist()


def test_a_batch_that_cannot_be_cut_evenly_is_refused():
    with pytest.raises(ValueError, match="64 samples cannot be cut into 3 equal shards"):
        parallel.shard(np.arange(64), 0, 3)


def test_a_process_that_fails_is_named_and_its_words_are_shown(tmp_path):
    script = tmp_path / "fails.py"
    script.write_text(
        "import os, sys, time\nos.environ['RANK'] == '1' and sys.exit('no luck')\ntime.sleep(60)"
    )
    with pytest.raises(RuntimeError, match="process 1 ended with code 1:\nno luck"):
        parallel.launch(script, 2)


def test_two_processes_give_the_weights_of_one(tmp_path):
    pytest.importorskip(
        "torch", reason="PyTorch is not installed: pip install -r requirements-frameworks.txt"
    )
    model, accuracy = parallel.train(parallel.alone)
    told = json.loads(parallel.launch(SCRIPT, 2, "--weights", tmp_path / "two.npy"))
    # the sum of two halves is rounded otherwise than one sum, and 200 steps pass that on
    assert np.load(tmp_path / "two.npy") == pytest.approx(model.parameters, abs=1e-9)
    assert told["processes"] == 2
    assert told["replicas_equal"]
    assert told["held_out_accuracy"] == accuracy


def test_the_stored_result_is_what_one_process_gives():
    stored = json.loads((ROOT / "tools" / "data_parallel_result.json").read_text())
    model, accuracy = parallel.train(parallel.alone)
    assert stored["held_out_accuracy"] == accuracy
    assert stored["parameters"] == model.n_parameters
    assert stored["sum_of_squared_weights"] == pytest.approx(
        np.vdot(model.parameters, model.parameters), abs=1e-6
    )


def test_the_stored_timings_say_what_they_are():
    stored = json.loads((ROOT / "benchmarks" / "data_parallel.json").read_text())
    assert "fastest" in stored["what"]
    assert stored["machine"]["cores"] >= 2
    assert {step["width"] for step in stored["steps"]} == {32, 128, 512, 2048}
