"""The stored runs of page 5.6: the reference program's logits, and the order of a matrix in memory."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnbook.large.loading import load_llama

ROOT = Path(__file__).parents[1]
CHECKS = json.loads((ROOT / "results" / "large_checks.json").read_text(encoding="utf-8"))


def test_the_reference_agrees_to_the_digits_of_float32():
    rows = CHECKS["reference"]["rows"]
    assert len(rows) >= 4
    for row in rows:
        assert row["largest_difference"] <= 1e-4 * row["largest_logit"]
        assert row["same_best_token"] == 1


def test_the_ratio_of_the_two_layouts_is_that_of_its_rounds():
    layout = CHECKS["layout"]
    ratios = layout["times_faster_of_each_round"]
    assert len(ratios) == layout["rounds"]
    assert layout["times_faster"] == pytest.approx(np.median(ratios), abs=0.006)
    assert layout["largest_difference_of_logits"] < 1e-3


@pytest.mark.large
def test_the_stored_logits_are_still_those_of_the_model(large_path):
    model, tokenizer = load_llama(large_path)
    for row in CHECKS["reference"]["rows"]:
        logits = model.forward(tokenizer.encode(row["text"])[None])[0, -1]
        stored = row["last_place"]
        assert np.argsort(-logits)[:5].tolist() == stored["tokens"]
        np.testing.assert_allclose(logits[stored["tokens"]], stored["logits"], atol=0.01)
