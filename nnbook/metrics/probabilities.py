"""Do probabilities mean what they say, and what is a decision by them worth?"""

import numpy as np

from nnbook.functional import as_numbers
from nnbook.metrics._checks import check_binary, check_pair, check_probabilities


def calibration_curve(targets, probabilities, n_bins=10):
    """Of those given about p, does a share p turn out positive?

    Returns:
        (mean_probability, positive_share, count) of each non-empty bin of equal width.
    """
    targets, probabilities = check_pair(targets, probabilities)
    check_probabilities(probabilities)
    check_binary(targets)
    bins = np.minimum((probabilities * n_bins).astype(int), n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    filled = count > 0
    mean = np.bincount(bins, probabilities, n_bins)[filled] / count[filled]
    share = np.bincount(bins, targets, n_bins)[filled] / count[filled]
    return mean, share, count[filled]


def brier_score(targets, probabilities):
    """Mean of (probability - label)²: 0 is perfect, 0.25 is what "50 %" for everybody scores."""
    targets, probabilities = check_pair(targets, probabilities)
    check_probabilities(probabilities)
    check_binary(targets)
    return float(np.mean((probabilities - targets) ** 2))


def perplexity(cross_entropy):
    """exp(cross-entropy in nats): among how many equally likely tokens the model is left guessing.

    Args:
        cross_entropy: one number, the mean over all tokens; exp of a mean is not the mean of exp.
    """
    if np.ndim(cross_entropy) != 0:
        raise ValueError(
            f"cross_entropy must be one number; got shape {np.shape(cross_entropy)}. Take the mean first."
        )
    with np.errstate(over="ignore"):  # a hopeless model is left guessing among infinitely many
        return float(np.exp(as_numbers(cross_entropy, "cross_entropy")))


def net_benefit(targets, probabilities, threshold, *, prevalence=None):
    """True positives per case, less false positives weighed by the odds of the threshold.

    Who acts from a risk of `threshold` on says that one true positive is worth (1 - threshold) / threshold
    false ones. Acting on nobody has net benefit 0. Source: Vickers & Elkin, Medical Decision Making, 2006.

    Args:
        targets, probabilities: shape (n,); acted on if probability >= threshold.
        threshold: in [0, 1).
        prevalence: share of positives where it is used; None means as in the data.

    >>> round(net_benefit(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.6, 0.9]), 0.2), 4)
    0.4375
    """
    targets, probabilities = check_pair(targets, probabilities)
    check_probabilities(probabilities)
    check_binary(targets)
    if not 0 <= threshold < 1:
        raise ValueError(f"threshold must lie in [0, 1): the odds of 1 are infinite; got {threshold}.")
    called, n_positive = probabilities >= threshold, int(targets.sum())
    share = n_positive / len(targets) if prevalence is None else prevalence
    if not 0 <= share <= 1:
        raise ValueError(f"prevalence must lie in [0, 1]; got {share}.")
    true_positive = share * np.sum(called & (targets == 1)) / max(n_positive, 1)
    false_positive = (1 - share) * np.sum(called & (targets == 0)) / max(len(targets) - n_positive, 1)
    return float(true_positive - false_positive * threshold / (1 - threshold))


def decision_curve(targets, probabilities, thresholds):
    """Net benefit at each threshold: (of the model, of acting on everybody); acting on nobody is 0.

    >>> model, everybody = decision_curve(np.array([0, 1]), np.array([0.2, 0.9]), [0.1, 0.5])
    >>> model.round(3), everybody.round(3)
    (array([0.444, 0.5  ]), array([0.444, 0.   ]))
    """
    targets, probabilities = check_pair(targets, probabilities)
    everybody = np.ones(len(targets))
    model = [net_benefit(targets, probabilities, t) for t in thresholds]
    return np.array(model), np.array([net_benefit(targets, everybody, t) for t in thresholds])
