"""A path over the perceived road: A* over the cells, then smoothing."""

import heapq
import math

import numpy as np

from nnbook.driving.perception import by_blur
from nnbook.driving.road import AHEAD, ASIDE, BEHIND, CELL, N_CELLS, cell_centres
from nnbook.functional import as_array, as_number, as_numbers, as_whole

START = (int(BEHIND // CELL), N_CELLS // 2)  # the cell whose corner is the centre of the car
HORIZON = 18.0  # metres, as the crow flies
WALL = 0.35  # a cell below this chance of road is not entered
_FAR = np.linalg.norm(cell_centres(), axis=-1).tolist()  # metres from the car
_STEPS = [(i, j, float(np.hypot(i, j))) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]


def a_star(cost, start, *, is_goal, bound):
    """The cheapest way over a grid to any goal cell, moving to the eight neighbours.

    A step costs its length (1 or √2) times the mean cost of its two cells. The cell that is taken next is
    the one with the smallest cost so far plus `bound`. Source: Hart, Nilsson & Raphael, 1968.

    Args:
        cost: (rows, columns); cost of a step of length 1; infinity is a wall.
        start: (row, column).
        is_goal: function (row, column) -> bool.
        bound: function (row, column) -> what the rest of the way costs at least. 0 is always right.
    Returns:
        (cells, total, n_visited): the way as a list of (row, column), its cost, how many cells were taken.
        If no goal can be reached, cells is [] and total infinity.

    >>> cost = np.array([[1, np.inf, 1], [1, np.inf, 1], [1, 1, 1.0]])
    >>> cells, total, _ = a_star(cost, (0, 0), is_goal=lambda i, j: (i, j) == (0, 2), bound=lambda i, j: 0.0)
    >>> cells, round(total, 3)
    ([(0, 0), (1, 0), (2, 1), (1, 2), (0, 2)], 4.828)
    """
    cost = as_numbers(cost, "cost")
    if cost.ndim != 2 or cost.size == 0 or not (cost >= 0).all():  # so put, NaN is refused too
        raise ValueError(f"cost must be (rows, columns) of numbers of at least 0; got shape {cost.shape}.")
    rows, columns = cost.shape
    if np.shape(start) != (2,) or not (0 <= start[0] < rows and 0 <= start[1] < columns):
        raise ValueError(f"start must be a cell (row, column) of the grid {cost.shape}; got {start!r:.60}.")
    cost, start = (
        cost.tolist(),
        (int(start[0]), int(start[1])),
    )  # plain numbers are read faster
    best, parent, done = {start: 0.0}, {start: None}, set()
    queue = [(bound(*start), start)]
    while queue:
        _, cell = heapq.heappop(queue)
        if cell in done:
            continue
        done.add(cell)
        if is_goal(*cell):
            return _way(parent, cell), best[cell], len(done)
        here = cost[cell[0]][cell[1]]
        for di, dj, length in _STEPS:
            i, j = cell[0] + di, cell[1] + dj
            if not (0 <= i < rows and 0 <= j < columns) or cost[i][j] == np.inf or (i, j) in done:
                continue
            total = best[cell] + length * 0.5 * (here + cost[i][j])
            if total < best.get((i, j), np.inf):
                best[i, j], parent[i, j] = total, cell
                heapq.heappush(queue, (total + bound(i, j), (i, j)))
    return [], np.inf, len(done)


def _way(parent, cell):
    way = []
    while cell is not None:
        way.append(cell)
        cell = parent[cell]
    return way[::-1]


def step_cost(probability, cars=(), *, wall=WALL):
    """What it costs to drive over a cell: 1 in the middle of a sure road, more near edges, infinity off it.

    Args:
        probability: chance of road of each cell, shape (24, 24).
        cars: radar targets (n, 4); cells beside a near car cost more, so that the path leaves it room.
    """
    probability = as_array(probability, "probability", (N_CELLS, N_CELLS))
    cars = as_array(cars, "cars", ("n", 4), empty=True) if np.size(cars) else ()
    inside = by_blur(probability, 5)  # high only where all around is road
    cost = 1.0 + 6.0 * (1.0 - inside) ** 2 + 4.0 * (1.0 - probability)
    for ahead, aside, *_ in cars:
        near = np.exp(-(((cell_centres() - (ahead, aside)) / (5.0, 2.5)) ** 2).sum(axis=-1))
        cost += 8.0 * near
    cost[probability < wall] = np.inf
    cost[START] = min(cost[START], 10.0)  # we are here, whatever the sensor says
    return cost


def plan(probability, cars=(), *, horizon=HORIZON):
    """A path over the perceived road, as points in the frame of the car.

    The goal is any cell at least `horizon` metres away; the cheapest wins. If none can be reached, the way
    goes as far as it can.

    Args:
        probability: chance of road of each cell, shape (24, 24).
        cars: radar targets (n, 4), or none.
        horizon: metres.
    Returns:
        points (n, 2) in metres from (0, 0) on: ahead, aside; smooth.
    """
    horizon, cost = as_number(horizon, "horizon"), step_cost(probability, cars)
    if not 0 < horizon <= 1000:
        raise ValueError(f"horizon must lie in (0, 1000] metres; got {horizon}.")
    while horizon > 3 * CELL:
        cells, _, _ = a_star(
            cost,
            START,
            is_goal=lambda i, j, far=horizon: _FAR[i][j] >= far,
            bound=lambda i, j, far=horizon: max(0.0, far - _FAR[i][j]) / CELL,
        )
        if cells:
            rows, columns = np.array(cells[1:]).T
            return smooth(np.column_stack([np.append(0.0, AHEAD[rows]), np.append(0.0, ASIDE[columns])]))
        horizon -= 4.0
    return np.array([(0.0, 0.0), (horizon, 0.0)])  # blind: straight on


def smooth(points, rounds=12):
    """Pull each inner point half-way to the middle of its neighbours, `rounds` times; the ends stay.

    >>> smooth(np.array([[0, 0], [1, 1], [2, 0.0]]), rounds=1).tolist()
    [[0.0, 0.0], [1.0, 0.5], [2.0, 0.0]]
    """
    points = np.array(as_array(points, "points", ("n", 2)), dtype=np.float64)
    for _ in range(as_whole(rounds, "rounds", 0)):
        points[1:-1] += 0.5 * (0.5 * (points[:-2] + points[2:]) - points[1:-1])
    return points


def arc_lengths(points):
    """Metres along a path up to each of its points, shape (n,), from 0 on."""
    points = as_array(points, "points", ("n", 2))
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def point_at(points, metres):
    """The point of a path so many metres along it; its end if it is shorter, shape (2,)."""
    points, metres = as_array(points, "points", ("n", 2)), as_number(metres, "metres")
    if math.isnan(metres):
        raise ValueError("metres must be a number; got nan.")
    along = arc_lengths(points)
    return np.array([np.interp(metres, along, points[:, 0]), np.interp(metres, along, points[:, 1])])
