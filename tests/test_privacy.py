import math

import numpy as np
import pytest
from scipy.stats import norm

from nnbook import privacy
from nnbook.losses import cross_entropy
from nnbook.mlp import MLP

PLANS = [  # sampling rate, noise, steps, delta
    (0.01, 1.1, 1000, 1e-5),
    (0.24, 4.0, 200, 1e-3),
    (0.1, 2.0, 50, 1e-5),
    (1.0, 5.0, 10, 1e-5),
    (0.02, 0.7, 3000, 1e-6),
]


def spent(q, noise, steps, delta):
    return privacy.epsilon_spent(sampling_rate=q, noise_multiplier=noise, steps=steps, delta=delta)


def test_the_mean_of_the_losses_is_the_loss():
    rng = np.random.default_rng(0)
    model, X, y = MLP([4, 3], rng=rng), rng.normal(size=(7, 4)), rng.integers(0, 3, 7)
    assert privacy.losses_per_person(model, X, y).mean() == pytest.approx(cross_entropy(model(X), y)[0])


def test_the_attack_finds_a_difference_and_nothing_where_there_is_none():
    rng = np.random.default_rng(0)
    apart = privacy.threshold_attack(rng.normal(size=400), rng.normal(2, 1, size=400), rng=rng)
    assert apart == pytest.approx(2 * norm.cdf(1) - 1, abs=0.06)  # best threshold in the middle
    none = [privacy.threshold_attack(*rng.normal(size=(2, 50)), rng=rng) for _ in range(200)]
    # chosen and judged on the same people, the mean would be near 0.15
    assert np.mean(none) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("plan", PLANS)
def test_epsilon_agrees_with_the_accountant_of_google(plan):
    accounting = pytest.importorskip("dp_accounting", reason="pip install -r requirements-frameworks.txt")
    q, noise, steps, delta = plan
    gaussian = accounting.GaussianDpEvent(noise)
    event = accounting.SelfComposedDpEvent(accounting.PoissonSampledDpEvent(q, gaussian), steps)
    same_orders = accounting.rdp.RdpAccountant(orders=list(privacy.ORDERS)).compose(event)
    ours = spent(*plan)
    assert ours == pytest.approx(same_orders.get_epsilon(delta), rel=1e-9)
    own_orders = accounting.rdp.RdpAccountant().compose(event)  # with fractions of orders: a bit tighter
    assert own_orders.get_epsilon(delta) <= ours * (1 + 1e-9)
    assert ours <= 1.06 * own_orders.get_epsilon(delta)


def test_one_step_by_numerical_integration():
    q, sigma, order = 0.3, 1.5, 3
    x = np.linspace(-40, 40, 400_001)
    without = norm.pdf(x, 0, sigma)
    ratio = 1 - q + q * np.exp((2 * x - 1) / (2 * sigma**2))
    expected = math.log(np.trapezoid(without * ratio**order, x)) / (order - 1)
    assert privacy.rdp_subsampled_gaussian(order, q, sigma) == pytest.approx(expected, rel=1e-9)


def test_our_epsilon_is_a_true_bound_for_the_plain_gaussian_mechanism():
    # the exact delta is known (Balle & Wang 2018): a valid accountant may not promise less
    for sigma in (1.0, 3.0):
        epsilon = spent(1.0, sigma, 1, 1e-5)
        exact = norm.cdf(0.5 / sigma - epsilon * sigma)
        exact -= math.exp(epsilon) * norm.cdf(-0.5 / sigma - epsilon * sigma)
        assert 0 < exact <= 1e-5


def test_epsilon_moves_the_right_way():
    base = {"sampling_rate": 0.1, "noise_multiplier": 2.0, "steps": 100, "delta": 1e-5}
    epsilon = privacy.epsilon_spent(**base)
    assert privacy.epsilon_spent(**{**base, "noise_multiplier": 3.0}) < epsilon
    assert privacy.epsilon_spent(**{**base, "steps": 200}) > epsilon
    assert privacy.epsilon_spent(**{**base, "sampling_rate": 0.2}) > epsilon
    assert privacy.epsilon_spent(**{**base, "delta": 1e-3}) < epsilon
    assert privacy.epsilon_spent(**{**base, "steps": 0}) == 0
    assert privacy.epsilon_spent(**{**base, "noise_multiplier": 0.02}) > 1e4  # no overflow, just no privacy


def test_the_noise_for_an_epsilon_keeps_it_and_hardly_more():
    plan = {"sampling_rate": 0.2, "steps": 150, "delta": 1e-4}
    noise = privacy.noise_for_epsilon(2.0, **plan)
    assert privacy.epsilon_spent(noise_multiplier=noise, **plan) <= 2.0
    assert privacy.epsilon_spent(noise_multiplier=noise - 1e-3, **plan) > 2.0
    with pytest.raises(ValueError, match="no noise"):
        privacy.noise_for_epsilon(1e-6, **plan)


def test_the_bound_on_the_advantage():
    for epsilon, delta in ((0.5, 0.0), (1.0, 1e-3), (3.0, 0.01)):
        e = math.exp(epsilon)
        assert privacy.advantage_bound(epsilon, delta) == pytest.approx((e - 1 + 2 * delta) / (e + 1))
    assert privacy.advantage_bound(0, 0.02) == pytest.approx(0.02)
    assert privacy.advantage_bound(1e9, 1e-3) == 1.0
    assert privacy.advantage_bound(math.inf) == 1.0


def test_randomised_response_reaches_the_bound():
    # tell the truth with chance e^ε / (1 + e^ε): the best attack has exactly this advantage
    epsilon = 1.3
    truth = math.exp(epsilon) / (1 + math.exp(epsilon))
    assert privacy.advantage_bound(epsilon) == pytest.approx(truth - (1 - truth))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: spent(0, 1, 10, 1e-5), "sampling_rate"),
        (lambda: spent(0.1, 0, 10, 1e-5), "noise_multiplier"),
        (lambda: spent(0.1, 1, 1.5, 1e-5), "steps"),
        (lambda: spent(0.1, 1, 10, 0), "delta"),
        (lambda: privacy.rdp_subsampled_gaussian(1.5, 0.1, 1), "whole number"),
        (lambda: privacy.advantage_bound(-1), "epsilon"),
        (lambda: privacy.advantage_bound(math.nan), "epsilon"),
    ],
)
def test_wrong_settings_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
