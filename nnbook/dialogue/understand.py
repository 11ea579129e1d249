"""What does this sentence want? A small linear model over hashed pieces, and the courage to refuse."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnbook.dialogue.features import N_BUCKETS, buckets, pieces, vectorise
from nnbook.dialogue.phrases import OTHER, Phrase, intents
from nnbook.dialogue.slots import DATA, LANGUAGES, ROBOTS, Slot, find_slots, gazetteer
from nnbook.functional import as_array, as_number, softmax
from nnbook.retrieval import fold
from nnbook.serialization import FORMAT, VERSION, read_arrays, to_int8, write_arrays

PLAUSIBLE = 0.1  # the probability from which an intent may be asked about
STORED = Path(__file__).resolve().parent.parent / "models" / "robots.npz"


@dataclass(frozen=True)
class Understanding:
    """What a robot made of a sentence.

    `intent` is its best guess and `confidence` the probability of it. `accepted` says whether that is enough
    to take it as a wish, `sure` whether it is enough to act without asking first. `slots` are the pieces that
    name something. `ranking` holds the intents with a probability of at least `PLAUSIBLE`, the best first.
    """

    intent: str
    confidence: float
    accepted: bool
    slots: tuple[Slot, ...]
    sure: bool = True
    ranking: tuple[str, ...] = ()

    def values(self) -> dict:
        """Return {slot: value}, or {slot: list of the different values} where there are several."""
        found = {}
        for slot in self.slots:
            found.setdefault(slot.name, [])
            if slot.value not in found[slot.name]:
                found[slot.name].append(slot.value)
        return {
            name: "all" if "all" in values else values[0] if len(values) == 1 else values
            for name, values in found.items()
        }


@dataclass(frozen=True, eq=False)
class IntentModel:
    """Softmax over the intents of one robot in one language, and `other`.

    Attributes:
        labels: names of the classes, `other` last.
        weights: (n_buckets, n_labels); bias: (n_labels,).
        threshold: below this probability the robot refuses.
        sure_from: below this one it asks before it acts.
    """

    robot: str
    language: str
    labels: tuple[str, ...]
    weights: np.ndarray
    bias: np.ndarray
    threshold: float = 0.0
    sure_from: float = 0.0

    def logits(self, texts) -> np.ndarray:
        """Return one row of logits for each text, shape (n_texts, n_labels)."""
        if isinstance(texts, str):
            raise TypeError("texts must be a list of texts; got a single one. Write [text].")
        return vectorise(texts, self.robot, n_buckets=len(self.weights)) @ self.weights + self.bias

    def scores(self, texts) -> tuple[np.ndarray, np.ndarray]:
        """Return (numbers of the best intents, their probabilities), each (n_texts,); `other` is not one."""
        own = softmax(self.logits(texts))[:, :-1]
        return own.argmax(axis=1), own.max(axis=1)

    def understand(self, text: str) -> Understanding:
        """Return intent, confidence and slots of one sentence."""
        own = softmax(self.logits([text]))[0, :-1]
        order = np.argsort(-own, kind="stable")
        best, confidence = order[0], float(own[order[0]])
        return Understanding(
            self.labels[best],
            confidence,
            bool(confidence >= self.threshold),
            tuple(find_slots(text, self.robot)),
            bool(confidence >= max(self.threshold, self.sure_from)),
            tuple(self.labels[j] for j in order if own[j] >= PLAUSIBLE),
        )

    def evidence(self, text: str) -> list[tuple[str, float]]:
        """Return (piece, push): how much each piece raises the best intent above the mean of all classes.

        Largest first. Pieces that share a box share its weight.
        """
        found = pieces(text, self.robot)
        (best,), _ = self.scores([text])
        push = self.weights[:, best] - self.weights.mean(axis=1)
        each = [(piece, float(push[buckets([piece], len(self.weights))[0]])) for piece in found]
        scale = 1 / np.sqrt(max(1, len(buckets(found, len(self.weights)))))
        return sorted(((piece, value * scale) for piece, value in each), key=lambda pair: -pair[1])


def fit_intents(phrases, robot, language, *, inverse_penalty=30.0, n_buckets=N_BUCKETS) -> IntentModel:
    """Fit logistic regression (scikit-learn, L2) on phrases, those labelled `other` included.

    Args:
        phrases: list of `Phrase`.
        inverse_penalty: scikit-learn's C; larger trusts the phrases more.
    """
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    labels = (*intents(robot), OTHER)
    if not isinstance(phrases, list | tuple) or not all(isinstance(phrase, Phrase) for phrase in phrases):
        raise TypeError("phrases must be a list of `Phrase`, made by `realise_all`; got something else.")
    if not {phrase.intent for phrase in phrases} <= set(labels):
        raise ValueError(f"phrases must have intents among {', '.join(labels)}; got others.")
    X = vectorise([phrase.text for phrase in phrases], robot, n_buckets=n_buckets)
    y = np.array([labels.index(phrase.intent) for phrase in phrases])
    model = LogisticRegression(C=inverse_penalty, max_iter=1000, tol=1e-6).fit(csr_matrix(X), y)
    if len(model.classes_) != len(labels):
        missing = [label for i, label in enumerate(labels) if i not in model.classes_]
        raise ValueError(f"the phrases must hold every intent and {OTHER!r}; missing: {', '.join(missing)}.")
    return IntentModel(robot, language, labels, model.coef_.T.copy(), model.intercept_.copy())


def choose_threshold(confidences, *, false_refusals=0.02) -> float:
    """Return the probability below which at most this share of good wishes lies (of the validation part)."""
    share = as_number(false_refusals, "false_refusals")
    if not 0 <= share <= 1:
        raise ValueError(f"false_refusals must lie in [0, 1]; got {share}. Per cent? Divide by 100.")
    return float(np.quantile(as_array(confidences, "confidences", ("n",)), share))


def choose_sure(right, confidence, outside_confidence, *, wrong_share=0.005) -> float:
    """Return the lowest probability from which at most this share of what is accepted is wrong.

    Args:
        right, confidence: of the good wishes of the validation part, (n,) each.
        outside_confidence: of its near misses, (m,); whatever a robot does with one of them is wrong.
    """
    share = as_number(wrong_share, "wrong_share")
    if not 0 <= share <= 1:
        raise ValueError(f"wrong_share must lie in [0, 1]; got {share}. Per cent? Divide by 100.")
    confidence = as_array(confidence, "confidence", ("n",))
    outside = as_array(outside_confidence, "outside_confidence", ("m",))
    everything = np.concatenate([confidence, outside])
    wrong = np.concatenate([~as_array(right, "right", ("n",)).astype(bool), np.ones(len(outside), bool)])
    order = np.argsort(-everything, kind="stable")
    shares = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(shares <= share)
    return float(everything[order][kept[-1]]) if len(kept) else 1.0


def by_keywords(text: str, robot: str) -> str | None:
    """Return the first intent one of whose keywords stands in the text, or None: what a first script does.

    >>> by_keywords("Please play some jazz", "home")
    'play_music'
    """
    folded = fold(text)
    gazetteer(robot)  # refuses an unknown robot
    table = json.loads((DATA / "keywords.json").read_text(encoding="utf-8"))[robot]
    return next((intent for intent, words in table.items() if any(word in folded for word in words)), None)


def save_robots(models, path, *, metadata):
    """Write all models to one file, weights rounded to eight bits."""
    header = {"format": FORMAT, "version": VERSION, "kind": "Robots", "metadata": metadata, "models": {}}
    arrays = {}
    for model in models:
        name = f"{model.robot}_{model.language}"
        header["models"][name] = {
            "labels": list(model.labels),
            "threshold": round(model.threshold, 4),
            "sure_from": round(model.sure_from, 4),
        }
        arrays[f"{name}_weights"], arrays[f"{name}_scales"] = to_int8(model.weights)
        arrays[f"{name}_bias"] = model.bias.astype(np.float32)
    write_arrays(path, header, **arrays)


def load_robots(path=STORED) -> dict[tuple[str, str], IntentModel]:
    """Return the stored models as {(robot, language): IntentModel}.

    >>> load_robots()["home", "en"].understand("Could you lock the front door?").intent
    'lock_door'
    """
    header, arrays = read_arrays(path)
    try:
        return {
            (robot, language): _stored_model(robot, language, header, arrays)
            for robot in ROBOTS
            for language in LANGUAGES
        }
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not a usable file of robots, or it is damaged: {error}.") from error


def _stored_model(robot, language, header, arrays):
    name = f"{robot}_{language}"
    about = header["models"][name]
    labels, threshold = tuple(about["labels"]), as_number(about["threshold"], "threshold")
    sure_from = as_number(about["sure_from"], "sure_from")
    if labels != (*intents(robot), OTHER) or not (0 <= threshold <= 1 and 0 <= sure_from <= 1):
        raise ValueError(f"{name} must have the intents of this book and thresholds in [0, 1]")
    whole = as_array(arrays[f"{name}_weights"], f"{name}_weights", ("n_buckets", len(labels)))
    scales = as_array(arrays[f"{name}_scales"], f"{name}_scales", (len(labels),))
    bias = as_array(arrays[f"{name}_bias"], f"{name}_bias", (len(labels),))
    weights = whole.astype(np.float64) * scales.astype(np.float64)
    return IntentModel(robot, language, labels, weights, bias.astype(np.float64), threshold, sure_from)
