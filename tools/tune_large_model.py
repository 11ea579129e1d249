"""Four ways to teach the robots' English wishes, by number of examples (about 25 minutes of one core).

    python tools/tune_large_model.py [--robots service,home] [--seeds 0,1,2] [--sizes 5,10,20,40]

The ways: n-grams (the book's own linear model) · a probe (linear on what the frozen large model sees) · LoRA
(adapters by `nnbook.large.lora`) · asked (the large model untouched: the words for the wishes are in the
prompt, without examples and with 1 or 5 of each). All see the same examples and the same test sentences, so
the comparison is paired. Settings were chosen on the validation part of split 100, which no figure here uses.

The sentences are drawn once and kept in results/large_tuning_sentences.json, so that the long runs stay valid
when the robots learn new phrasings; without that file they are drawn again, and all runs are done again.
Writes results/large_tuning.json after every run, and goes on where it was stopped. The n-grams, which take
seconds, are run each time. Writes the adapters of the shop, 40 examples a wish, seed 0, to
nnbook/models/large_shop.safetensors.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnbook.datasets import load_large_model
from nnbook.datasets.large_model import FILE, SHA256
from nnbook.dialogue.phrases import OTHER, Phrase, intents, load_exam
from nnbook.dialogue.trial import make_parts
from nnbook.dialogue.understand import fit_intents
from nnbook.large.caches import pad
from nnbook.large.loading import load_llama
from nnbook.large.lora import Adapters, Example, load_adapters, lower_states, save_adapters, tune

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "results" / "large_tuning.json"
SENTENCES = ROOT / "results" / "large_tuning_sentences.json"
ADAPTERS = ROOT / "nnbook" / "models" / "large_shop.safetensors"
# what the model answers: for each wish a word that is one token, so that one place decides
WORDS = {
    "service": {
        "track_order": " track", "cancel_order": " cancel", "return_item": " return",
        "damaged_item": " damaged", "change_address": " address", "check_stock": " stock",
        "delivery_cost": " cost", "get_invoice": " invoice", "talk_to_person": " person", OTHER: " other",
    },
    "home": {
        "turn_on": " on", "turn_off": " off", "set_temperature": " temperature", "ask_state": " state",
        "play_music": " play", "stop_music": " stop", "set_timer": " timer", "lock_door": " lock",
        "unlock_door": " unlock", "clean_room": " clean", OTHER: " other",
    },
}  # fmt: skip
ASKED = "Each wish of a customer is one of these words:{words}.\n\n"
SHOT = "Customer: {text}\nWish:"
RANK, N_BLOCKS, EPOCHS, MOST_STEPS, BATCH, RATE = 8, 10, 8, 200, 8, 5e-3
PROBE_PENALTY = 0.1  # scikit-learn's C, on standardised states
SHOTS = (0, 1, 5)


def one_of_each(phrases):
    """The first phrase of each template, {intent: [texts]}."""
    kept = {}
    for phrase in phrases:
        kept.setdefault(phrase.intent, {}).setdefault(phrase.template, phrase.text)
    return {intent: list(texts.values()) for intent, texts in kept.items()}


def draw_sentences(robot, seed):
    """Training sentences {intent: [texts]} in random order, and test sentences by kind [(text, intent)]."""
    parts = make_parts(robot, "en", seed)
    train = one_of_each(parts.train) | one_of_each(parts.outside_train)
    near = train[OTHER]  # they come subject by subject: mixed, so that five are not all of one
    train[OTHER] = [near[i] for i in np.random.default_rng(1000 + seed).permutation(len(near))]

    def pairs(phrases):
        return [(text, intent) for intent, texts in one_of_each(phrases).items() for text in texts]

    test = {"wish": pairs(parts.test), "near": pairs(parts.outside_test), "exam": load_exam(robot, "en")}
    return {"train": {intent: texts[:40] for intent, texts in train.items()}, "test": test}


def kept_sentences(robots, seeds):
    """The sentences of the file, which is made if it is not there."""
    if not SENTENCES.exists():
        drawn = {robot: {str(seed): draw_sentences(robot, seed) for seed in seeds} for robot in robots}
        write(SENTENCES, drawn)
    return json.loads(SENTENCES.read_text(encoding="utf-8"))


class Task:
    """One robot and one split: training sentences by size, and three kinds of test sentences."""

    def __init__(self, robot, seed, sentences):
        self.robot, self.seed, self._train = robot, seed, sentences["train"]
        self.labels = (*intents(robot), OTHER)
        self.words = WORDS[robot]
        self.test = [pair for pairs in sentences["test"].values() for pair in pairs]
        self.kinds = np.repeat(list(sentences["test"]), [len(p) for p in sentences["test"].values()])
        self.truth = self.numbers([intent for _, intent in self.test])

    def train(self, n):
        """The first `n` sentences of each wish, near misses among them."""
        return [Phrase(text, intent, 0) for intent in self.labels for text in self._train[intent][:n]]

    def numbers(self, intents):
        """Names of wishes as numbers of labels."""
        return np.array([self.labels.index(intent) for intent in intents])


class Large:
    """The large model with the states of sentences kept."""

    def __init__(self):
        self.model, self.tokenizer = load_llama(load_large_model())
        self.first = len(self.model.blocks) - N_BLOCKS
        self.kept, self.kept_s = {}, 0.0  # states of sentences with their CPU seconds; seconds saved by them

    def prompt(self, text):
        """The tokens that the model reads of a sentence."""
        return tuple(self.tokenizer.encode(SHOT.format(text=text)).tolist())

    def word(self, word):
        """The one token of a word."""
        (token,) = self.tokenizer.encode(word).tolist()
        return token

    def columns(self, task):
        """The tokens of the labels, in their order."""
        return np.array([self.word(task.words[label]) for label in task.labels])

    def example(self, text, intent, task):
        """What tuning learns from."""
        return Example(self.prompt(text), (self.word(task.words[intent]),))

    def lower(self, texts):
        """What arrives at the first tuned block."""
        new = [text for text in dict.fromkeys(texts) if text not in self.kept]
        start = time.thread_time()
        states = lower_states(self.model, [self.prompt(text) for text in new], self.first)
        each = (time.thread_time() - start) / max(1, len(new))
        self.kept_s += sum(self.kept[text][1] for text in texts if text in self.kept)
        self.kept |= {text: (state, each) for text, state in zip(new, states, strict=True)}
        return [self.kept[text][0] for text in texts]

    def seen(self, states, batch_size=32):
        """What the head sees at the end of each prompt, (n, C), from the kept states."""
        lengths = np.array([len(state) for state in states])
        order, seen = (
            np.argsort(lengths, kind="stable"),
            np.empty((len(states), states[0].shape[1]), np.float32),
        )
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            x = np.zeros((len(chosen), lengths[chosen].max(), seen.shape[1]), np.float32)
            for row, i in zip(x, chosen, strict=True):
                row[: lengths[i]] = states[i]
            x = self.model.body(x, first=self.first)
            seen[chosen] = x[np.arange(len(chosen)), lengths[chosen] - 1]
        return self.model.norm.forward(seen)


def by_ngrams(task, large, n):
    """The book's own model of understanding; returns scores (n_test, n_labels)."""
    model = fit_intents(task.train(n), task.robot, "en")
    order = [model.labels.index(label) for label in task.labels]
    return lambda texts: model.logits(texts)[:, order]


