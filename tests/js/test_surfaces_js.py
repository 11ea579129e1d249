"""surfaces.js must be nnbook.surfaces: the same values, gradients, settings and, with equal noise, races."""

import json

import numpy as np
import pytest
from test_js import HERE, run

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
    path = tmp_path_factory.mktemp("surfaces") / "cases.json"
    path.write_text(json.dumps(everything, allow_nan=False), encoding="utf-8")
    return path


def test_parity(cases):
    code, output, passed = run(HERE / "surfaces.parity.mjs", cases)
    print("\n".join(line.strip() for line in output.splitlines() if line.startswith("# ")))
    assert code == 0, output
    assert passed >= 4, output


def test_a_gradient_that_is_off_is_found(cases, tmp_path):
    everything = json.loads(cases.read_text(encoding="utf-8"))
    everything["surfaces"][1]["gradients"][7][0] += 1e-6
    tampered = tmp_path / "cases.json"
    tampered.write_text(json.dumps(everything), encoding="utf-8")
    code, output, _ = run(HERE / "surfaces.parity.mjs", tampered)
    assert code != 0
    assert "valley gradient" in output
