"""Search by TF-IDF: how text is cut, scores by hand and beside scikit-learn, and what is stored."""

import json
import math

import numpy as np
import pytest

from nnbook.retrieval import TfidfIndex, _pack, _unpack, fold, singular, tokenise, translate

TEXTS = [
    "The loss falls, and the loss falls again.",
    "Prices fall when many sell the same model.",
    "过拟合 overfitting: the validation loss rises",
    "梯度下降 gradient descent, 学习率 0.1",
    "Café über naïve Ελλάδα 😀",
    "",
    "the the the the",
]


class TestTokenise:
    @pytest.mark.parametrize(
        ("text", "tokens"),
        [
            ("GPT-3 and gpt2", ["gpt", "3", "and", "gpt2"]),
            ("The model's weights aren't 1,000.5.", ["the", "model", "weight", "aren", "1,000.5"]),
            ("a 7B model", ["a", "7b", "model"]),
            ("学习率", ["学", "习", "率", "学习", "习率"]),
            ("用Adam训练", ["用", "adam", "训", "练", "训练"]),
            ("ＧＰＵ　１２", ["gpu", "12"]),
            ("Crème BRÛLÉE ﬁt", ["creme", "brulee", "fit"]),
            ("😀 — … →", []),
            ("", []),
        ],
    )
    def test_pieces(self, text, tokens):
        assert tokenise(text) == tokens

    def test_composed_and_decomposed_letters_are_the_same(self):
        assert tokenise("caf\u00e9") == tokenise("cafe\u0301") == ["cafe"]

    @pytest.mark.parametrize("word", ["loss", "bias", "analysis", "consensus", "s", "is", "as", "data"])
    def test_what_is_no_plural_stays(self, word):
        assert singular(word) == word

    def test_fold_is_idempotent(self):
        for text in TEXTS:
            assert fold(fold(text)) == fold(text)

    def test_a_list_is_refused(self):
        with pytest.raises(TypeError, match="cuts text; got list"):
            tokenise(["a"])


WORDS = {"过拟合": "overfitting", "拟合": "fit", "学习": "learning", "学习率": "learning rate"}


class TestTranslate:
    def test_the_longest_word_wins(self):
        assert translate("学习率和过拟合", WORDS) == "learning rate overfitting"

    def test_nothing_to_translate(self):
        assert translate("plain English", WORDS) == translate("你好", WORDS) == ""
        assert translate("学习", {}) == ""


class TestIndex:
    def test_two_documents_by_hand(self):
        # n = 2; "a" stands in both: idf = ln(3/3) + 1 = 1; "b" in one: idf = ln(3/2) + 1
        index = TfidfIndex.fit([["a", "a", "b"], ["a"]])
        a, b = 1 + np.log(2), np.log(1.5) + 1
        length = np.hypot(a, b)
        assert index.scores(["a"]) == pytest.approx([a / length, 1])
        assert index.scores(["b"]) == pytest.approx([b / length, 0])
        query = np.array([1, b]) / np.hypot(1, b)
        assert index.scores(["a", "b"])[0] == pytest.approx(query @ [a, b] / length)

    def test_the_same_as_scikit_learn(self):
        sklearn = pytest.importorskip("sklearn.feature_extraction.text")
        theirs = sklearn.TfidfVectorizer(analyzer=tokenise, sublinear_tf=True)
        matrix = theirs.fit_transform(TEXTS)
        index = TfidfIndex.fit(TEXTS)
        assert list(index.terms) == sorted(theirs.vocabulary_)
        for query in [*TEXTS, "the loss of a model", "学习", "unknown", "loss loss loss falls"]:
            expected = (matrix @ theirs.transform([query]).T).toarray().ravel()
            assert index.scores(query) == pytest.approx(expected, abs=1e-12), query

    def test_a_document_finds_itself(self):
        index = TfidfIndex.fit(TEXTS)
        for number in (0, 1, 2, 3, 4, 6):
            assert index.search(TEXTS[number], k=1)[0] == (number, pytest.approx(1))

    def test_unknown_words_and_empty_questions_find_nothing(self):
        index = TfidfIndex.fit(TEXTS)
        for query in ("", "😀", "zebra", [], {}):
            assert index.search(query) == []

    def test_equal_scores_keep_the_order_of_the_documents(self):
        index = TfidfIndex.fit(["b a", "a b", "a b"])
        assert [number for number, _ in index.search("a", k=2)] == [0, 1]

    def test_a_guess_counts_less(self):
        index = TfidfIndex.fit(["loss", "price"])
        sure, guess = index.scores({"loss": 1, "price": 0.25})
        assert sure == pytest.approx(4 * guess)

    def test_bm25_by_hand(self):
        index = TfidfIndex.fit(["a a b", "b c c c c"])  # 3 and 5 words, 4 on average
        scores = index.bm25([["a"]])
        idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
        assert scores == pytest.approx([idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 4)), 0])

    def test_words_of_one_meaning_count_as_one_word(self):
        index = TfidfIndex.fit(["price of bread", "cost of bread", "bread"])
        both = index.bm25([["price", "cost"]])
        assert both[0] == both[1] > both[2] == 0
        assert both[0] < index.bm25([["price"]])[0]  # two of three documents speak of it: it tells less

    def test_stored_and_read_again(self):
        index = TfidfIndex.fit(TEXTS)
        again = TfidfIndex.from_dict(json.loads(json.dumps(index.to_dict())))
        for name in ("starts", "documents", "counts", "idf"):
            assert np.array_equal(getattr(index, name), getattr(again, name)), name
        assert again.terms == index.terms
        assert np.array_equal(again.scores("loss falls"), index.scores("loss falls"))

    def test_an_index_without_words(self):
        index = TfidfIndex.from_dict(TfidfIndex.fit(["", "…"]).to_dict())
        assert index.n_documents == 2
        assert index.search("anything") == []

    def test_numbers_of_any_size_are_packed(self):
        numbers = [0, 1, 127, 128, 300, 16_384, 10**9]
        assert _unpack(_pack(numbers)) == numbers

    def test_wrong_input(self):
        with pytest.raises(TypeError, match="list of documents; got one text"):
            TfidfIndex.fit("text")
        with pytest.raises(ValueError, match="at least one document"):
            TfidfIndex.fit([])