def by_probe(task, large, n):
    """Logistic regression on what the frozen model's head would see."""
    phrases = task.train(n)
    X = large.seen(large.lower([p.text for p in phrases])).astype(np.float64)
    y = task.numbers([p.intent for p in phrases])
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=PROBE_PENALTY, max_iter=2000)).fit(X, y)
    return lambda texts: probe.decision_function(large.seen(large.lower(texts)).astype(np.float64))


def by_lora(task, large, n):
    """Adapters in the last blocks, tuned to answer with the word of the wish."""
    examples = [large.example(p.text, p.intent, task) for p in task.train(n)]
    adapters = Adapters(large.model, rank=RANK, n_blocks=N_BLOCKS, rng=np.random.default_rng(task.seed))
    adapters.attach()
    tune(
        adapters, examples, epochs=min(EPOCHS, MOST_STEPS * BATCH // len(examples)), batch_size=BATCH,
        learning_rate=RATE, states=large.lower([p.text for p in task.train(n)]),
        rng=np.random.default_rng(task.seed),
    )  # fmt: skip
    if (task.robot, task.seed, n) == ("service", 0, 40):
        save_adapters(adapters, ADAPTERS)
    head = large.model.embedding.params["weight"][:, large.columns(task)]

    def scores(texts):
        states = large.lower(texts)
        adapters.attach()
        found = large.seen(states) @ head
        adapters.detach()
        return found

    adapters.detach()
    return scores


def by_asking(task, large, n):
    """The untouched model, with `n` examples of each wish in the prompt, in an order that the seed draws."""
    rng, phrases = np.random.default_rng(task.seed), task.train(n) if n else []
    shots = [
        SHOT.format(text=phrases[i].text) + task.words[phrases[i].intent] + "\n\n"
        for i in rng.permutation(len(phrases))
    ]
    words = [task.words[task.labels[i]] for i in rng.permutation(len(task.labels))]
    before = large.tokenizer.encode(ASKED.format(words=",".join(words)) + "".join(shots))
    model, columns, B = large.model, large.columns(task), 8
    caches = model.new_caches(B, capacity=len(before) + 80)
    model.next_logits(before[None], caches[:1])
    for row in range(1, B):
        caches.move(0, row)

    def scores(texts):
        found = []
        for start in range(0, len(texts), B):
            tokens, counts = pad([large.prompt(text) for text in texts[start : start + B]])
            caches.lengths[:] = len(before)
            rows = caches[: len(tokens)]
            found.append(model.next_logits(tokens, rows, counts=counts)[:, columns])
        return np.concatenate(found)

    return scores


WAYS = {"n-grams": by_ngrams, "probe": by_probe, "lora": by_lora, "asked": by_asking}


def one_run(way, task, large, n):
    """Learn, answer all test sentences, and say what it took; times are CPU seconds of one thread."""
    large.kept_s, start = 0.0, time.thread_time()
    scores = WAYS[way](task, large, n)
    learned = time.thread_time() - start + large.kept_s
    texts = [text for text, _ in task.test]
    large.kept_s, start = 0.0, time.thread_time()
    found = scores(texts)
    answered = (time.thread_time() - start + large.kept_s) / len(texts)
    kept, large.kept = large.kept, {}  # one after the other, as customers come
    start = time.thread_time()
    for text in texts[:10]:
        scores([text])
    alone = (time.thread_time() - start) / 10
    large.kept = kept
    return {
        "learning_cpu_s": round(learned, 2),
        "cpu_s_a_sentence": float(f"{answered:.3g}"),
        "cpu_s_a_sentence_alone": float(f"{alone:.3g}"),
        "chosen": found.argmax(axis=1).tolist(),
        "chosen_wish": found[:, :-1].argmax(axis=1).tolist(),  # as if nothing were out of scope
    }


FIGURES = ("solved", "wish", "near_refused", "exam")


def figures(run, task):
    """What is right sentence by sentence, four times."""
    right, right_wish = np.array(run["chosen"]) == task.truth, np.array(run["chosen_wish"]) == task.truth
    return {
        "solved": right[task.kinds != "exam"],  # the right wish, or a near miss refused
        "wish": right_wish[task.kinds == "wish"],
        "near_refused": right[task.kinds == "near"],
        "exam": right_wish[task.kinds == "exam"],
    }


def interval(groups, rng, n=2000):
    """95 % interval of the mean of means: sentences are drawn again within each seed, and seeds too."""
    means = []
    for _ in range(n):
        drawn = [groups[i] for i in rng.integers(0, len(groups), len(groups))]
        means.append(np.mean([g[rng.integers(0, len(g), len(g))].mean() for g in drawn]))
    return [round(float(q), 4) for q in np.quantile(means, (0.025, 0.975))]


def summarise(robots, tasks):
    """Means over seeds with intervals for each robot, way and size; and each way minus n-grams, paired."""
    rng, rows, pairs = np.random.default_rng(0), [], []
    for robot, runs in robots.items():
        cells = {}
        for key, run in runs.items():
            seed, way, n = key.split("/")
            cells.setdefault((way, int(n)), {})[seed] = run, figures(run, tasks[robot, int(seed)])
        for (way, n), seeds in sorted(cells.items()):
            row = {"robot": robot, "way": way, "examples": n, "seeds": len(seeds)}
            for name in FIGURES:
                groups = [found[name].astype(float) for _, found in seeds.values()]
                row[name] = round(float(np.mean([g.mean() for g in groups])), 4)
                row[f"{name}_by_seed"] = [round(float(g.mean()), 4) for g in groups]
                row[f"{name}_interval"] = interval(groups, rng)
            for name in ("learning_cpu_s", "cpu_s_a_sentence", "cpu_s_a_sentence_alone"):
                row[name] = float(f"{np.median([run[name] for run, _ in seeds.values()]):.3g}")
            row["cpu_s_a_solved_case"] = float(
                f"{row['cpu_s_a_sentence_alone'] / max(row['solved'], 1e-9):.3g}"
            )
            rows.append(row)
            base = cells.get(("n-grams", n if way != "asked" else max(n, 5)), {})
            if way == "n-grams" or not base.keys() & seeds.keys():
                continue
            pair = {"robot": robot, "way": way, "examples": n, "minus": "n-grams"}
            for name in FIGURES:
                groups = [
                    seeds[seed][1][name].astype(float) - base[seed][1][name] for seed in seeds if seed in base
                ]
                pair[name] = round(float(np.mean([g.mean() for g in groups])), 4)
                pair[f"{name}_interval"] = interval(groups, rng)
            pairs.append(pair)
    return rows, pairs


def store(result, large, task):
    """Answer the test again with the stored adapters, and write what one must know about them."""
    adapters = load_adapters(large.model, ADAPTERS).attach()
    head = large.model.embedding.params["weight"][:, large.columns(task)]
    found = large.seen(large.lower([text for text, _ in task.test])) @ head
    adapters.detach()
    run = {
        "chosen": found.argmax(axis=1).tolist(),
        "chosen_wish": found[:, :-1].argmax(axis=1).tolist(),
    }
    measured = {name: round(float(v.mean()), 4) for name, v in figures(run, task).items()}
    rows = {
        way: next(r for r in result["rows"] if (r["robot"], r["way"], r["examples"]) == ("service", way, 40))
        for way in ("lora", "n-grams")
    }
    about = {
        "base": FILE,
        "base_sha256": SHA256,
        "prompt": SHOT,
        "words": task.words,
        "settings": {name: value for name, value in result["settings"].items() if name != "words"},
        "seed": 0,
        "examples_a_wish": 40,
        "stored": measured,
        "stored_chosen": run["chosen"],
        "seeds": {way: {name: row[f"{name}_by_seed"] for name in FIGURES} for way, row in rows.items()},
        "bytes": ADAPTERS.stat().st_size,
    }
    write(ADAPTERS.with_suffix(".json"), about)

    def spread(way, name):
        values = 100 * np.array(rows[way][f"{name}_by_seed"])
        return f"{values.mean():.1f} ± {values.std(ddof=1):.1f}" if len(values) > 1 else f"{values[0]:.1f}"

    table = "\n".join(
        f"  | {words} | {spread('lora', name)} | {spread('n-grams', name)} | {100 * measured[name]:.1f} |"
        for name, words in (
            ("wish", "right wish, unseen phrasing"),
            ("near_refused", "near misses refused"),
            ("solved", "both together"),
            ("exam", "right wish, exam"),
        )
    )
    n_seeds, n_bytes = rows["lora"]["seeds"], about["bytes"]
    card = f"""# large_shop: the shop's wishes as adapters of a large model

- **What it is.** Adapters (LoRA, rank {RANK}, queries and values of the last {N_BLOCKS} blocks) for
  SmolLM2-135M-Instruct (Apache-2.0): 153,600 numbers of 16 bits, {n_bytes:,} bytes. After the prompt
  `Customer: …`, a line break and `Wish:`, the model answers with one of ten words; they are in
  `large_shop.json`.
- **Data.** English phrasings of the shop robot, 40 for each of nine wishes and 40 near misses; written for
  this book by one author, names filled in from a list (`results/large_tuning_sentences.json`, split 0).
- **Training.** `python tools/tune_large_model.py`: AdamW, step {RATE}, batches of {BATCH}, at most
  {MOST_STEPS} steps; only the word of the answer is judged. The file holds seed 0, the first one.
- **Results**, in %, mean ± standard deviation over {n_seeds} splits and seeds. A split has about 90 wishes,
  24 near misses and 45 exam sentences, so a difference of a few points is chance:

  | | LoRA | n-grams, same examples | this file |
  |---|---|---|---|
{table}
- **What it is not for.** Real customers: it has never heard one. It always answers with a word; whoever uses
  it decides from the word's probability. What the adapters do to other prompts was not measured.
"""
    ADAPTERS.with_suffix(".md").write_text(card, encoding="utf-8")


def write(path, result):
    """Replace a file only by a complete new one."""
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".tmp")
    new.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    new.replace(path)


