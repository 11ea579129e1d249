"""The three parts joined: see, plan, act; and the loop that drives one episode."""

from dataclasses import dataclass, field

import numpy as np

from nnbook._validate import check_generator
from nnbook.driving.control import LENGTH, pure_pursuit
from nnbook.driving.memory import Memory
from nnbook.driving.perception import CLEAR, Shading
from nnbook.driving.planning import arc_lengths, plan, point_at
from nnbook.driving.road import to_car
from nnbook.driving.world import MAX_ACCELERATION, STEP_S
from nnbook.functional import as_array, as_number, as_whole

TOP_SPEED = 10.0  # m/s, the speed limit of the tracks
SIDEWAYS = 3.5  # m/s², what passengers accept in a bend
ALONGSIDE = 9.0  # metres: nearer cars push the path aside
CORRIDOR = 3.8  # metres: a car closer than this to our path is in our way
RADAR = 40.0  # metres


@dataclass(frozen=True)
class View:
    """What our car knows at one moment: nothing of this comes from the map.

    Attributes:
        picture: from the sensor, shape (24, 24).
        radar: cars in front, shape (n, 4): ahead, aside (m), heading against ours (rad), speed (m/s).
        speed: our own, m/s.
        truth: what a perfect eye would see; for measuring, and for drivers with perfect eyes.
        motion: how we moved since the last view: (ahead, aside, turn) in m and rad, seen from there.
    """

    picture: np.ndarray
    radar: np.ndarray
    speed: float
    truth: np.ndarray = field(repr=False)
    motion: tuple = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Decision:
    """What a driver answers: δ in rad, acceleration in m/s², and what it believed about road and path."""

    steering: float
    acceleration: float
    probability: np.ndarray | None = None
    path: np.ndarray | None = None


class Stack:
    """Perception, planning and control in a row.

    Args:
        read: function picture (24, 24) -> chance of road (24, 24); None means perfect eyes.
        use_radar: without it, the car does not see others.
        remember: how many pictures are averaged before reading; 1 is no memory.
    """

    def __init__(self, read=None, *, use_radar=True, remember=1):
        self.read, self.use_radar, self.remember = read, use_radar, remember
        self.begin()

    def begin(self):
        """Forget the last drive."""
        self._memory = Memory(self.remember)

    def __call__(self, view):
        """The `Decision` for a `View`."""
        probability = view.truth if self.read is None else self.read(self._memory(view.picture, view.motion))
        radar, speed = as_array(view.radar, "radar", ("n", 4), empty=True), as_number(view.speed, "speed")
        if not abs(speed) <= 1e6:
            raise ValueError(f"speed must be finite, in m/s; got {speed}.")
        cars = radar if self.use_radar else radar[:0]
        path = plan(probability, cars[np.abs(cars[:, 0]) < ALONGSIDE])
        steering = pure_pursuit(point_at(path, max(6.0, 0.8 * view.speed)))
        wanted = min(speed_in_bend(path), speed_behind(path, cars, view.speed))
        acceleration = float(np.clip(1.5 * (wanted - view.speed), -MAX_ACCELERATION, 3.0))
        return Decision(steering, acceleration, probability, path)


def speed_in_bend(path):
    """The speed at which the bend of a path pushes sideways with 3.5 m/s²; at most 10, at least 3 m/s."""
    path = as_array(path, "path", ("n", 2))
    end = point_at(path, 14.0)
    curvature = 2.0 * abs(end[1]) / max(float(end @ end), 1.0)  # of the circle through car and point
    return float(np.clip(np.sqrt(SIDEWAYS / max(curvature, 1e-6)), 3.0, TOP_SPEED))


