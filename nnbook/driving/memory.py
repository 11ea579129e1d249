"""Remembering: the last pictures of the road, moved to where the car is now, and averaged."""

from collections import deque

import numpy as np

from nnbook.driving.perception import UNMEASURED
from nnbook.driving.road import ASIDE, BEHIND, CELL, N_CELLS, cell_centres, to_car, to_world
from nnbook.functional import as_array, as_whole


class Memory:
    """Average the last pictures cell by cell. The car knows how it moved from its wheels (odometry).

    Args:
        n_pictures: how many are kept; 1 is no memory.

    >>> memory = Memory(n_pictures=2)
    >>> first = memory(np.zeros((24, 24)), (0.0, 0.0, 0.0))
    >>> float(memory(np.ones((24, 24)), (1.5, 0.0, 0.0))[0, 0])  # driven 1.5 m ahead, no turn
    0.5
    """

    def __init__(self, n_pictures=8):
        self._pictures = deque(
            maxlen=as_whole(n_pictures, "n_pictures")
        )  # (picture, pose), in a frame that begins where we began
        self._pose = (0.0, 0.0, 0.0)

    def __call__(self, picture, motion):
        """The averaged picture, shape (24, 24).

        Args:
            picture: the newest, (24, 24).
            motion: (ahead, aside, turn) since the last call, in the frame of the car then: metres, radians.
        """
        picture = as_array(picture, "picture", (N_CELLS, N_CELLS))
        motion = as_array(motion, "motion", (3,)).tolist()
        x, y = to_world(np.array(motion[:2]), self._pose)
        self._pose = (float(x), float(y), self._pose[2] + motion[2])
        self._pictures.append((picture, self._pose))
        total, count = np.zeros(picture.shape), np.zeros(picture.shape)
        places = to_world(cell_centres(), self._pose)
        for old, pose in self._pictures:
            values = _look_up(old, to_car(places, pose))
            measured = values != UNMEASURED
            total += np.where(measured, values, 0.0)
            count += measured
        return np.where(count > 0, total / np.maximum(count, 1), UNMEASURED)


def _look_up(picture, points):
    """The value of the cell around each point (…, 2); unmeasured outside the picture."""
    rows = np.floor((points[..., 0] + BEHIND) / CELL).astype(int)
    columns = np.floor((points[..., 1] - ASIDE[0]) / CELL + 0.5).astype(int)
    inside = (rows >= 0) & (rows < N_CELLS) & (columns >= 0) & (columns < N_CELLS)
    safe = picture[np.clip(rows, 0, N_CELLS - 1), np.clip(columns, 0, N_CELLS - 1)]
    return np.where(inside, safe, UNMEASURED)
