"""One run of a scaling sweep: a small character transformer, a given amount of text, one loss at the end.

A run is a function of plain numbers, so any engine can spread many of them over processes or machines: Dask,
a batch queue, or a loop.
"""

from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np

from nnbook.datasets.text import load_shakespeare
from nnbook.functional import as_whole
from nnbook.language_model import make_windows, next_token_loss, token_losses
from nnbook.optimizers import AdamW
from nnbook.schedules import cosine
from nnbook.tokenizers import CharTokenizer
from nnbook.training import fit
from nnbook.transformer import Transformer

CONTEXT, BATCH = 32, 16
VALIDATION_CHARACTERS = 40_000
# (d_model, n_layers) of the family; heads are 16 wide, one head at least.
SHAPES = ((8, 1), (16, 1), (24, 2), (32, 2), (48, 2), (64, 2), (96, 3))


@dataclass(frozen=True)
class SmallRun:
    """One point of a sweep: the size of a model, the characters it reads once, and a seed.

    >>> SmallRun(d_model=32, n_layers=2, n_characters=65_536).steps
    128
    """

    d_model: int
    n_layers: int
    n_characters: int
    seed: int = 0

    def __post_init__(self):
        for name, least in (("d_model", 1), ("n_layers", 1), ("n_characters", BATCH * CONTEXT), ("seed", 0)):
            as_whole(getattr(self, name), name, least)

    @property
    def steps(self):
        """Steps of 512 characters; what does not fill a step is left out."""
        return self.n_characters // (BATCH * CONTEXT)

    @property
    def learning_rate(self):
        """Smaller for wider models, 0.3 / d_model: near the best of four tried at the widths 8, 32, 96."""
        return 0.3 / self.d_model


@lru_cache(maxsize=1)
def texts():
    """Return (training tokens, validation tokens, vocab_size), made once per process."""
    corpus = load_shakespeare()
    alphabet = CharTokenizer.train(corpus.train, min_count=20, unknown=" ")
    part = corpus.validation[:VALIDATION_CHARACTERS]
    return alphabet.encode(corpus.train), alphabet.encode(part), alphabet.vocab_size


def train_run(run, *, precision="float32"):
    """Train one model on characters that it sees once, and score it on plays that it never sees.

    Args:
        run: a `SmallRun`. Where in the text its characters come from depends on the seed only.
        precision: "float32", or "float64" for results that agree on all processors (half as fast).
    Returns:
        dict of plain numbers: the settings, `n_parameters`, `n_tokens` (characters really read) and `loss`
        (nats per character on 40 000 characters of Twelfth Night).
    Raises:
        ValueError: more characters than the training plays have.
    """
    train, validation, vocab_size = texts()
    rng = np.random.default_rng(run.seed)
    model = Transformer(
        vocab_size,
        run.d_model,
        max(1, run.d_model // 16),
        run.n_layers,
        CONTEXT,
        dtype=np.dtype(precision),
        rng=rng,
    )
    inputs, targets = make_windows(train, CONTEXT)
    n_windows = run.steps * BATCH
    if n_windows > len(inputs):
        raise ValueError(
            f"the training plays have {len(train):,} characters; a single pass cannot read "
            f"{run.n_characters:,}."
        )
    rows = rng.permutation(len(inputs))[:n_windows]
    fit(
        model,
        inputs[rows],
        targets[rows],
        loss=next_token_loss,
        optimizer=AdamW(run.learning_rate, weight_decay=0.01),
        epochs=1,
        batch_size=BATCH,
        rng=rng,
        schedule=cosine(run.steps, warm_up_steps=run.steps // 20),
        max_gradient_norm=1.0,
    )
    loss = float(token_losses(model, validation, stride=CONTEXT // 2).mean())
    return {
        **asdict(run),
        "n_parameters": model.n_parameters,
        "n_tokens": n_windows * CONTEXT,
        "loss": round(loss, 5),
    }