def speed_behind(path, cars, speed):
    """The speed that keeps a distance to the nearest car on the path; 10 m/s if nobody is there.

    Args:
        path: points (n, 2) in the frame of the car, metres.
        cars: radar targets (n, 4).
        speed: our own, m/s.
    """
    path = as_array(path, "path", ("n", 2))
    cars = as_array(cars, "cars", ("n", 4), empty=True)
    along, wanted = arc_lengths(path), TOP_SPEED
    for ahead, aside, turn, other in cars:
        offsets = np.hypot(path[:, 0] - ahead, path[:, 1] - aside)
        nearest = int(np.argmin(offsets))
        # beyond the end of the path a car counts if it lies straight on
        if offsets[nearest] > CORRIDOR or ahead < 0.0:
            continue
        gap = along[nearest] - LENGTH
        keep = 3.0 + 0.8 * speed
        wanted = min(wanted, max(0.0, other * np.cos(turn) + 0.6 * (gap - keep)))
    return float(wanted)


@dataclass
class Episode:
    """How one drive went.

    Attributes:
        outcome: "finished", "off-road", "collision" or "too slow".
        progress: metres along the track.
        seconds: duration of the drive.
        iou: mean IoU of perceived and true road, or nan if the driver does not tell what it sees.
        frames: (scene, view, decision) of every step, if kept.
    """

    outcome: str
    progress: float
    seconds: float
    iou: float = float("nan")
    frames: list = field(default_factory=list, repr=False)


def radar(scene, rng, spread=0.2):
    """Cars within 40 m in front, as the radar tells them, shape (n, 4), with an error of 0.2 m and m/s."""
    check_generator(rng)
    heading = scene.pose[2]
    if len(scene.cars) == 0:
        return np.zeros((0, 4))
    where = to_car(scene.cars[:, :2], scene.pose)
    turn = (scene.cars[:, 2] - heading + np.pi) % (2 * np.pi) - np.pi
    targets = np.column_stack([where, turn, scene.cars[:, 3]])
    targets[:, [0, 1, 3]] += spread * rng.standard_normal((len(targets), 3))
    return targets[(where[:, 0] > -LENGTH) & (np.hypot(*where.T) < RADAR)]


def motion(before, now):
    """From one pose to the next, seen from the first: (ahead, aside, turn)."""
    ahead, aside = to_car(np.array(now[:2]), before)
    return float(ahead), float(aside), now[2] - before[2]


def drive(world, driver, seed, *, sensor=CLEAR, laps=1.0, limit_s=150.0, keep=False, watch=None):
    """Drive one episode until the laps are done, the road is left, somebody is hit, or time is over.

    Args:
        world: a `World`.
        driver: function `View` -> `Decision`.
        seed: of start, traffic and weather.
        sensor: how well the road is seen.
        keep: store every step in `Episode.frames`.
        watch: function (view, decision), called at each step; what imitation learns from.
    """
    seed = as_whole(seed, "seed", 0)
    rng = np.random.default_rng([seed, 62])
    shading, scene = Shading(rng), world.reset(seed)
    episode, scores, steps, before = Episode("too slow", 0.0, 0.0), [], 0, scene.pose
    if hasattr(driver, "begin"):
        driver.begin()
    while steps * STEP_S < limit_s:
        truth = world.road.truth(scene.pose)
        picture = sensor.read(truth, scene.pose, shading, rng)
        view = View(picture, radar(scene, rng), scene.speed, truth, motion(before, scene.pose))
        before = scene.pose
        decision = driver(view)
        if watch is not None:
            watch(view, decision)
        if keep:
            episode.frames.append((scene, view, decision))
        if decision.probability is not None:
            scores.append(_overlap(decision.probability, truth))
        scene, steps = world.step(decision.steering, decision.acceleration), steps + 1
        ended = _ended(scene, laps * world.lap)
        if ended:
            episode.outcome = ended
            break
    episode.progress, episode.seconds = scene.progress, steps * STEP_S
    if scores:
        episode.iou = float(np.mean(scores))
    return episode


def _ended(scene, goal):
    if scene.crashed:
        return "collision"
    if not scene.on_road:
        return "off-road"
    return "finished" if scene.progress >= goal else ""


def _overlap(probability, truth):
    believed, road = probability >= 0.5, truth >= 0.5
    return float(np.sum(believed & road) / max(np.sum(believed | road), 1))
