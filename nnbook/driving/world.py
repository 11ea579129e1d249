"""A small door to highway-env: one car to steer, on one of three race tracks, without a screen."""

import math
import os
from dataclasses import dataclass

import numpy as np

from nnbook.driving.road import RoadMap
from nnbook.functional import as_number, as_whole

TRACKS = {"racetrack": "RacetrackEnv", "oval": "RacetrackEnvOval", "large": "RacetrackEnvLarge"}
STEP_S = 0.2  # seconds between two decisions
SIMULATED_HZ = 15  # the simulator moves the cars three times in between
MAX_STEERING = np.pi / 4  # rad
MAX_ACCELERATION = 5.0  # m/s², also for braking


@dataclass(frozen=True)
class Scene:
    """What is true at one moment.

    Attributes:
        pose: (x, y, heading) of our car, m and rad.
        speed: of our car, m/s.
        cars: the other cars, shape (n, 4): x, y, heading, speed.
        progress: metres along the track since the start.
        on_road, crashed: whether our car still is on the road, and whether it hit another.
    """

    pose: tuple
    speed: float
    cars: np.ndarray
    progress: float
    on_road: bool
    crashed: bool


def racetrack_class(track):
    """The class of highway-env behind a track's name.

    Raises:
        KeyError: no such track.
        ModuleNotFoundError: highway-env is missing; the message says how to get it.
    """
    if not isinstance(track, str) or track not in TRACKS:
        raise KeyError(f"track must be one of {', '.join(TRACKS)}; got {track!r}.")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # it greets on every import
    try:
        from highway_env.envs import racetrack_env
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"driving needs the package {error.name!r}: pip install highway-env gymnasium "
            "(the pinned versions are in requirements.txt)."
        ) from error
    return getattr(racetrack_env, TRACKS[track])


class World:
    """One race track with our car and others that mind their own business.

    Args:
        track: "racetrack" (two lanes), "oval" or "large" (three lanes).
        other_vehicles: as highway-env counts them; 1 puts one slower car ahead of us, 0 leaves us alone.

    >>> world = World("oval", other_vehicles=0)
    >>> scene = world.reset(seed=0)
    >>> scene.on_road, len(scene.cars), round(world.lap)
    (True, 0, 412)
    """

    def __init__(self, track="racetrack", *, other_vehicles=1):
        other_vehicles = as_whole(other_vehicles, "other_vehicles", 0)
        self.track = track
        self._env = racetrack_class(track)(
            config={
                "observation": {
                    "type": "AttributesObservation",
                    "attributes": ["time"],
                },  # not used, and cheap
                "action": {"type": "ContinuousAction", "longitudinal": True, "lateral": True},
                "policy_frequency": round(1 / STEP_S),
                "simulation_frequency": SIMULATED_HZ,
                "other_vehicles": other_vehicles,
            }
        )

    def reset(self, seed):
        """Begin an episode: start lane, start place and the other car follow from `seed`."""
        self._env.reset(seed=as_whole(seed, "seed", 0))
        graph = self._env.road.network.graph
        self.road = RoadMap([lane for a in graph for b in graph[a] for lane in graph[a][b]])
        lengths = {a: float(np.mean([lane.length for lane in lanes])) for a, (lanes,) in _segments(graph)}
        self._start_of = dict(zip(lengths, np.cumsum([0.0, *lengths.values()])[:-1], strict=True))
        self._length_of = lengths
        self.lap = sum(lengths.values())
        self._along, self._progress = self._place(), 0.0
        return self.scene()

    def step(self, steering, acceleration):
        """Hold `steering` (rad at the front wheels) and `acceleration` (m/s²) for 0.2 s; return the scene."""
        for name, value in (("steering", steering), ("acceleration", acceleration)):
            if math.isnan(as_number(value, name)):
                raise ValueError(f"{name} must be a number; got nan. What did the driver answer?")
        action = np.array([acceleration / MAX_ACCELERATION, steering / MAX_STEERING])
        self._env.step(np.clip(action, -1.0, 1.0))
        along = self._place()
        moved = (along - self._along + self.lap / 2) % self.lap - self.lap / 2
        if abs(moved) < 10.0:  # where two parts of the track lie side by side the nearest lane may jump
            self._along, self._progress = along, self._progress + moved
        return self.scene()

    def scene(self):
        """The present moment."""
        me, others = self._env.vehicle, self._env.road.vehicles
        cars = [[*car.position, car.heading, car.speed] for car in others if car is not me]
        return Scene(
            pose=(float(me.position[0]), float(me.position[1]), float(me.heading)),
            speed=float(me.speed),
            cars=np.array(cars, dtype=np.float64).reshape(-1, 4),
            progress=float(self._progress),
            on_road=bool(self.road.on_road(me.position)),
            crashed=bool(me.crashed),
        )

    def middle_line(self, spacing=0.5):
        """The middle of the road as points (n, 2) in metres, one lap in driving order; for measuring only."""
        points = []
        for _, (lanes,) in _segments(self._env.road.network.graph):
            aside = lanes[0].width * (len(lanes) - 1) / 2  # from the middle of the left lane to the right
            places = np.arange(0.0, lanes[0].length, spacing)
            points += [lanes[0].position(place, aside) for place in places]
        return np.array(points)

    def _place(self):
        """Where on the lap our car is: metres from the start of the first part, along the middle."""
        me = self._env.vehicle
        start, share = me.lane_index[0], me.lane.local_coordinates(me.position)[0] / me.lane.length
        return self._start_of[start] + self._length_of[start] * float(np.clip(share, 0.0, 1.0))


def _segments(graph):
    """Parts of a closed track in driving order: (start, lanes by end), beginning where the track begins."""
    order, node = [], "a"
    while node not in order:
        order.append(node)
        node = next(iter(graph[node]))
    return [(node, list(graph[node].values())) for node in order]
