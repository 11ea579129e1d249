"""Handwritten digits, 64-128-64-10, 30 epochs, 5 seeds: accuracy and time to get there."""

import statistics

import numpy as np

from nnbook import losses, metrics, optimizers
from nnbook.datasets import load_digits, train_test_split
from nnbook.mlp import MLP
from nnbook.training import fit

SIZES, EPOCHS, BATCH_SIZE, RATE, SEEDS = (64, 128, 64, 10), 30, 64, 2e-3, range(5)


def train_nnbook(X, y, seed):
    rng = np.random.default_rng(seed)
    model = MLP(SIZES, dtype=np.float32, rng=rng)
    fit(
        model,
        X,
        y,
        loss=losses.cross_entropy,
        optimizer=optimizers.Adam(RATE),
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        rng=rng,
    )
    return lambda X: model(X).argmax(axis=1)


def train_scikit_learn(X, y, seed):
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        SIZES[1:-1],
        batch_size=BATCH_SIZE,
        learning_rate_init=RATE,
        alpha=0.0,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS + 1,
        random_state=seed,
    )
    model.fit(X, y)
    return model.predict


def run_digits(clock):
    import warnings

    warnings.filterwarnings("ignore", message="Stochastic Optimizer: Maximum iterations")
    data = load_digits()
    X = data.X / 16
    trainers = {"nnbook": train_nnbook, "scikit-learn, float64": train_scikit_learn}
    seconds, accuracies = {name: [] for name in trainers}, {name: [] for name in trainers}
    for seed in SEEDS:
        X_train, X_test, y_train, y_test = train_test_split(
            X, data.y, test_share=0.25, rng=np.random.default_rng(seed)
        )
        for name, train in trainers.items():
            start = clock()
            predict = train(X_train, y_train, seed)
            seconds[name].append(clock() - start)
            accuracies[name].append(metrics.accuracy(y_test, predict(X_test)))
    result = {}
    print(f"\ndigits: {'-'.join(map(str, SIZES))}, {EPOCHS} epochs, {len(SEEDS)} seeds")
    print(f"{'':34s}{'seconds':>12s}{'× nnbook':>12s}{'accuracy':>12s}")
    for name in trainers:
        result[name] = {
            "seconds": statistics.median(seconds[name]),
            "times_nnbook": statistics.median(
                a / b for a, b in zip(seconds[name], seconds["nnbook"], strict=True)
            ),
            "accuracies": accuracies[name],
        }
        print(
            f"{name:34s}{result[name]['seconds']:12.3f}{result[name]['times_nnbook']:12.2f}"
            f"{statistics.mean(accuracies[name]):12.1%}"
        )
    return result
