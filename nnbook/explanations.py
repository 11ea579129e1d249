"""Why did the network say that? Four answers, and the controls that can prove an answer empty.

Saliency and integrated gradients point at inputs, permutation importance at columns, a probe at what a
layer knows. None of them is believed before a control: a model with random weights, a column of noise, random
labels.
"""

import copy

import numpy as np
from scipy.stats import rankdata

from nnbook._validate import check_generator
from nnbook.functional import as_array, as_number, as_whole, check_labels, one_hot


def input_gradient(model, X, classes):
    """Slope of one logit per row in that row's inputs, shape (n, n_features).

    The loss is left out on purpose: the question is what moves the answer, not the error.

    Args:
        model: a network (`Sequential`) that maps (n, n_features) to logits (n, n_classes).
        X: inputs (n, n_features).
        classes: integer (n,), the logit that each row asks about.
    Raises:
        ValueError: `classes` are not labels of the model's outputs, one per row.
    """
    X = model.check_inputs(X)
    logits = model.forward(X, training=True)
    return np.array(model.backward(_chosen(classes, logits)))  # a copy: layers reuse their arrays


def saliency(model, X, classes):
    """Absolute slope of the chosen logit in each input, shape (n, n_features).

    Source: Simonyan, Vedaldi & Zisserman, Deep inside convolutional networks, 2014.
    """
    return np.abs(input_gradient(model, X, classes))


def integrated_gradients(model, X, classes, *, baseline, steps=64):
    """The change of the chosen logit from `baseline` to X, shared out over the inputs: (n, n_features).

    The slope is averaged on the straight line between the two (at the middles of `steps` equal pieces) and
    multiplied with the way. The parts add up to the change of the logit; `completeness_error` says how well.
    Source: Sundararajan, Taly & Yan, Axiomatic attribution for deep networks, 2017.

    Args:
        baseline: the input that "nothing" is; shape (n_features,).
        steps: pieces of the line; more pieces, smaller error.

    >>> from nnbook.mlp import MLP
    >>> model = MLP([2, 1], rng=np.random.default_rng(0))  # no hidden layer: the parts are weight times way
    >>> parts = integrated_gradients(model, np.ones((1, 2)), [0], baseline=np.zeros(2), steps=1)
    >>> bool(np.allclose(parts.ravel(), model.linear_layers[0].params["weight"].ravel()))
    True
    """
    X = model.check_inputs(X)
    baseline = as_array(baseline, "baseline", X.shape[1:])
    steps = as_whole(steps, "steps")
    way, slopes = X - baseline, np.zeros_like(X)
    for step in range(steps):
        slopes += input_gradient(model, baseline + (step + 0.5) / steps * way, classes)
    return way * slopes / steps


def completeness_error(model, X, classes, attributions, *, baseline):
    """|sum of the parts - change of the logit|, relative to the mean size of that change over the rows: (n,).

    Relative to the mean and not to each row's own change, which may be near zero by chance.
    """
    X = model.check_inputs(X)
    attributions = as_array(attributions, "attributions", X.shape)
    baseline = as_array(baseline, "baseline", X.shape[1:])
    logits, start = model.forward(X), model.forward(np.asarray(baseline, float)[None])
    change = np.sum((logits - start) * _chosen(classes, logits), axis=1)
    if not change.any():
        raise ValueError("no logit changes between baseline and X; got rows equal to the baseline?")
    return np.abs(attributions.sum(axis=1) - change) / np.abs(change).mean()


def randomise_layers(model, n_layers, *, rng):
    """A copy of an MLP whose last `n_layers` weight matrices are shuffled, each within itself.

    Shuffling keeps the size of the weights and destroys what they learned. An explanation that stays the same
    explains the picture, not the model. Source: Adebayo et al., Sanity checks for saliency maps, 2018.
    """
    check_generator(rng)
    n_layers = as_whole(n_layers, "n_layers", 0)
    if not 0 <= n_layers <= len(model.linear_layers):
        raise ValueError(f"n_layers must be 0 … {len(model.linear_layers)}; got {n_layers}.")
    twin = copy.deepcopy(model)
    for layer in twin.linear_layers[len(twin.linear_layers) - n_layers :]:
        weight = layer.params["weight"]
        weight[...] = rng.permutation(weight.ravel()).reshape(weight.shape)
    return twin


