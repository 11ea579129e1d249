"""OptimizerRace on the Python side: the race as nnbook runs it, and what is refused."""

import numpy as np
import pytest
import traitlets

from nnbook.surfaces import OPTIMIZERS, SURFACES
from nnbook.widgets import OptimizerRace
from nnbook.widgets.optimizer_race import FAR_AWAY


class TestRace:
    def test_sgd_on_the_bowl_by_hand(self):
        race = OptimizerRace(surface="bowl", start=[2.0, 1.0], n_steps=10)
        # p ← p - 0.1 (x, 12 y): x shrinks by 0.9, y by -0.2
        assert np.allclose(race.paths()["SGD"][:3], [[2, 1], [1.8, -0.2], [1.62, 0.04]])
        assert race.losses()["SGD"][1] == pytest.approx(0.5 * (1.8**2 + 12 * 0.2**2))

    @pytest.mark.parametrize(
        ("surface", "first", "last"),
        [("valley", "Adam", "SGD"), ("saddle", "Adam", "SGD"), ("minima", "Momentum", "RMSProp")],
    )
    def test_the_default_races_have_a_story(self, surface, first, last):
        losses = OptimizerRace(surface=surface, n_steps=100 if surface == "saddle" else 300).losses()
        order = sorted(losses, key=lambda name: losses[name][-1])
        assert order[-1] == last
        assert first in order[:2]
        assert losses[order[-1]][-1] > losses[first][-1] + 0.1

    def test_weight_decay_stops_short_of_a_minimum_that_is_not_at_zero(self):
        end = {name: path[-1] for name, path in OptimizerRace(surface="valley", n_steps=1000).paths().items()}
        assert np.linalg.norm(end["Adam"] - 1) < 1e-3
        assert np.linalg.norm(end["AdamW"] - 1) > 0.01

    def test_noise_shakes_but_does_not_stop(self):
        race = OptimizerRace(surface="noisy")
        losses = race.losses()
        assert all(np.median(values[-100:]) < 0.2 * values[0] for values in losses.values())
        assert np.array_equal(race.paths()["SGD"], race.paths()["SGD"])
        race.seed = 1
        assert not np.array_equal(race.losses()["SGD"], losses["SGD"])

    def test_who_flies_away_stays_where_it_is(self):
        race = OptimizerRace(surface="bowl", learning_rates={"SGD": 1.0}, n_steps=100)
        path = race.paths()["SGD"]
        assert np.isfinite(path).all()
        assert np.abs(path[-1]).max() > FAR_AWAY
        assert np.array_equal(path[-1], path[-2])

    def test_only_those_who_take_part(self):
        assert list(OptimizerRace(racing=["Adam", "SGD"]).paths()) == ["SGD", "Adam"]

    def test_noise_of_another_length_is_refused(self):
        with pytest.raises(ValueError, match=r"noise_draws must have shape \(300, 2\); got \(5, 2\)"):
            OptimizerRace().paths(np.zeros((5, 2)))


class TestState:
    @pytest.mark.parametrize("surface", SURFACES)
    def test_a_surface_brings_its_settings(self, surface):
        race = OptimizerRace(surface=surface)
        assert tuple(race.start) == SURFACES[surface].start
        assert race.learning_rates == SURFACES[surface].learning_rates
        assert race.noise == SURFACES[surface].noise
        assert race.surface_function() is SURFACES[surface]

    def test_one_learning_rate_may_differ(self):
        rates = OptimizerRace(learning_rates={"Adam": 1.0}).learning_rates
        assert rates == {**SURFACES["valley"].learning_rates, "Adam": 1.0}

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"surface": "moon"}, "surface must be one of bowl, valley"),
            ({"learning_rates": {"Adam": 0.0}}, "Adam must lie in"),
            ({"learning_rates": {"Adagrad": 0.1}}, "learning_rates must have one entry for each of SGD"),
            ({"racing": ["Adagrad"]}, "racing must name SGD, Momentum"),
            ({"start": [0.0]}, "start must be two numbers"),
            ({"start": [0.0, float("nan")]}, "start must be two numbers"),
            ({"noise": -1.0}, "noise must lie in"),
            ({"seed": -1}, "seed must lie in"),
            ({"n_steps": 5}, "n_steps must lie in 10 … 1000"),
            ({"step": 1001}, "step must lie in"),
        ],
    )
    def test_refusals(self, changes, message):
        with pytest.raises(traitlets.TraitError, match=message):
            OptimizerRace(**changes)

    def test_the_twin_holds_the_state(self):
        assert "&quot;" not in OptimizerRace().html_twin()
        assert set(OptimizerRace().state()["racing"]) == set(OPTIMIZERS)
