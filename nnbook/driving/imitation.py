"""End to end: one network from the sensor to the steering wheel, taught by watching an expert."""

from dataclasses import dataclass, field

import numpy as np

from nnbook.activations import Tanh
from nnbook.driving.perception import CLEAR, UNMEASURED
from nnbook.driving.road import N_CELLS
from nnbook.driving.stack import Decision, Stack, drive
from nnbook.functional import as_array, as_number
from nnbook.losses import mean_squared_error
from nnbook.mlp import MLP
from nnbook.optimizers import Adam
from nnbook.schedules import cosine
from nnbook.training import fit

SIZES = [149, 64, 32, 2]
STEERING, ACCELERATION = 0.4, 5.0  # what an output of 1 means: rad, m/s²


def features(view):
    """What the network sees, shape (149,): the picture in 12 × 12 blocks, our speed, the nearest car ahead.

    Four numbers tell of the car: whether there is one, how far ahead, how far aside, how much faster than we.
    """
    picture = as_array(view.picture, "picture", (N_CELLS, N_CELLS))
    radar = as_array(view.radar, "radar", ("n", 4), empty=True)
    speed = as_number(view.speed, "speed")
    if not abs(speed) <= 1e6:
        raise ValueError(f"speed must be finite, in m/s; got {speed}.")
    blocks = picture.reshape(12, 2, 12, 2).mean(axis=(1, 3)).ravel() - UNMEASURED
    car = np.zeros(4)
    ahead = radar[radar[:, 0] > 0]
    if len(ahead):
        first = ahead[np.argmin(ahead[:, 0])]
        car[:] = 1.0, first[0] / 40, first[1] / 10, (first[3] - speed) / 10
    return np.concatenate([blocks, [speed / 10], car])


class Imitator:
    """A driver that is one network: from `features` to steering and acceleration, nothing in between."""

    def __init__(self, model):
        self.model = model

    def __call__(self, view):
        """The `Decision` for a `View`."""
        steering, acceleration = self.model.forward(features(view)[None])[0]
        return Decision(
            float(np.clip(STEERING * steering, -np.pi / 4, np.pi / 4)),
            float(np.clip(ACCELERATION * acceleration, -ACCELERATION, 3.0)),
        )


@dataclass
class Lessons:
    """What the expert showed: inputs (149,) and answers (2,), one per moment."""

    inputs: list = field(default_factory=list)
    answers: list = field(default_factory=list)

    def __len__(self):
        return len(self.inputs)

    def add(self, view, decision):
        """Remember that the expert answered `decision` to `view`."""
        self.inputs.append(features(view))
        self.answers.append([decision.steering / STEERING, decision.acceleration / ACCELERATION])


def watch_expert(world, seeds, lessons, *, expert=None, sensor=CLEAR, most=np.inf):
    """Let the expert drive one lap for each seed and write down what it does, up to `most` moments."""
    expert = expert or Stack()
    for seed in seeds:
        if len(lessons) >= most:
            break
        drive(world, expert, seed, sensor=sensor, watch=lessons.add)
    del lessons.inputs[int(min(most, len(lessons))) :], lessons.answers[int(min(most, len(lessons))) :]
    return lessons


def ask_expert(world, pupil, seeds, lessons, *, expert=None, sensor=CLEAR):
    """Let the *pupil* drive, and write down at each moment what the expert would have done there."""
    expert = expert or Stack()

    def ask(view, _):
        lessons.add(view, expert(view))

    return [drive(world, pupil, seed, sensor=sensor, watch=ask) for seed in seeds]


def clone(lessons, *, rng, epochs=60, batch_size=64, learning_rate=2e-3):
    """Behaviour cloning: fit a fresh network to the lessons by least squares; returns the `Imitator`."""
    if not len(lessons):
        raise ValueError("there are no lessons: got 0 moments. Let the expert drive first (`watch_expert`).")
    model = MLP(SIZES, activation=Tanh, rng=rng)
    X, y = np.array(lessons.inputs), np.array(lessons.answers)
    fit(
        model,
        X,
        y,
        loss=mean_squared_error,
        optimizer=Adam(learning_rate),
        epochs=epochs,
        batch_size=batch_size,
        rng=rng,
        schedule=cosine(epochs * -(-len(X) // batch_size)),
    )
    return Imitator(model)


def dagger(world, lessons, *, rng, rounds=5, laps_per_round=3, first_seed=2000, sensor=CLEAR, watch=None):
    """Dataset aggregation: the pupil drives, the expert says what was right, the pupil learns from it all.

    Source: Ross, Gordon & Bagnell, 2011.

    Args:
        world: a `World` to practise in.
        lessons: what the expert showed before; grows.
        rounds, laps_per_round: how often the pupil practises before it learns again.
        first_seed: the episodes are first_seed, first_seed + 1, …
        watch: function (round, pupil, lessons), called after each learning; round 0 is plain cloning.
    Returns:
        the last `Imitator`.
    """
    pupil = clone(lessons, rng=rng)
    for number in range(rounds + 1):
        if number:
            start = first_seed + (number - 1) * laps_per_round
            ask_expert(world, pupil, range(start, start + laps_per_round), lessons, sensor=sensor)
            pupil = clone(lessons, rng=rng)
        if watch is not None:
            watch(number, pupil, lessons)
    return pupil
