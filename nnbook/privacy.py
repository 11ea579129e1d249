"""What a trained model gives away about a person, and a bound on it.

The attack guesses from the loss whether a person was in the training data. The accountant says how much a
training with noise (DP-SGD, `nnbook.private_training`) can give away at most, whatever the attack.
"""

import math

import numpy as np
from scipy.special import gammaln

from nnbook._validate import check_generator
from nnbook.functional import as_array, as_number, as_whole, check_labels, log_softmax, logsumexp

ORDERS = (*tuple(range(2, 65)), 80, 96, 128, 192, 256, 384, 512)
LARGEST_ORDER = 100_000  # no useful bound lies beyond


def losses_per_person(model, X, y):
    """Cross-entropy of each row on its own, in nats: (n,)."""
    logits = model(X)
    y = check_labels(y, logits.shape[1])
    if len(y) != len(logits):
        raise ValueError(f"X has {len(logits)} rows and y {len(y)}; each row needs one label.")
    return -log_softmax(logits)[np.arange(len(logits)), y]


def threshold_attack(members, others, *, rng):
    """Advantage of the attack "a low loss means: was in the training data".

    The threshold is chosen on one half of both groups and judged on the other half; both halves take each
    role once. Chosen and judged on the same people, the advantage would be above zero even by pure chance.
    Source: Yeom et al., Privacy risk in machine learning, 2018.

    Args:
        members, others: losses of people who were, and were not, in the training data.
    Returns:
        share of members found less share of others accused, in [-1, 1]; 0 is guessing.

    >>> rng = np.random.default_rng(0)
    >>> threshold_attack(np.zeros(50), np.ones(50), rng=rng)
    1.0
    """
    check_generator(rng)
    members, others = as_array(members, "members", ("n",)), as_array(others, "others", ("n",))
    if min(len(members), len(others)) < 2:
        raise ValueError(
            f"each group needs at least 2 losses, one for each half; got {len(members)} and {len(others)}."
        )
    halves = [[part[0::2], part[1::2]] for part in (rng.permutation(members), rng.permutation(others))]
    advantages = []
    for chosen, judged in ((0, 1), (1, 0)):
        inside, outside = np.sort(halves[0][chosen]), np.sort(halves[1][chosen])
        candidates = np.concatenate([inside, outside])
        found = np.searchsorted(inside, candidates, side="right") / len(inside)
        accused = np.searchsorted(outside, candidates, side="right") / len(outside)
        threshold = candidates[np.argmax(found - accused)]
        advantages.append(np.mean(halves[0][judged] <= threshold) - np.mean(halves[1][judged] <= threshold))
    return float(np.mean(advantages))


def rdp_subsampled_gaussian(order, sampling_rate, noise_multiplier):
    """Rényi divergence of one DP-SGD step, of a whole `order` ≥ 2, in nats.

    Every person joins the step with chance q on her own (Poisson sampling), her gradient is clipped to length
    C, and noise of standard deviation σC is added to the sum:
    ln( Σₖ (α choose k) (1-q)^(α-k) qᵏ exp((k² - k) / 2σ²) ) / (α - 1).
    Source: Mironov, Talwar & Zhang, Rényi differential privacy of the sampled Gaussian mechanism, 2019.

    >>> round(rdp_subsampled_gaussian(2, 1.0, 2.0), 4)  # everybody joins: α / 2σ²
    0.25
    """
    a, q = as_whole(order, "order", 2), as_number(sampling_rate, "sampling_rate")
    if a > LARGEST_ORDER:
        raise ValueError(f"order must be no more than {LARGEST_ORDER}; got {order}.")
    noise_multiplier = as_number(noise_multiplier, "noise_multiplier")
    if not 0 < sampling_rate <= 1:
        raise ValueError(f"sampling_rate must lie in (0, 1]; got {sampling_rate}.")
    if not noise_multiplier > 0:
        raise ValueError(
            f"noise_multiplier must be above 0 (without noise ε is infinite); got {noise_multiplier}."
        )
    if noise_multiplier < 1e-150:  # its square would be 0
        return math.inf
    noise_multiplier = min(noise_multiplier, 1e150)  # its square must not overflow
    if q == 1:
        return a / (2 * noise_multiplier**2)
    k = np.arange(a + 1)
    log_choose = gammaln(a + 1) - gammaln(k + 1) - gammaln(a - k + 1)
    terms = log_choose + (a - k) * math.log1p(-q) + k * math.log(q) + (k * k - k) / (2 * noise_multiplier**2)
    if not np.isfinite(terms).all():
        return math.inf
    return max(float(logsumexp(terms)), 0.0) / (a - 1)


def epsilon_spent(*, sampling_rate, noise_multiplier, steps, delta, orders=ORDERS):
    """The ε of (ε, δ)-differential privacy after `steps` steps of DP-SGD: the best bound over the orders.

    The divergences of the steps add up; the change to (ε, δ) follows Canonne, Kamath & Steinke, The discrete
    Gaussian for differential privacy, 2020, proposition 12.

    >>> round(epsilon_spent(sampling_rate=0.01, noise_multiplier=1.1, steps=1000, delta=1e-5), 2)
    1.73
    """
    delta, steps = as_number(delta, "delta"), as_whole(steps, "steps", 0)
    if not 0 < delta < 1:
        raise ValueError(f"delta must lie in (0, 1), and far below 1 / n; got {delta}.")
    orders, bounds = as_array(orders, "orders", ("n",)), []
    for order in orders.astype(object):
        order = as_whole(order, "order", 2)
        total = steps * rdp_subsampled_gaussian(order, sampling_rate, noise_multiplier)
        bounds.append(total + math.log1p(-1 / order) - math.log(delta * order) / (order - 1))
    return max(min(bounds), 0.0) if steps else 0.0


def noise_for_epsilon(epsilon, *, sampling_rate, steps, delta):
    """The smallest noise multiplier that keeps `epsilon`, by bisection (to 1e-4, rounded up).

    Raises:
        ValueError: even very much noise does not keep it, or `epsilon` is not above 0.
    """
    epsilon = as_number(epsilon, "epsilon")
    if not epsilon > 0:
        raise ValueError(f"epsilon must be above 0; got {epsilon}.")
    low, high = 0.05, 200.0

    def spent(noise):
        return epsilon_spent(sampling_rate=sampling_rate, noise_multiplier=noise, steps=steps, delta=delta)

    if spent(high) > epsilon:
        raise ValueError(
            f"no noise up to {high:g} keeps epsilon = {epsilon}: it needs a larger delta or fewer steps."
        )
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if spent(middle) <= epsilon else (middle, high)
    return high


def advantage_bound(epsilon, delta=0.0):
    """No attack of any kind has a larger advantage against an (ε, δ)-private training: in [0, 1].

    (e^ε - 1 + 2δ) / (e^ε + 1), written so that a huge ε does not overflow.
    Source: Humphries et al., Investigating membership inference attacks under data dependencies, 2023.

    >>> advantage_bound(0.0), round(advantage_bound(1.0), 3), advantage_bound(1e6)
    (0.0, 0.462, 1.0)
    """
    epsilon, delta = as_number(epsilon, "epsilon"), as_number(delta, "delta")
    if not epsilon >= 0:
        raise ValueError(f"epsilon must be at least 0; got {epsilon}.")
    if not 0 <= delta <= 1:
        raise ValueError(f"delta must lie in [0, 1]; got {delta}.")
    small = math.exp(-epsilon)  # at most 1; exp(epsilon) would overflow from 710 on
    return min(1.0, math.tanh(epsilon / 2) + 2 * delta * small / (1 + small))
