"""retrieval.js must cut, translate and score as nnbook.retrieval does."""

from pathlib import Path

import nbformat
import numpy as np
import pytest
from javascript import Cases

from nnbook.retrieval import TfidfIndex, fold, singular, tokenise, translate

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "04_mathematics.ipynb"
STRANGE = [
    "",
    " ",
    "😀🚀",
    "Café ÉCOLE naïve ﬁne Straße ΣΊΣΥΦΟΣ İstanbul ĳ",
    "ＧＰＵ　１２ ½ x² Ⅳ",
    "过拟合 means overfitting；学习率=0.1，用Adam训练。",
    "모델 モデル ガ مدل",
    "don't the models' model’s 3's 1,000.5.2 7B gpt-4o a_b W1 @ a1",
    "\u0000 \ufeff zero\u200bwidth constructor __proto__ toString",
    "𠮷 a rare character beyond the basic plane",
]
DICTIONARY = {"过拟合": "overfitting", "拟合": "fit", "学习": "learning", "学习率": "learning rate"}
WORDS = [
    "losses",
    "batches",
    "studies",
    "ties",
    "boxes",
    "bias",
    "gpus",
    "axis",
    "es",
    "s",
    "series",
    "cases",
]


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    cells = [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells]
    documents = cells + STRANGE
    index = TfidfIndex.fit(documents)
    rng = np.random.default_rng(0)
    queries = [*STRANGE, "How do I check my gradient?", "什么是过拟合", "unseen zebra", ["gradient", "check"]]
    queries += [list(rng.choice(index.terms, size=rng.integers(1, 9))) for _ in range(100)]
    queries += [{"gradient": 1, "check": 0.25, "mean": 3}]
    concepts = [
        [],
        [["unseen"]],
        [["gradient", "slope"], ["check", "unseen"]],
        [["过拟", "拟合", "overfitting"]],
    ]
    concepts += [
        [list(rng.choice(index.terms, size=rng.integers(1, 5))) for _ in range(rng.integers(1, 6))]
        for _ in range(60)
    ]
    everything = {
        "texts": [
            {
                "text": text,
                "folded": fold(text),
                "tokens": tokenise(text),
                "translated": translate(text, DICTIONARY),
            }
            for text in documents
        ],
        "dictionary": DICTIONARY,
        "singulars": {word: singular(word) for word in WORDS},
        "index": index.to_dict(),
        "queries": [
            {
                "query": query,
                "scores": index.scores(query).tolist(),
                "best": [number for number, _ in index.search(query, k=3)],
            }
            for query in queries
        ],
        "concepts": [{"concepts": sets, "scores": index.bm25(sets).tolist()} for sets in concepts],
    }
    return Cases(tmp_path_factory, "retrieval.parity.mjs", everything)


def test_retrieval_js_agrees(cases):
    assert cases.passed() == 4


def test_a_score_that_is_off_by_a_millionth_is_found(cases):
    everything = cases.copy()
    scores = everything["queries"][11]["scores"]
    scores[int(np.argmax(scores))] *= 1 + 1e-6
    assert "relative error" in cases.complaint(everything)


def test_a_bm25_score_that_is_off_by_a_millionth_is_found(cases):
    everything = cases.copy()
    scores = everything["concepts"][2]["scores"]
    scores[int(np.argmax(scores))] *= 1 + 1e-6
    assert "relative error" in cases.complaint(everything)
