"""Training that respects people: with clipped and noisy gradients (DP-SGD), or without moving the data."""

import numpy as np

from nnbook._validate import check_generator
from nnbook.functional import as_number, as_whole, check_labels, one_hot, softmax
from nnbook.layers import Linear


def _signals(model, X, y):
    """For each Linear layer: (its inputs (n, in), the loss gradient at its outputs (n, out)), row by row."""
    a, inputs = model.check_inputs(X), []
    y = check_labels(y, model.sizes[-1])
    if a.ndim != 2 or len(a) != len(y):
        raise ValueError(f"X must be (n, n_features) and y (n,), alike in rows; got {a.shape} and {y.shape}.")
    for layer in model.children:
        inputs.append(a)
        a = layer.forward(a, training=True)
    grad = softmax(a) - one_hot(y, a.shape[1])  # of each row's own loss: no 1/n
    signals = []
    for layer, a in zip(reversed(model.children), reversed(inputs), strict=True):
        if isinstance(layer, Linear):
            signals.append((a, np.array(grad)))
        grad = layer.backward(grad)
    return signals[::-1]


def per_example_gradients(model, X, y):
    """The gradient of each row's own cross-entropy in all parameters: (n, n_parameters).

    No loop over rows: for a weight matrix it is the outer product of the layer's input and the gradient at
    its output. That is n times the memory of one gradient; `clipped_gradient_sum` does without.
    """
    parts = []
    for a, d in _signals(model, X, y):
        parts += [np.einsum("ni,no->nio", a, d).reshape(len(a), -1), d]
    return np.concatenate(parts, axis=1)


def clipped_gradient_sum(model, X, y, clip_norm):
    """Sum over rows of each row's gradient, shortened to length at most `clip_norm`.

    Returns:
        (sum (n_parameters,), length of each row's gradient before (n,)).

    The length of an outer product is the product of the lengths, so no row's gradient is ever written down.
    Source: Goodfellow, Efficient per-example gradient computations, 2015.
    """
    clip_norm = _finite_above(clip_norm, "clip_norm")
    signals = _signals(model, X, y)
    squares = sum(np.sum(d * d, axis=1) * (1 + np.sum(a * a, axis=1)) for a, d in signals)  # 1: the bias
    lengths = np.sqrt(squares)
    if not np.isfinite(lengths).all():
        raise ValueError("gradients must be finite; got infinity or NaN. Scale the inputs first.")
    factor = np.minimum(1.0, clip_norm / np.maximum(lengths, 1e-12))
    parts = []
    for a, d in signals:
        clipped = d * factor[:, None]
        parts += [(a.T @ clipped).ravel(), clipped.sum(axis=0)]
    return np.concatenate(parts), lengths


def fit_private(model, X, y, *, optimizer, steps, sampling_rate, clip_norm, noise_multiplier, rng):
    """Train an MLP in place by DP-SGD on cross-entropy.

    In each step every row joins with chance `sampling_rate` (Poisson sampling, which the accountant assumes;
    batches cut from a shuffled list would need another proof), its gradient is clipped to `clip_norm`, and
    noise of standard deviation noise_multiplier · clip_norm is added to the sum. The sum is divided by the
    *expected* number of rows: the true one would itself be a secret.
    Source: Abadi et al., Deep learning with differential privacy, 2016.

    Raises:
        ValueError: a setting out of its range.

    >>> from nnbook.mlp import MLP
    >>> from nnbook.optimizers import SGD
    >>> rng = np.random.default_rng(0)
    >>> model, X = MLP([2, 4, 2], rng=rng), rng.normal(size=(40, 2))
    >>> fit_private(model, X, (X[:, 0] > 0).astype(int), optimizer=SGD(0.5), steps=50, sampling_rate=0.5,
    ...             clip_norm=1.0, noise_multiplier=1.0, rng=rng)
    >>> bool(np.isfinite(model.parameters).all())
    True
    """
    check_generator(rng)
    sampling_rate = as_number(sampling_rate, "sampling_rate")
    if not 0 < sampling_rate <= 1:
        raise ValueError(f"sampling_rate must lie in (0, 1]; got {sampling_rate}.")
    clip_norm, steps = _finite_above(clip_norm, "clip_norm"), as_whole(steps, "steps", 0)
    noise_multiplier = as_number(noise_multiplier, "noise_multiplier")
    if not 0 <= noise_multiplier <= 1e100:
        raise ValueError(f"noise_multiplier must be at least 0, and finite; got {noise_multiplier}.")
    X, y = model.check_inputs(X), check_labels(y, model.sizes[-1])
    if X.ndim != 2 or len(X) != len(y):
        raise ValueError(f"X must be (n, n_features) and y (n,), alike in rows; got {X.shape} and {y.shape}.")
    expected = sampling_rate * len(X)
    for _ in range(steps):
        joins = rng.random(len(X)) < sampling_rate
        total = np.zeros(model.n_parameters)
        if joins.any():  # an empty draw still adds noise: otherwise its emptiness would show
            total, _ = clipped_gradient_sum(model, X[joins], y[joins], clip_norm)
        noise = rng.normal(size=model.n_parameters) * noise_multiplier * clip_norm
        optimizer.step(model.parameters, (total + noise) / expected)


