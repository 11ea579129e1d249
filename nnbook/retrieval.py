"""Find the text that answers a question: count words, weigh the rare ones, compare directions.

TF-IDF (term frequency times inverse document frequency) is the simplest search that works. It knows no
grammar and no meaning; it knows which words are rare. ``static/retrieval.js`` does the same in a page, and a
test compares the two.

Why bigrams for Chinese? Chinese text has no spaces between words. To cut it into words needs a dictionary of
some megabytes, in Python *and* in the page, and both must agree. Pairs of neighbouring characters need
nothing: most Chinese words have two characters, so most words are among the pairs, and the pairs that are no
words do little harm, because the question is cut in the same way.
"""

import base64
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_LETTER = "a-z\u00df-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u04ff"  # Latin, Greek, Cyrillic, lower case
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECE = re.compile(
    rf"(?:(?P<word>[0-9]*[{_LETTER}][{_LETTER}0-9]*)|(?P<number>[0-9]+(?:[.,][0-9]+)*))"
    r"(?:['\u2019][a-z]{1,2}(?![a-z]))?"  # model's, isn't
    rf"|(?P<han>[{_HAN}]+)"
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_HAN_RUN = re.compile(rf"[{_HAN}]+")


def fold(text: str) -> str:
    """Return text in the one form that is compared: lower case, no accents, no full-width letters.

    >>> fold("Naïve ＢＡＹＥＳ")
    'naive bayes'
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a text (str); got {type(text).__name__}.")
    # NFKD takes é apart into e and an accent, and Ａ, of Chinese keyboards, becomes A
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text).lower())


def singular(word: str) -> str:
    """Return an English word without the ending of its plural; a guess by spelling, made without a list.

    >>> [singular(word) for word in ("losses", "batches", "studies", "weights", "bias", "class", "gpus")]
    ['loss', 'batch', 'study', 'weight', 'bias', 'class', 'gpu']
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and re.search(r"(?:ss|sh|ch|x|zz)es$", word):
        return word[:-2]
    if len(word) > 2 and word.endswith("s") and (word == "gpus" or not re.search(r"(?:ss|us|is|as)$", word)):
        return word[:-1]
    return word


def tokenise(text: str) -> list[str]:
    """Cut text into the pieces that are counted: words, numbers, Chinese characters and pairs of them.

    Words are lower-cased, lose their accents and their plural ending; signs and emoji are left out.

    >>> tokenise("GPT-3's losses: 1.5, naïve 😀")
    ['gpt', '3', 'loss', '1.5', 'naive']
    >>> tokenise("过拟合 overfitting")
    ['过', '拟', '合', '过拟', '拟合', 'overfitting']
    """
    if not isinstance(text, str):
        raise TypeError(f"tokenise cuts text; got {type(text).__name__}. Several texts? Call it for each.")
    tokens = []
    for match in _PIECE.finditer(fold(text)):
        if match["word"]:
            tokens.append(singular(match["word"]))
        elif match["number"]:
            tokens.append(match["number"])
        else:
            run = match["han"]
            tokens.extend(run)
            tokens.extend(a + b for a, b in pairwise(run))
    return tokens


def translate(text: str, dictionary: Mapping[str, str]) -> str:
    """Return what a dictionary says for the Chinese words in text, the longest words first.

    Args:
        text: a question, in any mixture of languages.
        dictionary: from a Chinese word to words of the other language.

    >>> translate("什么是过拟合？", {"过拟合": "overfitting", "拟合": "fit"})
    'overfitting'
    """
    found = []
    longest = max((len(word) for word in dictionary), default=0)
    for run in _HAN_RUN.findall(unicodedata.normalize("NFKD", text)):
        start = 0
        while start < len(run):
            for length in range(min(longest, len(run) - start), 0, -1):
                if run[start : start + length] in dictionary:
                    found.append(dictionary[run[start : start + length]])
                    start += length - 1
                    break
            start += 1
    return " ".join(found)


def _dampened(count: float) -> float:
    # The tenth mention of a word says less than the first: 1 + ln count. Below one mention (a word that is
    # only a guess) it goes on as a straight line.
    return 1 + math.log(count) if count >= 1 else count


@dataclass(frozen=True, eq=False)
class TfidfIndex:
    """An index of documents: for each term, in which documents it stands and how often.

    Only whole numbers are kept; weights follow from them. The weight of a term in a document is
    ``(1 + ln count) · (ln((1 + n) / (1 + df)) + 1)``, with n documents of which df hold the term; then each
    document is scaled to length 1 (Manning, Raghavan and Schütze, *Introduction to Information Retrieval*,
    2008, chapter 6; the smoothing is scikit-learn's).

    >>> index = TfidfIndex.fit(["the loss falls", "the price falls", "梯度下降 means gradient descent"])
    >>> index.search("How do prices fall?")[0][0], index.search("梯度")[0][0]
    (1, 2)
    """

    terms: tuple[str, ...]
    starts: np.ndarray  # (n_terms + 1,) postings of term t are starts[t]:starts[t + 1]
    documents: np.ndarray  # (n_postings,) the document of each posting
    counts: np.ndarray  # (n_postings,) how often the term stands in it
    n_documents: int

    def __post_init__(self):
        df = np.diff(self.starts)
        object.__setattr__(self, "_position", {term: i for i, term in enumerate(self.terms)})
        object.__setattr__(self, "idf", np.log((1 + self.n_documents) / (1 + df)) + 1)
        weights = (1 + np.log(self.counts)) * np.repeat(self.idf, df)
        squares = np.bincount(self.documents, weights=weights**2, minlength=self.n_documents)
        lengths = np.sqrt(np.maximum(squares, 1e-300))  # a document without a word has length 0
        object.__setattr__(self, "_weights", weights / lengths[self.documents])

    @classmethod
    def fit(cls, documents: Iterable[str | Sequence[str]]) -> "TfidfIndex":
        """Return the index of documents: texts, or lists of tokens that are already cut.

        Raises:
            ValueError: there is no document.
        """
        if isinstance(documents, str):
            raise TypeError("fit wants a list of documents; got one text. Put it in brackets: [text].")
        cut = [Counter(tokenise(d) if isinstance(d, str) else d) for d in documents]
        if not cut:
            raise ValueError("fit wants at least one document; got none.")
        postings: dict[str, list[tuple[int, int]]] = {}
        for number, counter in enumerate(cut):
            for term, count in counter.items():
                postings.setdefault(term, []).append((number, count))
        terms = tuple(sorted(postings))
        pairs = np.array([pair for term in terms for pair in postings[term]], dtype=np.int64).reshape(-1, 2)
        starts = np.concatenate([[0], np.cumsum([len(postings[term]) for term in terms], dtype=np.int64)])
        return cls(terms, starts.astype(np.int64), pairs[:, 0], pairs[:, 1], len(cut))

    def scores(self, query: str | Sequence[str] | Mapping[str, float]) -> np.ndarray:
        """Return the cosine between the query and each document, shape (n_documents,), in [0, 1].

        Args:
            query: a text, a list of tokens, or a number of mentions for each token (a fraction for a word
                that is only a guess). A token that no document holds is left out.
        """
        if not isinstance(query, Mapping):
            query = Counter(tokenise(query) if isinstance(query, str) else query)
        result = np.zeros(self.n_documents)
        squares = 0.0
        for token in sorted(query):
            if token not in self._position or query[token] <= 0:
                continue
            t = self._position[token]
            weight = _dampened(query[token]) * float(self.idf[t])
            squares += weight * weight
            part = slice(self.starts[t], self.starts[t + 1])
            result[self.documents[part]] += weight * self._weights[part]
        return result / math.sqrt(squares) if squares else result

    def bm25(self, concepts: Iterable[Iterable[str]], *, k1: float = 1.2, b: float = 0.75) -> np.ndarray:
        """Return the BM25 score of each document, shape (n_documents,), at least 0.

        A concept is a set of tokens that mean the same (a word, its relatives, its translations); all of them
        count as one word, so that a word with many translations weighs no more than one with a single
        translation (Pirkola, 1998). `k1` says how soon further mentions stop to count, `b` how far a long
        document is discounted; the defaults are the usual ones (Robertson and Zaragoza, 2009).

        >>> index = TfidfIndex.fit(["the loss falls", "the price falls", "price of a car"])
        >>> int(index.bm25([{"price", "cost"}, {"car"}]).argmax())
        2
        """
        lengths = np.bincount(self.documents, weights=self.counts, minlength=self.n_documents)
        discount = k1 * (1 - b + b * lengths / max(lengths.mean(), 1e-300))
        result = np.zeros(self.n_documents)
        for concept in concepts:
            count = np.zeros(self.n_documents)
            for token in concept:
                t = self._position.get(token)
                if t is not None:
                    part = slice(self.starts[t], self.starts[t + 1])
                    count[self.documents[part]] += self.counts[part]
            df = np.count_nonzero(count)
            if df:
                idf = math.log(1 + (self.n_documents - df + 0.5) / (df + 0.5))
                result += idf * count * (k1 + 1) / (count + discount)
        return result

    def search(self, query, k: int = 5) -> list[tuple[int, float]]:
        """Return up to k pairs (document, score), the best first, among those that share a word with it."""
        scores = self.scores(query)
        order = np.argsort(-scores, kind="stable")[:k]
        return [(int(i), float(scores[i])) for i in order if scores[i] > 0]

    def to_dict(self) -> dict:
        """Return the index as data for JSON: the terms, and the postings as small numbers in base64."""
        numbers = []
        for first, last in zip(self.starts[:-1], self.starts[1:], strict=True):
            numbers.append(int(last - first))
            previous = -1
            for document, count in zip(self.documents[first:last], self.counts[first:last], strict=True):
                numbers += [int(document) - previous, int(count)]  # gaps are smaller than numbers
                previous = int(document)
        text = base64.b64encode(_pack(numbers)).decode("ascii")
        return {"n_documents": self.n_documents, "terms": " ".join(self.terms), "postings": text}

    @classmethod
    def from_dict(cls, data: Mapping) -> "TfidfIndex":
        """Return the index that `to_dict` wrote."""
        terms = tuple(data["terms"].split(" ")) if data["terms"] else ()
        numbers = _unpack(base64.b64decode(data["postings"]))
        starts, documents, counts, at = [0], [], [], 0
        for _ in terms:
            df = numbers[at]
            gaps = numbers[at + 1 : at + 1 + 2 * df : 2]
            documents += (np.cumsum(gaps) - 1).tolist()
            counts += numbers[at + 2 : at + 2 + 2 * df : 2]
            starts.append(len(documents))
            at += 1 + 2 * df
        as_int = [np.array(values, dtype=np.int64) for values in (starts, documents, counts)]
        return cls(terms, *as_int, int(data["n_documents"]))


def _pack(numbers: Iterable[int]) -> bytes:
    """Whole numbers as bytes, seven bits each; the eighth says that more follow."""
    out = bytearray()
    for number in numbers:
        while number > 127:
            out.append(number & 127 | 128)
            number >>= 7
        out.append(number)
    return bytes(out)


def _unpack(packed: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in packed:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number, shift = 0, 0
    return numbers
