"""Thirty questions to a shop's help pages: found, written, quoted (about 5 minutes of one core).

    python tools/measure_large_retrieval.py

The pages and the questions are in tools/large_shop_pages.json. Search is chapter 9's TF-IDF. The large model
answers alone, with the three pages that search found, with the right page, with a wrong one (the best of the
others), or chooses a sentence of the three pages: the one after which it finds the question most likely.
An answer that was written counts as right if one of the stored words stands in it: a coarse rule, so all
texts are kept. Writes results/large_retrieval.json; ways that are in it are not asked again.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded
os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import time
from pathlib import Path

import numpy as np

from nnbook.datasets import load_large_model
from nnbook.large.chat import Continuation, chat_tokens
from nnbook.large.loading import load_llama
from nnbook.large.serve.batching import Batcher
from nnbook.retrieval import TfidfIndex

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "tools" / "large_shop_pages.json"
TARGET = ROOT / "results" / "large_retrieval.json"
ALONE = "You answer customers of a furniture shop in one short sentence."
GIVEN = ALONE + " Use only these pages.\n\n{pages}"
QUOTE = "{title}. {sentence}\nQuestion of a customer:"
N_FOUND, MAX_TOKENS = 3, 40


def text_of(title, sentences):
    """A page as the model reads it."""
    return f"{title}: {' '.join(sentences)}"


def write_all(model, tokenizer, prompts, *, rows=16, max_tokens=MAX_TOKENS):
    """Greedy answers to many prompts (token arrays), `rows` of them at a time."""
    capacity = max(map(len, prompts)) + max_tokens
    batcher = Batcher(model, rows=rows, capacity=capacity, max_waiting=len(prompts))
    answers = [[] for _ in prompts]
    for prompt, pieces in zip(prompts, answers, strict=True):
        batcher.submit(prompt, Continuation(tokenizer, max_tokens), pieces.append)
    while batcher.busy:
        batcher.step()
    return ["".join(piece.text for piece in pieces) for pieces in answers]


def question_log_probabilities(model, tokenizer, titled, question):
    """Log p(question | title and sentence) for each of `titled`."""
    end = tokenizer.encode(" " + question)
    starts = [tokenizer.encode(QUOTE.format(title=title, sentence=sentence)) for title, sentence in titled]
    found = []
    for start in starts:
        both = np.concatenate([start, end])
        found.append(-model.losses(both)[len(start) - 1 :].sum())
    return np.array(found)


def find(model, tokenizer, data):
    """Search for every question, and the sentence that counting words and that the model would quote."""
    pages, titles, rows = data["pages"], list(data["pages"]), []
    index = TfidfIndex.fit([text_of(title, pages[title]) for title in titles])
    sentences = [(title, sentence) for title in titles for sentence in pages[title]]
    by_sentence = TfidfIndex.fit([f"{title}. {sentence}" for title, sentence in sentences])
    for question in data["questions"]:
        order = [int(i) for i in np.argsort(-index.scores(question["ask"]), kind="stable")]
        right = titles.index(question["page"])
        near = [s for s in sentences if s[0] in [titles[i] for i in order[:N_FOUND]]]
        search = by_sentence.scores(question["ask"])
        best = max(near, key=lambda s, search=search: search[sentences.index(s)])
        logs = question_log_probabilities(model, tokenizer, near, question["ask"])
        rows.append(
            {
                "ask": question["ask"], "page": question["page"], "rank": order.index(right) + 1,
                "found": [titles[i] for i in order[:N_FOUND]],
                "wrong_page": next(titles[i] for i in order if i != right),
                "sentence": pages[question["page"]][question["sentence"]],
                "best_by_words": best[1], "chosen_by_model": near[int(logs.argmax())][1],
                "lead": round(float(np.diff(np.sort(logs)[-2:])[0]), 3),
            }
        )  # fmt: skip
    return rows


def prompts_of(pages, tokenizer):
    """{way: function from a row to the tokens that the model reads}."""

    def text(names):
        return "\n".join(text_of(name, pages[name]) for name in names)

    def chat(system, user):
        said = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        return chat_tokens(said, tokenizer)

    def given(names):
        return GIVEN.format(pages=text(names))

    return {
        "alone": lambda row: chat(ALONE, row["ask"]),
        "three pages": lambda row: chat(given(row["found"]), row["ask"]),
        "right page": lambda row: chat(given([row["page"]]), row["ask"]),
        "wrong page": lambda row: chat(given([row["wrong_page"]]), row["ask"]),
        "right page, in the question": lambda row: chat(ALONE, f"{text([row['page']])}\n\n{row['ask']}"),
        "right page, no chat": lambda row: tokenizer.encode(
            f"{text([row['page']])}\n\nQuestion: {row['ask']}\nAnswer:"
        ),
    }


def main():
    """Ask all questions in all ways that are missing and write what came out."""
    data = json.loads(PAGES.read_text(encoding="utf-8"))
    result = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {"cpu_s": {}}
    model, tokenizer = load_llama(load_large_model())
    start = time.thread_time()
    if "rows" not in result:
        result["rows"] = find(model, tokenizer, data)
        result["cpu_s"]["choose a sentence"] = round((time.thread_time() - start) / len(result["rows"]), 3)
    rows = result["rows"]
    ways = prompts_of(data["pages"], tokenizer)
    for way, tokens in ways.items():
        if way in rows[0]:
            continue
        start = time.thread_time()
        written = write_all(model, tokenizer, [tokens(row) for row in rows])
        result["cpu_s"][way] = round((time.thread_time() - start) / len(rows), 3)
        for row, question, answer in zip(rows, data["questions"], written, strict=True):
            right = any(word.lower() in answer.lower() for word in question["answer"])
            row[way] = {"answer": answer, "right": right}
    right = {way: sum(row[way]["right"] for row in rows) for way in ways}
    right["right page first"] = sum(row["rank"] == 1 for row in rows)
    right["right page among three"] = sum(row["rank"] <= N_FOUND for row in rows)
    for way in ("best_by_words", "chosen_by_model"):
        right[way] = sum(row[way] == row["sentence"] for row in rows)
    result |= {
        "what": "questions to a shop's help pages, right answers of 30; CPU seconds a question, one thread "
        "on a busy machine, 16 answers written together",
        "right": right, "of": len(rows),
    }  # fmt: skip
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(right, result["cpu_s"])


if __name__ == "__main__":
    main()
