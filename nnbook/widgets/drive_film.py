"""DriveFilm: play recorded drives, with what the car believed beside them."""

import json
from itertools import pairwise
from typing import ClassVar

import traitlets

from nnbook.widgets._base import Widget
from nnbook.widgets._checks import one_of, whole_within, within

MAX_FILMS = 6
SPEEDS = (0.5, 1.0, 2.0, 4.0)
OUTCOMES = ("finished", "off-road", "collision", "too slow")
_LISTS = ("tenths", "ego", "speeds", "progress", "cars", "paths", "lanes")
_PER_PICTURE = 192
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"  # of nnbook.driving.recording
GRID = {"cells": 24, "cell": 15, "behind": 30}  # decimetres


class DriveFilm(Widget):
    """A film of recorded drives: the track from above, and the road as the car saw it.

    Args:
        *films: recordings from `nnbook.driving.recording.record`, at most six.

    State (all of it can be set here or in the widget):
        film: which film is shown, from 0 on.
        second: the moment that is shown, in seconds from the start.
        speed: 0.5, 1, 2 or 4 times real time.

    Raises:
        ValueError: no film, too many, or something that is no recording.
    """

    fallback: ClassVar[str] = (
        "Here recorded drives can be played: the track from above, and beside it the road as the car "
        "believed it to be. It needs JavaScript in the browser."
    )

    films = traitlets.List(traitlets.Dict()).tag(sync=True)
    film = traitlets.Int(0).tag(sync=True)
    second = traitlets.Float(0.0).tag(sync=True)
    speed = traitlets.Float(2.0).tag(sync=True)

    def __init__(self, *films, **traits):
        if not 1 <= len(films) <= MAX_FILMS:
            raise ValueError(f"a DriveFilm shows 1 to {MAX_FILMS} recordings; got {len(films)}.")
        for recording in films:
            _check_recording(recording)
        super().__init__(films=list(films), **traits)

    @traitlets.validate("films")
    def _check_films(self, proposal):
        films = proposal["value"]
        if not 1 <= len(films) <= MAX_FILMS or self.film >= len(films):
            raise traitlets.TraitError(f"films must be 1 to {MAX_FILMS} recordings, {self.film} among them.")
        try:
            for recording in films:
                _check_recording(recording)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error
        return films

    @traitlets.validate("film")
    def _check_film(self, proposal):
        return whole_within(proposal, 0, len(self.films) - 1)

    @traitlets.validate("second")
    def _check_second(self, proposal):
        return within(proposal, 0, 3600)

    @traitlets.validate("speed")
    def _check_speed(self, proposal):
        return one_of(proposal, SPEEDS)


def _check_recording(recording):
    """Refuse what the page could not draw: a NaN, a time that stands still, a picture of a million cells."""
    if not isinstance(recording, dict):
        raise ValueError(f"a recording must be a dictionary from `record`; got {type(recording).__name__}.")
    missing = [name for name in (*_LISTS, "title", "outcome", "pictures", "grid") if name not in recording]
    if missing:
        raise ValueError(f"this is no recording: it lacks {', '.join(missing)}. Make one with `record`.")
    flat, nested = ("tenths", "ego", "speeds", "progress"), ("cars", "paths", "lanes")
    rows = [recording[name] for name in flat]
    for name in nested:
        rows += recording[name] if isinstance(recording[name], list) else [None]
    if not all(_is_whole(row) for row in rows):
        raise ValueError(f"a recording holds whole numbers only, in lists; see {', '.join(_LISTS)}.")
    frames, tenths = len(recording["tenths"]), recording["tenths"]
    good = (
        frames > 0
        and len(recording["ego"]) == 3 * frames
        and len(recording["speeds"]) == len(recording["progress"]) == frames
        and tenths[0] >= 0
        and all(before < after for before, after in pairwise(tenths))
        and all(len(car) == 3 * frames for car in recording["cars"])
        and len(recording["paths"]) in (0, frames)
        and all(path and len(path) % 2 == 0 for path in recording["paths"])
        and recording["lanes"]
        and all(len(lane) >= 5 and len(lane) % 2 for lane in recording["lanes"])
        and recording["outcome"] in OUTCOMES
    )
    texts = [recording[name] for name in ("title", "pictures")]
    good = good and all(isinstance(text, str) for text in texts) and 1 <= len(texts[0]) <= 60
    if not (good and len(texts[1]) == _PER_PICTURE * frames and set(texts[1]) <= set(ALPHABET)):
        raise ValueError(
            f"this recording of {frames} frames is damaged: each frame needs a later time, three numbers for "
            f"each car, one speed, one progress and {_PER_PICTURE} characters; its outcome must be one of "
            f"{OUTCOMES}, its title a text of 1 to 60 characters."
        )
    if recording["grid"] != GRID:
        raise ValueError(f"the grid of a recording must be {GRID}; got {recording['grid']!r:.80}.")
    json.dumps(recording, allow_nan=False)  # what JSON cannot hold raises here


def _is_whole(row):
    return isinstance(row, list) and all(type(number) is int and abs(number) < 10**9 for number in row)
