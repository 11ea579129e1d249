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


def test_the_sentences_of_page_5_6_hold_for_the_stored_runs():
    """Whoever measures again reads those sentences again."""
    stored = json.loads((ROOT / "results" / "large_model.json").read_text(encoding="utf-8"))
    speeds = stored["speed"]["rows"]
    mine, torch, llama = (
        next(row for name, row in speeds.items() if name.startswith(start))
        for start in ("numpy", "transformers", "llama.cpp")
    )
    assert mine["read_tokens_a_cpu_s"] > 10 * mine["write_tokens_a_cpu_s"]
    assert torch["write_tokens_a_cpu_s"] < mine["write_tokens_a_cpu_s"]
    assert 3 < llama["write_tokens_a_cpu_s"] / mine["write_tokens_a_cpu_s"] < 4
    assert 0.4 < stored["speed"]["share_of_roof"] < 0.5
    together = {int(n): row["tokens_a_cpu_s"] for n, row in stored["batch"]["rows"].items()}
    assert 5 < together[16] / together[1] < 6
    assert round(together[64] / together[1]) == 8
    texts = stored["texts"]
    for play in ("Macbeth", "The Tempest"):
        assert texts[play]["large"] < 0.75 * texts[play]["book_gpt"]
        assert texts[play]["large"] < 0.5 * texts[play]["xz"]
    prose = texts["prose of this book"]
    assert f"{prose['large']:.2f}" == "1.41"
    assert prose["large"] < texts["Macbeth"]["large"]
    assert prose["xz"] > 2 * prose["large"]
    assert any(
        f"{row['said']:.2f} {100 * row['right']:.0f}" == "0.75 78" for row in prose["next_token"]["bins"]
    )
    assert stored["sure"]["capitals"]["right"] == 1
    first, *_, last = stored["sure"]["sums"]["bins"]
    assert (f"{first['said']:.2f}", round(first["right"], 1)) == ("0.14", 0.5)
    assert (f"{last['said']:.2f}", last["n"], round(3 * last["right"])) == ("0.86", 3, 1)
    assert (stored["tasks"]["right"], stored["tasks"]["of"]) == (10, 20)
