"""What nnbook computes, so that `parity.test.mjs` can ask the same of nn.js.

The file is made anew by each test run and never committed: it cannot grow old.
"""

import itertools

import numpy as np

from nnbook import initializers, losses, optimizers
from nnbook.datasets import toys
from nnbook.mlp import MLP
from nnbook.widgets._activations import ACTIVATIONS

# name in nn.js -> (function here, outputs, activations that may stand last)
LOSSES = {
    "mean_squared_error": (losses.mean_squared_error, 2, ["identity", "tanh", "sigmoid", "relu"]),
    "binary_cross_entropy": (losses.binary_cross_entropy, 1, ["identity"]),
    "cross_entropy": (losses.cross_entropy, 3, ["identity"]),
    "soft_cross_entropy": (losses.cross_entropy, 3, ["identity"]),
}
# name in nn.js, options there, options here
OPTIMIZERS = [
    ("SGD", {"learningRate": 0.1}, {"learning_rate": 0.1}),
    ("SGD", {"learningRate": 0.05, "momentum": 0.9}, {"learning_rate": 0.05, "momentum": 0.9}),
    ("RMSProp", {"learningRate": 0.01, "decay": 0.8}, {"learning_rate": 0.01, "decay": 0.8}),
    ("Adam", {"learningRate": 0.01}, {"learning_rate": 0.01}),
    ("Adam", {"learningRate": 0.02, "beta1": 0.7}, {"learning_rate": 0.02, "beta1": 0.7}),
    ("AdamW", {"learningRate": 0.01, "weightDecay": 0.1}, {"learning_rate": 0.01, "weight_decay": 0.1}),
]
PENALTIES = {"l1_penalty": losses.l1_penalty, "l2_penalty": losses.l2_penalty}
DATASETS = ["disc", "spiral", "xor", "moons", "gaussians", "plane", "hills"]
# Hidden widths below, at and past the four columns that nn.js handles together.
HIDDEN = [[], [3], [4, 5], [8, 8], [1, 9, 2]]
BATCHES = [1, 2, 7, 32]
STEPS = 10


def network_case(number, activation, loss, hidden, optimizer, penalty=None, initializer="glorot_uniform"):
    """Return one network with its outputs, gradients and ten updates."""
    rng = np.random.default_rng(number)
    function, n_out, last = LOSSES[loss]
    output_activation = last[number % len(last)]
    n_in = 1 + number % 5
    n_rows = BATCHES[number % len(BATCHES)]
    model = MLP(
        [n_in, *hidden, n_out],
        activation=ACTIVATIONS[activation],
        output_activation=ACTIVATIONS[output_activation],
        initializer=getattr(initializers, initializer),
        rng=rng,
    )
    model.parameters += 0.1 * rng.normal(size=model.n_parameters)  # biases away from 0
    X = rng.normal(size=(n_rows, n_in))
    if loss == "cross_entropy":
        y = rng.integers(0, n_out, n_rows)
    elif loss == "soft_cross_entropy":
        y = rng.dirichlet(np.ones(n_out), n_rows)
    elif loss == "binary_cross_entropy":
        y = rng.integers(0, 2, (n_rows, n_out)).astype(float)
    else:
        y = rng.normal(size=(n_rows, n_out))
    case = {
        "name": f"{number} {model!r} {loss} {optimizer[0]}",
        "sizes": model.sizes,
        "activation": activation,
        "outputActivation": output_activation,
        "loss": loss,
        "optimizer": {"name": optimizer[0], "options": optimizer[1]},
        "penalty": penalty,
        "nRows": n_rows,
        "X": X.ravel().tolist(),
        "y": y.ravel().tolist(),
        "parameters": model.parameters.tolist(),
        "updates": [],
    }
    python_optimizer = getattr(optimizers, optimizer[0])(**optimizer[2])
    for step in range(STEPS):
        predictions = model.forward(X, training=True)
        value, grad = function(predictions, y)
        grad_inputs = model.backward(grad)
        if step == 0:
            case["predictions"] = predictions.ravel().tolist()
            case["outputGradient"] = np.asarray(grad).ravel().tolist()
            case["dataGradients"] = model.gradients.tolist()
            case["inputGradient"] = grad_inputs.ravel().tolist()
        if penalty:
            extra, slope = PENALTIES[penalty["name"]](model.parameters, penalty["strength"])
            value += extra
            model.gradients += slope
        python_optimizer.step(model.parameters, model.gradients)
        case["updates"].append({"loss": value, "parameters": model.parameters.tolist()})
    return case


