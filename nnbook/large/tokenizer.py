"""From text to numbers as the large model was trained: chapter 5's byte pairs, with the merges of others.

Three things differ from `nnbook.tokenizers.BPETokenizer`. Bytes are written as visible characters, as GPT-2
did (a space is Ġ), so that merges are plain text. Every digit is a token of its own. And some tokens are
control tokens: marks such as <|im_end|> that no text may make by itself.
Source: Radford et al., Language models are unsupervised multitask learners, 2019, section 2.2; the digits as
in the description of the file, tokenizer.ggml.pre = "smollm".
"""

import heapq
import re
import sys
import unicodedata
from functools import cache

import numpy as np

from nnbook.tokenizers import check_text

CONTROL = 3  # the kind of a control token in the file


@cache
def _visible():
    """{byte: visible character}: printable bytes are themselves, the others come from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(hidden)}


@cache
def _pieces():
    """The expression that cuts a text into pieces; no merge crosses a cut.

    A digit; an English ending after an apostrophe; letters or other signs with the space before them; white
    space, whose last space is left to the word that follows it.
    """
    # `re` knows no \p{L}. Its \w holds digits, and its \s four control characters that are no white space.
    letter, digit = (_character_class(kind) for kind in "LN")
    space = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    return re.compile(
        rf"[{digit}]|'s|'t|'re|'ve|'m|'ll|'d| ?[{letter}]+| ?[^{space}{letter}{digit}]+"
        rf"|[{space}]+(?=[{digit}]|\Z)|[{space}]+(?=[{space}])|[{space}]+"
    )


def _character_class(kind):
    """All characters whose Unicode category begins with `kind`, as ranges of a regular expression."""
    ranges, last = [], -2
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] == kind:
            if code == last + 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
            last = code
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


class ByteLevelTokenizer:
    """Byte-level byte-pair encoding with a given vocabulary.

    Args:
        pieces: the tokens in the order of their ids, in visible characters ("Ġthe" is " the").
        merges: texts "left right" in the order in which they were learned.
        control: ids of the control tokens.
    Raises:
        ValueError: a piece twice, or a merge of pieces that are no tokens.

    Bytes without a token (`missing_bytes`: the large model has 21 of them, none in ordinary text) vanish, as
    in the program that it was trained with.

    >>> tokenizer = ByteLevelTokenizer(["a", "b", "Ġ", "Ġa", "<end>"], ["Ġ a"], control=[4])
    >>> tokenizer.encode("ab a").tolist(), tokenizer.decode([0, 1, 3])
    ([0, 1, 3], 'ab a')
    >>> tokenizer.encode("a<end>", control=True).tolist(), tokenizer.encode("a<end>").tolist()
    ([0, 4], [0])
    """

    def __init__(self, pieces, merges, *, control=()):
        self.pieces = list(pieces)
        self._ids = {piece: i for i, piece in enumerate(self.pieces)}
        if len(self._ids) < len(self.pieces):
            raise ValueError("the vocabulary holds a token twice.")
        pairs = [tuple(merge.split(" ")) for merge in merges]
        self._ranks = {pair: rank for rank, pair in enumerate(pairs)}
        for pair in pairs:
            if len(pair) != 2 or not {*pair, "".join(pair)} <= self._ids.keys():
                raise ValueError(f"the merge {' '.join(pair)!r:.60} joins pieces that are no tokens.")
        self.control = {self.pieces[i]: i for i in control}
        marks = sorted(map(re.escape, self.control), key=len, reverse=True)
        self._marks = re.compile(f"({'|'.join(marks)})") if marks else None
        self._bytes = {character: byte for byte, character in _visible().items()}
        self._known: dict[str, list[int]] = {}

    @classmethod
    def from_metadata(cls, metadata):
        """The tokenizer of an open GGUF file.

        Raises:
            ValueError: the file has none, or one of another kind.
        """
        kind = metadata.get("tokenizer.ggml.model"), metadata.get("tokenizer.ggml.pre")
        if kind != ("gpt2", "smollm"):
            raise ValueError(f"the file's tokenizer is of kind {kind}; known is ('gpt2', 'smollm').")
        try:
            kinds = metadata["tokenizer.ggml.token_type"]
            control = [i for i, kind in enumerate(kinds) if kind == CONTROL]
            return cls(metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.merges"], control=control)
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"the file's tokenizer is damaged: {error}.") from error

    @property
    def vocab_size(self):
        """Number of different tokens."""
        return len(self.pieces)

    @property
    def missing_bytes(self):
        """The bytes that have no token: what they stand for cannot be read or written."""
        return [byte for byte, character in sorted(_visible().items()) if character not in self._ids]

    def encode(self, text, *, control=False):
        """Token ids of `text`, int32.

        Args:
            control: whether a mark such as <|im_end|> in the text becomes its control token. Only for text
                of one's own: a stranger's text must not be able to end its turn and speak for another.
        """
        check_text(text)
        parts = self._marks.split(text) if control and self._marks else [text]
        tokens = []
        for part in parts:
            if control and part in self.control:
                tokens.append(self.control[part])
                continue
            for piece in _pieces().findall(part):
                known = self._known.get(piece)
                if known is None:
                    known = self._encode_piece(piece)
                    if len(self._known) < 100_000 and len(piece) < 100:
                        self._known[piece] = known
                tokens.extend(known)
        return np.array(tokens, np.int32)

    def _encode_piece(self, piece):
        """Join neighbours, the merge learned first before all others, until no pair has one.

        A heap holds the pairs that can be joined, so a "word" of 100,000 letters takes a second, not an hour.
        """
        visible = _visible()
        parts = [visible[byte] for byte in piece.encode(errors="surrogatepass")]
        after, before = list(range(1, len(parts) + 1)), list(range(-1, len(parts) - 1))
        waiting = []

        def consider(left):
            if left >= 0 and after[left] < len(parts):
                pair = parts[left], parts[after[left]]
                if pair in self._ranks:
                    heapq.heappush(waiting, (self._ranks[pair], left, pair))

        for i in range(len(parts)):
            consider(i)
        while waiting:
            _, left, pair = heapq.heappop(waiting)
            right = after[left]
            if right >= len(parts) or (parts[left], parts[right]) != pair:
                continue  # an old entry: one of the two was joined with another neighbour
            parts[left], parts[right] = "".join(pair), ""
            after[left] = after[right]
            if after[left] < len(parts):
                before[after[left]] = left
            consider(before[left])
            consider(left)
        return [self._ids[part] for part in parts if part in self._ids]

    def decode(self, tokens):
        """The text of `tokens`; bytes that are no complete character show as �, control tokens as marks."""
        return self.token_bytes(tokens).decode(errors="replace")

    def token_bytes(self, tokens):
        """The bytes of `tokens`: of several tokens, one character may be made."""
        data = bytearray()
        for token in map(int, tokens):
            if not 0 <= token < self.vocab_size:
                raise ValueError(f"tokens must lie in 0 … {self.vocab_size - 1}; got {token}.")
            piece = self.pieces[token]
            if piece in self.control:
                data += piece.encode()
            else:
                data += bytes(map(self._bytes.__getitem__, piece))
        return bytes(data)

    def __repr__(self):
        return f"ByteLevelTokenizer({self.vocab_size} tokens)"
