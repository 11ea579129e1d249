"""initialization.js must measure what Python measures, on the same weights and the same batch."""

import dataclasses
import itertools

import numpy as np
import pytest
from javascript import Cases

from nnbook.widgets import InitializationExplorer
from nnbook.widgets.initialization_explorer import (
    ACTIVATIONS,
    BOUNDS,
    INITIALIZERS,
    MUCH,
    N_CLASSES,
    N_ROWS,
    measure,
    verdict,
)


def case(number, activation, initializer):
    rng = np.random.default_rng(number)
    explorer = InitializationExplorer(
        n_layers=1 + number % 6,
        width=3 + 5 * (number % 4),
        activation=activation,
        initializer=initializer,
        std=float(10 ** rng.uniform(-1.5, 0.5)),
        seed=number,
    )
    model = explorer.model()
    X, labels = rng.normal(size=(N_ROWS, explorer.width)), rng.integers(0, N_CLASSES, N_ROWS)
    layers = measure(model, X, labels)
    return {
        "sizes": model.sizes,
        "activation": activation,
        "outputActivation": "identity",
        "parameters": model.parameters.tolist(),
        "X": X.ravel().tolist(),
        "labels": labels.tolist(),
        "layers": [dataclasses.asdict(layer) for layer in layers],
        "verdict": verdict(layers),
    }


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    pairs = itertools.product(ACTIVATIONS, INITIALIZERS)
    everything = {
        "settings": [N_ROWS, N_CLASSES, MUCH, BOUNDS, list(ACTIVATIONS), list(INITIALIZERS)],
        "networks": [case(number, *pair) for number, pair in enumerate(pairs)],
    }
    return Cases(tmp_path_factory, "initialization.parity.mjs", everything)


def test_parity(cases):
    assert cases.passed() >= 5


def test_a_gradient_that_is_off_is_found(cases):
    everything = cases.copy()
    everything["networks"][1]["layers"][0]["gradient_rms"] *= 1 + 1e-8
    assert "gradient_rms" in cases.complaint(everything)
