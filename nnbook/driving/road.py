"""The road as geometry: which points lie on it, and what a perfect eye would see from a car.

Lengths are metres, angles radians. A *pose* is (x, y, heading). The eye looks at a square of cells in front
of the car: row i is distance ahead, column j is to the side, and the first column is the left of the picture
when the car drives up the page.
"""

import numpy as np

from nnbook.functional import as_array, as_numbers

CELL = 1.5  # metres
N_CELLS = 24
BEHIND = 3.0  # the square begins this far behind the centre of the car
AHEAD = BEHIND + np.arange(-2 * BEHIND, N_CELLS * CELL - 2 * BEHIND, CELL) + CELL / 2
ASIDE = (np.arange(N_CELLS) + 0.5 - N_CELLS / 2) * CELL
END_MARGIN = 5.0  # highway-env lets a lane reach one car length beyond both ends
SLIT = 0.3  # metres beside a lane that still count as road: the lanes of its tracks leave slits


def cell_centres():
    """Centres of the cells in the frame of the car, shape (24, 24, 2): (ahead, aside) in metres.

    >>> cell_centres()[0, 0].tolist(), cell_centres()[-1, -1].tolist()
    ([-2.25, -17.25], [32.25, 17.25])
    """
    ahead, aside = np.meshgrid(AHEAD, ASIDE, indexing="ij")
    return np.stack([ahead, aside], axis=-1)


def to_world(points, pose):
    """Turn points (…, 2) from the frame of the car into the frame of the world.

    >>> to_world(np.array([1.0, 0.0]), (5.0, 5.0, np.pi / 2)).round(6).tolist()
    [5.0, 6.0]
    """
    x, y, heading = as_array(pose, "pose", (3,))
    c, s = np.cos(heading), np.sin(heading)
    return _points(points) @ np.array([[c, s], [-s, c]]) + np.array([x, y])


def to_car(points, pose):
    """Turn points (…, 2) from the frame of the world into the frame of the car: undoes `to_world`."""
    x, y, heading = as_array(pose, "pose", (3,))
    c, s = np.cos(heading), np.sin(heading)
    return (_points(points) - np.array([x, y])) @ np.array([[c, -s], [s, c]])


def _points(points):
    points = as_numbers(points, "points")
    if points.shape[-1:] != (2,) or not np.isfinite(points).all():
        raise ValueError(f"points must be finite and have shape (…, 2); got {points.shape}.")
    return points


class RoadMap:
    """All lanes of a road network of highway-env as arrays, so that many points are tested at once.

    Args:
        lanes: straight and circular lanes of highway-env, in any order.
    Raises:
        TypeError: another kind of lane.
    """

    def __init__(self, lanes):
        if not isinstance(lanes, list | tuple):
            raise TypeError(f"RoadMap needs a list of lanes; got {type(lanes).__name__}.")
        straight, circular = [], []
        for lane in lanes:
            kind = type(lane).__name__
            if kind == "StraightLane":
                straight.append([*lane.start, *lane.direction, lane.length, lane.width])
            elif kind == "CircularLane":
                circular.append(
                    [*lane.center, lane.radius, lane.start_phase, lane.direction, lane.length, lane.width]
                )
            else:
                raise TypeError(f"RoadMap knows straight and circular lanes; got a {kind}.")
        self._straight = np.array(straight, dtype=np.float64).reshape(-1, 6)
        self._circular = np.array(circular, dtype=np.float64).reshape(-1, 7)
        self.lanes = list(lanes)

    def on_road(self, points, margin=SLIT):
        """Whether each point lies on any lane; with margin 0 exactly as highway-env's `lane.on_lane` does.

        Args:
            points: world coordinates, shape (…, 2).
            margin: metres beside a lane that still count.
        Returns:
            bool, shape (…,).
        """
        points = np.asarray(_points(points), dtype=np.float64)
        flat = points.reshape(-1, 1, 2)
        return (self._on_straight(flat, margin) | self._on_circular(flat, margin)).reshape(points.shape[:-1])

    def _on_straight(self, points, margin):
        x0, y0, dx, dy, length, width = self._straight.T
        px, py = points[..., 0] - x0, points[..., 1] - y0  # (n_points, n_lanes)
        return _on_lane(px * dx + py * dy, py * dx - px * dy, length, width / 2 + margin)

    def _on_circular(self, points, margin):
        cx, cy, radius, start, direction, length, width = self._circular.T
        px, py = points[..., 0] - cx, points[..., 1] - cy
        angle = (np.arctan2(py, px) - start + np.pi) % (2 * np.pi) - np.pi
        return _on_lane(direction * angle * radius, radius - np.hypot(px, py), length, width / 2 + margin)

    def truth(self, pose):
        """What a perfect eye sees from `pose`: 1.0 where a cell's centre is on the road, shape (24, 24)."""
        return self.on_road(to_world(cell_centres(), pose)).astype(np.float64)


def _on_lane(along, across, length, half_width):
    inside = (np.abs(across) <= half_width) & (along >= -END_MARGIN) & (along < length + END_MARGIN)
    return inside.any(axis=-1)
