"""What surrounds a language model: windows of text, the loss of the next token, the score of a text."""

import numpy as np

from nnbook.functional import as_whole, logsumexp
from nnbook.losses import cross_entropy


def make_windows(tokens, context_length, *, stride=None, first=0):
    """Cut a long text into inputs and targets: a target is the token that follows.

    Args:
        tokens: 1-D array of token ids.
        context_length: T, places per window.
        stride: distance between the starts of windows; T when not given, so that no token is a target twice.
        first: where the first window begins.
    Returns:
        (inputs, targets), each (n_windows, T), copies; targets[i, t] follows inputs[i, t] in the text.
    Raises:
        ValueError: the text is too short for one window.

    >>> inputs, targets = make_windows(np.arange(7), 3)
    >>> inputs.tolist(), targets.tolist()
    ([[0, 1, 2], [3, 4, 5]], [[1, 2, 3], [4, 5, 6]])
    """
    tokens, context_length = np.asarray(tokens), as_whole(context_length, "context_length")
    stride = context_length if stride is None else as_whole(stride, "stride")
    first = as_whole(first, "first", 0)
    if tokens.ndim != 1 or len(tokens) - first <= context_length:
        raise ValueError(
            f"a window of {context_length} needs at least {context_length + 1} tokens in one dimension; "
            f"got shape {tokens.shape} from place {first} on."
        )
    views = np.lib.stride_tricks.sliding_window_view(tokens[first:], context_length + 1)
    views = views[::stride]
    return np.ascontiguousarray(views[:, :-1]), np.ascontiguousarray(views[:, 1:])


def next_token_loss(logits, targets):
    """`cross_entropy` of every place of every sequence: logits (B, T, vocab_size), targets (B, T).

    Returns:
        (value, grad): mean nats per token, and its gradient in the shape of `logits`.

    >>> value, grad = next_token_loss(np.zeros((1, 2, 4)), np.array([[0, 3]]))
    >>> round(value, 4), grad.shape
    (1.3863, (1, 2, 4))
    """
    targets = np.asarray(targets)
    if logits.ndim != 3 or targets.shape != logits.shape[:2]:
        raise ValueError(
            f"next_token_loss expects logits (B, T, vocab_size) and targets (B, T); got {logits.shape} and "
            f"{targets.shape}."
        )
    value, grad = cross_entropy(logits.reshape(-1, logits.shape[2]), targets.ravel())
    return value, grad.reshape(logits.shape)


def token_losses(model, tokens, *, stride=None, batch_size=32):
    """-log p of every token after the first, each predicted with most of a context before it.

    The text is read in windows that move on by `stride` tokens, and in all but the first only the last
    `stride` predictions are scored. So no token is judged blind, as the first ones of a window would be.

    Args:
        model: a `Transformer`.
        tokens: 1-D array of at least two token ids.
        stride: half the context when not given; a larger one is faster and makes the loss higher.
    Returns:
        float64 array of shape (len(tokens) - 1,), in nats.
    """
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or len(tokens) < 2:
        raise ValueError(f"scoring needs at least two tokens in one dimension; got shape {tokens.shape}.")
    T, batch_size = min(model.context_length, len(tokens) - 1), as_whole(batch_size, "batch_size")
    stride = min(T, max(1, model.context_length // 2) if stride is None else as_whole(stride, "stride"))
    losses = np.empty(len(tokens) - 1)
    starts = [*range(0, len(tokens) - 1 - T, stride), len(tokens) - 1 - T]
    for i in range(0, len(starts), batch_size):
        windows = np.stack([tokens[start : start + T + 1] for start in starts[i : i + batch_size]])
        logits = model.forward(model.check_inputs(windows[:, :-1])).astype(np.float64)
        chosen = np.take_along_axis(logits, windows[:, 1:, None], axis=2)[..., 0]
        scores = logsumexp(logits) - chosen
        for start, row in zip(starts[i : i + batch_size], scores, strict=True):
            skip = 0 if start == 0 else T - stride
            losses[start + skip : start + T] = row[skip:]
    return losses


def nats_per_character(model, tokenizer, text, *, stride=None, batch_size=32):
    """The price of `text` under the model, in nats per character: comparable across tokenizers and n-grams.

    The first token is given, not predicted; its characters do not count. `stride` as in `token_losses`.
    """
    tokens = tokenizer.encode(text)
    n_characters = len(text) - len(tokenizer.decode(tokens[:1]))
    return float(token_losses(model, tokens, stride=stride, batch_size=batch_size).sum() / n_characters)
