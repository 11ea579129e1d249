"""Tune a large model by a thousandth of it: to some matrices, a product of two thin ones is added.

Of 134 million weights none moves. In the last blocks, x @ W becomes x @ W + x @ a @ b with a (in, r) and
b (r, out): for r = 8, queries and values of ten blocks, 153,600 numbers. b begins at 0, so tuning begins at
the model as it was. What lies below the first tuned block never changes, so it is computed once and kept.
Source: Hu et al., LoRA: low-rank adaptation of large language models, 2022.
"""

from dataclasses import dataclass

import numpy as np

from nnbook._validate import check_generator
from nnbook.exchange import load_safetensors, save_safetensors
from nnbook.functional import as_whole
from nnbook.large.caches import pad
from nnbook.layers import Layer
from nnbook.losses import cross_entropy
from nnbook.optimizers import AdamW, clip_gradients

TUNED = ("query", "value")  # of the matrices of attention: what is asked, and what is handed on


class LowRank(Layer):
    """x @ a @ b, with a (in, r) and b (r, out): all that the two can do has rank r.

    >>> layer = LowRank(4, 3, 2, dtype=np.float64, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((1, 4))).tolist(), layer.n_parameters
    ([[0.0, 0.0, 0.0]], 14)
    """

    def __init__(self, in_features, out_features, rank, *, dtype, rng):
        super().__init__()
        check_generator(rng)
        a = rng.normal(0, in_features**-0.5, (in_features, rank))
        self.params = {"a": a, "b": np.zeros((rank, out_features))}
        self._lay_out(np.dtype(dtype))

    def forward(self, x, *, training=False):
        """Map `x` (n, in) to (n, out)."""
        thin = x @ self.params["a"]  # (n, r)
        if training:
            self._x, self._thin = x, thin
        return thin @ self.params["b"]

    def backward(self, grad):
        """Both gradients, and the one at the input: grad @ bᵀ @ aᵀ."""
        d_thin = grad @ self.params["b"].T  # (n, r)
        np.dot(self._thin.T, grad, out=self.grads["b"])
        np.dot(self._x.T, d_thin, out=self.grads["a"])
        return d_thin @ self.params["a"].T


class Adapters(Layer):
    """The adapters of a model's last blocks, as one layer with a flat vector of parameters.

    Args:
        model: a `Llama`.
        rank: r.
        n_blocks: how many blocks are tuned, counted from the last.
        rng: where `a` starts.

    They work from `attach()` to `detach()`. `forward` and `backward` are those of the whole model.
    """

    def __init__(self, model, *, rank=8, n_blocks=10, rng):
        super().__init__()
        rank, n_blocks = as_whole(rank, "rank"), as_whole(n_blocks, "n_blocks")
        if n_blocks > len(model.blocks):
            raise ValueError(f"the model has {len(model.blocks)} blocks; n_blocks cannot be {n_blocks}.")
        self.model, self.first = model, len(model.blocks) - n_blocks
        self.places = {}
        for i, block in enumerate(model.blocks[self.first :], self.first):
            self.places |= {f"{i}.{name}": getattr(block.attention, name) for name in TUNED}
        self.children = tuple(
            LowRank(*place.params["weight"].shape, rank, dtype=model.dtype, rng=rng)
            for place in self.places.values()
        )
        self._lay_out(model.dtype)

    def attach(self):
        """Let the model use these adapters, in place of any others; returns itself."""
        for place, adapter in zip(self.places.values(), self.children, strict=True):
            place.adapter = adapter
        return self

    def detach(self):
        """The model is again as it was."""
        for place in self.places.values():
            place.adapter = None

    def check_inputs(self, x):
        """Token ids, as the model takes them."""
        return self.model.check_inputs(x)

    def forward(self, tokens, *, training=False):
        """Logits (B, T, V) of the model with these adapters."""
        return self.attach().model.forward(tokens, training=training)

    def backward(self, grad):
        """From the gradient of the logits to that of the adapters."""
        self.model.backward(grad)

    def __repr__(self):
        rank = self.children[0].params["b"].shape[0]
        return f"Adapters(rank {rank}, blocks {self.first} and later, {self.n_parameters:,} parameters)"


