"""Planning and control by hand, and against SciPy."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from nnbook.driving.control import PID, bicycle_step, pure_pursuit, tracking_errors
from nnbook.driving.planning import START, a_star, arc_lengths, plan, point_at, smooth, step_cost
from nnbook.driving.road import AHEAD, ASIDE
from nnbook.driving.stack import Stack, View, speed_behind, speed_in_bend


def straight_road(left=-5.0, right=5.0):
    return np.tile((left <= ASIDE) & (right >= ASIDE), (24, 1)).astype(float)


def shortest_by_scipy(cost, start):
    rows, columns = cost.shape
    edges = []
    for i in range(rows):
        for j in range(columns):
            for di, dj in ((0, 1), (1, 0), (1, 1), (1, -1)):
                k, m = i + di, j + dj
                if 0 <= k < rows and 0 <= m < columns and np.isfinite(cost[i, j] + cost[k, m]):
                    weight = np.hypot(di, dj) * 0.5 * (cost[i, j] + cost[k, m])
                    edges.append((i * columns + j, k * columns + m, weight))
    a, b, weights = np.array(edges).T
    graph = coo_matrix((weights, (a.astype(int), b.astype(int))), shape=(cost.size, cost.size)).tocsr()
    return dijkstra(graph, directed=False, indices=start[0] * columns + start[1]).reshape(cost.shape)


@pytest.mark.parametrize("seed", range(5))
def test_a_star_is_as_cheap_as_dijkstra_and_looks_at_fewer_cells(seed):
    rng = np.random.default_rng(seed)
    cost = 1.0 + rng.random((15, 15))
    cost[rng.random((15, 15)) < 0.25] = np.inf
    cost[0, 0] = cost[14, 12] = 1.0
    truth = shortest_by_scipy(cost, (0, 0))[14, 12]

    def straight(i, j):
        return float(np.hypot(14 - i, 12 - j))

    cells, total, visited = a_star(cost, (0, 0), is_goal=lambda i, j: (i, j) == (14, 12), bound=straight)
    _, blind_total, blind = a_star(
        cost, (0, 0), is_goal=lambda i, j: (i, j) == (14, 12), bound=lambda i, j: 0.0
    )
    assert total == pytest.approx(truth)
    assert blind_total == pytest.approx(truth)
    if np.isfinite(truth):
        assert cells[0] == (0, 0)
        assert cells[-1] == (14, 12)
        assert visited < blind


def test_a_wall_all_around_gives_no_way():
    cost = np.ones((5, 5))
    cost[1, :2] = cost[0, 1] = np.inf
    cells, total, _ = a_star(cost, (0, 0), is_goal=lambda i, j: i == 4, bound=lambda i, j: 0.0)
    assert cells == []
    assert total == np.inf


def test_the_plan_goes_to_the_middle_of_the_road():
    path = plan(straight_road(-2.0, 8.0))
    assert path[0].tolist() == [0.0, 0.0]
    assert np.linalg.norm(path[-1]) >= 17.0
    assert point_at(path, 12.0)[1] == pytest.approx(3.0, abs=1.6)
    assert (path[:, 1] < 6.0).all(), "two metres from the edge, at least"


def test_the_plan_leaves_room_for_a_car_beside():
    alone = plan(straight_road(-7.5, 7.5))
    beside = plan(straight_road(-7.5, 7.5), np.array([[4.0, 2.5, 0.0, 5.0]]))
    assert point_at(beside, 8.0)[1] < point_at(alone, 8.0)[1] - 0.5


def test_a_blind_car_goes_straight_on_and_a_short_road_is_used():
    assert plan(np.zeros((24, 24)))[:, 1].tolist() == [0.0, 0.0]
    short = straight_road()
    short[9:] = 0.0
    assert 5.0 < plan(short)[-1][0] < 12.0


def test_cost_is_low_in_the_middle_and_infinite_off_the_road():
    cost = step_cost(straight_road())
    assert cost[12, 11] == pytest.approx(1.0)
    assert cost[12, 8] > cost[12, 11]
    assert np.isinf(cost[12, 0])
    assert np.isfinite(step_cost(np.zeros((24, 24)))[START])
    assert AHEAD[START[0]] == pytest.approx(0.75)


def test_lengths_and_points_along_a_path():
    path = np.array([[0, 0], [3, 4], [3, 10.0]])
    assert arc_lengths(path).tolist() == [0.0, 5.0, 11.0]
    assert point_at(path, 8.0).tolist() == [3.0, 7.0]
    assert point_at(path, 99.0).tolist() == [3.0, 10.0]
    assert smooth(path, rounds=0).tolist() == path.tolist()


class TestControl:
    def test_pure_pursuit_meets_its_target(self):
        target = np.array([7.0, -2.0])
        steering, state, closest = pure_pursuit(target), (0.0, 0.0, 0.0, 5.0), np.inf
        for _ in range(4000):
            state = bicycle_step(state, steering, 0.0, 5e-4)
            closest = min(closest, np.hypot(*(target - state[:2])))
        assert closest < 0.01

    def test_left_and_right_are_mirror_images(self):
        assert pure_pursuit((6.0, 2.0)) == pytest.approx(-pure_pursuit((6.0, -2.0)))
        assert pure_pursuit((0.5, 6.0)) == pytest.approx(np.pi / 4), "no more than 45°"

    def test_pid_by_hand(self):
        pid = PID(kp=2.0, ki=1.0, kd=0.5)
        assert pid(1.0, dt=0.5) == pytest.approx(2.0 + 0.5)
        assert pid(2.0, dt=0.5) == pytest.approx(4.0 + 1.5 + 0.5 * 2.0)

    def test_the_sum_does_not_wind_up_at_the_limit(self):
        pid = PID(kp=1.0, ki=1.0, limit=2.0)
        for _ in range(50):
            assert pid(10.0, dt=1.0) == 2.0
        assert pid.total == 0.0

    def test_tracking_a_straight_line(self):
        path = np.column_stack([np.arange(0, 80, 0.5), np.zeros(160)])

        def steer(pose, nearest, error):
            target = path[min(nearest + 12, len(path) - 1)] - np.array(pose[:2])
            c, s = np.cos(pose[2]), np.sin(pose[2])
            return pure_pursuit((c * target[0] + s * target[1], -s * target[0] + c * target[1]))

        errors = tracking_errors(path, steer)
        assert errors[0] == pytest.approx(1.0)
        assert abs(errors[-1]) < 0.01


class TestSpeed:
    path = np.column_stack([np.arange(0, 19.0), np.zeros(19)])

    def test_slow_in_a_bend_fast_on_the_straight(self):
        angle = np.linspace(0, 1.2, 30)
        bend = 15.0 * np.column_stack([np.sin(angle), 1 - np.cos(angle)])
        assert speed_in_bend(self.path) == 10.0
        assert speed_in_bend(bend) == pytest.approx(np.sqrt(3.5 * 15.0), rel=0.05)

    def test_it_keeps_its_distance(self):
        assert speed_behind(self.path, np.zeros((0, 4)), 10.0) == 10.0
        assert speed_behind(self.path, np.array([[10.0, 0.0, 0.0, 6.0]]), 10.0) < 6.0
        assert speed_behind(self.path, np.array([[10.0, 6.0, 0.0, 6.0]]), 10.0) == 10.0, "not in our way"
        assert speed_behind(self.path, np.array([[-4.0, 0.0, 0.0, 6.0]]), 10.0) == 10.0, "behind us"

    def test_without_radar_it_does_not_brake(self):
        view = View(straight_road(), np.array([[9.0, 0.0, 0.0, 2.0]]), 8.0, straight_road())
        assert Stack()(view).acceleration < -3.0
        assert Stack(use_radar=False)(view).acceleration > 0.0
