"""Refuse what cannot be, with the name of the input in the sentence."""

import math


def at_least(bound, **values):
    """Raise a ValueError unless every value is finite and at least `bound`."""
    for name, value in values.items():
        if not (math.isfinite(value) and value >= bound):
            raise ValueError(f"{name} must be a finite number of at least {bound}; got {value}.")


def above(bound, **values):
    """Raise a ValueError unless every value is finite and above `bound`."""
    for name, value in values.items():
        if not (math.isfinite(value) and value > bound):
            raise ValueError(f"{name} must be a finite number above {bound}; got {value}.")


def is_share(**values):
    """Raise a ValueError unless every value lies above 0 and up to 1."""
    for name, value in values.items():
        if not 0 < value <= 1:
            raise ValueError(f"{name} is a share and must lie above 0 and up to 1; got {value}.")
