"""The trained models that come with the book are what their cards and logs say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnbook.datasets.text import load_shakespeare
from nnbook.generation import generate
from nnbook.language_model import nats_per_character
from nnbook.models import FOLDER, load_text_model

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def shakespeare():
    return load_text_model("shakespeare")


@pytest.fixture(scope="module")
def log():
    return json.loads((FOLDER / "shakespeare.json").read_text(encoding="utf-8"))


def test_it_is_small_enough_for_a_page():
    assert (FOLDER / "shakespeare.npz").stat().st_size <= 1_000_000


def test_the_held_out_loss_comes_out_of_the_file(shakespeare, log):
    model, tokenizer, metadata = shakespeare
    loss = nats_per_character(model, tokenizer, load_shakespeare().test)
    # four decimals were written down; float32 sums differ in the sixth from machine to machine
    assert loss == pytest.approx(log["losses"]["int8"]["test"], abs=2e-4)
    assert metadata["losses"]["int8"] == log["losses"]["int8"]


def test_it_is_better_than_the_best_n_gram(log):
    ngrams = [row["test"] for row in log["losses"]["ngrams"].values()]
    assert log["losses"]["int8"]["test"] < min(ngrams) - 0.04


def test_three_seeds_are_better_than_the_best_n_gram(log):
    logs = [log] + [
        json.loads((FOLDER / f"shakespeare-seed{seed}.json").read_text(encoding="utf-8")) for seed in (1, 2)
    ]
    assert [row["training"]["seed"] for row in logs] == [0, 1, 2]
    for row in logs[1:]:  # nothing but the seed differs
        assert row["training"] | {"seed": 0} == log["training"]
    tests = np.array([row["losses"]["int8"]["test"] for row in logs])
    best = min(row["test"] for row in log["losses"]["ngrams"].values())
    assert tests.max() < best
    assert best - tests.mean() > 3 * tests.std(ddof=1), "the margin is no larger than chance"
    card = (FOLDER / "shakespeare.md").read_text(encoding="utf-8")
    assert f"{tests.mean():.3f} ± {tests.std(ddof=1):.3f}" in card


def test_int8_cost_next_to_nothing(log):
    assert abs(log["losses"]["int8"]["test"] - log["losses"]["float32"]["test"]) < 0.005


def test_the_log_tells_the_whole_run(shakespeare, log):
    model, tokenizer, metadata = shakespeare
    assert metadata["training"] == log["training"]
    assert log["training"]["parameters"] == model.n_parameters
    assert log["training"]["vocab_size"] == tokenizer.vocab_size
    assert log["rows"][-1]["step"] == log["training"]["steps"]
    validation = [row["validation"] for row in log["rows"] if "validation" in row]
    assert validation[-1] < validation[0] - 0.3
    assert all(row["sample"] for row in log["rows"] if "sample" in row)


def test_the_card_gives_the_same_figures(log):
    card = (FOLDER / "shakespeare.md").read_text(encoding="utf-8")
    assert f"| {log['losses']['int8']['test']:.3f} |" in card
    assert "What it is not for" in card
    assert "How the recipe was found" in card
    assert "Licence" in card


def test_it_writes_english(shakespeare):
    model, tokenizer, _ = shakespeare
    tokens = generate(model, tokenizer.encode("ROMEO.\n"), 200, temperature=0.7, rng=np.random.default_rng(0))
    words = tokenizer.decode(tokens).lower().split()
    known = set(load_shakespeare().train.lower().split())
    assert np.mean([word in known for word in words]) > 0.8


def test_models_that_are_not_there_or_not_of_text():
    with pytest.raises(FileNotFoundError, match="no text model 'marlowe'"):
        load_text_model("marlowe")
    with pytest.raises(ValueError, match="not one of text"):
        load_text_model("digits")


@pytest.mark.slow
def test_a_stopped_training_goes_on_where_it_was(tmp_path):
    """Two chunks at once, and one chunk, then one more from the saved state: the same weights."""
    script = f"""
import sys; sys.path.insert(0, {str(ROOT / "tools")!r})
import dataclasses, pathlib
import numpy as np
import train_text_model as t
t.CHUNK = 3
recipe = dataclasses.replace(t.RECIPES["shakespeare"], steps=6, warm_up_steps=2, d_model=16, n_layers=1)
corpus = recipe.load()
corpus = dataclasses.replace(corpus, train=corpus.train[:20000], validation=corpus.validation[:2000])
tokenizer = t.BPETokenizer.train(corpus.train, vocab_size=300)
folder = pathlib.Path({str(tmp_path)!r})
whole, rows, _ = t.train(recipe, corpus, tokenizer, 0, folder / "a.npz")

class Stop(Exception): pass
save = t.save_state
def save_and_stop(*arguments):
    save(*arguments)
    raise Stop
t.save_state = save_and_stop
try: t.train(recipe, corpus, tokenizer, 0, folder / "b.npz")
except Stop: pass
t.save_state = save
again, rows2, _ = t.train(recipe, corpus, tokenizer, 0, folder / "b.npz")
assert rows == rows2 and len(rows) == 2, rows2
assert np.array_equal(whole.parameters, again.parameters)
"""
    subprocess.run(
        [sys.executable, "-c", script], check=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    )
