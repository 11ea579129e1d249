"""Trained models of the book, small enough for a page; each has a card (.md) and a log (.json)."""

from pathlib import Path

from nnbook.serialization import load_model
from nnbook.tokenizers import tokenizer_from_dict

FOLDER = Path(__file__).parent


def load_text_model(name="shakespeare"):
    """A language model of the book with its tokenizer.

    Returns:
        (model, tokenizer, metadata): a float32 `Transformer`, the tokenizer it was trained with, and what was
        written down about its training.
    Raises:
        FileNotFoundError: there is no model of that name.
        ValueError: the model is not one of text, or its file is damaged.

    >>> model, tokenizer, _ = load_text_model()
    >>> model.vocab_size == tokenizer.vocab_size
    True
    """
    path = FOLDER / f"{name}.npz"
    if not path.exists():
        raise FileNotFoundError(
            f"there is no text model {name!r} in {FOLDER}. `make models` trains shakespeare."
        )
    model, metadata = load_model(path)
    if "tokenizer" not in metadata:
        raise ValueError(f"{path.name} is a model of this book, but not one of text.")
    return model, tokenizer_from_dict(metadata["tokenizer"]), metadata
