"""Is the hand-written derivative right? Compare it with differences of the loss itself."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GradientReport:
    """Outcome of `check_gradients`: the largest relative error, where it was, and the bar it had to pass."""

    max_relative_error: float
    worst: str
    tolerance: float

    @property
    def ok(self):
        """Whether every derivative agreed within the tolerance."""
        return self.max_relative_error <= self.tolerance

    def __str__(self):
        verdict = "agree" if self.ok else "DISAGREE"
        return (
            f"gradients {verdict}: largest relative error {self.max_relative_error:.1e} "
            f"at {self.worst} (tolerance {self.tolerance:.0e})"
        )


def numerical_gradient(f, x, step=1e-5):
    """Central differences (f(x+h) - f(x-h)) / 2h, one element at a time.

    Args:
        f: function of no arguments that reads `x` and returns a float.
        x: float64 array of any shape; changed during the call and put back.
        step: h; 1e-5 balances the truncation error h² against rounding 1e-16 / h.
    Returns:
        Array of the shape of `x`.
    Raises:
        ValueError: `x` is not float64 (float32 has too few digits for differences).

    >>> x = np.array([3.0]); numerical_gradient(lambda: float(x[0] ** 2), x).round(6)
    array([6.])
    """
    if x.dtype != np.float64:
        raise ValueError(
            f"numerical_gradient needs float64; got {x.dtype}. Build the model with dtype=np.float64."
        )
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + step
        above = f()
        x[index] = kept - step
        below = f()
        x[index] = kept
        gradient[index] = (above - below) / (2 * step)
    return gradient


def relative_error(a, b):
    """|a - b| / max(|a|, |b|, 1e-4), element by element.

    The floor keeps two derivatives that are both almost zero from being called different: below it,
    rounding in the differences is larger than the derivative itself.
    """
    return np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-4)


def check_gradients(model, loss, X, y, *, step=1e-5, tolerance=1e-6):
    """Compare `model.backward` with central differences, for every parameter and every input.

    Args:
        model: a float64 layer whose training forward is deterministic (set dropout to 0).
        loss: function (predictions, targets) -> (value, grad).
        X, y: a small batch; integer inputs (token ids) get no input check.
    Returns:
        GradientReport; `report.ok` says whether the largest relative error is within `tolerance`.
    """
    X = np.array(X)

    def value():
        return loss(model.forward(X, training=True), y)[0]

    _, grad = loss(model.forward(X, training=True), y)
    input_gradient = model.backward(np.array(grad))
    analytic = {"parameters": model.gradients.copy()}
    arrays = {"parameters": model.parameters}
    if X.dtype == np.float64:
        analytic["inputs"], arrays["inputs"] = np.array(input_gradient), X
    worst_error, worst = 0.0, "nothing to check"
    for name, array in arrays.items():
        if array.size == 0:
            continue
        errors = relative_error(analytic[name], numerical_gradient(value, array, step))
        index = np.unravel_index(errors.argmax(), errors.shape)
        if errors[index] >= worst_error:
            worst_error, worst = float(errors[index]), f"{name}{list(map(int, index))}"
    return GradientReport(worst_error, worst, tolerance)
