"""From text to numbers and back: one token per character, or byte pairs merged by how often they occur."""

import heapq
import itertools
import re
from collections import Counter, defaultdict

import numpy as np


class CharTokenizer:
    """One token per character.

    Args:
        characters: the alphabet, in the order of the ids.
        unknown: a character of the alphabet that stands for all others; None refuses them.
    Raises:
        ValueError: an empty alphabet, a character twice, or an `unknown` outside the alphabet.

    >>> tokenizer = CharTokenizer.train("to be or not to be")
    >>> tokenizer.encode("be not").tolist()
    [1, 2, 0, 3, 4, 6]
    >>> tokenizer.decode([6, 4])
    'to'
    """

    def __init__(self, characters, *, unknown=None):
        self.characters = list(characters)
        self._ids = {character: i for i, character in enumerate(self.characters)}
        if not self.characters or any(len(character) != 1 for character in self.characters):
            raise ValueError(
                "the alphabet needs at least one entry, and every entry must be a single character."
            )
        if len(self._ids) < len(self.characters):
            raise ValueError("the alphabet holds a character twice.")
        if unknown is not None and unknown not in self._ids:
            raise ValueError(f"unknown must be a character of the alphabet; got {unknown!r}.")
        self.unknown = unknown

    @classmethod
    def train(cls, text, *, min_count=1, unknown=None):
        """The alphabet of `text`, sorted by code point; characters rarer than `min_count` are left out."""
        check_text(text)
        alphabet = {character for character, count in Counter(text).items() if count >= min_count}
        return cls(sorted(alphabet | ({unknown} if unknown else set())), unknown=unknown)

    @property
    def vocab_size(self):
        """Number of different tokens."""
        return len(self.characters)

    def encode(self, text):
        """Token ids of `text`, int32 of shape (len(text),).

        Raises:
            ValueError: characters outside the alphabet, when there is no `unknown`.
        """
        check_text(text)
        if self.unknown is None:
            strangers = sorted(set(text) - self._ids.keys())
            if strangers:
                shown = ", ".join(map(repr, strangers[:5])) + (" …" if len(strangers) > 5 else "")
                raise ValueError(
                    f"this tokenizer does not know {shown}: the text it was made from never had "
                    f"{'it' if len(strangers) == 1 else 'them'}. Remove, or use BPETokenizer."
                )
            return np.fromiter(map(self._ids.__getitem__, text), np.int32, len(text))
        stand_in = self._ids[self.unknown]
        return np.fromiter((self._ids.get(character, stand_in) for character in text), np.int32, len(text))

    def decode(self, tokens):
        """The text of `tokens`."""
        return "".join(self.characters[token] for token in _checked(tokens, self.vocab_size))

    def to_dict(self):
        """All that `tokenizer_from_dict` needs, as plain JSON values."""
        return {"kind": "CharTokenizer", "characters": "".join(self.characters), "unknown": self.unknown}

    def __repr__(self):
        return f"CharTokenizer({self.vocab_size} characters)"


# A word with the space before it, a run of punctuation with the space before it, or white space. Merges never
# cross these borders. Only ASCII is told apart, so the same expression cuts the same way in JavaScript.
PIECES = re.compile(r" ?[^\s!-/:-@\[-`{-~]+| ?[!-/:-@\[-`{-~]+|\s+", re.ASCII)


