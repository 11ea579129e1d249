"""initialization.js must measure what Python measures, on the same weights and the same batch."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
from test_js import HERE, run

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
    path = tmp_path_factory.mktemp("initialization") / "cases.json"
    path.write_text(json.dumps(everything, allow_nan=False), encoding="utf-8")
    return path


def test_parity(cases):
    code, output, passed = run(HERE / "initialization.parity.mjs", cases)
    print("\n".join(line.strip() for line in output.splitlines() if line.startswith("# ")))
    assert code == 0, output
    assert passed >= 5, output


def test_a_gradient_that_is_off_is_found(cases, tmp_path):
    everything = json.loads(cases.read_text(encoding="utf-8"))
    everything["networks"][1]["layers"][0]["gradient_rms"] *= 1 + 1e-8
    tampered = tmp_path / "cases.json"
    tampered.write_text(json.dumps(everything), encoding="utf-8")
    code, output, _ = run(HERE / "initialization.parity.mjs", tampered)
    assert code != 0
    assert "gradient_rms" in output
