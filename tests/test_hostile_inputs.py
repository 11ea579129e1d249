"""What nobody should pass, to every public door: a sentence that says what is wrong, and nothing broken.

Each door takes one array. It must either answer, or refuse with a message of our own; the caller's array
stays as it was. NumPy's own messages ("operands could not be broadcast …") help no reader: they are faults.
"""

import copy

import numpy as np
import pytest
from hostile import HOSTILE, OUR_WORDS, rng

from nnbook import functional, losses, metrics
from nnbook.datasets import MinMaxScaler, StandardScaler, train_test_split
from nnbook.generation import generate, next_token_probabilities
from nnbook.language_model import make_windows, next_token_loss
from nnbook.mlp import MLP
from nnbook.optimizers import SGD, clip_gradients
from nnbook.tokenizers import BPETokenizer, CharTokenizer
from nnbook.training import fit
from nnbook.transformer import Transformer


def network():
    return MLP([3, 4, 2], rng=rng())


GPT = Transformer(11, 8, 2, 1, 6, rng=rng())
CLASSES = np.array([0, 1, 0, 1])


def train(X, y):
    return fit(
        network(), X, y, loss=losses.cross_entropy, optimizer=SGD(0.1), epochs=1, batch_size=2, rng=rng()
    )


DOORS = {
    "sigmoid": functional.sigmoid,
    "softmax": functional.softmax,
    "log_softmax": functional.log_softmax,
    "logsumexp": functional.logsumexp,
    "one_hot": lambda a: functional.one_hot(a, 3),
    "mean_squared_error": lambda a: losses.mean_squared_error(a, a),
    "binary_cross_entropy": lambda a: losses.binary_cross_entropy(np.zeros((4, 3)), a),
    "cross_entropy, logits": lambda a: losses.cross_entropy(a, CLASSES),
    "cross_entropy, targets": lambda a: losses.cross_entropy(np.zeros((4, 3)), a),
    "a network": lambda a: network()(a),
    "fit, inputs": lambda a: train(a, CLASSES),
    "fit, targets": lambda a: train(np.arange(12.0).reshape(4, 3), a),
    "accuracy": lambda a: metrics.accuracy(CLASSES, a),
    "confusion_matrix": lambda a: metrics.confusion_matrix(CLASSES, a, 3),
    "roc_auc, scores": lambda a: metrics.roc_auc(CLASSES, a),
    "roc_auc, labels": lambda a: metrics.roc_auc(a, np.array([0.1, 0.4, 0.3, 0.9])),
    "brier_score": lambda a: metrics.brier_score(CLASSES, a),
    "calibration_curve": lambda a: metrics.calibration_curve(CLASSES, a),
    "perplexity": metrics.perplexity,
    "train_test_split, X": lambda a: train_test_split(a, CLASSES, rng=rng()),
    "train_test_split, y": lambda a: train_test_split(np.ones((4, 3)), a, rng=rng()),
    "StandardScaler": lambda a: StandardScaler().fit(a).transform(a),
    "MinMaxScaler": lambda a: MinMaxScaler().fit(a).transform(a),
    "a GPT": lambda a: GPT(a),
    "generate": lambda a: generate(GPT, a, 3, rng=rng()),
    "next_token_probabilities": next_token_probabilities,
    "make_windows": lambda a: make_windows(a, 2),
    "next_token_loss": lambda a: next_token_loss(np.zeros((4, 3, 4)), a),
    "clip_gradients": lambda a: clip_gradients(copy.deepcopy(a), 1.0),
    "CharTokenizer.train": CharTokenizer.train,
    "BPETokenizer.train": lambda a: BPETokenizer.train(a, vocab_size=300),
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("door", DOORS)
def test_a_door_answers_or_says_what_is_wrong(door, what):
    value = HOSTILE[what]
    before = copy.deepcopy(value)
    refusal = None
    try:
        DOORS[door](value)
    except (ValueError, FloatingPointError) as error:
        refusal = error
    if refusal is not None:
        assert any(word in str(refusal) for word in OUR_WORDS), f"NumPy speaks, not we: {refusal}"
    assert repr(value) == repr(before)


def test_infinity_is_refused_where_data_come_in():
    X = np.ones((4, 3))
    X[0, 0] = np.inf
    for door in ("a network", "fit, inputs", "StandardScaler", "MinMaxScaler"):
        with pytest.raises(ValueError, match="NaN or infin"):
            DOORS[door](X)


def test_bytes_do_not_overflow():
    # -200 as an unsigned byte is 56: the sigmoid of 200 would have been that of another number
    np.testing.assert_allclose(functional.sigmoid(np.array([200], np.uint8)), [1.0])
    value, _ = losses.mean_squared_error(np.array([0], np.uint8), np.array([200], np.uint8))
    assert value == 40_000
