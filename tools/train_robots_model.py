"""Measure the two robots on five splits and store the models of the widget RobotChat (about a minute).

Usage: python tools/train_robots_model.py        part of `make models`

Writes nnbook/models/robots.npz (split 0, weights of eight bits) and robots.json (all figures). The stored
models never saw the test part of split 0, so that the figures of the file can be measured again.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from nnbook import losses, mlp, optimizers, training
from nnbook.dialogue import exam, tagger, trial, understand
from nnbook.dialogue.features import vectorise
from nnbook.dialogue.phrases import OTHER, intents, load_templates, realise_all
from nnbook.dialogue.slots import LANGUAGES, ROBOTS, gazetteer
from nnbook.dialogue.smalltalk import SAFE, SmallTalk, load_small_talk, right_topic
from nnbook.retrieval import tokenise

FOLDER = Path(__file__).resolve().parent.parent / "nnbook" / "models"
SEEDS = range(5)
CURVE = (0.125, 0.25, 0.5, 1.0)


def words_only(parts):
    """Accuracy of logistic regression on plain words (Chinese: characters and pairs), without masks."""
    count = CountVectorizer(analyzer=tokenise, binary=True)
    X = count.fit_transform([p.text for p in parts.train])
    model = LogisticRegression(C=30, max_iter=1000).fit(X, [p.intent for p in parts.train])
    guess = model.predict(count.transform([p.text for p in parts.test]))
    return float(np.mean(guess == np.array([p.intent for p in parts.test])))


def network(parts, robot, seed):
    """Accuracy of a network with one hidden layer on the same features."""
    labels = (*intents(robot), OTHER)
    phrases = parts.train + parts.outside_train
    X = vectorise([p.text for p in phrases], robot).astype(np.float32)
    y = np.array([labels.index(p.intent) for p in phrases])
    rng = np.random.default_rng(seed)
    model = mlp.MLP([X.shape[1], 32, len(labels)], rng=rng, dtype=np.float32)
    training.fit(
        model,
        X,
        y,
        loss=losses.cross_entropy,
        optimizer=optimizers.Adam(3e-3),
        epochs=12,
        batch_size=32,
        rng=rng,
    )
    own = model(vectorise([p.text for p in parts.test], robot).astype(np.float32))[:, :-1]
    return float(np.mean(own.argmax(axis=1) == [labels.index(p.intent) for p in parts.test]))


def slots(parts, robot, language, seed):
    """F1 of slots on unseen phrasings: names known or new, from the list or from the tagger."""
    rng = np.random.default_rng(seed)
    learned = tagger.Tagger().fit(parts.train, rng=rng)
    numbers = sorted({phrase.template for phrase in parts.test})
    names = tagger.names_for(language, gazetteer(robot))
    templates = load_templates(robot, language)
    new = realise_all(templates, numbers, robot, language, copies=3, rng=rng, names=names)
    known = [phrase for phrase in parts.test if phrase.spans]
    new = [phrase for phrase in new if phrase.spans]
    return {
        "list_known": tagger.slot_f1(known, lambda text: tagger.listed(text, robot)),
        "list_new": tagger.slot_f1(new, lambda text: tagger.listed(text, robot)),
        "tagger_known": tagger.slot_f1(known, learned.find),
        "tagger_new": tagger.slot_f1(new, learned.find),
    }


def one_split(robot, language, seed):
    """Everything that is measured on one split; also the model."""
    parts = trial.make_parts(robot, language, seed)
    model = trial.learn(parts, robot, language)
    row = asdict(trial.measure(model, parts.test, parts.outside_test))
    row["chat_caught"] = trial.caught(model, [line.said for line in load_small_talk(language)])
    row["keywords"] = float(np.mean([understand.by_keywords(p.text, robot) == p.intent for p in parts.test]))
    row["words"] = words_only(parts)
    row["network"] = network(parts, robot, seed)
    row |= slots(parts, robot, language, seed)
    for share in CURVE[:-1]:
        few = trial.make_parts(robot, language, seed, train_share=share)
        row[f"curve_{share}"] = trial.measure(
            trial.learn(few, robot, language), few.test, few.outside_test
        ).accuracy
    row["curve_1.0"] = row["accuracy"]
    return {name: round(value, 4) for name, value in row.items()}, model


def main() -> int:
    """Measure, store, print."""
    figures, models = {}, []
    for robot in ROBOTS:
        for language in LANGUAGES:
            rows = []
            for seed in SEEDS:
                row, model = one_split(robot, language, seed)
                rows.append(row)
                if seed == 0:
                    models.append(model)
            figures[f"{robot}_{language}"] = {name: [row[name] for row in rows] for name in rows[0]}
            told = {
                k: f"{np.mean(v):.3f} ± {np.std(v, ddof=1):.3f}"
                for k, v in figures[f"{robot}_{language}"].items()
            }
            print(robot, language, told, flush=True)
    talk = {}
    for language in LANGUAGES:
        answered, right, chance = right_topic(load_small_talk(language), 0.5)
        talk[language] = {
            "answered": round(answered, 4),
            "right": round(right, 4),
            "chance": round(chance, 4),
        }
    path = FOLDER / "robots.npz"
    understand.save_robots(models, path, metadata={"split": 0, "small_talk": list(SAFE)})
    stored, natural = {}, {}
    for name in exam.natural_names():
        counts, _ = exam.sit(exam.load_natural(name), understand.load_robots(path))
        natural[name] = dict(counts)
    for (robot, language), model in understand.load_robots(path).items():
        parts = trial.make_parts(robot, language, 0)
        result = asdict(trial.measure(model, parts.test, parts.outside_test))
        stored[f"{robot}_{language}"] = {name: round(value, 4) for name, value in result.items()}
    log = {
        "splits": figures,
        "small_talk": talk,
        "stored": stored,
        "natural": natural,
        "bytes": path.stat().st_size,
    }
    text = json.dumps(log, indent=1, ensure_ascii=False)
    (FOLDER / "robots.json").write_text(text + "\n", encoding="utf-8")
    print(talk, stored, natural, path.stat().st_size, SmallTalk.of("en").threshold)
    return 0


if __name__ == "__main__":
    sys.exit(main())
