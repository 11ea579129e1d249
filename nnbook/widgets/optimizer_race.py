"""OptimizerRace: five optimisers leave the same point at once, on a loss that one can see."""

import math

import numpy as np
import traitlets

from nnbook.optimizers import SGD, Adam, AdamW, RMSProp
from nnbook.surfaces import OPTIMIZERS, SURFACES, Surface
from nnbook.widgets._base import Widget
from nnbook.widgets._checks import whole_within, within

MAX_STEPS = 1000
MAX_NOISE = 10.0
RATES = (1e-5, 10.0)
FAR_AWAY = 1e6  # beyond this an optimiser has left the race and stays where it is
_MAKERS = {
    "SGD": SGD,
    "Momentum": lambda rate: SGD(rate, momentum=0.9),
    "RMSProp": RMSProp,
    "Adam": Adam,
    "AdamW": AdamW,
}


class OptimizerRace(Widget):
    """SGD, momentum, RMSProp, Adam and AdamW from the same start, each with its own learning rate.

    The learning rates of a surface are stage rates: chosen so that the five ways can be told apart, not so
    that each is at its best. Who wants to know who is fastest has to give each its best rate first.

    State (all of it can be set here or in the widget):
        surface: a name in `nnbook.surfaces.SURFACES`: "bowl", "valley", "saddle", "minima" or "noisy".
        learning_rates: {optimiser: learning rate in [1e-5, 10]}; those of the surface when left out.
        racing: the names of the optimisers that take part.
        start: [x, y], inside the picture; the surface's own when left out.
        noise: standard deviation of what is added to each component of every gradient, 0 to 10. All
            optimisers meet the same noise at the same step.
        seed: of the noise.
        n_steps: length of the race, 10 to 1000.
        step: the moment that is shown; 0 is the start.

    >>> race = OptimizerRace(surface="valley", n_steps=200)
    >>> losses = race.losses()
    >>> {name: round(float(losses[name][-1]), 3) for name in ("SGD", "Momentum", "Adam")}
    {'SGD': 2.419, 'Momentum': 0.17, 'Adam': 0.0}
    """

    fallback = (
        "Five optimisers run down the same loss surface from the same point: SGD, momentum, RMSProp, Adam "
        "and AdamW. With JavaScript you can move the start, change the learning rates and watch the race."
    )

    surface = traitlets.Unicode("valley").tag(sync=True)
    learning_rates = traitlets.Dict(value_trait=traitlets.Float(), key_trait=traitlets.Unicode()).tag(
        sync=True
    )
    racing = traitlets.List(traitlets.Unicode(), list(OPTIMIZERS)).tag(sync=True)
    start = traitlets.List(traitlets.Float()).tag(sync=True)
    noise = traitlets.Float().tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    n_steps = traitlets.Int(300).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(self, **state):
        surface = SURFACES[_known_surface(state.get("surface", "valley"))]
        state["learning_rates"] = {**surface.learning_rates, **state.get("learning_rates", {})}
        state.setdefault("start", list(surface.start))
        state.setdefault("noise", surface.noise)
        super().__init__(**state)

    def surface_function(self) -> Surface:
        """Return the surface, with its value and gradient."""
        return SURFACES[self.surface]

    def paths(self, noise_draws=None):
        """Run the race with `nnbook.optimizers`.

        Args:
            noise_draws: standard normal numbers of shape (n_steps, 2); drawn from `seed` when left out. NumPy
                and the page draw differently, so with noise the paths agree in kind, not in number.
        Returns:
            {optimiser: positions of shape (n_steps + 1, 2)} of those that take part.
        """
        if noise_draws is None:
            noise_draws = np.random.default_rng(self.seed).standard_normal((self.n_steps, 2))
        noise_draws = np.asarray(noise_draws, dtype=float)
        if noise_draws.shape != (self.n_steps, 2):
            raise ValueError(f"noise_draws must have shape {(self.n_steps, 2)}; got {noise_draws.shape}.")
        return {
            name: self._path(name, self.noise * noise_draws) for name in OPTIMIZERS if name in self.racing
        }

    def losses(self, noise_draws=None):
        """Return {optimiser: losses of shape (n_steps + 1,)} along `paths`."""
        surface = self.surface_function()
        return {name: surface.value(path[:, 0], path[:, 1]) for name, path in self.paths(noise_draws).items()}

    def _path(self, name, noise):
        surface, optimizer = self.surface_function(), _MAKERS[name](self.learning_rates[name])
        position = np.array(self.start)
        path = np.tile(position, (self.n_steps + 1, 1))
        for step in range(self.n_steps):
            if np.abs(position).max() <= FAR_AWAY:
                optimizer.step(position, surface.gradient(*position) + noise[step])
            path[step + 1] = position
        return path

    @traitlets.validate("surface")
    def _check_surface(self, proposal):
        return _known_surface(proposal["value"])

    @traitlets.validate("learning_rates")
    def _check_learning_rates(self, proposal):
        rates = proposal["value"]
        if set(rates) != set(OPTIMIZERS):
            raise traitlets.TraitError(
                f"learning_rates must have one entry for each of {', '.join(OPTIMIZERS)}; "
                f"got {sorted(rates)}."
            )
        for name, rate in rates.items():
            if not RATES[0] <= rate <= RATES[1]:
                raise traitlets.TraitError(
                    f"learning_rates: {name} must lie in [{RATES[0]:g}, {RATES[1]:g}]; got {rate}."
                )
        return rates

    @traitlets.validate("racing")
    def _check_racing(self, proposal):
        unknown = [name for name in proposal["value"] if name not in OPTIMIZERS]
        if unknown:
            raise traitlets.TraitError(f"racing must name {', '.join(OPTIMIZERS)}; got {unknown[0]!r}.")
        return proposal["value"]

    @traitlets.validate("start")
    def _check_start(self, proposal):
        # The bounds are those of the widest picture: the surface may change in the same breath.
        start = proposal["value"]
        if len(start) != 2 or not all(math.isfinite(value) and abs(value) <= 4 for value in start):
            raise traitlets.TraitError(f"start must be two numbers in [-4, 4]; got {start}.")
        return start

    @traitlets.validate("noise")
    def _check_noise(self, proposal):
        return within(proposal, 0, MAX_NOISE)

    @traitlets.validate("seed")
    def _check_seed(self, proposal):
        return whole_within(proposal, 0, 9999)

    @traitlets.validate("n_steps")
    def _check_n_steps(self, proposal):
        return whole_within(proposal, 10, MAX_STEPS)

    @traitlets.validate("step")
    def _check_step(self, proposal):
        return whole_within(proposal, 0, MAX_STEPS)


def _known_surface(name):
    if name not in SURFACES:
        raise traitlets.TraitError(f"surface must be one of {', '.join(SURFACES)}; got {name!r}.")
    return name
