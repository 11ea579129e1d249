"""Calls that everybody writes once: each is answered by a sentence that says what to write instead."""

import ast
from pathlib import Path

import numpy as np
import pytest

from nnbook.activations import ReLU
from nnbook.attention import MultiHeadSelfAttention
from nnbook.autodiff import Tensor
from nnbook.callbacks import EarlyStopping
from nnbook.convolution import Conv1d
from nnbook.datasets import make_disc, train_test_split
from nnbook.functional import logsumexp, softmax
from nnbook.generation import generate, next_token_probabilities
from nnbook.initializers import glorot_uniform, he_normal, normal
from nnbook.language_model import make_windows, token_losses
from nnbook.layers import Dropout, Linear, Sequential
from nnbook.losses import cross_entropy, mean_squared_error
from nnbook.metrics import accuracy
from nnbook.mlp import MLP
from nnbook.optimizers import SGD, Adam, AdamW
from nnbook.recurrent import LSTM
from nnbook.training import fit, minibatches
from nnbook.transformer import Transformer

PACKAGE = Path(__file__).parent.parent / "nnbook"
R = np.random.default_rng(0)
X, Y = R.normal(size=(40, 3)), R.integers(0, 2, 40)
GPT = Transformer(5, 4, 2, 1, 3, rng=R)


def run(model=None, X=X, y=Y, **settings):
    model = model or MLP([3, 4, 2], rng=R)
    defaults = {"loss": cross_entropy, "optimizer": SGD(0.1), "epochs": 1, "batch_size": 8, "rng": R}
    return fit(model, X, y, **(defaults | settings))


def backward_of_a_pair(model, X, y):
    model.backward(cross_entropy(model.forward(X, training=True), y))