@dataclass(frozen=True)
class Example:
    """What the model reads and what it should answer, as token ids."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    @property
    def inputs(self):
        """All tokens but the last, which nothing follows."""
        return (*self.prompt, *self.answer)[:-1]

    @property
    def places(self):
        """Where the answer is predicted: from the last token of the prompt on."""
        return range(len(self.prompt) - 1, len(self.inputs))


def lower_states(model, sequences, first, *, batch_size=16):
    """What arrives at block `first`: for each sequence of tokens an array (T, C)."""
    states = [None] * len(sequences)
    order = np.argsort([len(sequence) for sequence in sequences], kind="stable")  # neighbours: little fill
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        tokens, counts = pad([sequences[i] for i in chosen])
        x = model.body(model.embedding.forward(model.check_inputs(tokens)), last=first)
        for i, row, n in zip(chosen, x, counts, strict=True):
            states[i] = row[:n].copy()
    return states


def answer_loss(adapters, states, examples, *, training=True):
    """Mean nats per token of the answers; the prompts are read and not judged.

    Args:
        states: of `lower_states` of the examples' `inputs`, one (T, C) each.
        training: whether to fill `adapters.gradients`, too.
    """
    model = adapters.attach().model
    x = np.zeros((len(states), max(map(len, states)), model.settings.d_model), model.dtype)
    for row, state in zip(x, states, strict=True):
        row[: len(state)] = state
    rows = np.repeat(np.arange(len(examples)), [len(example.answer) for example in examples])
    places = np.concatenate([example.places for example in examples])
    x = model.body(x, first=adapters.first, training=training)
    h = model.norm.forward(x[rows, places], training=training)  # (n, C): only where something is judged
    targets = np.concatenate([example.answer for example in examples])
    value, grad = cross_entropy(model.embedding.logits(h), targets)
    if training:
        d_x = np.zeros_like(x)
        d_x[rows, places] = model.norm.backward(model.embedding.logits_backward(grad))
        model.body_backward(d_x, first=adapters.first)
    return value


def tune(adapters, examples, *, epochs=6, batch_size=8, learning_rate=2e-3, rng, states=None, on_step=None):
    """Train adapters on examples with AdamW; the step falls linearly to 0.

    Args:
        states: of `lower_states`, if they are known already.
        on_step: function (step, n_steps, loss), called after each step; what it raises ends the training.
    Returns:
        list of the losses of all steps.
    Raises:
        ValueError: no examples, or an empty prompt or answer.
    """
    check_generator(rng)
    if not examples or not all(example.prompt and example.answer for example in examples):
        raise ValueError("tuning needs at least one example, each with a prompt and an answer.")
    if states is None:
        states = lower_states(adapters.model, [example.inputs for example in examples], adapters.first)
    optimizer, losses = AdamW(learning_rate, weight_decay=0.01), []
    n_steps = epochs * -(-len(examples) // batch_size)
    lengths = np.array([len(state) for state in states])
    for _ in range(epochs):
        # sentences of about the same length share a batch: less fill, a quarter of the time
        order = np.argsort(lengths + 4 * rng.random(len(lengths)))
        starts = rng.permutation(np.arange(0, len(order), batch_size))
        for start in starts:
            chosen = order[start : start + batch_size]
            losses.append(answer_loss(adapters, [states[i] for i in chosen], [examples[i] for i in chosen]))
            clip_gradients(adapters.gradients, 1.0)
            optimizer.learning_rate = learning_rate * (1 - (len(losses) - 1) / n_steps)
            optimizer.step(adapters.parameters, adapters.gradients)
            if on_step:
                on_step(len(losses), n_steps, losses[-1])
    return losses


def save_adapters(adapters, path):
    """Write adapters to `path` as safetensors, 16 bits a number: 307 kB for rank 8 in ten blocks."""
    arrays = {
        f"{name}.{key}": array.astype(np.float16)
        for name, adapter in zip(adapters.places, adapters.children, strict=True)
        for key, array in adapter.params.items()
    }
    save_safetensors(arrays, path)


def load_adapters(model, path):
    """Read adapters of `model`; `attach()` them to use them.

    Raises:
        ValueError: a damaged file, or adapters of another model.
    """
    arrays = load_safetensors(path)
    try:
        first = min(int(name.split(".")[0]) for name in arrays)
        rank = arrays[f"{first}.query.b"].shape[0]
        adapters = Adapters(
            model, rank=rank, n_blocks=len(model.blocks) - first, rng=np.random.default_rng(0)
        )
        for name, adapter in zip(adapters.places, adapters.children, strict=True):
            for key, view in adapter.params.items():
                array = arrays.pop(f"{name}.{key}")
                if array.shape != view.shape or not np.isfinite(array).all():
                    raise ValueError(f"{name}.{key} has shape {array.shape}, or numbers that are not finite")
                view[...] = array
        if arrays:
            raise ValueError(f"unknown arrays: {sorted(arrays)[:3]}")
    except (LookupError, ValueError) as error:
        raise ValueError(f"{path} holds no adapters of this model: {error}.") from error
    return adapters
