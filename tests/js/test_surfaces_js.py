"""surfaces.js must be nnbook.surfaces: the same values, gradients, settings and, with equal noise, races."""

import numpy as np
import pytest
from javascript import Cases

from nnbook.surfaces import SURFACES
from nnbook.widgets import OptimizerRace
from nnbook.widgets.optimizer_race import FAR_AWAY


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    rng = np.random.default_rng(0)
    everything = {"far_away": FAR_AWAY, "surfaces": [], "races": []}
    for name, surface in SURFACES.items():
        points = rng.uniform(-4, 4, (50, 2))
        everything["surfaces"].append(
            {
                "name": name,
                "settings": {
                    "title": surface.title,
                    "bounds": surface.bounds,
                    "minima": surface.minima,
                    "start": surface.start,
                    "learning_rates": surface.learning_rates,
                    "noise": surface.noise,
                },
                "points": points.tolist(),
                "values": surface.value(*points.T).tolist(),
                "gradients": surface.gradient(*points.T).T.tolist(),
            }
        )
        for noise in (0.0, 0.5):
            race = OptimizerRace(surface=name, noise=noise, n_steps=200)
            draws = rng.standard_normal((200, 2))
            losses = race.losses(draws)
            everything["races"].append(
                {
                    "surface": name,
                    "noise": noise,
                    "start": race.start,
                    "rates": race.learning_rates,
                    "draws": draws.ravel().tolist(),
                    "paths": {key: path.ravel().tolist() for key, path in race.paths(draws).items()},
                    "losses": {key: values.tolist() for key, values in losses.items()},
                }
            )
    return Cases(tmp_path_factory, "surfaces.parity.mjs", everything)


def test_parity(cases):
    assert cases.passed() >= 4


def test_a_gradient_that_is_off_is_found(cases):
    everything = cases.copy()
    everything["surfaces"][1]["gradients"][7][0] += 1e-6
    assert "valley gradient" in cases.complaint(everything)
