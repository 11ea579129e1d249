"""How weights start: too small and the signal dies, too large and it saturates.

Every function takes the weight's shape `(in_features, out_features)` and a keyword-only generator, and
returns a new float64 array of that shape.
"""

import numpy as np

from nnbook._validate import check_generator


def zeros(shape, *, rng=None):
    """All zeros: right for biases, wrong for weights (every neuron would stay the same as its neighbour)."""
    return np.zeros(shape)


def normal(shape, *, rng, std=1.0):
    """Independent draws from a normal distribution with mean 0 and standard deviation `std`."""
    return check_generator(rng).normal(0.0, std, shape)


def glorot_uniform(shape, *, rng):
    """Uniform in ±sqrt(6 / (in + out)): keeps the variance of signals and gradients level for tanh.

    Source: Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.

    >>> weight = glorot_uniform((2, 4), rng=np.random.default_rng(0))
    >>> weight.shape, bool(np.abs(weight).max() <= 1.0)
    ((2, 4), True)
    """
    limit = np.sqrt(6.0 / (shape[0] + shape[-1]))
    return check_generator(rng).uniform(-limit, limit, shape)


def he_normal(shape, *, rng):
    """Normal with standard deviation sqrt(2 / in): the same idea for ReLU, which halves the variance.

    Source: He, Zhang, Ren & Sun, Delving deep into rectifiers, 2015.
    """
    return check_generator(rng).normal(0.0, np.sqrt(2.0 / shape[0]), shape)
