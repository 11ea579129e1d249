"""Small talk from a corpus: find the line that sounds most like what was said, and give its answer.

The lines are those of chatterbot-corpus 1.3.3 (BSD licence), a collection of short dialogues in many
languages. Only topics without opinions on people are used to answer.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nnbook.retrieval import TfidfIndex, fold, tokenise

_FOLDERS = {"en": "english", "zh": "chinese"}
TOPICS = (
    "ai",
    "botprofile",
    "food",
    "greetings",
    "history",
    "literature",
    "money",
    "movies",
    "science",
    "sports",
)
SAFE = ("botprofile", "greetings", "food")  # topics whose answers a robot may give


@dataclass(frozen=True)
class Line:
    """Something said, the answer to it, and the topic (the name of its file)."""

    said: str
    answer: str
    topic: str


@cache
def load_small_talk(language: str, topics=TOPICS) -> tuple[Line, ...]:
    """Return the first two turns of each dialogue of some topics, each wording once.

    Raises:
        ModuleNotFoundError: chatterbot-corpus or PyYAML is missing; the message says how to install them.
    """
    if language not in _FOLDERS or not set(topics) <= set(TOPICS):
        raise ValueError(
            f"language must be one of {', '.join(_FOLDERS)} and topics among {', '.join(TOPICS)}; "
            f"got {language!r} and {topics!r}."
        )
    try:
        import chatterbot_corpus
        import yaml
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("run: pip install chatterbot-corpus==1.3.3 PyYAML==6.0.3") from error
    folder = Path(chatterbot_corpus.__file__).parent / "data" / _FOLDERS[language]
    lines = {}
    for topic in topics:
        for talk in yaml.safe_load((folder / f"{topic}.yml").read_text(encoding="utf-8"))["conversations"]:
            if len(talk) > 1 and all(isinstance(turn, str) for turn in talk[:2]):
                key = " ".join(tokenise(talk[0]))
                if key:
                    lines.setdefault(key, Line(talk[0].strip(), talk[1].strip(), topic))
    return tuple(lines.values())


@dataclass(frozen=True, eq=False)
class SmallTalk:
    """Lines with a TF-IDF index; `answer` is None when nothing is similar enough.

    >>> SmallTalk.of("en").answer("Hello!")
    'Hi'
    """

    lines: tuple[Line, ...]
    index: TfidfIndex
    threshold: float = 0.75

    @classmethod
    def of(cls, language: str, topics=SAFE, *, threshold=0.75) -> "SmallTalk":
        """Return the small talk of a language ("en", "zh")."""
        lines = load_small_talk(language, topics)
        return cls(lines, TfidfIndex.fit([line.said for line in lines]), threshold)

    def nearest(self, text: str) -> tuple[Line | None, float]:
        """Return the most similar line and its cosine, or (None, 0.0)."""
        hits = self.index.search(fold(text), k=1)
        return (self.lines[hits[0][0]], hits[0][1]) if hits else (None, 0.0)

    def answer(self, text: str) -> str | None:
        """Return the answer of the most similar line, or None below the threshold."""
        line, cosine = self.nearest(text)
        return line.answer if line and cosine >= self.threshold else None


def right_topic(lines, similarity_floor=0.0) -> tuple[float, float, float]:
    """Ask each line without itself: return (answered share, right topics among the answered, by chance).

    "Right" means that the nearest other line is of the same topic; chance is what the most frequent topic
    would score.
    """
    if not lines:
        raise ValueError("there are no lines: got 0. Are the topics of the corpus right?")
    index = TfidfIndex.fit([line.said for line in lines])
    right = answered = 0
    for number, line in enumerate(lines):
        hits = [hit for hit in index.search(line.said, k=2) if hit[0] != number][:1]
        if hits and hits[0][1] >= similarity_floor:
            answered += 1
            right += lines[hits[0][0]].topic == line.topic
    counts = [sum(other.topic == topic for other in lines) for topic in {line.topic for line in lines}]
    return answered / len(lines), right / max(answered, 1), max(counts) / len(lines)
