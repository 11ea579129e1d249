"""Write faster without changing a word: guess the next tokens from the text itself, and check them at once.

Reading a few places costs little more than reading one, because the weights are fetched from memory once for
all. So where the last tokens stood before, what followed them then is guessed to follow now; one pass of the
model says how many guesses are what it would have written. It pays where an answer repeats its prompt (a
summary, a correction), and costs a little where it does not.
Source: Leviathan, Kalman & Matias, Fast inference from transformers via speculative decoding, 2023; guesses
by n-grams: Saxena, Prompt lookup decoding, 2023.
"""

import numpy as np

from nnbook.functional import as_whole


def guess(tokens, *, n=2, length=6):
    """What followed the last `n` tokens when they stood before: at most `length` tokens, or none.

    >>> guess([5, 6, 7, 8, 5, 6], length=2)
    [7, 8]
    """
    last = tokens[-n:]
    for start in range(len(tokens) - n - 1, -1, -1):
        if tokens[start : start + n] == last:
            return tokens[start + n : start + n + length]
    return []


def speculate(model, tokens, max_tokens, *, end=None, n=2, length=6):
    """Greedy text like `stream` at temperature 0, token by token the same, as far as the context reaches.

    Args:
        tokens: the prompt, 1-D.
        end: id of a token that ends the text, or None.
        n, length: as in `guess`.
    Returns:
        (written, passes): the new tokens, and how often the model was asked; the fewer, the faster.
    """
    max_tokens = as_whole(max_tokens, "max_tokens")
    known = [int(token) for token in tokens]
    max_tokens = min(max_tokens, model.context_length - len(known))
    caches = model.new_caches(capacity=len(known) + max_tokens)
    written, passes = [int(model.next_logits(np.array([known]), caches)[0].argmax())], 1
    while len(written) < max_tokens and written[-1] != end:
        guesses = guess(known + written, n=n, length=min(length, max_tokens - len(written)))
        logits = model.forward(np.array([[written[-1], *guesses]]), caches=caches)[0]
        best, right, passes = logits.argmax(axis=1).tolist(), 0, passes + 1
        while right < len(guesses) and guesses[right] == best[right]:
            right += 1
        caches.lengths -= len(guesses) - right  # forget what was guessed wrong
        new = best[: right + 1]  # the guesses that were right, and the token after them
        if end in new:
            new = new[: new.index(end) + 1]
        written += new
    return written[:max_tokens], passes
