"""What widgets ask of a trait's new value; each check returns the value or says what is wrong.

All take the proposal that traitlets hands to a validator, and raise a TraitError that names the trait.
"""

import traitlets

WORD = 30  # letters


def one_of(proposal, known):
    """Return the proposed word or number if it is among those `known`."""
    name, value = proposal["trait"].name, proposal["value"]
    if value not in known:
        words = ", ".join(item if isinstance(item, str) else f"{item:g}" for item in known)
        raise traitlets.TraitError(f"{name} must be one of {words}; got {value!r}.")
    return value


def within(proposal, low, high, hint=""):
    """Return the proposed number if low <= number <= high; NaN never is. A hint helps to find a good one."""
    name, value = proposal["trait"].name, proposal["value"]
    if not low <= value <= high:
        raise traitlets.TraitError(f"{name} must lie in [{low:g}, {high:g}]; got {value}. {hint}".rstrip())
    return value


def whole_within(proposal, low, high):
    """Return the proposed whole number if low <= number <= high."""
    name, value = proposal["trait"].name, proposal["value"]
    if not low <= value <= high:
        raise traitlets.TraitError(f"{name} must lie in {low} … {high}; got {value}.")
    return value


def a_word(proposal):
    """Return the proposed text if it is a word or two, short enough for a label."""
    name, value = proposal["trait"].name, proposal["value"]
    if not 1 <= len(value.strip()) <= WORD:
        raise traitlets.TraitError(f"{name} must be a word or two, up to {WORD} letters; got {value!r}.")
    return value


def at_most(proposal, n_characters):
    """Return the proposed text if it is no longer than that."""
    name, value = proposal["trait"].name, proposal["value"]
    if len(value) > n_characters:
        raise traitlets.TraitError(f"{name} must have at most {n_characters} characters; got {len(value)}.")
    return value
