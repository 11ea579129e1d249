"""scikit-learn's multilayer perceptron, given our weights, computes and learns the same."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from nnbook.activations import ReLU, Sigmoid, Tanh
from nnbook.functional import softmax
from nnbook.losses import cross_entropy
from nnbook.mlp import MLP
from nnbook.optimizers import SGD
from nnbook.training import fit

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 5)), RNG.integers(0, 3, 40)


@pytest.mark.parametrize(("name", "activation"), [("tanh", Tanh), ("relu", ReLU), ("logistic", Sigmoid)])
def test_ten_full_batch_steps(name, activation):
    theirs = MLPClassifier(
        (6,),
        activation=name,
        solver="sgd",
        alpha=0.0,
        learning_rate_init=0.1,
        momentum=0.0,
        nesterovs_momentum=False,
        batch_size=40,
        max_iter=1,
        random_state=0,
    )
    ours = MLP([5, 6, 3], activation=activation, rng=RNG)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.partial_fit(X, Y, classes=np.arange(3))  # makes its arrays, which then get our weights
        for layer, weight, bias in zip(ours.linear_layers, theirs.coefs_, theirs.intercepts_, strict=True):
            weight[...], bias[...] = layer.params["weight"], layer.params["bias"]
        for _ in range(10):
            theirs.partial_fit(X, Y)
    fit(ours, X, Y, loss=cross_entropy, optimizer=SGD(0.1), epochs=10, batch_size=40, rng=RNG)
    assert softmax(ours(X)) == pytest.approx(theirs.predict_proba(X), rel=1e-9)
