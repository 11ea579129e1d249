"""The card of a language model: `train_text_model.py` writes it beside the model."""

import json

import numpy as np


def card(recipe, corpus, log, path, tokenizer, sample):
    """The model card: what it is, what it learned from, how good it is, what it is not for."""
    losses, training = log["losses"], log["training"]
    best = losses["ngrams"][recipe.best_order]
    rows = [("this model (int8, as stored)", losses["int8"])]
    names = {1: "unigram", 2: "bigram", 3: "trigram"}
    for order, row in losses["ngrams"].items():
        rows.append((names.get(order, f"{order}-gram") + " over characters", row))
    table = "\n".join(f"| {name} | {row['validation']:.3f} | {row['test']:.3f} |" for name, row in rows)
    plays = {part: ", ".join(titles).replace("_", " ") for part, titles in corpus.titles.items()}
    characters_per_token = len(corpus.train) / len(tokenizer.encode(corpus.train))
    return f"""# {recipe.title}: a small GPT

Written by `tools/train_text_model.py`; the numbers come from the run in `{path.stem}.json`.

- **Model.** {training["parameters"]:,} parameters: {recipe.n_layers} blocks, {recipe.n_heads} heads,
  d_model {recipe.d_model}, context {recipe.context_length} tokens. Byte-pair encoding with
  {tokenizer.vocab_size} tokens of {characters_per_token:.2f} characters. Stored as int8, one scale per
  column: {path.stat().st_size:,} bytes.
- **Data.** {corpus.description}
  Learned from {len(corpus.train):,} characters. Held out, whole: {plays["validation"]} for validation;
  {plays["test"]} for the test.
- **Training.** {recipe.steps:,} steps of {recipe.batch_size} windows, AdamW, learning rate
  {recipe.learning_rate:g} with warm-up and cosine, dropout {recipe.dropout}, float32,
  seed {training["seed"]}; {log["minutes"]:.0f} minutes on one core that it shared.
- **Result.** {best["test"] - losses["int8"]["test"]:.2f} nats per character below the best n-gram model on
  the test plays. Storing as int8 changed the test loss by
  {losses["int8"]["test"] - losses["float32"]["test"]:+.4f}.

| nats per character | validation | test |
|---|---|---|
{table}

The n-grams are interpolated (modified Kneser–Ney); their discounts and the order {recipe.best_order} were
chosen on the validation plays. Order 9 is the highest that 83 characters allow in a 64-bit key.

## How the recipe was found

{other_seeds(path, log)}

{recipe.history}

- **What it is for.** To show in a page how a language model writes, and what temperature, top-k and attention
  do.
- **What it is not for.** It knows nothing. It makes words in the manner of one author of 1600, with the
  prejudices of his world, and has no idea of truth. Do not quote it as Shakespeare.
- **Licence.** As the data: the plays are in the public domain, the collection is CC BY 2.5.

A sample (temperature 0.8, top-k 40, seed 0), not chosen:

```text
{sample}
```
"""


def other_seeds(path, log):
    """A paragraph on the same recipe with other seeds, from their logs beside the model."""
    tests = [log["losses"]["int8"]["test"]]
    for other in sorted(path.parent.glob(f"{path.stem}-seed*.json")):
        tests.append(json.loads(other.read_text(encoding="utf-8"))["losses"]["int8"]["test"])
    if len(tests) == 1:
        return "This is one run of one seed."
    scores = ", ".join(f"{loss:.3f}" for loss in tests)
    return (
        f"With {len(tests)} seeds the same recipe scored {scores} on the test:\n"
        f"{np.mean(tests):.3f} ± {np.std(tests, ddof=1):.3f}. The model that is stored is seed 0, the first\n"
        "that was trained; it was not chosen."
    )
