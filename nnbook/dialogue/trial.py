"""One honest trial: split the templates, learn, choose the threshold, and measure on phrasings never seen."""

from dataclasses import dataclass, replace

import numpy as np

from nnbook.dialogue.phrases import load_outside, load_templates, realise_all, split_templates
from nnbook.dialogue.understand import IntentModel, choose_sure, choose_threshold, fit_intents
from nnbook.functional import as_number, as_whole

SHARES = (0.7, 0.15, 0.15)
COPIES = 3  # of each template, with other names and other politeness


@dataclass(frozen=True)
class Parts:
    """Phrases of one split: wishes that the robot can fulfil, and near misses, in three parts each."""

    train: list
    validation: list
    test: list
    outside_train: list
    outside_validation: list
    outside_test: list


def make_parts(robot: str, language: str, seed: int, *, train_share=1.0) -> Parts:
    """Return a split by template (near misses: by subject), its slots filled.

    Args:
        seed: of the split and of the names in the slots.
        train_share: keep only this share of the training templates of each intent (a learning curve).
    """
    train_share, seed = as_number(train_share, "train_share"), as_whole(seed, "seed", 0)
    if not 0 < train_share <= 1:
        raise ValueError(f"train_share must lie in (0, 1]; got {train_share}. Per cent? Divide by 100.")
    rng = np.random.default_rng(seed)
    inside, outside = load_templates(robot, language), load_outside(robot, language)
    numbers = split_templates(inside, rng=rng, shares=SHARES)
    beyond = split_templates(outside, rng=rng, shares=SHARES, by="group")
    numbers[0][:] = _share(numbers[0], inside, train_share)
    parts = []
    for templates, chosen in ((inside, numbers), (outside, beyond)):
        for part, copies in zip(chosen, (COPIES, COPIES, COPIES), strict=True):
            parts.append(realise_all(templates, part, robot, language, copies=copies, rng=rng))
    return Parts(*parts)


def _share(numbers, templates, share):
    """The first `share` of the numbers of each intent; they are in random order already."""
    kept = []
    for intent in dict.fromkeys(templates[n].intent for n in numbers):
        own = [n for n in numbers if templates[n].intent == intent]
        kept += own[: max(1, round(share * len(own)))]
    return kept


@dataclass(frozen=True)
class Result:
    """What a trial measured on unseen phrasings.

    `accuracy`: right among the intents. `false_refusals`: good wishes refused. `caught`: near misses
    refused. `wrong`: of the good wishes, accepted with a wrong intent.
    """

    accuracy: float
    false_refusals: float
    caught: float
    wrong: float
    threshold: float


def learn(parts: Parts, robot: str, language: str) -> IntentModel:
    """Fit on the training part and choose both thresholds on the validation part."""
    model = fit_intents(parts.train + parts.outside_train, robot, language)
    right, confidence = judge(model, parts.validation)
    _, outside = model.scores([phrase.text for phrase in parts.outside_validation])
    return replace(
        model,
        threshold=choose_threshold(confidence),
        sure_from=choose_sure(right, confidence, outside),
    )


def judge(model: IntentModel, phrases) -> tuple[np.ndarray, np.ndarray]:
    """Return for each phrase whether its best intent is right, and how confident the model is: (n,), (n,)."""
    best, confidence = model.scores([phrase.text for phrase in phrases])
    right = np.array([model.labels[b] == p.intent for b, p in zip(best, phrases, strict=True)], bool)
    return right, confidence


def measure(model: IntentModel, phrases, outside) -> Result:
    """Return what the model does with good wishes and with near misses."""
    right, confidence = judge(model, phrases)
    accepted = confidence >= model.threshold
    return Result(
        float(right.mean()),
        float(1 - accepted.mean()),
        caught(model, [phrase.text for phrase in outside]),
        float((accepted & ~right).mean()),
        model.threshold,
    )


def caught(model: IntentModel, texts) -> float:
    """Return the share of texts that the model refuses."""
    _, confidence = model.scores(texts)
    return float((confidence < model.threshold).mean())
