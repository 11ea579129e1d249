"""Turn a sentence into numbers: words, pairs of words and pieces of words, hashed into a fixed row.

English meaning sits in words, in their order, and, when a form is new, in their letters (``switching`` shares
``switch``). Chinese has no spaces; single characters, pairs and triples need no dictionary. A hash puts each
piece into one of `N_BUCKETS` boxes, so no vocabulary has to travel to the page; two pieces may share a box.
"""

import re
from functools import lru_cache
from itertools import pairwise

import numpy as np

from nnbook.dialogue.cues import families
from nnbook.dialogue.slots import mask
from nnbook.functional import as_whole
from nnbook.retrieval import fold

N_BUCKETS = 4096
_TOKEN = re.compile("[A-Z]+|[a-z]+(?:'[a-z]+)?|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]")


@lru_cache(maxsize=100_000)
def fnv1a(text: str) -> int:
    """Return the 32-bit FNV-1a hash of the text's UTF-8 bytes (Fowler, Noll and Vo, 1991).

    >>> hex(fnv1a("")), hex(fnv1a("a"))
    ('0x811c9dc5', '0xe40c292c')
    """
    value = 0x811C9DC5
    for byte in _well_formed(text).encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def _well_formed(text):
    """The text with U+FFFD for halves of characters (lone surrogates), as a page encodes it."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def pieces(text: str, robot: str | None, *, letters: bool = True) -> list[str]:
    """Return the different pieces of a sentence, in order of first appearance.

    Args:
        robot: whose slots are masked and whose word families ("=lock") are added; None: neither.
        letters: add runs of 3 and 4 letters inside Latin words.

    >>> pieces("lock the back door", "home", letters=False)
    ['=lock', '=unlock', 'lock', 'the', 'DOOR', '^ lock', 'lock the', 'the DOOR', 'DOOR $']
    """
    tokens = _TOKEN.findall(fold(text) if robot is None else mask(text, robot))
    found = [f"={family}" for family in families(text, robot)] if robot else []
    found += tokens
    padded = ["^", *tokens, "$"]
    found += [f"{a} {b}" for a, b in pairwise(padded)]
    if any("\u3400" <= token <= "\u9fff" for token in tokens):
        found += [" ".join(padded[i : i + 3]) for i in range(len(padded) - 2)]
    elif letters:
        for token in tokens:
            word = f"_{token}_"
            if token.islower():
                found += [word[i : i + n] for n in (3, 4) for i in range(len(word) - n + 1)]
    return list(dict.fromkeys(found))


def buckets(found: list[str], n_buckets: int = N_BUCKETS) -> list[int]:
    """Return the different boxes of some pieces, in ascending order."""
    return sorted({fnv1a(piece) % n_buckets for piece in found})


def vectorise(texts, robot, *, n_buckets: int = N_BUCKETS, letters: bool = True) -> np.ndarray:
    """Return one row of length 1 for each text, (n_texts, n_buckets): 1 / sqrt(k) in each of its k boxes."""
    if isinstance(texts, str) or np.ndim(np.asarray(texts, dtype=object)) == 0:
        raise TypeError(f"texts must be a list of texts; got {type(texts).__name__}.")
    n_buckets = as_whole(n_buckets, "n_buckets")
    X = np.zeros((len(texts), n_buckets))
    for row, text in zip(X, texts, strict=True):
        filled = buckets(pieces(text, robot, letters=letters), n_buckets)
        if filled:
            row[filled] = 1 / np.sqrt(len(filled))
    return X
