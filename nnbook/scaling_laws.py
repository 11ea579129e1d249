"""How the loss of a model falls with its size and its data: L(N, D) = E + A / N^alpha + B / D^beta.

Source: Hoffmann et al., Training compute-optimal large language models, 2022. They minimise a robust
distance of log L from many starts; here, for every pair of exponents, the rest is linear regression, so that
a grid over the two exponents finds the least squares without starts, steps or luck.
"""

import math
from dataclasses import dataclass

import numpy as np

from nnbook._validate import check_generator
from nnbook.functional import as_array, as_number, as_numbers, as_whole

EXPONENTS = (0.02, 2.0)  # what the grid looks at
LARGEST = 1e30  # of sizes, data and operations: far beyond any model, far below overflow
_STEPS = (0.06, 0.012, 0.002)  # coarse, finer, finest


@dataclass(frozen=True)
class ScalingLaw:
    """Loss as a function of parameters N and training tokens D; `E` is what no size and no data remove.

    >>> chinchilla = ScalingLaw(E=1.69, A=406.4, alpha=0.34, B=410.7, beta=0.28)
    >>> round(float(chinchilla.loss(70e9, 1.4e12)), 2), round(chinchilla.size_exponent, 2)
    (1.94, 0.45)
    """

    E: float
    A: float
    alpha: float
    B: float
    beta: float

    def __post_init__(self):
        for name in ("E", "A", "alpha", "B", "beta"):
            value = as_number(getattr(self, name), name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a finite number of at least 0; got {value}.")

    def loss(self, n_parameters, n_tokens):
        """Predicted loss for sizes and data that may be numbers or arrays of equal shape."""
        log_n, log_d = np.log(_sizes(n_parameters=n_parameters)), np.log(_sizes(n_tokens=n_tokens))
        return self.E + _term(self.A, self.alpha, log_n) + _term(self.B, self.beta, log_d)

    @property
    def size_exponent(self):
        """With more operations C, the best size grows like C^a; a = beta / (alpha + beta)."""
        if self.alpha + self.beta == 0:
            return math.nan
        return self.beta / (self.alpha + self.beta)

    def optimal(self, flops):
        """Best size and data for `flops` = 6 N D operations.

        Returns:
            (n_parameters, n_tokens), floats.
        Raises:
            ValueError: a law in which size or data has no effect: then no best size exists.
        """
        flops = float(_sizes(flops=as_number(flops, "flops")))
        if min(self.A, self.B, self.alpha, self.beta) <= 0:
            raise ValueError("a best size needs a law in which both size and data lower the loss.")
        log_g = (math.log(self.alpha * self.A) - math.log(self.beta * self.B)) / (self.alpha + self.beta)
        log_n = log_g + self.size_exponent * math.log(flops / 6)
        log_n = min(max(log_n, -690.0), 690.0)  # exp(710) overflows
        return math.exp(log_n), math.exp(min(max(math.log(flops / 6) - log_n, -690.0), 690.0))


def fit_scaling_law(n_parameters, n_tokens, losses, *, weights=None):
    """Fit the law by least squares of the loss.

    Args:
        n_parameters, n_tokens, losses: one entry per run, (n_runs,), at least five runs; at least three
            different sizes and three different amounts of data, or the exponents cannot be told.
        weights: how often each run counts, (n_runs,); a bootstrap counts some twice and others not at all.
    Returns:
        ScalingLaw, with E, A and B at least 0 and exponents between 0.02 and 2.
    Raises:
        ValueError: too few runs, or losses that no such law can follow.

    >>> truth = ScalingLaw(E=1.5, A=20.0, alpha=0.5, B=60.0, beta=0.4)
    >>> N, D = (grid.ravel() for grid in np.meshgrid([1e3, 1e4, 1e5], [1e4, 1e5, 1e6]))
    >>> law = fit_scaling_law(N, D, truth.loss(N, D))
    >>> round(law.E, 3), round(law.alpha, 3), round(law.beta, 3)
    (1.5, 0.5, 0.4)
    """
    log_n, log_d, y = _checked_runs(n_parameters, n_tokens, losses)
    w = np.ones(len(y)) if weights is None else as_array(weights, "weights", (len(y),)).astype(float)
    if w.shape != y.shape or not np.isfinite(w).all() or w.min() < 0 or w.sum() == 0:
        raise ValueError(f"weights must be {len(y)} numbers of at least 0, not all 0.")
    # measured from the middle of the runs, so that all three columns have a size near 1
    n0, d0 = log_n.mean(), log_d.mean()
    alphas = betas = np.arange(EXPONENTS[0], EXPONENTS[1] + 1e-9, _STEPS[0])
    for finer in (*_STEPS[1:], None):
        error, theta = _regressions(np.outer(alphas, n0 - log_n), np.outer(betas, d0 - log_d), y, w)
        i, j = np.unravel_index(np.argmin(error), error.shape)
        alpha, beta = float(alphas[i]), float(betas[j])
        if finer is not None:
            alphas, betas = _around(alpha, finer), _around(beta, finer)
    if not np.isfinite(error[i, j]):
        raise ValueError("losses must fall with size or with data; these rise with both.")
    E, A, B = (float(value) for value in theta[i, j])
    return ScalingLaw(E, A * math.exp(alpha * n0), alpha, B * math.exp(beta * d0), beta)


def bootstrap_laws(n_parameters, n_tokens, losses, *, n_samples, rng):
    """Fit the law again to runs that are drawn with replacement.

    Returns:
        list of `n_samples` ScalingLaw.
    """
    check_generator(rng)
    n, n_samples = len(_checked_runs(n_parameters, n_tokens, losses)[2]), as_whole(n_samples, "n_samples")
    draws = rng.integers(0, n, size=(n_samples, n))
    return [
        fit_scaling_law(n_parameters, n_tokens, losses, weights=np.bincount(draw, minlength=n))
        for draw in draws
    ]


def interval(values, coverage=0.95):
    """Middle `coverage` of a sample: (low, high).

    >>> [round(edge) for edge in interval(np.arange(101), 0.9)]
    [5, 95]
    """
    coverage = as_number(coverage, "coverage")
    if not 0 < coverage < 1:
        raise ValueError(f"coverage must lie in (0, 1); got {coverage}. Per cent? Divide by 100.")
    edge = (1 - coverage) / 2
    low, high = np.quantile(as_array(values, "values", ("n",)).astype(float), [edge, 1 - edge])
    return float(low), float(high)


def fit_log_linear(n_parameters, n_tokens, losses):
    """A rival without a floor: log L = c + a log N + b log D.

    Returns:
        function (n_parameters, n_tokens) -> predicted losses.
    """
    log_n, log_d, y = _checked_runs(n_parameters, n_tokens, losses)
    columns = np.stack([np.ones_like(log_n), log_n, log_d], axis=1)
    solution = np.linalg.lstsq(columns, np.log(y), rcond=None)[0]

    def predict(n_parameters, n_tokens):
        log_n, log_d = np.log(_sizes(n_parameters=n_parameters)), np.log(_sizes(n_tokens=n_tokens))
        return np.exp(np.clip(solution[0] + solution[1] * log_n + solution[2] * log_d, -690, 690))

    return predict


def _term(amplitude, exponent, log_size):
    """The term amplitude / size^exponent, through logarithms: neither factor can overflow alone."""
    if amplitude == 0:
        return np.zeros_like(log_size)
    return np.exp(np.clip(math.log(amplitude) - exponent * log_size, -745, 690))


def _around(value, step):
    """Five coarser steps to both sides, within the bounds."""
    grid = value + step * np.arange(-6, 7)
    return grid[(grid >= EXPONENTS[0] - 1e-9) & (grid <= EXPONENTS[1] + 1e-9)]


def _regressions(log_f, log_g, y, w):
    """For every pair of exponents: least squares of y on 1, f and g, with no negative coefficient.

    Args:
        log_f, log_g: (n_alphas, n_runs) and (n_betas, n_runs), logarithms of the two columns.
    Returns:
        (error, theta): (n_alphas, n_betas) sums of squares, inf where A or B would be negative, and
        (n_alphas, n_betas, 3) coefficients E, A, B.
    """
    f, g = np.exp(np.clip(log_f, -300, 300)), np.exp(np.clip(log_g, -300, 300))
    shape = (len(f), len(g))
    matrix, right = np.empty((*shape, 3, 3)), np.empty((*shape, 3))
    sums = {
        (0, 0): w.sum(),
        (0, 1): (f @ w)[:, None],
        (0, 2): (g @ w)[None, :],
        (1, 1): (f**2 @ w)[:, None],
        (2, 2): (g**2 @ w)[None, :],
        (1, 2): (f * w) @ g.T,
    }
    for (row, column), value in sums.items():
        matrix[..., row, column] = matrix[..., column, row] = value
    right[..., 0], right[..., 1], right[..., 2] = w @ y, (f @ (w * y))[:, None], (g @ (w * y))[None, :]
    ridge = 1e-11 * np.trace(matrix, axis1=-2, axis2=-1)[..., None, None] * np.eye(3)
    theta = np.linalg.solve(matrix + ridge, right[..., None])[..., 0]
    floorless = np.zeros_like(theta)
    inner = (matrix + ridge)[..., 1:, 1:]
    floorless[..., 1:] = np.linalg.solve(inner, right[..., 1:, None])[..., 0]
    theta = np.where(theta[..., :1] < 0, floorless, theta)
    error = w @ y**2 - 2 * np.sum(theta * right, axis=-1)
    error += np.einsum("...i,...ij,...j->...", theta, matrix, theta)
    return np.where((theta < 0).any(axis=-1), np.inf, error), theta


def _sizes(**named):
    ((name, values),) = named.items()
    values = as_numbers(values, name).astype(float)
    if not (np.isfinite(values).all() and (values >= 1).all() and (values <= LARGEST).all()):
        raise ValueError(f"{name} must be numbers from 1 to {LARGEST:g}; got {values}.")
    return values


def _checked_runs(n_parameters, n_tokens, losses):
    n, d = _sizes(n_parameters=n_parameters), _sizes(n_tokens=n_tokens)
    y = as_numbers(losses, "losses").astype(float)
    if n.ndim != 1 or not n.shape == d.shape == y.shape or len(y) < 5:
        raise ValueError(
            "n_parameters, n_tokens and losses must have the same shape (n_runs,) with at least 5 runs; "
            f"got {n.shape}, {d.shape} and {y.shape}."
        )
    if not (np.isfinite(y).all() and (y > 0).all() and (y < 1e100).all()):
        raise ValueError("losses must be finite and above 0. Did a run diverge? Leave it out, and say so.")
    for name, values in (("sizes", n), ("amounts of data", d)):
        if len(np.unique(values)) < 3:
            raise ValueError(f"an exponent needs at least three different {name}; got {np.unique(values)}.")
    return np.log(n), np.log(d), y
