"""Extremes that are allowed: huge, tiny, all alike, only one class. The answer is finite, or a sentence."""

import math

import numpy as np
import pytest

from nnbook import compression, explanations, fairness, privacy, private_training
from nnbook import scaling_laws as laws
from nnbook.driving import control, memory, planning, stack
from nnbook.mlp import MLP
from nnbook.recurrent import LSTM, RNN, SequenceClassifier
from nnbook.sequence_dropout import SequenceDropout, disagreement, monte_carlo

X, Y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def epsilon(**change):
    settings = {"sampling_rate": 0.01, "noise_multiplier": 1.0, "steps": 10, "delta": 1e-5, **change}
    return privacy.epsilon_spent(**settings)


def test_privacy_without_noise_is_none_and_never_nan():
    assert epsilon(noise_multiplier=1e-200) == math.inf
    assert epsilon(noise_multiplier=0.01) > 100
    assert 0 <= epsilon(noise_multiplier=1e300) < 0.1
    assert epsilon(steps=10**300) > epsilon(steps=10**6) > epsilon()
    assert epsilon(steps=0) == 0
    for rate in (5e-324, 1e-300, 1 - 1e-16, 1.0):
        assert 0 <= privacy.rdp_subsampled_gaussian(64, rate, 1.0) < math.inf
    assert privacy.rdp_subsampled_gaussian(2, 0.5, 5e-324) == math.inf


def test_the_largest_epsilon_bounds_nothing():
    assert privacy.advantage_bound(1e308) == privacy.advantage_bound(math.inf) == 1.0
    assert privacy.advantage_bound(5e-324) == 0.0
    generous = privacy.noise_for_epsilon(1e300, sampling_rate=0.01, steps=10, delta=1e-5)
    assert 0 < generous < 0.06


def test_gradients_of_extreme_inputs(rng):
    model = MLP([3, 4, 2], rng=rng)
    total, lengths = private_training.clipped_gradient_sum(model, np.zeros((4, 3)), Y, 1.0)
    assert np.isfinite(total).all()
    assert np.isfinite(lengths).all()
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="Scale the inputs"):
        private_training.clipped_gradient_sum(model, np.full((4, 3), 1e308), Y, 1.0)


def test_everybody_of_one_class_or_one_group(rng):
    ones, one_group = np.ones(4, int), np.array(["a"] * 4)
    for y in (ones, 1 - ones):
        chance = fairness.FairLogistic(ridge=0.1).fit(X, y).predict(X)
        assert np.abs(chance - y).max() < 0.05
    np.testing.assert_allclose(fairness.reweighing(Y, one_group), 1.0)
    rates = fairness.group_rates(ones, ones, one_group)["a"]
    assert (rates.true_positive_rate, rates.precision) == (1.0, 1.0)
    assert math.isnan(rates.false_positive_rate), "a rate without cases is NaN, as its docstring says"
    with pytest.raises(ValueError, match="nobody to compare"):
        fairness.rate_gap(Y, Y, one_group, ("a", "b"))
    assert explanations.linear_probe(X, ones, X, ones) == (1.0, 1.0)
    assert explanations.linear_probe(np.ones((4, 3)), Y, np.ones((4, 3)), Y) == (0.5, 0.5)
    with pytest.raises(RuntimeError, match="fit"):
        fairness.FairLogistic().predict(X)


def test_an_explanation_of_no_change_says_so(rng):
    with pytest.raises(ValueError, match="equal to the baseline"):
        explanations.completeness_error(MLP([3, 2], rng=rng), X * 0, Y, X * 0, baseline=np.zeros(3))


def test_groups_may_be_the_values_of_a_dictionary(rng):
    groups = {"one": [0], "two": [1, 2]}
    falls = explanations.permutation_importance(lambda X, y: 0.0, X, Y, groups=groups.values(), rng=rng)
    assert falls.shape == (2, 10)


