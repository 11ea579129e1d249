"""Two-dimensional data one can see: X of shape (n_samples, 2), mostly within [-1, 1]². All synthetic.

Every maker takes the number of samples, a keyword `noise` (standard deviation added to the coordinates) and
`rng`. Classification sets return integer labels 0 and 1, regression sets float targets.
"""

import numpy as np

from nnbook._validate import check_generator
from nnbook.functional import as_whole


def make_disc(n_samples, *, noise=0.0, rng):
    """Inside (1) or outside (0) a circle with radius 0.5: an inside and an outside, half of each."""
    labels = _half_and_half(n_samples, rng)
    radius = np.where(labels == 1, 0.45 * np.sqrt(rng.random(n_samples)), rng.uniform(0.6, 0.95, n_samples))
    angle = rng.uniform(0, 2 * np.pi, n_samples)
    return _finish(radius * np.cos(angle), radius * np.sin(angle), labels, noise, rng)


def make_spiral(n_samples, *, noise=0.0, rng, turns=1.5):
    """Two arms wound round each other: easy to see, hard for a small network."""
    labels = _half_and_half(n_samples, rng)
    t = rng.random(n_samples)
    angle = 2 * np.pi * turns * t + np.pi * labels
    radius = 0.08 + 0.85 * t
    return _finish(radius * np.cos(angle), radius * np.sin(angle), labels, noise, rng)


def make_xor(n_samples, *, noise=0.0, rng):
    """Class 1 where the signs of the coordinates agree: no straight line separates it.

    Source: Minsky & Papert, Perceptrons, 1969.
    """
    n_samples = len(_half_and_half(n_samples, rng))
    points = rng.uniform(0.08, 0.95, (n_samples, 2)) * rng.choice([-1, 1], (n_samples, 2))
    labels = (points[:, 0] * points[:, 1] > 0).astype(np.int64)
    return _finish(points[:, 0], points[:, 1], labels, noise, rng)


def make_moons(n_samples, *, noise=0.0, rng):
    """Two half circles that reach into each other."""
    labels = _half_and_half(n_samples, rng)
    angle = rng.uniform(0, np.pi, n_samples)
    x = np.where(labels == 0, np.cos(angle), 1 - np.cos(angle))
    y = np.where(labels == 0, np.sin(angle), 0.5 - np.sin(angle))
    return _finish(0.6 * (x - 0.5), 0.9 * (y - 0.25), labels, noise, rng)


def make_gaussians(n_samples, *, noise=0.0, rng):
    """Two round clouds; a straight line does well, and the overlap limits everybody."""
    labels = _half_and_half(n_samples, rng)
    centre = np.where(labels == 1, 0.4, -0.4)
    return _finish(
        centre + rng.normal(0, 0.2, n_samples), centre + rng.normal(0, 0.2, n_samples), labels, noise, rng
    )


def make_plane(n_samples, *, noise=0.0, rng):
    """Regression: y = (x₁ + x₂) / 2; `noise` is added to the target."""
    X = _points_on_square(n_samples, rng)
    return X, X.mean(axis=1) + _noise(n_samples, noise, rng)


def make_hills(n_samples, *, noise=0.0, rng):
    """Regression: a hill at (½, ½) and a hollow at (-½, -½); `noise` is added to the target."""
    X = _points_on_square(n_samples, rng)
    hill = np.exp(-((X - 0.5) ** 2).sum(axis=1) / 0.18)
    hollow = np.exp(-((X + 0.5) ** 2).sum(axis=1) / 0.18)
    return X, hill - hollow + _noise(n_samples, noise, rng)


def _half_and_half(n_samples, rng):
    check_generator(rng)
    return np.arange(as_whole(n_samples, "n_samples", 2)) % 2


def _points_on_square(n_samples, rng):
    return rng.uniform(-1, 1, (len(_half_and_half(n_samples, rng)), 2))


def _noise(shape, noise, rng):
    if not noise >= 0:
        raise ValueError(f"noise must be at least 0; got {noise}.")
    return rng.normal(0, 1, shape) * noise


def _finish(x, y, labels, noise, rng):
    return np.stack([x, y], axis=1) + _noise((len(labels), 2), noise, rng), labels