CALLS = {
    # a seed is no generator
    "MLP(rng=0)": (
        lambda: MLP([3, 2], rng=0),
        "rng must be a generator; got 0. Write rng=np.random.default_rng(0).",
    ),
    "Linear(rng=42)": (lambda: Linear(3, 2, rng=42), "Write rng=np.random.default_rng(42)."),
    "Linear(rng=np.random)": (
        lambda: Linear(3, 2, rng=np.random),
        "rng must be a generator; got numpy.random.",
    ),
    "Transformer(rng=0)": (lambda: Transformer(5, 4, 2, 1, 3, rng=0), "rng must be a generator"),
    "attention(rng=0)": (lambda: MultiHeadSelfAttention(4, 2, rng=0), "rng must be a generator"),
    "LSTM(rng=0)": (lambda: LSTM(4, 2, rng=0), "rng must be a generator"),
    "Conv1d(rng=0)": (lambda: Conv1d(4, 2, 2, rng=0), "rng must be a generator"),
    "Dropout(rng=None)": (lambda: Dropout(0.5, rng=None), "rng must be a generator; got None."),
    "initializers": (lambda: normal((2, 2), rng=1), "rng must be a generator"),
    "glorot_uniform": (lambda: glorot_uniform((2, 2), rng=1), "rng must be a generator"),
    "he_normal": (lambda: he_normal((2, 2), rng=1), "rng must be a generator"),
    "fit(rng=0)": (lambda: run(rng=0), "rng must be a generator; got 0."),
    "minibatches(rng=0)": (lambda: minibatches(X, Y, 8, rng=0), "rng must be a generator"),
    "train_test_split(rng=0)": (lambda: train_test_split(X, Y, rng=0), "rng must be a generator"),
    "make_disc(rng=0)": (lambda: make_disc(10, rng=0), "rng must be a generator"),
    "generate(rng=0)": (lambda: generate(GPT, [1], 2, rng=0), "rng must be a generator"),
    # layers
    "activation='relu'": (
        lambda: MLP([3, 2], activation="relu", rng=R),
        "activation must be a class, such as ReLU; got 'relu'.",
    ),
    "activation=ReLU()": (
        lambda: MLP([3, 2], activation=ReLU(), rng=R),
        "Leave out the brackets: activation=ReLU.",
    ),
    "output_activation": (
        lambda: MLP([3, 2], output_activation="softmax", rng=R),
        "output_activation must be a class",
    ),
    "MLP(3, 4, 2)": (lambda: MLP(3, 4, 2, rng=R), "sizes is one list: MLP([3, 4, 2], rng=…)."),
    "MLP(3)": (lambda: MLP(3, rng=R), "sizes is one list: MLP([3], rng=…)."),
    "Sequential([…])": (
        lambda: Sequential([Linear(3, 2, rng=R), ReLU()]),
        "stand one after another, not in a list: Sequential(Linear(…), ReLU(), …).",
    ),
    "Sequential(…, ReLU)": (
        lambda: Sequential(Linear(3, 2, rng=R), ReLU),
        "ReLU is a class; make a layer of it: ReLU(…).",
    ),
    "Sequential(…, np.tanh)": (lambda: Sequential(Linear(3, 2, rng=R), np.tanh), "must be layers"),
    # optimizers
    "Adam(model.parameters)": (
        lambda: Adam(MLP([3, 2], rng=R).parameters),
        "learning_rate must be a single number; got ndarray. The parameters come with each step",
    ),
    "SGD('0.01')": (lambda: SGD("0.01"), "learning_rate must be a single number; got str."),
    "SGD(momentum='high')": (lambda: SGD(0.1, momentum="high"), "momentum must be a single number"),
    "AdamW turns signs": (lambda: AdamW(2.0, weight_decay=0.6), "must stay below 1"),
    # fit
    "fit(MLP)": (
        lambda: run(MLP),
        "model must be an object, such as MLP([2, 8, 1], rng=rng); got the class MLP.",
    ),
    "optimizer=Adam": (
        lambda: run(optimizer=Adam),
        "optimizer must be an object, such as Adam(0.001); got the class Adam.",
    ),
    "optimizer='adam'": (lambda: run(optimizer="adam"), "such as Adam(0.001); got 'adam'."),
    "loss='cross_entropy'": (
        lambda: run(loss="cross_entropy"),
        "loss must be a function, such as nnbook.losses.cross_entropy; got 'cross_entropy'.",
    ),
    "metrics=[accuracy]": (
        lambda: run(metrics=[accuracy], validation=(X, Y)),
        "metrics must be a dictionary of functions: metrics={",
    ),
    "metrics without validation": (
        lambda: run(metrics={"accuracy": accuracy}),
        "metrics are measured on validation data: add validation=(X, y).",
    ),
    "metrics={'a': accuracy}": (
        lambda: run(metrics={"a": accuracy}, validation=(X, Y)),
        "Logits, one column per class? Use .argmax(axis=1).",
    ),
    "callbacks=EarlyStopping(3)": (
        lambda: run(callbacks=EarlyStopping(3)),
        "callbacks must be a list: callbacks=[EarlyStopping(3)]; got",
    ),
    "callbacks=[EarlyStopping]": (lambda: run(callbacks=[EarlyStopping]), "got the class EarlyStopping."),
    "validation=X": (
        lambda: run(validation=X),
        "validation must be a pair: validation=(X, y); got an array of shape",
    ),
    "schedule=0.5": (
        lambda: run(schedule=0.5),
        "schedule must be a function, such as nnbook.schedules.cosine",
    ),
    "penalty=0.01": (
        lambda: run(penalty=0.01),
        "penalty must be a function, such as lambda p: l2_penalty(p, 0.01)",
    ),
    "fit(Transformer, loss=cross_entropy)": (
        lambda: run(GPT, np.ones((4, 3), int), R.integers(0, 5, (4, 3))),
        "A language model? Use nnbook.language_model.next_token_loss.",
    ),
    "backward(cross_entropy(…))": (
        lambda: backward_of_a_pair(MLP([3, 2], rng=R), X, Y),
        "backward takes the gradient alone, but a loss returns a pair: value, grad = loss(",
    ),
    "backward of a GPT": (
        lambda: GPT.backward((1.0, np.ones((1, 3, 5)))),
        "backward takes the gradient alone",
    ),
    # numbers that would pass, and mean something else
    "rows that are no probabilities": (
        lambda: cross_entropy(np.zeros((1, 2)), np.array([[5.0, -3.0]])),
        "rows of targets must be probabilities: at least 0, with sum 1; got a smallest value of -3",
    ),
    "one-hot times 255": (lambda: cross_entropy(np.zeros((1, 2)), [[0, 255]]), "and sums of 255 … 255."),
    "weights of a class": (lambda: cross_entropy(np.zeros((1, 2)), [[0.0, 0.5]]), "and sums of 0.5 … 0.5."),
    "1e39 in float32": (
        lambda: MLP([1, 1], dtype=np.float32, rng=R)(np.array([[1e39]])),
        "inputs hold 1 values that are too large for float32; the largest is 1e+39. Scale them first.",
    ),
    "batch_size=0": (
        lambda: minibatches(X, Y, 0, rng=R),
        "batch_size must be a whole number of at least 1; got 0.",
    ),
    "no features": (
        lambda: minibatches(X[:, :0], Y, 8, rng=R),
        "X must hold samples with features; got shape (40, 0).",
    ),
    "no samples": (lambda: minibatches(X[:0], Y[:0], 8, rng=R), "X must hold samples with features"),
    "targets of another length": (
        lambda: minibatches(X, Y[:3], 8, rng=R),
        "X has 40 samples; y must have as many",
    ),
    "stride=0": (
        lambda: token_losses(GPT, np.zeros(9, int), stride=0),
        "stride must be a whole number of at least 1",
    ),
    "stride=0 of windows": (
        lambda: make_windows(np.zeros(9, int), 3, stride=0),
        "stride must be a whole number",
    ),
    "context_length=0": (lambda: make_windows(np.zeros(9, int), 0), "context_length must be a whole number"),
    "negative ids": (lambda: GPT.forward(np.array([[-1, 2]])), "tokens must lie in 0 … 4; got -1 … 2."),
    "ids too large": (lambda: GPT.forward(np.array([[5, 2]])), "tokens must lie in 0 … 4; got 2 … 5."),
    "ids in the cut part of a prompt": (
        lambda: generate(GPT, [99, -3, 0, 1, 2, 3], 1, rng=R),
        "tokens must lie in 0 … 4; got -3 … 99.",
    ),
    "NaN logits": (lambda: next_token_probabilities([0.0, np.nan]), "logits hold NaN or infinity"),
    "every token forbidden": (lambda: next_token_probabilities([-np.inf, -np.inf]), "or forbid every token"),
    "matrix @ vector": (
        lambda: Tensor(np.eye(3)) @ Tensor(np.ones(3)),
        "@ needs matrices (n, k) and (k, m), or batches of them; got (3, 3) and (3,). A vector?",
    ),
    "(2, 3) @ (2, 3)": (lambda: Tensor(np.ones((2, 3))) @ np.ones((2, 3)), "got (2, 3) and (2, 3)."),
}


