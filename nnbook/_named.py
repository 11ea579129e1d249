"""Names for parts of a flat vector: an assignment to a name writes into the vector and never beside it."""

import numpy as np


class NamedArrays(dict):
    """{name: array}, where `arrays[name] = values` writes into the array that is there.

    A plain dictionary would keep the new array, and the optimiser would go on training the old one.

    >>> arrays = NamedArrays(weight=np.zeros(2)); view = arrays["weight"]
    >>> arrays["weight"] = [1.0, 2.0]; view
    array([1., 2.])
    """

    def __setitem__(self, name, values):
        if name not in self:
            super().__setitem__(name, values)
        elif values is not self[name]:  # `arrays[name] *= 2` hands over the array itself
            write(self[name], values, name)

    def bind(self, name, view):
        """Let `name` mean this view from now on."""
        super().__setitem__(name, view)


class Named:
    """`layer.weight` for `layer.params["weight"]`, to read and to write into."""

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, layer, owner=None):
        return self if layer is None else layer.params[self.name]

    def __set__(self, layer, values):
        layer.params[self.name] = values


def write(array, values, name):
    """Copy `values` into `array`, or say that the shapes differ.

    Raises:
        ValueError: another shape (a silent broadcast would give wrong parameters).
    """
    if np.shape(values) != array.shape:
        raise ValueError(f"{name} must have shape {array.shape}; got {np.shape(values)}.")
    array[...] = values
