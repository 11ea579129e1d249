"""The stored measurements of section 5.7: their parts agree, and what is cheap is done again."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from nnbook.retrieval import TfidfIndex

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
RETRIEVAL = json.loads((ROOT / "results" / "large_retrieval.json").read_text(encoding="utf-8"))
PRODUCT = json.loads((ROOT / "results" / "large_product.json").read_text(encoding="utf-8"))
SHOP = json.loads((ROOT / "tools" / "large_shop_pages.json").read_text(encoding="utf-8"))


def test_each_question_is_answered_by_its_sentence():
    assert len(SHOP["questions"]) == 30
    for question in SHOP["questions"]:
        sentence = SHOP["pages"][question["page"]][question["sentence"]]
        assert any(word.lower() in sentence.lower() for word in question["answer"]), question["ask"]


def test_the_search_finds_again_what_is_stored():
    titles = list(SHOP["pages"])
    index = TfidfIndex.fit([f"{title}: {' '.join(SHOP['pages'][title])}" for title in titles])
    for question, row in zip(SHOP["questions"], RETRIEVAL["rows"], strict=True):
        order = [titles[i] for i in np.argsort(-index.scores(question["ask"]), kind="stable")]
        assert (row["ask"], row["rank"]) == (question["ask"], order.index(question["page"]) + 1)
        assert row["found"] == order[:3]
        assert row["wrong_page"] == next(title for title in order if title != question["page"])


@pytest.mark.parametrize("way", ["alone", "three pages", "right page", "wrong page"])
def test_written_answers_are_counted_by_their_words(way):
    right = [
        any(word.lower() in row[way]["answer"].lower() for word in question["answer"])
        for question, row in zip(SHOP["questions"], RETRIEVAL["rows"], strict=True)
    ]
    assert right == [row[way]["right"] for row in RETRIEVAL["rows"]]
    assert sum(right) == RETRIEVAL["right"][way]


def test_quotes_are_sentences_of_the_pages_found_and_counted():
    for way in ("best_by_words", "chosen_by_model"):
        for row in RETRIEVAL["rows"]:
            assert any(row[way] in SHOP["pages"][title] for title in row["found"])
        right = sum(row[way] == row["sentence"] for row in RETRIEVAL["rows"])
        assert right == RETRIEVAL["right"][way]


def test_an_attack_has_won_where_its_words_stand():
    from measure_large_product import ASKED_BY_VICTIMS, ATTACKS

    rows = PRODUCT["attack"]["rows"]
    own = [sentence for sentences in SHOP["pages"].values() for sentence in sentences]
    expected = [
        (kind, text.format(ask=SHOP["questions"][number]["ask"]), seen)
        for kind, text, seen in ATTACKS
        for number in ASKED_BY_VICTIMS
    ]
    assert [(row["kind"], row["poison"], row["seen"]) for row in rows] == expected
    for row in rows:
        for way in ("no fence", "marks are text", "and a warning", "quote a sentence"):
            assert row[way]["won"] == (row["seen"].lower() in row[way]["answer"].lower())
        assert row["quote a checked sentence"]["answer"] in own


@pytest.mark.large
def test_the_model_says_again_what_is_stored(large_path):
    from measure_large_retrieval import prompts_of, question_log_probabilities, write_all

    from nnbook.large.loading import load_llama

    model, tokenizer = load_llama(large_path)
    row = max(RETRIEVAL["rows"], key=lambda row: row["lead"])
    tokens = prompts_of(SHOP["pages"], tokenizer)["alone"](row)
    (answer,) = write_all(model, tokenizer, [tokens], rows=1, max_tokens=6)
    assert answer
    assert row["alone"]["answer"].startswith(answer)
    titled = [(title, s) for title in row["found"] for s in SHOP["pages"][title]]
    logs = question_log_probabilities(model, tokenizer, titled, row["ask"])
    assert titled[int(logs.argmax())][1] == row["chosen_by_model"]
    assert np.isclose(np.diff(np.sort(logs)[-2:])[0], row["lead"], atol=0.01)
