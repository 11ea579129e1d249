"""Reading the road from a poor sensor: one small network looks at every cell through the same window."""

from dataclasses import dataclass, replace

import numpy as np

from nnbook._validate import check_generator
from nnbook.driving.road import N_CELLS, cell_centres, to_world
from nnbook.functional import as_array, as_number, as_numbers, as_whole, sigmoid

WINDOW = 9  # cells along one side of what the network sees around a cell
UNMEASURED = 0.5  # what the sensor gives for a cell without a measurement
_DISTANCE = np.linalg.norm(cell_centres(), axis=-1)  # (24, 24), metres from the car


@dataclass(frozen=True)
class Sensor:
    """A sensor that sees 1 for road and 0 for ground, plus what weather and light add.

    Attributes:
        noise: standard deviation of the error of a near cell; new in every picture.
        noise_per_metre: how much it grows with distance.
        shade: standard deviation of light and dark patches that lie on the world and stay there.
        dropout: share of the cells that give no measurement.
        reach: cells farther away than this (metres) give no measurement.
    """

    noise: float = 0.25
    noise_per_metre: float = 0.012
    shade: float = 0.22
    dropout: float = 0.05
    reach: float = 100.0

    def __post_init__(self):
        for name in ("noise", "noise_per_metre", "shade", "dropout", "reach"):
            value = as_number(getattr(self, name), name)
            if not 0 <= value <= (1 if name == "dropout" else 1e6):
                raise ValueError(f"{name} must be at least 0 and no more than its limit; got {value}.")

    def read(self, truth, pose, shading, rng):
        """One picture, shape (24, 24): mostly between -1 and 2, high where the road seems to be.

        Args:
            truth: from `RoadMap.truth`, shape (24, 24).
            pose: where the car is; decides which patches it sees.
            shading: the patches of this episode, from `Shading`.
            rng: for what is new in each picture.
        """
        check_generator(rng)
        truth = as_array(truth, "truth", (N_CELLS, N_CELLS))
        patches = self.shade * shading(to_world(cell_centres(), pose))
        spread = self.noise + self.noise_per_metre * _DISTANCE
        picture = truth + patches + spread * rng.standard_normal(truth.shape)
        lost = (rng.random(truth.shape) < self.dropout) | (self.reach < _DISTANCE)
        return np.where(lost, UNMEASURED, picture)


CLEAR = Sensor()
STORM = replace(CLEAR, noise=0.5, noise_per_metre=0.03, shade=0.35, dropout=0.3, reach=24.0)


def weather(severity):
    """A sensor between clear weather (0) and storm (1): every number in proportion.

    >>> weather(0.5).noise, weather(1.0) == STORM
    (0.375, True)
    """
    severity = as_number(severity, "severity")
    if not 0 <= severity <= 1:
        raise ValueError(f"severity must lie in [0, 1], from clear to storm; got {severity}.")
    clear, storm = vars(CLEAR), vars(STORM)
    return Sensor(**{name: (1 - severity) * clear[name] + severity * storm[name] for name in clear})


class Shading:
    """Light and dark patches on the world: a sum of waves, with standard deviation 1.

    Args:
        rng: draws directions, lengths and phases of the waves, once.
        n_waves: how many; their lengths lie between 8 and 30 metres.
    """

    def __init__(self, rng, n_waves=24):
        check_generator(rng)
        n_waves = as_whole(n_waves, "n_waves")
        angle, length = rng.uniform(0, 2 * np.pi, n_waves), rng.uniform(8.0, 30.0, n_waves)
        self._waves = 2 * np.pi / length * np.stack([np.cos(angle), np.sin(angle)])  # (2, n_waves)
        self._phases = rng.uniform(0, 2 * np.pi, n_waves)
        self._size = np.sqrt(2 / n_waves)

    def __call__(self, points):
        """Brightness at world coordinates (…, 2), shape (…,)."""
        points = as_numbers(points, "points")
        if points.shape[-1:] != (2,):
            raise ValueError(f"points must have shape (…, 2); got {points.shape}.")
        return self._size * np.sin(points @ self._waves + self._phases).sum(axis=-1)


