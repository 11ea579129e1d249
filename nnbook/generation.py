"""Writing: ask for the next token's probabilities, draw one, append it, ask again."""

import numpy as np

from nnbook._validate import check_generator
from nnbook.functional import as_number, as_numbers, as_whole, softmax


def next_token_probabilities(logits, *, temperature=1.0, top_k=None):
    """Probabilities from which the next token is drawn.

    Args:
        logits: scores of one place, shape (vocab_size,).
        temperature: divides the scores. Below 1 bolder, above 1 more surprising; 0 means always the best one.
        top_k: keep only so many best tokens (None keeps all); ties go to the smaller id.
    Returns:
        float64 array of shape (vocab_size,) that sums to 1.
    Raises:
        ValueError: negative or infinite temperature, or top_k below 1.

    >>> next_token_probabilities(np.log([1.0, 3.0, 4.0]), top_k=2).round(3)
    array([0.   , 0.429, 0.571])
    """
    top_k = check_sampling(temperature, top_k)
    logits = as_numbers(logits, "logits").astype(np.float64, copy=False)
    if logits.ndim != 1 or logits.size == 0:
        raise ValueError(f"logits must have shape (vocab_size,), one place of a text; got {logits.shape}.")
    if not np.isfinite(logits.max()):  # -inf forbids a token; a NaN is the largest of all
        raise ValueError("logits hold NaN or infinity, or forbid every token. Did the training diverge?")
    order = np.argsort(-logits, kind="stable")
    probabilities = np.zeros(len(logits))
    if temperature == 0:
        probabilities[order[0]] = 1.0
        return probabilities
    kept = order[:top_k]
    best = logits[kept[0]]
    probabilities[kept] = softmax((logits[kept] - best) / temperature)
    return probabilities


def generate(model, prompt, n_tokens, *, temperature=1.0, top_k=None, rng, use_cache=True):
    """Continue `prompt` by `n_tokens` tokens.

    When the context is full, the model forgets the older half of what it sees and reads the newer half
    again from place 0, because learned places cannot be shifted. Of a prompt longer than the context, the end
    is read.

    Args:
        model: a `Transformer`.
        prompt: 1-D sequence of at least one token id.
        n_tokens: how many tokens to write.
        temperature, top_k: as in `next_token_probabilities`.
        rng: where the draws come from (not used at temperature 0).
        use_cache: False computes every place again for every token: slower, same result.
    Returns:
        1-D integer array: the prompt and what follows it.
    Raises:
        ValueError: empty prompt, ids out of range, or settings that make no sense.
    """
    check_sampling(temperature, top_k)
    if np.ndim(prompt) != 1:
        raise ValueError(
            f"prompt must be a 1-D sequence of token ids; got shape {np.shape(prompt)}. "
            "Text? Use tokenizer.encode(text) first."
        )
    n_tokens = as_whole(n_tokens, "n_tokens", 0)
    if n_tokens and temperature > 0:
        check_generator(rng)
    tokens = _all_ids(model, np.asarray(prompt))
    written, tokens = tokens, tokens[-model.context_length :]
    caches, new = model.new_caches(), tokens
    for _ in range(n_tokens):
        if use_cache:
            logits = model.forward(np.array([new]), caches=caches)[0, -1]
        else:
            logits = model.forward(np.array([tokens]))[0, -1]
        probabilities = next_token_probabilities(logits, temperature=temperature, top_k=top_k)
        token = draw(probabilities, rng.random()) if temperature > 0 else int(probabilities.argmax())
        written.append(token)
        tokens.append(token)
        new = [token]
        if len(tokens) > model.context_length:
            tokens = tokens[-max(1, model.context_length // 2) :]
            caches, new = model.new_caches(), tokens
    return np.array(written)


def _all_ids(model, prompt):
    """The ids of a prompt of any length, all of them checked, also those that do not fit into the context."""
    T = model.context_length
    parts = [model.check_inputs(prompt[None, i : i + T])[0] for i in range(0, max(len(prompt), 1), T)]
    return np.concatenate(parts).tolist()


def draw(probabilities, u):
    """The token in whose share of the line from 0 to 1 the number `u` falls, 0 <= u < 1.

    >>> draw(np.array([0.2, 0.5, 0.3]), 0.6)
    1
    """
    cumulative = np.cumsum(probabilities)
    token = int(np.searchsorted(cumulative, u * cumulative[-1], side="right"))
    return min(
        token, int(np.flatnonzero(probabilities)[-1])
    )  # rounding must not reach a token of probability 0


def check_sampling(temperature, top_k):
    """Return `top_k` as an int or None, or say in one sentence which setting cannot be used."""
    temperature = as_number(temperature, "temperature")
    if not (np.isfinite(temperature) and temperature >= 0):
        raise ValueError(
            f"temperature must be a finite number of at least 0; got {temperature}. "
            "0 always takes the best token."
        )
    if top_k is None:
        return None
    try:
        return as_whole(top_k, "top_k")
    except ValueError:
        raise ValueError(
            f"top_k must be a whole number of at least 1, or None to keep all tokens; got {top_k}."
        ) from None
