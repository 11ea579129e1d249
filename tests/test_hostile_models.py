"""Hostile inputs for the public doors of chapters 7 and 8: explanations, fairness, privacy, scaling, size."""

import copy

import numpy as np
import pytest
from hostile import HOSTILE, NUMBERS, knock, rng

from nnbook import compression, explanations, fairness, private_training, recurrent, roofline
from nnbook import privacy as p
from nnbook import scaling_laws as laws
from nnbook import sequence_dropout as dropout
from nnbook.mlp import MLP
from nnbook.optimizers import SGD
from nnbook.sweeps import SmallRun

X, Y, G = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1]), np.array(list("aabb"))
SIZES, DATA, LOSSES = np.repeat([1e3, 1e4, 1e5], 3), np.tile([1e4, 1e5, 1e6], 3), np.linspace(3, 2, 9)
LAW = laws.ScalingLaw(1.0, 1.0, 0.5, 1.0, 0.5)


def network():
    return MLP([3, 4, 2], rng=rng())


def constant(X, y):
    return 0.0


def fit_private(X=X, y=Y, **change):
    settings = {"steps": 2, "sampling_rate": 0.5, "clip_norm": 1.0, "noise_multiplier": 1.0, **change}
    private_training.fit_private(network(), X, y, optimizer=SGD(0.1), rng=rng(), **settings)


def epsilon(**change):
    settings = {"sampling_rate": 0.01, "noise_multiplier": 1.0, "steps": 10, "delta": 1e-5, **change}
    return p.epsilon_spent(**settings)


def noise(epsilon):
    return p.noise_for_epsilon(epsilon, sampling_rate=0.01, steps=10, delta=1e-5)


def logistic(**settings):
    return fairness.FairLogistic(**settings)


def importance(X=X, y=Y, **settings):
    return explanations.permutation_importance(constant, X, y, rng=rng(), **settings)


def integrated(X=X, baseline=(0.0, 0.0, 0.0), steps=2):
    return explanations.integrated_gradients(network(), X, Y, baseline=baseline, steps=steps)


def complete(parts=X, baseline=(0.0, 0.0, 0.0)):
    return explanations.completeness_error(network(), X, Y, parts, baseline=baseline)


def federate(shards, rounds=1):
    return private_training.federated_averaging(network(), shards, lambda *a: None, rounds=rounds)


