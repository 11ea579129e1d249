"""TextSampler: a trained GPT that writes in the page, with its probabilities and its attention."""

import tempfile
from pathlib import Path
from typing import ClassVar

import traitlets

from nnbook.generation import check_sampling
from nnbook.serialization import quantized_as_json, save_quantized
from nnbook.transformer import Transformer
from nnbook.widgets._stored import MODELS, StoredModelWidget, stored_arrays

STORED = "shakespeare"


class TextSampler(StoredModelWidget):
    """A language model to play with: prompt, temperature, top-k, seed, candidates, attention maps.

    ``TextSampler()`` shows the stored model of the book; ``TextSampler(model, tokenizer)`` shows yours, with
    its weights rounded to whole numbers as a page needs them. Yours travels inside the notebook (a megabyte
    for 800 000 parameters), so leave it out of notebooks that are shared.

    Args:
        model: a `Transformer`.
        tokenizer: the one it was trained with.
        prompt: text to go on from. What cannot be read is said, not raised.
        temperature, top_k: as in `nnbook.generation.generate`; top_k None keeps all tokens.
        seed: of the page's own random numbers, not NumPy's.
    Raises:
        TypeError, ValueError, TraitError: a model, tokenizer or setting of another kind, in one sentence.

    `text` holds prompt and continuation, whenever the writing pauses.
    """

    fallback: ClassVar[str] = (
        "Here a small language model writes in the page. It needs JavaScript in the browser."
    )

    prompt = traitlets.Unicode("ROMEO.\n", help="text to go on from").tag(sync=True)
    temperature = traitlets.Float(0.8, help="0 always takes the best token").tag(sync=True)
    top_k = traitlets.Int(40, allow_none=True, help="tokens that can be drawn; None: all").tag(sync=True)
    seed = traitlets.Int(0, min=0, help="of the page's random numbers").tag(sync=True)
    text = traitlets.Unicode("", help="prompt and continuation").tag(sync=True)

    def __init__(self, model=None, tokenizer=None, **traits):
        if (model is None) != (tokenizer is None):
            raise TypeError("TextSampler needs a model with its tokenizer, or neither of them.")
        if model is None:
            traits.setdefault("source", STORED)
            traits["data"] = pack_stored(traits["source"])
        else:
            traits["data"] = _pack_own(model, tokenizer)
        super().__init__(**traits)

    @traitlets.validate("temperature", "top_k")
    def _check_sampling(self, proposal):
        settings = {"temperature": 1.0, "top_k": None, proposal["trait"].name: proposal["value"]}
        try:
            check_sampling(**settings)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error
        return proposal["value"]

    def state(self) -> dict:
        """What was written is left out: a page writes it again."""
        return {name: value for name, value in super().state().items() if name != "text"}


def pack_stored(name: str) -> dict:
    """Return the stored language model `name` as data for the page."""
    header, _ = stored_arrays(name)
    if header.get("kind") != "Transformer":
        raise ValueError(f"{name!r} is not a language model.")
    return _pack(MODELS / f"{name}.npz")


def _pack_own(model, tokenizer) -> dict:
    if not isinstance(model, Transformer):
        raise TypeError(f"TextSampler shows a Transformer; got {type(model).__name__}.")
    if not hasattr(tokenizer, "to_dict"):
        raise TypeError(
            "TextSampler needs a CharTokenizer or BPETokenizer of nnbook.tokenizers; "
            f"got {type(tokenizer).__name__}."
        )
    if tokenizer.vocab_size != model.vocab_size:
        raise ValueError(
            f"the tokenizer has {tokenizer.vocab_size} tokens, but the model was made for {model.vocab_size}."
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        save_quantized(model, path, metadata={"tokenizer": tokenizer.to_dict()})
        return _pack(path)


def _pack(path) -> dict:
    data = quantized_as_json(path)
    # of what was written down about the training, a page needs the tokenizer only
    return {**data, "metadata": {"tokenizer": data["metadata"]["tokenizer"]}}
