import numpy as np

from nnbook.translator import Translator, features, words


def test_words_are_compared_without_capitals_and_stops():
    assert words("Delete Cell") == words("delete cell.") == ("delete", "cell")


def test_the_hints_follow_what_is_written():
    entries = {"open": "打开"}
    assert "start:打" in features(("open",), "", entries)
    assert "begun:开" in features(("open",), "打", entries)
    assert "done:open" in features(("open",), "打开", entries)
    assert not [f for f in features(("open",), "打", {}) if f.startswith(("start", "begun", "done"))]


class Counting:
    """In place of a network: for each set of features the answer that training saw."""

    def __init__(self, n_out):
        self.known, self.n_out = {}, n_out

    def forward(self, X):
        return np.eye(self.n_out)[[self.known.get(tuple(sorted(row.indices)), 0) for row in X]]


def remember(model, X, y, **_):
    for row, answer in zip(X, y, strict=True):
        model.known[tuple(sorted(row.indices))] = answer


def make(pairs, entries):
    rng = np.random.default_rng(0)
    return Translator(
        pairs, entries, network=lambda n_in, width, n_out, rng: Counting(n_out), train=remember, rng=rng
    )


def test_what_was_learned_is_written_character_by_character_and_ended():
    pairs = [("Open file", "打开文件"), ("Save", "保存")]
    assert make(pairs, {}).translate(["Save", "Open file"]) == ["保存", "打开文件"]


def test_a_string_that_never_ends_is_cut():
    translator = make([("ha", "哈")], {})
    translator.network.forward = lambda X: np.eye(2)[[1] * X.shape[0]]
    assert translator.translate(["ha"], longest=5) == ["哈" * 5]