def _finite_above(value, name):
    value = as_number(value, name)
    if not 0 < value <= 1e100:
        raise ValueError(f"{name} must be above 0, and finite; got {value}.")
    return value


def federated_averaging(model, shards, train_locally, *, rounds, after_round=None):
    """Train `model` in place on data that never leave their owners: only parameters travel.

    In each round every owner starts from the common parameters and trains on the own rows; the new common
    parameters are the mean of theirs, weighted with the numbers of rows.
    Source: McMahan et al., Communication-efficient learning of deep networks from decentralized data, 2017.

    Args:
        shards: list of (X, y), one per owner.
        train_locally: function (model, X, y) that trains in place.
        after_round: function (model), called after each round.
    Raises:
        ValueError: no owner, or one without rows.

    >>> from nnbook.mlp import MLP
    >>> model, X = MLP([1, 1], rng=np.random.default_rng(0)), np.zeros((1, 1))
    >>> def train_locally(model, X, y): model.parameters[...] = y[0]
    >>> federated_averaging(model, [(X, [0.0]), (np.zeros((3, 1)), [4.0])], train_locally, rounds=1)
    >>> model.parameters
    array([3., 3.])
    """
    rounds = as_whole(rounds, "rounds", 0)
    try:
        sizes = np.array([len(X) for X, _ in shards], float)
    except (TypeError, ValueError):
        raise ValueError("shards must be a list of pairs (X, y), one for each owner.") from None
    if sizes.size == 0 or sizes.min() == 0:
        raise ValueError(f"every owner needs rows; got shards of sizes {sizes.astype(int).tolist()}.")
    for _ in range(rounds):
        common, mean = model.parameters.copy(), np.zeros_like(model.parameters)
        for (X, y), share in zip(shards, sizes / sizes.sum(), strict=True):
            model.parameters[...] = common
            train_locally(model, X, y)
            mean += share * model.parameters
        model.parameters[...] = mean
        if after_round is not None:
            after_round(model)


def shards_alike(labels, n_owners, *, rng):
    """Rows of each of `n_owners` owners, dealt out at random: everybody sees every class.

    Returns:
        list of n_owners arrays of row numbers that share none and leave none out.

    >>> sorted(np.concatenate(shards_alike([0, 1, 0, 1], 2, rng=np.random.default_rng(0))).tolist())
    [0, 1, 2, 3]
    """
    check_generator(rng)
    labels, n_owners = _owned(labels, n_owners)
    return np.array_split(rng.permutation(len(labels)), n_owners)


def shards_by_class(labels, *, rng):
    """Rows of as many owners as there are classes; each sees only two classes, half of the rows of both.

    Returns:
        list of arrays of row numbers that share none and leave none out.

    >>> rows = shards_by_class([0, 0, 1, 1, 2, 2], rng=np.random.default_rng(0))
    >>> [len(own) for own in rows]
    [2, 2, 2]
    """
    check_generator(rng)
    labels, _ = _owned(labels, 1)
    classes = rng.permutation(np.unique(labels))
    halves = [np.array_split(rng.permutation(np.flatnonzero(labels == c)), 2) for c in classes]
    return [
        np.concatenate([own[0], other[1]]) for own, other in zip(halves, halves[1:] + halves[:1], strict=True)
    ]


def _owned(labels, n_owners):
    labels, n_owners = np.asarray(labels), as_whole(n_owners, "n_owners", 1)
    if labels.ndim != 1 or len(labels) < n_owners:
        raise ValueError(f"labels must be (n,) with a row for each of {n_owners} owners; got {labels.shape}.")
    return labels, n_owners
