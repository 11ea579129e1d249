"""Following a path: the kinematic bicycle, pure pursuit, PID and the distance to a car ahead."""

import numpy as np

from nnbook.functional import as_array, as_number

LENGTH = 5.0  # metres, of a car; its wheelbase in the model of highway-env
MAX_STEERING = np.pi / 4


def bicycle_step(state, steering, acceleration, dt, *, length=LENGTH):
    """Move a kinematic bicycle for `dt` seconds, as highway-env does (one step of Euler).

    The centre of the car moves at the slip angle β to its heading, with tan β = ½ tan δ.
    Source: Polack et al., The kinematic bicycle model, IEEE Intelligent Vehicles Symposium 2017.

    Args:
        state: (x, y, heading, speed): metres, radians, metres per second.
        steering: δ, angle of the front wheels, radians.
        acceleration: m/s².
    Returns:
        the new (x, y, heading, speed).

    >>> [round(float(value), 4) for value in bicycle_step((0, 0, 0, 10), 0.1, 0.0, 0.1)]
    [0.9987, 0.0501, 0.02, 10.0]
    """
    x, y, heading, speed = _finite(*_four(state), names=("x", "y", "heading", "speed"))
    steering, acceleration, dt = _finite(steering, acceleration, dt, names=("steering", "acceleration", "dt"))
    slip = np.arctan(0.5 * np.tan(steering))
    x = x + speed * np.cos(heading + slip) * dt
    y = y + speed * np.sin(heading + slip) * dt
    heading = heading + speed * np.sin(slip) / (length / 2) * dt
    return x, y, heading, speed + acceleration * dt


def pure_pursuit(target, *, length=LENGTH):
    """The steering angle whose circle leads through `target`.

    Args:
        target: (ahead, aside) in metres in the frame of the car.
    Returns:
        δ in radians, cut to ±45°.

    The bicycle drives a circle of curvature sin β / (length / 2) that leaves at the angle β. It meets a
    point at distance d and angle α if sin β / (length / 2) = 2 sin(α - β) / d. Source: Coulter, 1992, who
    does it for the rear axle.

    >>> round(pure_pursuit((10.0, 0.0)), 3), round(pure_pursuit((8.0, 1.0)), 3)
    (0.0, 0.095)
    """
    ahead, aside = as_array(target, "target", (2,)).astype(float).tolist()
    distance, angle = np.hypot(ahead, aside), np.arctan2(aside, ahead)
    slip = np.arctan2(np.sin(angle), distance / length + np.cos(angle))
    return float(np.clip(np.arctan(2.0 * np.tan(slip)), -MAX_STEERING, MAX_STEERING))


class PID:
    """Answers an error with a share of it, of its sum and of its change.

    Args:
        kp, ki, kd: weights of error, sum (error · seconds) and change (error / second).
        limit: the answer is cut to ±limit; while it is cut, the sum stands still.

    >>> pid = PID(kp=0.5, ki=0.1, kd=0.0)
    >>> round(pid(2.0, dt=1.0), 2), round(pid(2.0, dt=1.0), 2)
    (1.2, 1.4)
    """

    def __init__(self, kp, ki=0.0, kd=0.0, *, limit=np.inf):
        self.kp, self.ki, self.kd = _finite(kp, ki, kd, names=("kp", "ki", "kd"))
        self.limit = as_number(limit, "limit")
        if not self.limit > 0:
            raise ValueError(f"limit must be above 0; got {limit}.")
        self.total, self.last = 0.0, None

    def __call__(self, error, dt):
        """The answer to `error`, `dt` seconds after the last one."""
        error, dt = _finite(error, dt, names=("error", "dt"))
        if not dt >= 1e-9:  # the change per second would overflow
            raise ValueError(f"dt must be at least 1e-9, the seconds since the last answer; got {dt}.")
        change = 0.0 if self.last is None else (error - self.last) / dt
        self.last = error
        total = self.total + error * dt
        answer = self.kp * error + self.ki * total + self.kd * change
        if abs(answer) > self.limit:
            return float(np.clip(answer, -self.limit, self.limit))
        self.total = total
        return float(answer)


def tracking_errors(path, steer, *, speed=8.0, dt=0.1, start=(0.0, 1.0, 0.0), steps=400):
    """Drive the bicycle along a known path at constant speed and return how far it was off.

    Args:
        path: points (n, 2), metres, about evenly spaced.
        steer: function (pose, nearest index, signed error) -> δ; the error is positive when the car is on the
            right of the path (y grows to the right of x here).
        start: pose (x, y, heading).
    Returns:
        signed errors in metres, one per step, until the end of the path.
    """
    path = as_array(path, "path", ("n", 2))
    if len(path) < 2 or not np.diff(path, axis=0).any(axis=1).all():
        raise ValueError("path needs at least two points, and no point twice in a row.")
    state, errors = (*start, speed), []
    tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    nearest = 0
    for _ in range(steps):
        offset = path - np.array(state[:2])
        near = slice(nearest, nearest + 40)  # never jump to another part of the track
        nearest += int(np.argmin(np.sum(offset[near] ** 2, axis=1)))
        if nearest >= len(path) - 1:
            break
        t, d = tangent[nearest], -offset[nearest]
        errors.append(float(t[0] * d[1] - t[1] * d[0]))
        state = bicycle_step(state, steer(state[:3], nearest, errors[-1]), 0.0, dt)
    return np.array(errors)


def _four(state):
    try:
        x, y, heading, speed = state
    except (TypeError, ValueError):
        raise ValueError("state must be four numbers: x, y, heading, speed; got another thing.") from None
    return x, y, heading, speed


def _finite(*values, names):
    """The values as plain numbers; the first that is NaN or infinite is named."""
    values = [as_number(value, name) for value, name in zip(values, names, strict=True)]
    for value, name in zip(values, names, strict=True):
        if not abs(value) <= 1e100:
            raise ValueError(f"{name} must be finite; got {value}.")
    return values