def main():
    """Run what is missing, sum up, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--robots", default="service,home")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--sizes", default="5,10,20,40")
    asked = parser.parse_args()
    robots, seeds = asked.robots.split(","), [int(seed) for seed in asked.seeds.split(",")]
    fresh = not SENTENCES.exists()
    sentences = kept_sentences(robots, seeds)
    tasks = {(r, int(s)): Task(r, int(s), parts) for r in sentences for s, parts in sentences[r].items()}
    result = {"robots": {}} if fresh or not TARGET.exists() else json.loads(TARGET.read_text("utf-8"))
    result["what"] = (
        "English wishes of two robots: n-grams, probe, LoRA and asking, by number of examples a wish; CPU "
        "seconds of one thread on a busy machine; intervals 95 %, bootstrap over seeds and sentences"
    )
    result["settings"] = {
        "rank": RANK, "n_blocks": N_BLOCKS, "epochs": EPOCHS, "most_steps": MOST_STEPS, "batch_size": BATCH,
        "learning_rate": RATE,
        "probe_penalty": PROBE_PENALTY, "prompt": SHOT, "words": WORDS,
    }  # fmt: skip
    large = Large()
    for seed in seeds:
        for robot in robots:
            task, runs = tasks[robot, seed], result["robots"].setdefault(robot, {})
            wanted = [("asked", n) for n in SHOTS]
            wanted += [(way, int(n)) for n in asked.sizes.split(",") for way in ("n-grams", "probe", "lora")]
            for way, n in wanted:
                key = f"{seed}/{way}/{n}"
                if key not in runs or way == "n-grams":
                    runs[key] = one_run(way, task, large, n)
                    write(TARGET, result)
                found = figures(runs[key], task)
                print(robot, key, {name: round(float(v.mean()), 3) for name, v in found.items()}, flush=True)
    result["rows"], result["paired"] = summarise(result["robots"], tasks)
    write(TARGET, result)
    if ADAPTERS.exists():
        store(result, large, tasks["service", 0])


if __name__ == "__main__":
    main()
