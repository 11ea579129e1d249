"""A translator of short strings that writes one character at a time; chapter 3 trains it on menus.

It asks the same question again and again: given the English words and what is written so far, which character
comes next, or is this the end? What it knows of the situation are *features*, short texts such as `two:打开`;
each gets one of 8192 places by hashing, and a sparse network reads them.
"""

import re

import numpy as np
from sklearn.feature_extraction import FeatureHasher

N_FEATURES = 2**13
WIDTH = 48
END = ""


def words(english):
    """The words of an English string, in small letters, without punctuation.

    >>> words("Delete Cell…")
    ('delete', 'cell')
    """
    return tuple(re.findall("[a-z]+", english.lower()))


def features(english_words, written, entries):
    """What is known before the next character is chosen: a list of short texts.

    Args:
        english_words: the words to translate.
        written: the Chinese characters written so far.
        entries: {English word: Chinese group} of a dictionary; {} for a network that has none.

    >>> features(("open",), "打", {"open": "打开"})[-1]
    'begun:开'
    """
    last, last_two = written[-1:] or "^", written[-2:] or "^"
    found = [f"last:{last}", f"two:{last_two}", f"three:{written[-3:]}", f"length:{min(len(written), 8)}"]
    for place, word in enumerate(english_words):
        found += [f"word:{word}", f"place:{place} {word}", f"{word} after {last}", f"{word} after {last_two}"]
        entry = entries.get(word)
        if entry and entry in written:
            found += [f"done:{word}", f"done:{place}"]
        elif entry:
            begun = next((k for k in range(len(entry) - 1, 0, -1) if written.endswith(entry[:k])), 0)
            starts = [f"start:{entry[0]}", f"start:{place} {entry[0]}"]
            found += [f"begun:{entry[begun]}"] if begun else starts
    return found


class Translator:
    """Learns from pairs (english, chinese) to choose the next character.

    Args:
        pairs: what it learns from.
        entries: the hints of a dictionary, {} for none.
        network: function (n_in, width, n_out, rng) -> a model whose forward takes a sparse matrix.
        train: function (model, X, y, *, rate, epochs, rng) that trains it in place.
        rng: where starting weights and the order of training come from.
    """

    def __init__(self, pairs, entries, *, network, train, rng, rate=5e-3, epochs=6):
        self.entries = entries
        self.numbered = FeatureHasher(N_FEATURES, input_type="string", alternate_sign=False)
        self.characters = [END, *sorted({c for _, chinese in pairs for c in chinese})]
        code = {c: i for i, c in enumerate(self.characters)}
        steps = [(words(e), z[:i], z[i : i + 1]) for e, z in pairs for i in range(len(z) + 1)]
        X = self._rows([(english, written) for english, written, _ in steps])
        y = np.array([code[following] for *_, following in steps])
        self.network = network(N_FEATURES, WIDTH, len(self.characters), rng)
        train(self.network, X, y, rate=rate, epochs=epochs, rng=rng)

    def translate(self, english, longest=25):
        """Write the most probable next character again and again: one Chinese string for each English."""
        written, unfinished = [""] * len(english), list(range(len(english)))
        for _ in range(longest):
            rows = self._rows([(words(english[i]), written[i]) for i in unfinished])
            best = self.network.forward(rows).argmax(axis=1)
            for i, k in zip(unfinished, best, strict=True):
                written[i] += self.characters[k]
            unfinished = [i for i, k in zip(unfinished, best, strict=True) if self.characters[k] != END]
            if not unfinished:
                break
        return written

    def _rows(self, situations):
        return self.numbered.transform([features(*situation, self.entries) for situation in situations])
