"""Is the hand-written derivative right? Compare it with differences of the loss itself."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GradientReport:
    """Outcome of `check_gradients`: the largest relative error, where it was, and the bar it had to pass.

    `kinks` are the places where the loss has no derivative, such as that of a ReLU at exactly 0: differences
    cannot judge them, and they are left out. If two calls on the same numbers gave two losses, `repeatable`
    is False and nothing can be compared.
    """

    max_relative_error: float
    worst: str
    tolerance: float
    kinks: tuple = ()
    repeatable: bool = True

    @property
    def ok(self):
        """Whether every derivative agreed within the tolerance."""
        return self.max_relative_error <= self.tolerance

    def __str__(self):
        verdict = "agree" if self.ok else "DISAGREE"
        return (
            f"gradients {verdict}: largest relative error {self.max_relative_error:.1e} "
            f"at {self.worst} (tolerance {self.tolerance:.0e}){self._left_out()}"
        )

    def _left_out(self):
        if not self.repeatable:
            return "; but two calls gave two losses: set dropout to 0 to compare"
        if not self.kinks:
            return ""
        return (
            f"; {len(self.kinks)} derivatives left out, at a kink of the loss (a ReLU at 0?), "
            f"such as {self.kinks[0]}. Try other inputs."
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


def relative_error(a, b, scale=1.0):
    """|a - b| / max(|a|, |b|, 1e-4 · scale), element by element.

    The floor keeps two derivatives that are both almost zero from being called different: below it, rounding
    in the differences is larger than the derivative itself. `scale` is the size of the loss or of its largest
    derivative, so that a loss in dollars and the same loss in millions get the same verdict.
    """
    floor = max(1e-4 * scale, np.finfo(float).tiny)
    return np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), floor)


def check_gradients(model, loss, X, y, *, step=1e-5, tolerance=1e-6):
    """Compare `model.backward` with central differences, for every parameter and every input.

    Args:
        model: a float64 layer whose training forward is deterministic (set dropout to 0).
        loss: function (predictions, targets) -> (value, grad).
        X, y: a small batch; token ids get no input check.
    Returns:
        GradientReport; `report.ok` says whether the largest relative error is within `tolerance`.
    """
    X = np.array(model.check_inputs(X))

    def value():
        return float(loss(model.forward(X, training=True), y)[0])

    repeatable = value() == value()
    start, grad = loss(model.forward(X, training=True), y)
    input_gradient = model.backward(np.array(grad))
    arrays, analytic = {"parameters": model.parameters}, {"parameters": model.gradients.copy()}
    if X.dtype.kind == "f":
        arrays["inputs"], analytic["inputs"] = X, np.array(input_gradient)
    arrays = {name: array for name, array in arrays.items() if array.size}
    numerical = {name: numerical_gradient(value, array, step) for name, array in arrays.items()}
    scale = max([abs(start), *(np.abs(gradient).max() for gradient in numerical.values())])
    worst_error, worst, kinks = 0.0, "nothing to check", []
    for name, array in arrays.items():
        errors = relative_error(analytic[name], numerical[name], scale)
        for index in map(tuple, np.argwhere(errors > tolerance)):
            if repeatable and _is_kink(value, array, index, analytic[name][index], step, tolerance, scale):
                kinks.append(f"{name}{list(map(int, index))}")
                errors[index] = 0.0
        index = np.unravel_index(errors.argmax(), errors.shape)
        if errors[index] >= worst_error:
            worst_error, worst = float(errors[index]), f"{name}{list(map(int, index))}"
    return GradientReport(worst_error, worst, tolerance, tuple(kinks), repeatable)


def _is_kink(f, x, index, derivative, step, tolerance, scale):
    """Whether `f` bends within a step of x[index], so that its difference is no derivative there.

    The slopes on both sides of a smooth place come together as the step shrinks. At a kink they stay apart;
    beside one, they agree with each other and with the derivative once the step no longer reaches it.
    """
    kept = x[index]

    def value_at(place):
        x[index] = place
        value = f()
        x[index] = kept
        return value

    middle, gaps = value_at(kept), []
    for h in (step, step / 100):
        right, left = (value_at(kept + h) - middle) / h, (middle - value_at(kept - h)) / h
        gaps.append(abs(right - left))
    noise = 100 * np.finfo(float).eps * max(abs(middle), scale) / h
    if gaps[1] > max(0.5 * gaps[0], noise):
        return True
    centre = (right + left) / 2
    beside = gaps[0] > max(10 * gaps[1], 100 * tolerance * scale)
    return beside and abs(centre - derivative) <= max(1e-5 * abs(derivative), noise)
