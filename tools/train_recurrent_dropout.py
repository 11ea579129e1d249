"""Train recurrent networks with no, naive and variational dropout on Chinese reviews; store what came.

Usage: python tools/train_recurrent_dropout.py [--fresh]   part of `make models`; six minutes on one core

Writes nnbook/models/recurrent_dropout.json (every run) and recurrent_dropout.npz (one network: variational
dropout, seed 0, as it was at its best epoch). Each finished run goes to _build/models/ at once, so a stopped
tool goes on where it was. `nnbook/models/recurrent_dropout.md` is the card.

The reviews are split as in `load_chinese_reviews`: every ninth of ten is for validation, every tenth for
the test. The validation reviews choose the epoch (and the strength of the baseline); the test reviews choose
nothing.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from nnbook import losses, metrics, optimizers, training
from nnbook.callbacks import SnapshotRecorder
from nnbook.datasets.text import load_chinese_sentiment
from nnbook.recurrent import SequenceClassifier
from nnbook.sequence_dropout import SequenceDropout, disagreement, monte_carlo
from nnbook.serialization import save_model
from nnbook.tokenizers import CharTokenizer

ROOT = Path(__file__).resolve().parent.parent
MODELS, STATES = ROOT / "nnbook" / "models", ROOT / "_build" / "models"
SETTINGS = {
    "training_reviews": 2000,
    "characters": 60,
    "d_model": 32,
    "hidden": 48,
    "epochs": 30,
    "batch_size": 64,
    "learning_rate": 0.003,
    "max_gradient_norm": 1.0,
    "passes": 20,
    "min_count": 3,
}
WAYS = (
    ("none", 0.0),
    ("naive", 0.25),
    ("naive", 0.5),
    ("variational", 0.25),
    ("variational", 0.5),
)
RUNS = [(way, rate, seed) for way, rate in WAYS for seed in (0, 1, 2)]
STORED = ("variational", 0.5, 0)


def load_reviews(settings):
    """{part: (reviews cut to `characters`, labels)} for train, validation and test."""
    reviews, labels = load_chinese_sentiment()
    place = np.arange(len(reviews)) % 10
    parts = {"train": np.flatnonzero(place < 8)[: settings["training_reviews"]]}
    parts |= {"validation": np.flatnonzero(place == 8), "test": np.flatnonzero(place == 9)}
    cut = settings["characters"]
    return {name: ([reviews[i][:cut] for i in rows], labels[rows]) for name, rows in parts.items()}


def encode(tokenizer, reviews, length):
    """Token ids (n, length); a short review is filled up in front, so that the network ends with its end."""
    return np.stack([tokenizer.encode(review.rjust(length, "\n")) for review in reviews])


def figures(logits, labels):
    """Loss and accuracy, rounded to what is worth writing down."""
    logits = logits.astype(np.float64)
    return {
        "loss": round(losses.cross_entropy(logits, labels)[0], 4),
        "accuracy": round(float(np.mean(logits.argmax(axis=1) == labels)), 4),
    }


def monte_carlo_figures(model, tokens, labels, passes):
    """What many passes say, and whether their doubt finds the mistakes.

    The areas under the ROC curve are 0.5 if doubt finds mistakes no better than chance. The mistakes are
    those of the Monte-Carlo answer; for the one pass without dropout, its own.
    """
    p = monte_carlo(model, tokens, passes, rng=np.random.default_rng(0)).astype(np.float64)
    mean = p.mean(axis=0)
    wrong = mean.argmax(axis=1) != labels
    logits = model.forward(tokens).astype(np.float64)
    wrong_once = logits.argmax(axis=1) != labels
    return {
        **figures(np.log(mean), labels),
        "auc_disagreement": round(metrics.roc_auc(wrong.astype(int), disagreement(p)), 4),
        "auc_unsure": round(metrics.roc_auc(wrong.astype(int), -mean.max(axis=1)), 4),
        "auc_unsure_one_pass": round(
            metrics.roc_auc(wrong_once.astype(int), -np.abs(logits[:, 1] - logits[:, 0])), 4
        ),
    }


def train(way, rate, seed, tokenizer, data, settings):
    """Train one network; return (its figures, the network at its best epoch)."""
    rng = np.random.default_rng(seed)
    model = SequenceClassifier(
        tokenizer.vocab_size,
        settings["d_model"],
        settings["hidden"],
        2,
        dropout=SequenceDropout(way, rate, rng=rng),
        dtype=np.float32,
        rng=rng,
    )
    recorder = SnapshotRecorder()
    history = training.fit(
        model,
        *data["train"],
        loss=losses.cross_entropy,
        optimizer=optimizers.Adam(settings["learning_rate"]),
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        rng=rng,
        validation=data["validation"],
        max_gradient_norm=settings["max_gradient_norm"],
        callbacks=[recorder],
    )
    tokens, labels = data["test"]
    best = int(np.argmin(history.validation_loss)) + 1
    row = {"way": way, "rate": rate, "seed": seed, "best_epoch": best}
    row["last"] = figures(model.forward(tokens), labels)
    model.parameters[...] = recorder.snapshots[best][1]
    row["best"] = figures(model.forward(tokens), labels)
    if way != "none":
        row["best_monte_carlo"] = monte_carlo_figures(model, tokens, labels, settings["passes"])
    row["train_loss"] = [round(float(value), 4) for value in history.train_loss]
    row["validation_loss"] = [round(float(value), 4) for value in history.validation_loss]
    return row, model


def baseline(data, vocab_size):
    """Logistic regression on which characters occur; the validation reviews choose its strength."""
    from sklearn.linear_model import LogisticRegression

    def bag(tokens):
        counts = np.zeros((len(tokens), vocab_size))
        counts[np.arange(len(tokens))[:, None], tokens] = 1
        return counts

    bags = {name: (bag(tokens), labels) for name, (tokens, labels) in data.items()}
    best = (np.inf, None, None)
    for strength in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0):
        model = LogisticRegression(C=strength, max_iter=1000).fit(*bags["train"])
        X, y = bags["validation"]
        loss = losses.cross_entropy(model.predict_log_proba(X), y)[0]
        best = min(best, (loss, strength, model), key=lambda entry: entry[0])
    _, strength, model = best
    X, y = bags["test"]
    return {"C": strength, **figures(model.predict_log_proba(X), y)}


def one_run_a_line(log):
    """The log as JSON that a person can read and a diff can show."""
    head = json.dumps({name: value for name, value in log.items() if name != "runs"}, indent=1)
    runs = ",\n  ".join(json.dumps(row) for row in log["runs"])
    return f'{head[:-2]},\n "runs": [\n  {runs}\n ]\n}}\n'


def main() -> int:
    """Train what is missing, then write the log and the stored network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help="forget finished runs")
    options = parser.parse_args()
    reviews = load_reviews(SETTINGS)
    alphabet = "\n".join(reviews["train"][0])
    tokenizer = CharTokenizer.train(alphabet, min_count=SETTINGS["min_count"], unknown="□")
    data = {
        name: (encode(tokenizer, texts, SETTINGS["characters"]), labels)
        for name, (texts, labels) in reviews.items()
    }
    state_path = STATES / "recurrent_dropout.json"
    state_path.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    if state_path.exists() and not options.fresh:
        state = json.loads(state_path.read_text(encoding="utf-8"))
        rows = state["rows"] if state["settings"] == SETTINGS else []
    rows = [row for row in rows if (row["way"], row["rate"], row["seed"]) in RUNS]
    finished = {(row["way"], row["rate"], row["seed"]) for row in rows}
    for run in RUNS:
        if run in finished:
            continue
        row, model = train(*run, tokenizer, data, SETTINGS)
        if run == STORED:
            metadata = {"tokenizer": tokenizer.to_dict(), "training": SETTINGS, "seed": run[2]}
            metadata["test"] = {name: row[name] for name in ("best", "best_monte_carlo")}
            save_model(model, MODELS / "recurrent_dropout.npz", metadata=metadata)
        rows.append(row)
        state_path.write_text(json.dumps({"settings": SETTINGS, "rows": rows}), encoding="utf-8")
        print(
            f"{run[0]:12} {run[1]:.2f} seed {run[2]}: best {row['best']}, last {row['last']}",
            f"{row.get('best_monte_carlo', '')}",
            flush=True,
        )
    counts = {name: {"reviews": len(y), "praise": int(np.sum(y))} for name, (_, y) in data.items()}
    log = {"settings": SETTINGS, "data": counts, "vocab_size": tokenizer.vocab_size}
    rows.sort(key=lambda row: RUNS.index((row["way"], row["rate"], row["seed"])))
    log |= {"baseline": baseline(data, tokenizer.vocab_size), "runs": rows}
    (MODELS / "recurrent_dropout.json").write_text(one_run_a_line(log), encoding="utf-8")
    print("bag of characters:", log["baseline"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
