"""The stored recurrent network and its log say what the card and chapter 7 say."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from nnbook.models import FOLDER
from nnbook.sequence_dropout import monte_carlo
from nnbook.serialization import load_model
from nnbook.tokenizers import tokenizer_from_dict

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import train_recurrent_dropout as tool


@pytest.fixture(scope="module")
def log():
    return json.loads((FOLDER / "recurrent_dropout.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def stored():
    model, metadata = load_model(FOLDER / "recurrent_dropout.npz")
    tokenizer = tokenizer_from_dict(metadata["tokenizer"])
    reviews, labels = tool.load_reviews(tool.SETTINGS)["test"]
    return model, metadata, tool.encode(tokenizer, reviews, tool.SETTINGS["characters"]), labels


def row_of(log, way, rate, seed):
    return next(r for r in log["runs"] if (r["way"], r["rate"], r["seed"]) == (way, rate, seed))


def test_the_stored_figures_come_out_of_the_file(stored, log):
    model, metadata, tokens, labels = stored
    row = row_of(log, *tool.STORED)
    figures = tool.figures(model.forward(tokens), labels)
    # float32 sums differ in the sixth digit from machine to machine; one review of 1736 is 0.0006
    assert figures["loss"] == pytest.approx(row["best"]["loss"], abs=3e-4)
    assert figures["accuracy"] == pytest.approx(row["best"]["accuracy"], abs=0.002)
    assert metadata["test"]["best"] == row["best"]


def test_the_monte_carlo_figures_come_out_of_the_file(stored, log):
    model, _, tokens, labels = stored
    again = tool.monte_carlo_figures(model, tokens, labels, tool.SETTINGS["passes"])
    for name, value in row_of(log, *tool.STORED)["best_monte_carlo"].items():
        assert again[name] == pytest.approx(value, abs=0.005), name


def test_the_log_holds_every_run_of_the_tool(log):
    assert log["settings"] == tool.SETTINGS
    assert {(r["way"], r["rate"], r["seed"]) for r in log["runs"]} == set(tool.RUNS)
    for row in log["runs"]:
        assert len(row["validation_loss"]) == tool.SETTINGS["epochs"]
        assert row["best_epoch"] == int(np.argmin(row["validation_loss"])) + 1


def test_what_the_chapter_says_of_dropout(log):
    def mean(way, rate, which):
        return np.mean([r[which]["loss"] for r in log["runs"] if (r["way"], r["rate"]) == (way, rate)])

    last = {way: mean(way, 0.5, "last") for way in ("naive", "variational")}
    none = mean("none", 0.0, "last")
    assert last["variational"] < last["naive"] < none
    best = [mean(way, rate, "best") for way, rate in tool.WAYS]
    assert np.ptp(best) < 0.05
    assert log["baseline"]["loss"] < min(best)


def test_the_card_gives_the_same_figures(log):
    card = (FOLDER / "recurrent_dropout.md").read_text(encoding="utf-8")
    row = row_of(log, *tool.STORED)
    assert f"{100 * row['best']['accuracy']:.1f} %" in card
    assert f"{row['best']['loss']:.3f}" in card
    assert "What it is not for" in card


def test_no_review_stands_in_two_parts():
    parts = {name: set(reviews) for name, (reviews, _) in tool.load_reviews(tool.SETTINGS).items()}
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        common = parts[one] & parts[other]  # whole reviews differ; a few short ones share their beginning
        assert len(common) < 0.01 * len(parts[other])


def test_the_model_is_small(stored):
    assert (FOLDER / "recurrent_dropout.npz").stat().st_size < 300_000
    passes = monte_carlo(stored[0], stored[2][:5], 3, rng=np.random.default_rng(0))
    assert passes.shape == (3, 5, 2)


def test_a_stopped_tool_goes_on_where_it_was(tmp_path, monkeypatch):
    """Two runs; the tool is stopped after the first and started again: it trains the second only."""
    small = tool.SETTINGS | {"training_reviews": 60, "characters": 8, "d_model": 3, "hidden": 4}
    small |= {"epochs": 2, "passes": 2}
    monkeypatch.setattr(tool, "SETTINGS", small)
    monkeypatch.setattr(tool, "RUNS", [("none", 0.0, 0), ("naive", 0.5, 0)])
    monkeypatch.setattr(tool, "MODELS", tmp_path)
    monkeypatch.setattr(tool, "STATES", tmp_path / "states")
    monkeypatch.setattr(sys, "argv", ["train_recurrent_dropout.py"])
    trained, train = [], tool.train

    def stop_at_second(way, *arguments):
        trained.append(way)
        if trained == ["none", "naive"]:
            raise KeyboardInterrupt
        return train(way, *arguments)

    monkeypatch.setattr(tool, "train", stop_at_second)
    with pytest.raises(KeyboardInterrupt):
        tool.main()
    assert tool.main() == 0
    assert trained == ["none", "naive", "naive"]
    log = json.loads((tmp_path / "recurrent_dropout.json").read_text(encoding="utf-8"))
    assert [row["way"] for row in log["runs"]] == ["none", "naive"]
