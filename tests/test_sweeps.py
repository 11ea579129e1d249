"""The scaling sweep: the same settings give the same loss, and what is stored is what its tool plans."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from nnbook.sweeps import SHAPES, SmallRun, train_run

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tool():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import measure_scaling_law
    finally:
        sys.path.pop(0)
    return measure_scaling_law


@pytest.fixture(scope="module")
def stored():
    return json.loads((ROOT / "tools" / "scaling_law.json").read_text(encoding="utf-8"))["runs"]


def test_a_run_is_a_function_of_its_settings():
    run = SmallRun(8, 1, 4096)
    first = train_run(run, precision="float64")
    assert first == train_run(run, precision="float64")
    assert first["n_tokens"] == 4096
    assert first["n_parameters"] == 2334
    assert train_run(SmallRun(8, 1, 4096, seed=1))["loss"] != first["loss"]


def test_more_text_lowers_the_loss():
    assert train_run(SmallRun(8, 1, 2**15))["loss"] < train_run(SmallRun(8, 1, 2**12))["loss"] - 0.1


def test_impossible_runs_are_refused():
    with pytest.raises(ValueError, match="d_model must be a whole number"):
        SmallRun(0, 1, 4096)
    with pytest.raises(ValueError, match="n_characters must be a whole number of at least 512"):
        SmallRun(8, 1, 100)
    with pytest.raises(ValueError, match="a single pass cannot read"):
        train_run(SmallRun(8, 1, 10**7))


def test_the_stored_sweep_is_what_its_tool_plans(tool, stored):
    planned = {"early": tool.EARLY, "fit": tool.FITTED, "held out": tool.HELD_OUT, "repeat": tool.REPEATS}
    for part, runs in planned.items():
        keys = [
            (r["d_model"], r["n_layers"], r["n_characters"], r["seed"]) for r in stored if r["part"] == part
        ]
        assert keys == [(r.d_model, r.n_layers, r.n_characters, r.seed) for r in runs]
    assert len(tool.FITTED) >= 12
    assert not set(tool.HELD_OUT) & set(tool.FITTED)


def test_a_stored_loss_comes_out_again(stored):
    row = next(r for r in stored if (r["d_model"], r["n_characters"]) == (8, 2**16))
    again = train_run(SmallRun(8, 1, 2**16))
    assert again["n_parameters"] == row["n_parameters"]
    assert again["loss"] == pytest.approx(row["loss"], abs=0.02)  # float32 differs between processors


def test_the_family_grows():
    sizes = [row["n_parameters"] for row in (train_run(SmallRun(d, n, 512)) for d, n in SHAPES)]
    assert (np.diff(sizes) > 0).all()