DROPOUT = dropout.SequenceDropout("variational", 0.5, rng=rng())
CLASSIFIER = recurrent.SequenceClassifier(11, 3, 4, 2, dropout=DROPOUT, rng=rng())
TOKENS = np.ones((2, 3), int)
ARRAYS = {
    "losses_per_person": lambda a: p.losses_per_person(network(), a, Y),
    "losses_per_person, y": lambda a: p.losses_per_person(network(), X, a),
    "threshold_attack": lambda a: p.threshold_attack(a, np.ones(4), rng=rng()),
    "per_example_gradients": lambda a: private_training.per_example_gradients(network(), a, Y),
    "clipped_gradient_sum, y": lambda a: private_training.clipped_gradient_sum(network(), X, a, 1.0)[0],
    "fit_private": lambda a: fit_private(a),
    "fit_private, y": lambda a: fit_private(y=a),
    "federated_averaging": federate,
    "orders": lambda a: epsilon(orders=a),
    "group_rates, granted": lambda a: fairness.group_rates(Y, a, G),
    "group_rates, labels": lambda a: fairness.group_rates(a, Y, G),
    "rate_gap": lambda a: fairness.rate_gap(Y, a, G, ("a", "b")),
    "rate_gap, names": lambda a: fairness.rate_gap(Y, Y, G, a),
    "reweighing": lambda a: fairness.reweighing(a, G),
    "reweighing, groups": lambda a: fairness.reweighing(Y, a),
    "thresholds_for_rate": lambda a: fairness.thresholds_for_rate(np.ones(4), a, G, 0.5),
    "FairLogistic, X": lambda a: logistic().fit(a, Y).predict(a),
    "FairLogistic, y": lambda a: logistic().fit(X, a).weight,
    "FairLogistic, marked": lambda a: logistic(fairness=1.0).fit(X, Y, marked=a).weight,
    "FairLogistic, weights": lambda a: logistic().fit(X, Y, weights=a).weight,
    "FairLogistic, predict": lambda a: logistic().fit(X, Y).predict(a),
    "input_gradient": lambda a: explanations.input_gradient(network(), a, Y),
    "integrated_gradients": integrated,
    "integrated_gradients, baseline": lambda a: integrated(baseline=a),
    "completeness_error": complete,
    "completeness_error, baseline": lambda a: complete(baseline=a),
    "rank_similarity": lambda a: explanations.rank_similarity(a, X),
    "rank_similarity, where": lambda a: explanations.rank_similarity(X, X, where=a),
    "permutation_importance": importance,
    "permutation_importance, groups": lambda a: importance(groups=a),
    "hidden_activations": lambda a: explanations.hidden_activations(network(), a),
    "linear_probe": lambda a: explanations.linear_probe(a, Y, X, Y),
    "linear_probe, test": lambda a: explanations.linear_probe(X, Y, a, Y),
    "linear_probe, labels": lambda a: explanations.linear_probe(X, a, X, Y),
    "ScalingLaw.loss": lambda a: LAW.loss(a, 1e4),
    "fit_scaling_law": lambda a: laws.fit_scaling_law(a, DATA, LOSSES),
    "fit_scaling_law, losses": lambda a: laws.fit_scaling_law(SIZES, DATA, a),
    "fit_scaling_law, weights": lambda a: laws.fit_scaling_law(SIZES, DATA, LOSSES, weights=a),
    "bootstrap_laws": lambda a: laws.bootstrap_laws(SIZES, DATA, a, n_samples=1, rng=rng()),
    "fit_log_linear": lambda a: laws.fit_log_linear(a, DATA, LOSSES),
    "interval": laws.interval,
    "quantize": lambda a: compression.quantize(a, 4).dequantize(),
    "pruning_mask": lambda a: compression.pruning_mask(a, 0.5),
    "stored_bytes": compression.stored_bytes,
    "compress": compression.compress,
    "KeepPruned": lambda a: compression.KeepPruned(network(), a),
    "distillation_targets": lambda a: compression.distillation_targets(a, Y),
    "distillation_targets, labels": lambda a: compression.distillation_targets(X, a),
    "distillation_loss": lambda a: compression.distillation_loss()(X, a)[0],
    "attainable": lambda a: roofline.Machine(1e9, 1e9).attainable(a),
    "LSTM": recurrent.LSTM(3, 4, rng=rng()),
    "SequenceClassifier": CLASSIFIER,
    "monte_carlo": lambda a: dropout.monte_carlo(CLASSIFIER, a, 2, rng=rng()),
    "disagreement": dropout.disagreement,
}
ONE_NUMBER = {
    "order": lambda v: p.rdp_subsampled_gaussian(v, 0.1, 1.0),
    "noise of a step": lambda v: p.rdp_subsampled_gaussian(2, 0.1, v),
    "steps": lambda v: epsilon(steps=v),
    "delta": lambda v: epsilon(delta=v),
    "sampling_rate": lambda v: epsilon(sampling_rate=v),
    "noise_multiplier": lambda v: epsilon(noise_multiplier=v),
    "noise_for_epsilon": noise,
    "advantage_bound": p.advantage_bound,
    "advantage_bound, delta": lambda v: p.advantage_bound(1.0, v),
    "clip_norm": lambda v: fit_private(clip_norm=v),
    "fit_private, noise": lambda v: fit_private(noise_multiplier=v),
    "fit_private, rate": lambda v: fit_private(sampling_rate=v),
    "rounds": lambda v: federate([(X, Y)], v) if v != 1e308 else None,
    "gap_interval, k": lambda v: fairness.gap_interval(v, 4, 2, 4),
    "gap_interval, n": lambda v: fairness.gap_interval(0, v, 2, 4),
    "gap_interval, z": lambda v: fairness.gap_interval(1, 4, 2, 4, z=v),
    "target": lambda v: fairness.thresholds_for_rate(np.ones(4), np.arange(4.0), G, v),
    "ridge": lambda v: logistic(ridge=v).fit(X, Y).weight,
    "fairness": lambda v: logistic(fairness=v).fit(X, Y, marked=Y).weight,
    "base_rate": lambda v: fairness.implied_false_positive_rate(v, 0.8, 0.8),
    "precision": lambda v: fairness.implied_false_positive_rate(0.5, v, 0.8),
    "n_layers": lambda v: explanations.randomise_layers(network(), v, rng=rng()),
    "strength": lambda v: explanations.linear_probe(X, Y, X, Y, strength=v),
    "ScalingLaw": lambda v: laws.ScalingLaw(v, 1.0, 0.5, 1.0, 0.5),
    "optimal": LAW.optimal,
    "coverage": lambda v: laws.interval(LOSSES, v),
    "SmallRun": lambda v: SmallRun(v, 1, 1000),
    "bits": lambda v: compression.compress(network(), bits=v),
    "bits of quantize": lambda v: compression.quantize(X, v).dequantize(),
    "bytes, bits": lambda v: compression.stored_bytes(network(), bits=v),
    "bytes, pruned": lambda v: compression.stored_bytes(network(), pruned=v),
    "grain": lambda v: compression.compress(network(), grain=v),
    "temperature": lambda v: compression.distillation_loss(temperature=v) and 0,
    "soft_share": lambda v: compression.distillation_loss(soft_share=v) and 0,
    "Machine": lambda v: roofline.Machine(v, 1e9),
    "batch_size": lambda v: roofline.product_intensity(v, 10, 10),
    "cost": lambda v: roofline.cost_after_compression(v, 0.5, memory_share=0.5),
    "memory_share": lambda v: roofline.cost_after_compression(1.0, 0.5, memory_share=v),
    "Footprint": lambda v: roofline.Footprint(v, 1.0).kg_co2,
    "overhead": lambda v: roofline.Footprint(1.0, 1.0, v).kg_co2,
    "hidden": lambda v: recurrent.LSTM(3, v, rng=rng()) if v != 1e308 else None,
    "way": lambda v: dropout.SequenceDropout(v, 0.5, rng=rng()) and 0,
    "rate": lambda v: dropout.SequenceDropout("naive", v, rng=rng()) and 0,
    "passes": lambda v: dropout.monte_carlo(CLASSIFIER, TOKENS, v, rng=rng()) if v != 1e308 else None,
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("door", ARRAYS)
def test_a_door_for_arrays_answers_or_says_what_is_wrong(door, what):
    knock(ARRAYS[door], what, HOSTILE[what], gaps_are_fine=door.startswith("group_rates"))


@pytest.mark.parametrize("what", NUMBERS)
@pytest.mark.parametrize("door", ONE_NUMBER)
def test_a_door_for_one_number_answers_or_says_what_is_wrong(door, what):
    if (
        isinstance(NUMBERS[what], np.ndarray)
        and NUMBERS[what].ndim
        and door in ("rounds", "hidden", "passes")
    ):
        pytest.skip("these tests compare the value first")
    knock(ONE_NUMBER[door], what, NUMBERS[what])


@pytest.mark.parametrize(
    ("door", "what"),
    [
        (lambda a: np.asarray(a) @ np.ones(7), "a vector"),  # NumPy's words
        (lambda a: a + 1, "NaN"),  # silent nonsense
        (repr, "text"),  # an answer to what has none
        (lambda a: np.asarray(a).fill(7), "a vector"),  # the caller's array is changed
    ],
)
def test_a_careless_door_is_found(door, what):
    with pytest.raises(AssertionError):
        knock(door, what, copy.deepcopy(HOSTILE[what]))