def rank_similarity(first, second, *, where=None):
    """Spearman's rank correlation of two attributions, row by row: 1 same order, 0 unrelated. Shape (n,).

    Args:
        first, second: (n, n_features).
        where: boolean (n, n_features), the inputs that count; None means all.

    >>> rank_similarity(np.array([[1.0, 2.0, 3.0]]), np.array([[10.0, 20.0, 90.0]]))
    array([1.])
    """
    first = as_array(first, "first", ("n", "n_features"))
    second = as_array(second, "second", first.shape)
    where = np.ones(first.shape, bool) if where is None else np.asarray(where)
    if where.dtype != bool or where.shape != first.shape:
        raise ValueError(f"where must be booleans of shape {first.shape}; got {where.dtype}, {where.shape}.")
    rows = []
    for a, b, mask in zip(first, second, where, strict=True):
        ranks = np.stack([rankdata(a[mask]), rankdata(b[mask])])
        constant = np.ptp(ranks, axis=1).min() == 0 if mask.any() else True
        rows.append(0.0 if constant else np.corrcoef(ranks)[0, 1])
    return np.array(rows)


def permutation_importance(score, X, y, *, groups=None, repeats=10, rng):
    """How much the score falls when a column is shuffled between the rows: (n_groups, repeats).

    Args:
        score: function (X, y) -> float, higher is better.
        groups: lists of columns that are shuffled together; None means each column alone.
    Source: Breiman, Random forests, 2001.

    >>> X, y = np.array([[0.0, 5], [1, 5], [0, 5], [1, 5]]), np.array([0, 1, 0, 1])
    >>> fall = permutation_importance(lambda X, y: np.mean(X[:, 0] == y), X, y, rng=np.random.default_rng(0))
    >>> bool(fall[0].mean() > 0), float(fall[1].max())
    (True, 0.0)
    """
    check_generator(rng)
    X, repeats = as_array(X, "X", ("n", "n_features")), as_whole(repeats, "repeats")
    if y is not None and np.shape(y)[:1] != (len(X),):
        raise ValueError(f"y must have one entry per row: {len(X)}; got shape {np.shape(y)}.")
    if groups is None:
        groups = [[column] for column in range(X.shape[1])]
    if isinstance(groups, str | dict) or not np.iterable(groups):
        raise ValueError(f"groups must be lists of columns; got {groups!r:.60}.")
    groups = list(groups)
    if not all(_are_columns(columns, X.shape[1]) for columns in groups):
        raise ValueError(f"groups must be lists of columns 0 … {X.shape[1] - 1}; got {groups!r:.60}.")
    whole, falls = score(X, y), np.zeros((len(groups), repeats))
    for row, columns in enumerate(groups):
        for repeat in range(repeats):
            shuffled = X.copy()
            shuffled[:, columns] = X[rng.permutation(len(X))][:, columns]
            falls[row, repeat] = whole - score(shuffled, y)
    return falls


def _are_columns(columns, n_columns):
    columns = np.asarray(columns)
    return columns.dtype.kind in "iu" and columns.ndim == 1 and np.isin(columns, range(n_columns)).all()


def hidden_activations(model, X):
    """What the last hidden layer says, after its activation: (n, last hidden size)."""
    a = model.check_inputs(X)
    for layer in model.children[:-2]:  # without the last weights and the activation of the output
        a = layer.forward(a)
    return a


def linear_probe(train, y_train, test, y_test, *, strength=1e-2):
    """Accuracy (train, test) of a linear read-out of features, fitted by ridge regression on one-hot targets.

    Solved in closed form, so that two computers agree. `strength` is the penalty per sample.

    Args:
        train, test: features (n, d); y_train, y_test: integer labels.
    """
    train = as_array(train, "train", ("n", "d"))
    test = as_array(test, "test", ("n", train.shape[1]))
    y_train, y_test = check_labels(y_train, 10_000), check_labels(y_test, 10_000)
    if len(y_train) != len(train) or len(y_test) != len(test):
        raise ValueError(
            f"each row needs one label; got {len(train)} and {len(test)} rows, "
            f"{len(y_train)} and {len(y_test)} labels."
        )
    strength = as_number(strength, "strength")
    if not 1e-12 <= strength <= 1e100:  # far below, columns that repeat each other could not be solved
        raise ValueError(f"strength must lie in [1e-12, 1e100]; got {strength}.")
    n_classes = int(max(np.max(y_train), np.max(y_test))) + 1
    mean, spread = train.mean(axis=0), train.std(axis=0) + 1e-9
    A, B = ((features - mean) / spread for features in (train, test))
    targets = one_hot(y_train, n_classes)
    gram = A.T @ A / len(A) + strength * np.eye(A.shape[1])
    weight = np.linalg.solve(gram, A.T @ (targets - targets.mean(axis=0)) / len(A))
    offset = targets.mean(axis=0)
    return tuple(
        float(np.mean((features @ weight + offset).argmax(axis=1) == labels))
        for features, labels in ((A, y_train), (B, y_test))
    )


def _chosen(classes, logits):
    labels = check_labels(classes, logits.shape[1])
    if len(labels) != len(logits):
        raise ValueError(f"classes must have one entry per row: {len(logits)}; got {len(labels)}.")
    return one_hot(labels, logits.shape[1], dtype=logits.dtype)
