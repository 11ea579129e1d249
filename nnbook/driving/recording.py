"""A drive as a small table of whole numbers: enough to play it on a page without a simulator.

Positions are decimetres, headings hundredths of a radian (they do not jump at ±π), speeds decimetres per
second. A picture of 24 × 24 cells is a text of 192 characters: each holds three cells with four levels, from
"surely not road" (0) to "surely road" (3).
"""

import math

import numpy as np

from nnbook.driving.road import BEHIND, CELL, N_CELLS
from nnbook.driving.world import STEP_S
from nnbook.functional import as_array, as_number, as_whole

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"  # 64 characters
PER_PICTURE = N_CELLS * N_CELLS // 3
PATH_POINTS = 5


def record(episode, road, *, title, every=4):
    """Turn an `Episode` with its frames into a recording.

    Args:
        episode: from `drive(..., keep=True)`.
        road: the `RoadMap` it was driven on.
        title: what the film is called, at most 60 characters.
        every: keep each fourth step (0.8 s); the last step is kept, too.
    Returns:
        dictionary of texts, whole numbers and lists of them.
    Raises:
        ValueError: the episode has no frames.
    """
    if not episode.frames:
        raise ValueError("this episode kept no frames. Drive with keep=True.")
    if not isinstance(title, str) or not 1 <= len(title) <= 60:
        raise ValueError(f"title must be a text of 1 to 60 characters; got {title!r:.80}.")
    last, every = len(episode.frames) - 1, as_whole(every, "every")
    kept = sorted({*range(0, last + 1, every), last})
    scenes = [episode.frames[k][0] for k in kept]
    poses = np.array([scene.pose for scene in scenes])
    cars = np.array([scene.cars[:, :3] for scene in scenes])  # (frames, cars, 3)
    decisions = [episode.frames[k][2] for k in kept]
    sees = decisions[0].probability is not None
    pictures = [
        d.probability if sees else episode.frames[k][1].picture for k, d in zip(kept, decisions, strict=True)
    ]
    return {
        "title": title,
        "outcome": episode.outcome,
        "view": "believed" if sees else "sensed",
        "tenths": [round(10 * STEP_S * k) for k in kept],
        "ego": _poses(poses),
        "speeds": [round(10 * scene.speed) for scene in scenes],
        "progress": [round(scene.progress) for scene in scenes],
        "cars": [_poses(cars[:, k]) for k in range(cars.shape[1])],
        "pictures": "".join(pack(picture) for picture in pictures),
        "paths": [_path(d.path) for d in decisions if d.path is not None],
        "lanes": lanes_as_lines(road),
        "grid": {"cells": N_CELLS, "cell": round(10 * CELL), "behind": round(10 * BEHIND)},
    }


def _poses(poses):
    headings = np.unwrap(poses[:, 2])
    rows = np.column_stack([10 * poses[:, :2], 100 * headings])
    return np.rint(rows).astype(int).ravel().tolist()


def _path(path):
    some = np.linspace(0, len(path) - 1, PATH_POINTS).round().astype(int)
    return np.rint(10 * path[some]).astype(int).ravel().tolist()


def lanes_as_lines(road, spacing=4.0):
    """Middle lines of all lanes in decimetres: [[width, x, y, x, y, …], …]; straight ones have two points."""
    lines = []
    for lane in road.lanes:
        n = 2 if type(lane).__name__ == "StraightLane" else max(3, int(np.ceil(lane.length / spacing)) + 1)
        points = np.array([lane.position(s, 0.0) for s in np.linspace(0, lane.length, n)])
        lines.append([round(10 * lane.width), *np.rint(10 * points).astype(int).ravel().tolist()])
    return lines


def pack(picture):
    """A picture of chances as 192 characters.

    >>> pack(np.zeros((24, 24)))[:4], pack(np.ones((24, 24)))[:4]
    ('0000', '____')
    """
    picture = as_array(picture, "picture", (N_CELLS, N_CELLS))
    levels = np.floor(np.clip(picture, 0.0, 1.0) * 3 + 0.5).astype(int).reshape(-1, 3)
    return "".join(ALPHABET[a + 4 * b + 16 * c] for a, b, c in levels)


def unpack(text):
    """Undo `pack` for one picture or many: levels 0 to 3, shape (n, 24, 24)."""
    if not isinstance(text, str) or not text or len(text) % PER_PICTURE or set(text) - set(ALPHABET):
        raise ValueError(f"text must be {PER_PICTURE} characters a picture, of `pack`; got {text!r:.40}.")
    codes = np.array([ALPHABET.index(letter) for letter in text])
    levels = np.column_stack([codes % 4, codes // 4 % 4, codes // 16])
    return levels.reshape(-1, N_CELLS, N_CELLS)


def at(recording, seconds):
    """Where our car is at a moment between two frames: (x, y, heading, speed) in m, rad, m/s.

    >>> film = {"tenths": [0, 8], "ego": [0, 0, 0, 80, 0, 100], "speeds": [100, 90]}
    >>> [round(float(value), 3) for value in at(film, 0.4)]
    [4.0, 0.0, 0.5, 9.5]
    """
    seconds = as_number(seconds, "seconds")
    if math.isnan(seconds):
        raise ValueError("seconds must be a number; got nan.")
    if not isinstance(recording, dict) or not {"tenths", "ego", "speeds"} <= recording.keys():
        raise ValueError(f"recording must be a dictionary from `record`; got {recording!r:.60}.")
    times = np.array(recording["tenths"]) / 10
    x, y, heading = np.array(recording["ego"], dtype=np.float64).reshape(-1, 3).T
    values = (x / 10, y / 10, heading / 100, np.array(recording["speeds"]) / 10)
    return tuple(np.interp(seconds, times, value) for value in values)