class BPETokenizer:
    """Byte-level byte-pair encoding: begin with the 256 bytes, then join the neighbours seen most often.

    Args:
        merges: pairs of token ids in the order they were learned; the i-th makes token 256 + i.

    Because every text is bytes, every text can be encoded, and decode(encode(text)) == text.
    Source: Sennrich, Haddow & Birch, Neural machine translation of rare words with subword units, 2016;
    bytes as in GPT-2.

    >>> tokenizer = BPETokenizer.train("low lower lowest", vocab_size=259)
    >>> [tokenizer.decode([token]) for token in tokenizer.encode("slow")]
    ['s', 'low']
    """

    def __init__(self, merges):
        self.merges = [(int(left), int(right)) for left, right in merges]
        self.pieces = [bytes([byte]) for byte in range(256)]
        for i, (left, right) in enumerate(self.merges):
            if not (0 <= left < 256 + i and 0 <= right < 256 + i):
                raise ValueError(
                    f"merge {i} joins tokens {left} and {right}, but only {256 + i} tokens exist by then."
                )
            self.pieces.append(self.pieces[left] + self.pieces[right])
        self._ranks = {pair: 256 + i for i, pair in enumerate(self.merges)}
        self._known: dict[str, list[int]] = {}

    @classmethod
    def train(cls, text, *, vocab_size):
        """Learn merges from `text` until there are `vocab_size` tokens, or no pair occurs twice.

        Ties go to the pair with the smaller ids, so that the result is the same everywhere.
        """
        if vocab_size < 256:
            raise ValueError(f"vocab_size must be at least 256, the number of bytes; got {vocab_size}.")
        check_text(text)
        if not text:
            raise ValueError("the text to learn from is empty.")
        counts = Counter(PIECES.findall(text))
        words = [list(piece.encode(errors="surrogatepass")) for piece in counts]
        repeats = list(counts.values())
        pair_counts, places = Counter(), defaultdict(set)
        for index, word in enumerate(words):
            for pair in itertools.pairwise(word):
                pair_counts[pair] += repeats[index]
                places[pair].add(index)
        waiting = [(-count, pair) for pair, count in pair_counts.items()]
        heapq.heapify(waiting)  # the most frequent pair on top, and of equals the one with the smaller ids
        merges = []
        while len(merges) < vocab_size - 256 and waiting:
            count, best = heapq.heappop(waiting)
            if -count != pair_counts[best]:
                continue  # an old entry: the count has changed since
            if -count < 2:
                break
            changed = set()
            for index in places.pop(best):  # only the words that hold the pair change
                old = words[index]
                new = words[index] = _merge(old, best, 256 + len(merges))
                for pair in itertools.pairwise(old):
                    pair_counts[pair] -= repeats[index]
                for pair in itertools.pairwise(new):
                    pair_counts[pair] += repeats[index]
                    places[pair].add(index)
                changed.update(itertools.pairwise(old), itertools.pairwise(new))
            for pair in changed:
                heapq.heappush(waiting, (-pair_counts[pair], pair))
            merges.append(best)
        return cls(merges)

    @property
    def vocab_size(self):
        """Number of different tokens: 256 bytes and the merges."""
        return len(self.pieces)

    def encode(self, text):
        """Token ids of `text`, int32."""
        check_text(text)
        tokens = []
        for piece in PIECES.findall(text):
            known = self._known.get(piece)
            if known is None:
                known = self._encode_piece(piece)
                if len(self._known) < 200_000:
                    self._known[piece] = known
            tokens.extend(known)
        return np.array(tokens, np.int32)

    def _encode_piece(self, piece):
        tokens = list(
            piece.encode(errors="surrogatepass")
        )  # a lone surrogate is not UTF-8, but Python texts may hold it
        while len(tokens) > 1:
            best = min(
                itertools.pairwise(tokens),
                key=lambda pair: self._ranks.get(pair, len(self.pieces)),
            )
            if best not in self._ranks:
                break
            tokens = _merge(tokens, best, self._ranks[best])
        return tokens

    def decode(self, tokens):
        """The text of `tokens`; bytes that are no complete character show as �."""
        data = b"".join(self.pieces[token] for token in _checked(tokens, self.vocab_size))
        try:
            return data.decode(errors="surrogatepass")
        except UnicodeDecodeError:
            return data.decode(errors="replace")

    def to_dict(self):
        """All that `tokenizer_from_dict` needs, as plain JSON values."""
        return {"kind": "BPETokenizer", "merges": [list(pair) for pair in self.merges]}

    def __repr__(self):
        return f"BPETokenizer({self.vocab_size} tokens)"


def check_text(text):
    """Raise a ValueError unless `text` is one string."""
    if not isinstance(text, str):
        raise ValueError(f"text must be one string; got {type(text).__name__}. Many texts? Join them first.")


def tokenizer_from_dict(data):
    """The tokenizer that wrote `data` with `to_dict`.

    Raises:
        ValueError: `data` is not the description of a tokenizer of this book.
    """
    try:
        if data["kind"] == "CharTokenizer":
            return CharTokenizer(data["characters"], unknown=data["unknown"])
        if data["kind"] == "BPETokenizer":
            return BPETokenizer(data["merges"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"this is not a tokenizer of this book: it lacks or garbles {error}.") from error
    raise ValueError(f"unknown kind of tokenizer: {data['kind']!r}.")


def _merge(tokens, pair, new):
    """`tokens` with every `pair` of neighbours replaced by `new`, from left to right.

    >>> _merge([1, 2, 1, 2, 2], (1, 2), 9)
    [9, 9, 2]
    """
    merged, i = [], 0
    while i < len(tokens):
        if i + 1 < len(tokens) and tokens[i] == pair[0] and tokens[i + 1] == pair[1]:
            merged.append(new)
            i += 2
        else:
            merged.append(tokens[i])
            i += 1
    return merged


def _checked(tokens, vocab_size):
    tokens = [int(token) for token in tokens]
    for token in tokens:
        if not 0 <= token < vocab_size:
            raise ValueError(f"tokens must lie in 0 … {vocab_size - 1}; got {token}.")
    return tokens
