"""DriveFilm: play recorded drives, with what the car believed beside them."""

import json
from typing import ClassVar

import traitlets

from nnbook.widgets._base import Widget
from nnbook.widgets._checks import within

MAX_FILMS = 6
SPEEDS = (0.5, 1.0, 2.0, 4.0)
OUTCOMES = ("finished", "off-road", "collision", "too slow")
_LISTS = ("tenths", "ego", "speeds", "progress", "cars", "paths", "lanes")
_PER_PICTURE = 192


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

    @traitlets.validate("film")
    def _check_film(self, proposal):
        if not 0 <= proposal["value"] < len(self.films):
            raise traitlets.TraitError(
                f"film must be 0 … {len(self.films) - 1}, one of the {len(self.films)} recordings; "
                f"got {proposal['value']}."
            )
        return proposal["value"]

    @traitlets.validate("second")
    def _check_second(self, proposal):
        return within(proposal, 0, 3600)

    @traitlets.validate("speed")
    def _check_speed(self, proposal):
        if proposal["value"] not in SPEEDS:
            raise traitlets.TraitError(f"speed must be one of {SPEEDS}; got {proposal['value']}.")
        return proposal["value"]


def _check_recording(recording):
    missing = [name for name in (*_LISTS, "title", "outcome", "pictures", "grid") if name not in recording]
    if missing:
        raise ValueError(f"this is no recording: it lacks {', '.join(missing)}. Make one with `record`.")
    frames = len(recording["tenths"])
    good = (
        frames > 0
        and len(recording["ego"]) == 3 * frames
        and len(recording["speeds"]) == len(recording["progress"]) == frames
        and len(recording["pictures"]) == _PER_PICTURE * frames
        and all(len(car) == 3 * frames for car in recording["cars"])
        and recording["outcome"] in OUTCOMES
        and 1 <= len(recording["title"]) <= 60
    )
    if not good:
        raise ValueError(
            f"this recording of {frames} frames is damaged: each frame needs three numbers for our car, one "
            f"speed, one progress and {_PER_PICTURE} characters; its outcome must be one of {OUTCOMES}."
        )
    if not all(isinstance(number, int) for name in ("tenths", "ego", "speeds") for number in recording[name]):
        raise ValueError("a recording holds whole numbers only.")
    json.dumps(recording, allow_nan=False)  # what JSON cannot hold raises here
