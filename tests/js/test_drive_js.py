"""drive_replay.js must say where the car is, and what it believed, as nnbook.driving.recording does."""

import numpy as np
import pytest
from javascript import Cases

from nnbook.driving.recording import ALPHABET, at, unpack


def random_film(rng, frames):
    def walk(scale):
        return np.rint(np.cumsum(rng.normal(0, scale, frames))).astype(int)

    def poses():
        return np.column_stack([walk(30), walk(30), walk(20)]).ravel().tolist()

    letters = rng.integers(0, 64, 192 * frames)
    return {
        "title": "random",
        "outcome": "finished",
        "view": "believed",
        "tenths": [int(t) for t in np.cumsum(rng.integers(1, 9, frames)) - 1],
        "ego": poses(),
        "speeds": walk(5).tolist(),
        "progress": walk(8).tolist(),
        "cars": [poses(), poses()],
        "pictures": "".join(ALPHABET[k] for k in letters),
        "paths": [],
        "lanes": [[50, 0, 0, 400, 0], [50, 0, 50, 400, 50, 450, 90]],
        "grid": {"cells": 24, "cell": 15, "behind": 30},
    }


def case(rng):
    film = random_film(rng, int(rng.integers(1, 9)))
    first, last = film["tenths"][0] / 10, film["tenths"][-1] / 10
    seconds = [first, last, *rng.uniform(first, last, 12).tolist(), *[t / 10 for t in film["tenths"]]]
    return {
        "film": film,
        "at": [{"second": s, "state": [float(v) for v in at(film, s)]} for s in seconds],
        "levels": unpack(film["pictures"]).reshape(-1, 576).tolist(),
    }


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    rng = np.random.default_rng(0)
    return Cases(tmp_path_factory, "drive.parity.mjs", [case(rng) for _ in range(25)])


def test_parity(cases):
    assert cases.passed() == 4


def test_a_car_in_another_place_is_found(cases):
    everything = cases.copy()
    everything[1]["at"][0]["state"][0] += 1e-3
    assert "state: relative error" in cases.complaint(everything)