@pytest.mark.parametrize("call", CALLS)
def test_one_sentence_says_what_to_write(call):
    wrong, words = CALLS[call]
    with pytest.raises(ValueError) as caught:
        wrong()
    said = str(caught.value)
    assert words in said
    assert "\n" not in said
    assert said.endswith((".", "?"))


def test_a_refused_fit_leaves_everything_as_it_was():
    model, optimizer = MLP([3, 4, 2], rng=R), SGD(0.1, momentum=0.9)
    before = model.parameters.copy()

    def broken(targets, predictions):
        raise KeyError("a slip of the reader")

    with pytest.raises(KeyError):
        run(model, optimizer=optimizer, metrics={"broken": broken}, validation=(X, Y))
    assert np.array_equal(model.parameters, before)
    assert optimizer.n_steps == 0


class TestWhatIsFineNow:
    def test_whole_numbers_written_as_floats(self):
        assert next_token_probabilities(np.arange(4.0), top_k=2.0) == pytest.approx(
            next_token_probabilities(np.arange(4.0), top_k=2)
        )

    def test_a_forbidden_token_is_never_drawn(self):
        assert next_token_probabilities([0.0, -np.inf, 0.0]).tolist() == [0.5, 0, 0.5]

    def test_the_logarithm_of_nothing(self):
        assert logsumexp([-np.inf, -np.inf]) == -np.inf
        assert logsumexp(np.array([[0.0, -np.inf], [np.inf, 0.0]])).tolist() == [0, np.inf]
        assert np.isnan(logsumexp([np.nan, 0.0]))

    def test_scores_farther_apart_than_the_largest_number(self):
        assert softmax([1e308, -1e308]).tolist() == [1, 0]

    def test_dropout_of_whole_numbers(self):
        out = Dropout(0.5, rng=np.random.default_rng(0)).forward(np.full((4, 5), 3), training=True)
        assert set(out.ravel().tolist()) == {0.0, 6.0}

    def test_a_regression_may_have_a_constant_target(self):
        model = MLP([3, 1], rng=np.random.default_rng(0))
        losses = run(model, y=np.full((40, 1), 3.5), loss=mean_squared_error, epochs=30).train_loss
        assert losses[-1] < 0.01 * losses[0]
        for labels in (np.ones(40, int), np.ones((40, 1))):
            with pytest.raises(ValueError, match="all targets are the same"):
                run(model, y=labels, loss=mean_squared_error)

    def test_a_loss_that_computes_in_float64(self):
        def absolute(predictions, targets):
            difference = predictions - targets  # integers make it float64
            return np.abs(difference).mean(), np.sign(difference) / difference.size

        model = MLP([3, 1], dtype=np.float32, rng=np.random.default_rng(0))
        history = run(model, X.astype(np.float32), Y[:, None], loss=absolute, epochs=5)
        assert history.train_loss[-1] < history.train_loss[0]
        assert model.parameters.dtype == np.float32


def makes_random_numbers():
    """The public functions of the package that draw from an argument `rng`: (file, function)."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (node.name == "__init__" or node.name[0] != "_"):
                names = {argument.arg for argument in node.args.args + node.args.kwonlyargs}
                drawn = {
                    part.value.id
                    for part in ast.walk(node)
                    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name)
                }
                if "rng" in names & drawn:
                    yield path.relative_to(PACKAGE), node


def test_whoever_draws_asks_for_a_generator_first():
    asks = {"check_generator", "_half_and_half"}
    for file, function in makes_random_numbers():
        called = {
            call.func.id
            for call in ast.walk(function)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        }
        assert called & asks, f"{file}: {function.name} draws from rng; call check_generator(rng) first"