@pytest.mark.parametrize("cell", [LSTM, RNN])
def test_sequences_without_steps_are_refused(rng, cell):
    layer = cell(3, 4, rng=rng)
    for call in (layer, layer.forward):
        with pytest.raises(ValueError, match=r"expected sequences|empty"):
            call(np.ones((2, 0, 3)))
    assert np.isfinite(layer(np.full((2, 50, 3), 1e300))).all()
    assert layer.forward(np.ones((0, 5, 3))).shape == (0, 5, 4)


def test_classifying_nothing_is_refused(rng):
    dropout = SequenceDropout("naive", 0.5, rng=rng)
    model = SequenceClassifier(11, 3, 4, 2, dropout=dropout, rng=rng)
    for tokens in (np.ones((2, 0), int), np.ones((0, 5), int)):
        with pytest.raises(ValueError, match="no tokens"):
            monte_carlo(model, tokens, 2, rng=rng)
    with pytest.raises(ValueError, match=r"shape \(n, steps\)"):
        model(np.ones(5, int))
    once = monte_carlo(model, np.ones((2, 1), int), 1, rng=rng)
    np.testing.assert_allclose(disagreement(once), 0, atol=1e-12)


def test_weights_of_any_size_can_be_rounded(rng):
    for size in (0.0, 5e-324, 1e-310, 1.0, 1e308):
        weight = np.array([[size, -size], [size, 0.0]])
        for bits in (2, 8, 16):
            small = compression.quantize(weight, bits).dequantize()
            assert np.isfinite(small).all()
            assert np.abs(small - weight).max() <= size
    empty = compression.compress(MLP([3, 4, 2], rng=rng), pruned=1.0, bits=2)
    assert not any(w.any() for w in compression.matrices(empty))


def test_a_teacher_at_any_temperature():
    targets = compression.distillation_targets(X * 1e3, Y)
    for temperature in (1e-3, 1.0, 1e6):
        value, grad = compression.distillation_loss(temperature=temperature)(X, targets)
        assert np.isfinite(value)
        assert np.isfinite(grad).all()
    for temperature in (5e-324, 1e-300, 1e300):
        with pytest.raises(ValueError, match="temperature must"):
            compression.distillation_loss(temperature=temperature)


def test_scaling_laws_of_losses_that_do_not_fall(rng):
    sizes, data = np.repeat([1e3, 1e4, 1e5], 3), np.tile([1e4, 1e5, 1e6], 3)
    for losses in (np.full(9, 2.0), np.full(9, 1e-300), np.full(9, 1e90), np.linspace(9, 1, 9)):
        law = laws.fit_scaling_law(sizes, data, losses)
        assert np.isfinite(law.loss(1e4, 1e5))
    with pytest.raises(ValueError, match="losses must fall"):
        laws.fit_scaling_law(sizes, data, np.linspace(1, 9, 9))
    law = laws.ScalingLaw(1.0, 1e300, 2.0, 1e-300, 0.02)
    for flops in (1.0, 1e30):
        assert all(0 < value < math.inf for value in law.optimal(flops))


def test_a_road_of_nothing_and_of_everything():
    for probability in (np.zeros((24, 24)), np.ones((24, 24)), np.full((24, 24), 0.5)):
        path = planning.plan(probability)
        assert np.isfinite(path).all()
        assert 3 <= stack.speed_in_bend(path) <= 10
    walls = np.full((3, 3), np.inf)
    way, total, _ = planning.a_star(walls, (0, 0), is_goal=lambda i, j: i == 2, bound=lambda i, j: 0.0)
    assert (way, total) == ([], np.inf)
    assert (memory.Memory(3)(np.full((24, 24), 0.5), (1e6, 0.0, 0.0)) == 0.5).all()
    assert stack.speed_behind(np.zeros((2, 2)), np.zeros((3, 4)), 0.0) >= 0


def test_a_controller_at_rest_or_asked_too_often():
    pid = control.PID(1.0, 1.0, 1.0, limit=5.0)
    assert [pid(error, 0.1) for error in (1e99, -1e99)] == [5.0, -5.0]
    with pytest.raises(ValueError, match="dt must"):
        pid(1.0, 5e-324)
    assert control.pure_pursuit((0.0, 0.0)) == 0.0
    assert math.isfinite(control.pure_pursuit((-1e300, 1e-300)))