def windows(picture, size=WINDOW):
    """What the network sees of each cell: the picture around it, shape (576, size²).

    Outside the picture nothing is measured.

    >>> windows(np.arange(576.0).reshape(24, 24), size=3)[25].tolist()
    [0.0, 1.0, 2.0, 24.0, 25.0, 26.0, 48.0, 49.0, 50.0]
    """
    picture, size = as_array(picture, "picture", ("rows", "columns")), as_whole(size, "size")
    if size % 2 == 0:
        raise ValueError(f"size must be odd, so that a window has a middle; got {size}.")
    half = size // 2
    padded = np.pad(picture, half, constant_values=UNMEASURED)
    views = np.lib.stride_tricks.sliding_window_view(padded, (size, size))
    return views.reshape(picture.size, size * size)


class RoadReader:
    """A network, applied to the window around every cell: chance that the cell is road.

    Args:
        model: maps (n, 81) windows to (n, 1) logits.
    """

    def __init__(self, model):
        self.model = model

    def __call__(self, picture):
        """Chance of road for each cell, shape (24, 24)."""
        picture = as_array(picture, "picture", ("rows", "columns"))
        logits = self.model.forward(windows(picture) - UNMEASURED)
        return sigmoid(logits[:, 0]).reshape(picture.shape)


def by_threshold(picture):
    """The simplest reader: the measurement itself, cut to [0, 1]; road from 0.5 on."""
    return np.clip(as_array(picture, "picture", ("rows", "columns")), 0.0, 1.0)


def by_blur(picture, size=3):
    """The mean over a small square, cut to [0, 1]: neighbours vote."""
    picture = as_array(picture, "picture", ("rows", "columns"))
    return np.clip(windows(picture, size).mean(axis=1), 0.0, 1.0).reshape(picture.shape)


def iou(believed, truth):
    """Intersection over union of two yes-no pictures: 1 if they agree on every road cell, 0 if on none.

    >>> iou(np.array([1, 1, 0, 0]), np.array([0, 1, 1, 0]))
    0.3333333333333333
    """
    believed, truth = as_numbers(believed, "believed"), as_numbers(truth, "truth")
    if np.isnan(believed).any() or np.isnan(truth).any():
        raise ValueError("a yes-no picture must hold 0 and 1 (or booleans); got NaN.")
    believed, truth = believed != 0, truth != 0
    if believed.shape != truth.shape:
        raise ValueError(f"both pictures must have one shape; got {believed.shape} and {truth.shape}.")
    union = np.sum(believed | truth)
    return float(np.sum(believed & truth) / union) if union else 1.0


def random_poses(road, n, rng):
    """Poses near the middle of random lanes: up to 2 m beside it, turned by up to about 17°.

    Args:
        road: a `RoadMap`.
    Returns:
        list of n poses (x, y, heading).
    """
    check_generator(rng)
    poses = []
    for _ in range(as_whole(n, "n")):
        lane = road.lanes[rng.integers(len(road.lanes))]
        along, across, turn = rng.uniform(0, lane.length), rng.uniform(-2, 2), rng.uniform(-0.3, 0.3)
        poses.append((*map(float, lane.position(along, across)), float(lane.heading_at(along) + turn)))
    return poses


def pictures(road, n, sensor, rng):
    """Random places on a road with what the sensor gives there: (pictures, truths), both (n, 24, 24).

    Every picture has patches of its own.
    """
    readings, truths = [], []
    for pose in random_poses(road, n, rng):
        truths.append(road.truth(pose))
        readings.append(sensor.read(truths[-1], pose, Shading(rng), rng))
    return np.array(readings), np.array(truths)
