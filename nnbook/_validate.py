"""What a reader hands over by mistake, answered in one sentence: what was expected, what came, what to write.

Numbers, arrays and class labels are checked in `nnbook.functional`; here are the other things that functions
of the book take.
"""

import numpy as np


def check_generator(rng):
    """Return `rng` if it is a NumPy generator, else say how to make one.

    >>> check_generator(42)
    Traceback (most recent call last):
    ValueError: rng must be a generator; got 42. Write rng=np.random.default_rng(42).
    """
    if isinstance(rng, np.random.Generator):
        return rng
    seed = rng if isinstance(rng, int | np.integer) and not isinstance(rng, bool) else 0
    raise ValueError(f"rng must be a generator; got {_shown(rng)}. Write rng=np.random.default_rng({seed}).")


def check_callable(value, name, example):
    """Return `value` if it can be called, else name the function that was meant.

    Args:
        name: of the argument; example: what could stand there.
    """
    if callable(value):
        return value
    raise ValueError(f"{name} must be a function, such as {example}; got {_shown(value)}.")


def check_class(value, name, base, example):
    """Return `value` if it is a class derived from `base`; an instance and a name are told apart."""
    if isinstance(value, type) and issubclass(value, base):
        return value
    hint = f" Leave out the brackets: {name}={type(value).__name__}." if isinstance(value, base) else ""
    raise ValueError(f"{name} must be a class, such as {example}; got {_shown(value)}.{hint}")


def check_instances(values, base, name, example):
    """Return `values` as a tuple of objects of `base`; a class, a list and anything else are told apart."""
    for value in values:
        if isinstance(value, list | tuple):
            raise ValueError(f"{name} stand one after another, not in a list: {example}.")
        if isinstance(value, type) and issubclass(value, base):
            raise ValueError(f"{value.__name__} is a class; make a layer of it: {value.__name__}(…).")
        if not isinstance(value, base):
            raise ValueError(f"{name} must be layers: {example}; got {_shown(value)}.")
    return tuple(values)


def check_method(value, method, name, example):
    """Return `value` if it is an object with this method, else say what to make."""
    if not isinstance(value, type) and callable(getattr(value, method, None)):
        return value
    what = f"the class {value.__name__}" if isinstance(value, type) else _shown(value)
    raise ValueError(f"{name} must be an object, such as {example}; got {what}.")


def check_pair(value, name):
    """Return `value` as a pair (X, y), else say that it must be one."""
    if isinstance(value, tuple | list) and len(value) == 2:
        return value
    raise ValueError(f"{name} must be a pair: {name}=(X, y); got {_shown(value)}.")


def check_functions(value, name, example):
    """Return `value` if it is a dictionary {name: function}, else say that it must be one."""
    if isinstance(value, dict) and all(callable(function) for function in value.values()):
        return value
    raise ValueError(f"{name} must be a dictionary of functions: {name}={example}; got {_shown(value)}.")


def check_list(values, method, name, example):
    """Return `values` as a list of objects with this method; a single one is told to stand in a list."""
    if callable(getattr(values, method, None)) or not isinstance(values, list | tuple):
        raise ValueError(f"{name} must be a list: {name}=[{example}]; got {_shown(values)}.")
    return [check_method(value, method, f"each of {name}", example) for value in values]


def _shown(value):
    """A value in a few words.

    >>> _shown("adam"), _shown(np.zeros((3, 2)))
    ("'adam'", 'an array of shape (3, 2)')
    """
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = getattr(value, "__name__", None) or repr(value)
    return text if len(text) <= 60 and "\n" not in text else f"an object of type {type(value).__name__}"
