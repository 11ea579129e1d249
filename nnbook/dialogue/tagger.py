"""Find slots by their surroundings: a tag for each word, learned, so that a new name can be found too.

Each word (in Chinese, each character) gets a tag: O outside, B-room for the first word of a room, I-room for
the next ones (Ramshaw & Marcus, 1995). The classifier sees the word and its two neighbours on both sides.
While it learns, the word itself is hidden from it now and then: so it has to look around.
"""

import json
import re

from nnbook._validate import check_generator
from nnbook.dialogue.slots import DATA, MARKS, find_slots
from nnbook.retrieval import fold

_TOKEN = re.compile("[a-z]+(?:'[a-z]+)?|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]|[^\\s\\w]")


def new_names() -> dict:
    """Return {slot: {"en": names, "zh": names}}: names that no robot's list holds."""
    return json.loads((DATA / "new_names.json").read_text(encoding="utf-8"))


def cut(text: str) -> list[tuple[str, int, int]]:
    """Return (token, start, end) of each word, number, sign and Chinese character."""
    return [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(fold(text))]


def tags_of(phrase) -> list[str]:
    """Return the tag of each token of a phrase: O, B-slot or I-slot.

    >>> from nnbook.dialogue.phrases import Phrase
    >>> tags_of(Phrase("the living room light", "turn_on", 0, (("room", 4, 15), ("device", 16, 21))))
    ['O', 'B-room', 'I-room', 'B-device']
    """
    tags = []
    for _, start, end in cut(phrase.text):
        slot = next((s for s in phrase.spans if s[1] <= start and end <= s[2]), None)
        tags.append("O" if slot is None else ("B-" if start == slot[1] else "I-") + slot[0])
    return tags


def _look(words, i, hide):
    """What the classifier sees of token i."""
    padded = ["^^", "^", *words, "$", "$$"]
    own, around = padded[i + 2], padded[i : i + 5]
    seen = [f"{k - 2}:{word}" for k, word in enumerate(around) if k != 2]
    seen += [f"b:{around[0]} {around[1]}", f"a:{around[3]} {around[4]}", f"n:{around[1]}_{around[3]}"]
    seen.append("number" if own.isdigit() else "word")
    if not hide:
        seen += [f"0:{own}", f"end:{own[-2:]}"]
    return dict.fromkeys(seen, 1.0)


class Tagger:
    """Logistic regression over the tags of single tokens (scikit-learn)."""

    def __init__(self, *, hidden_share=0.3, inverse_penalty=10.0):
        self.hidden_share, self.inverse_penalty = hidden_share, inverse_penalty

    def fit(self, phrases, *, rng):
        """Learn from phrases with spans; a share of the slot words is hidden. Returns self."""
        check_generator(rng)
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression

        rows, tags = [], []
        for phrase in phrases:
            words = [token for token, _, _ in cut(phrase.text)]
            for i, tag in enumerate(tags_of(phrase)):
                rows.append(_look(words, i, tag != "O" and rng.random() < self.hidden_share))
                tags.append(tag)
        self.columns = DictVectorizer().fit(rows)
        self.model = LogisticRegression(C=self.inverse_penalty, max_iter=1000)
        self.model.fit(self.columns.transform(rows), tags)
        return self

    def find(self, text: str) -> set[tuple[str, int, int]]:
        """Return the spans (slot, start, end) in a text."""
        tokens = cut(text)
        if not tokens:
            return set()
        words = [token for token, _, _ in tokens]
        tags = self.model.predict(self.columns.transform([_look(words, i, False) for i in range(len(words))]))
        spans = []
        for (_, start, end), tag in zip(tokens, tags, strict=True):
            if tag.startswith("I-") and spans and spans[-1][0] == tag[2:] and start - spans[-1][2] <= 1:
                spans[-1][2] = end
            elif tag != "O":
                spans.append([tag[2:], start, end])
        return {tuple(span) for span in spans}


def listed(text: str, robot: str) -> set[tuple[str, int, int]]:
    """Return the spans that the robot's own list and patterns find."""
    return {(slot.name, slot.start, slot.end) for slot in find_slots(text, robot) if slot.name not in MARKS}


def span_f1(found, truth) -> float:
    """Return the F1 of spans: a span counts if slot, start and end are all right.

    Args:
        found, truth: one set of spans for each sentence.

    >>> span_f1([{("room", 0, 4)}], [{("room", 0, 4), ("device", 5, 9)}])
    0.6666666666666666
    """
    if len(found) != len(truth):
        raise ValueError(f"found and truth must be alike in length; got {len(found)} and {len(truth)}.")
    hits = sum(len(f & t) for f, t in zip(found, truth, strict=True))
    total = sum(len(f) + len(t) for f, t in zip(found, truth, strict=True))
    return 2 * hits / total if total else 1.0


def slot_f1(phrases, find) -> float:
    """Return the F1 of a finder (text -> spans) on phrases whose text is folded alike."""
    truth = [set(phrase.spans) for phrase in phrases]
    return span_f1([find(phrase.text) for phrase in phrases], truth)


def names_for(language, robot_slots) -> dict:
    """Return {slot: new names in this language} for the slots of a robot."""
    return {slot: names[language] for slot, names in new_names().items() if slot in robot_slots}