def network_cases():
    """Every activation with every loss, every optimiser, penalty and shape."""
    number = itertools.count()
    cases = [
        network_case(next(number), activation, loss, hidden, optimizer)
        for activation, loss, (i, optimizer) in itertools.product(ACTIVATIONS, LOSSES, enumerate(OPTIMIZERS))
        for hidden in (HIDDEN[i % len(HIDDEN)], HIDDEN[(i + 3) % len(HIDDEN)])
    ]
    for name, strength, optimizer in itertools.product(PENALTIES, (1e-3, 0.1), OPTIMIZERS):
        penalty = {"name": name, "strength": strength}
        cases.append(network_case(next(number), "tanh", "binary_cross_entropy", [4, 5], optimizer, penalty))
    for initializer in ("zeros", "normal", "glorot_uniform", "he_normal"):
        cases.append(
            network_case(next(number), "relu", "cross_entropy", [8, 8], OPTIMIZERS[3], None, initializer)
        )
    return cases


def activation_cases():
    """Values and slopes, far out too, where naive formulas overflow."""
    z = np.concatenate([np.linspace(-6, 6, 49), [-800, -40, -1e-9, 1e-9, 40, 800]])
    grad = np.cos(np.arange(z.size))
    cases = []
    for name, layer_class in ACTIVATIONS.items():
        layer = layer_class()
        a = layer.forward(z[None, :], training=True).copy()
        slope = layer.backward(grad[None, :])
        cases.append(
            {
                "name": name,
                "z": z.tolist(),
                "grad": grad.tolist(),
                "a": a.ravel().tolist(),
                "backward": np.asarray(slope).ravel().tolist(),
            }
        )
    return cases


def loss_cases():
    """Losses at logits so large that exp of them overflows."""
    logits = np.array([[800.0, -800.0, 3.0], [-700.0, 2.0, 710.0], [0.0, 0.0, 0.0], [1e-12, -5.0, 30.0]])
    labels = np.array([1, 0, 2, 2])
    soft = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.1, 0.1, 0.8], [0.25, 0.5, 0.25]])
    cases = []
    for name, (function, _, _) in LOSSES.items():
        targets = labels if name == "cross_entropy" else soft
        value, grad = function(logits.copy(), targets)
        cases.append(
            {
                "name": name,
                "nRows": 4,
                "nCols": 3,
                "logits": logits.ravel().tolist(),
                "targets": targets.ravel().tolist(),
                "value": value,
                "grad": grad.ravel().tolist(),
            }
        )
    return cases


def initializer_cases():
    """The generators differ, so the distributions are compared: spread and largest value of many draws."""
    rng = np.random.default_rng(0)
    cases = []
    for name, shape in itertools.product(
        ("zeros", "normal", "glorot_uniform", "he_normal"), ((200, 100), (50, 400))
    ):
        weights = getattr(initializers, name)(shape, rng=rng)
        moments = [float(np.mean(np.abs(weights) ** k) ** (1 / k)) for k in (1, 2, 4)]
        cases.append(
            {"name": name, "shape": shape, "moments": moments, "largest": float(np.abs(weights).max())}
        )
    return cases


def dataset_cases():
    """The generators differ, so each set is described by means of many products of powers of x1, x2 and y."""
    rng = np.random.default_rng(0)
    cases = []
    for name, noise in itertools.product(DATASETS, (0.0, 0.1)):
        X, y = getattr(toys, f"make_{name}")(40_000, noise=noise, rng=rng)
        moments = [
            float(np.mean(X[:, 0] ** i * X[:, 1] ** j * np.asarray(y, float) ** k))
            for i, j, k in itertools.product(range(4), range(4), range(3))
        ]
        cases.append({"name": name, "noise": noise, "moments": moments})
    return cases


def all_cases():
    """All cases, for the JSON that the tests read."""
    return {
        "networks": network_cases(),
        "activations": activation_cases(),
        "losses": loss_cases(),
        "initializers": initializer_cases(),
        "datasets": dataset_cases(),
    }
