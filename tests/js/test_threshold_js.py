"""threshold.js must decide as nnbook.metrics does, for many sets of scores."""

import numpy as np
import pytest
from javascript import Cases

from nnbook import metrics
from nnbook.widgets import ThresholdChooser


def point(chooser, threshold):
    predicted, labels = chooser.predicted(threshold), chooser.labels
    own = np.isclose(chooser.prevalence, labels.mean())
    return {
        "threshold": threshold,
        "confusion": chooser.confusion(threshold).tolist(),
        "cost": chooser.expected_cost(threshold),
        "netBenefit": chooser.net_benefit(threshold) if threshold < 0.9999 else None,
        "sensitivity": metrics.recall(labels, predicted),
        "precision": metrics.precision(labels, predicted) if own and predicted.any() else None,
    }


def case(chooser, rng):
    best = chooser.best_threshold()
    scores, labels = chooser.scores, chooser.labels
    thresholds = [0.0, 0.5, 1.0, best, *rng.random(20).tolist(), *rng.choice(scores, 10).tolist()]
    return {
        "state": chooser.state(),
        "steps": np.round(scores * 10_000).astype(int).tolist(),
        "labels": labels.tolist(),
        "amounts": None if chooser.amounts is None else chooser.amounts.tolist(),
        "at": [point(chooser, t) for t in thresholds],
        "best": {"threshold": best, "cost": chooser.expected_cost(best)},
        "roc": [curve.tolist() for curve in metrics.roc_curve(labels, scores)[:2]],
        "pr": [curve.tolist() for curve in metrics.precision_recall_curve(labels, scores)[:2]],
        "area": metrics.roc_auc(labels, scores),
    }


def random_chooser(rng, number):
    n = int(rng.integers(5, 400))
    labels = (rng.random(n) < rng.uniform(0.05, 0.6)).astype(int)
    labels[:2] = 0, 1
    scores = rng.beta(1, rng.uniform(1, 20), n) if number % 2 else rng.choice([0.1, 0.25, 0.7, 1.0], n)
    costs = rng.choice([0.0, 1.0, 5.0, 2.5, 17.3, 1000.0], 2)
    return ThresholdChooser(
        scores,
        labels,
        false_positive_cost=float(costs[0]),
        false_negative_cost=float(costs[1]),
        true_positive_cost=float(rng.choice([0.0, -3.7])),
        true_negative_cost=float(rng.choice([0.0, 0.2])),
        amounts=rng.gamma(1, 90, n) if number % 3 == 0 else None,
        prevalence=float(rng.uniform(0.001, 0.9)) if number % 4 == 0 else None,
    )


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    rng = np.random.default_rng(0)
    everything = [case(random_chooser(rng, number), rng) for number in range(40)]
    return Cases(tmp_path_factory, "threshold.parity.mjs", everything)


def test_parity(cases):
    assert cases.passed() == 4


def test_a_cost_that_is_off_by_a_millionth_is_found(cases):
    everything = cases.copy()
    everything[1]["at"][0]["cost"] = everything[1]["at"][0]["cost"] * (1 + 1e-6) + 1e-6
    assert "cost: relative error" in cases.complaint(everything)
