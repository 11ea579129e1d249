"""Loss surfaces over two parameters, each with its gradient: small enough to draw, hard enough to teach.

Every surface gives its value and its gradient in the same breath, so that an optimiser can run on it and a
reader can see where it goes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


def _bowl(x, y):
    return 0.5 * (x**2 + 12 * y**2), (x, 12 * y)


def _valley(x, y):
    # Rosenbrock's function with 10 in the place of 100: the same bend, in hundreds of steps, not thousands
    across = y - x**2
    return (1 - x) ** 2 + 10 * across**2, (-2 * (1 - x) - 40 * x * across, 20 * across)


def _saddle(x, y):
    return 0.5 * x**2 - 0.5 * y**2 + 0.25 * y**4, (x, y**3 - y)


def _minima(x, y):
    value = 0.15 * (x**2 + y**2) + 0.3 * (2 - np.cos(3 * x) - np.cos(3 * y))
    return value, (0.3 * x + 0.9 * np.sin(3 * x), 0.3 * y + 0.9 * np.sin(3 * y))


def _noisy(x, y):
    return 0.5 * (x**2 + 4 * y**2), (x, 4 * y)


@dataclass(frozen=True)
class Surface:
    """A loss of two parameters, where to look at it, and settings at which a race on it is worth watching.

    Attributes:
        name, title: for code and for people.
        function: (x, y) -> (value, (derivative by x, derivative by y)); works on arrays too.
        bounds: (lowest x, highest x, lowest y, highest y) of the picture.
        minima: list of (x, y), the best one first.
        start: where the race begins.
        learning_rates: {optimiser: learning rate}.
        noise: standard deviation of what is added to each component of the gradient.
    """

    name: str
    title: str
    function: Callable = field(repr=False)
    bounds: tuple
    minima: tuple
    start: tuple
    learning_rates: dict = field(repr=False)
    noise: float = 0.0

    def value(self, x, y):
        """Return the loss at (x, y); arrays are taken element by element.

        >>> SURFACES["bowl"].value(2.0, 1.0)
        8.0
        """
        return self.function(x, y)[0]

    def gradient(self, x, y):
        """Return the gradient at (x, y): an array of shape (2,), or (2, ...) for arrays.

        >>> SURFACES["bowl"].gradient(2.0, 1.0)
        array([ 2., 12.])
        """
        return np.array(self.function(x, y)[1], dtype=float)


OPTIMIZERS = ("SGD", "Momentum", "RMSProp", "Adam", "AdamW")


def _rates(*values):
    return dict(zip(OPTIMIZERS, values, strict=True))


SURFACES = {
    surface.name: surface
    for surface in (
        Surface(
            "bowl",
            "Bowl",
            _bowl,
            (-3, 3, -2.25, 2.25),
            ((0, 0),),
            (-2.6, 1.6),
            _rates(0.1, 0.02, 0.1, 0.3, 0.3),
        ),
        Surface(
            "valley",
            "Long valley",
            _valley,
            (-2, 2, -0.75, 2.25),
            ((1, 1),),
            (-1.5, 1.9),
            _rates(0.005, 0.001, 0.01, 0.1, 0.1),
        ),
        Surface(
            "saddle",
            "Saddle",
            _saddle,
            (-2, 2, -1.5, 1.5),
            ((0, 1), (0, -1)),
            (-1.7, 0.001),
            _rates(0.05, 0.02, 0.02, 0.05, 0.05),
        ),
        Surface(
            "minima",
            "Several minima",
            _minima,
            (-4, 4, -3, 3),
            ((0, 0),),
            (-3.4, 2.6),
            _rates(0.1, 0.05, 0.05, 0.3, 0.3),
        ),
        Surface(
            "noisy",
            "Noisy gradient",
            _noisy,
            (-3, 3, -2.25, 2.25),
            ((0, 0),),
            (-2.6, 1.6),
            _rates(0.1, 0.02, 0.05, 0.1, 0.1),
            noise=2.0,
        ),
    )
}
