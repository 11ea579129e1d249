"""The multilayer perceptron: the network of the whole book, up to the chapter on attention."""

import itertools

import numpy as np

from nnbook._validate import check_class
from nnbook.activations import Activation, Identity, ReLU
from nnbook.initializers import glorot_uniform
from nnbook.layers import Linear, Sequential


class MLP(Sequential):
    """Linear layers with an activation between them.

    Args:
        sizes: numbers of neurons from input to output, for example [30, 16, 2]; at least two.
        activation: class from `nnbook.activations`, put after every hidden layer.
        output_activation: class put after the last layer; Identity leaves logits.
        initializer: function from `nnbook.initializers` for all weights; biases start at 0.
        dtype: np.float64 (default) or np.float32 (faster training).
        rng: where the starting weights come from.
    Raises:
        ValueError: fewer than two sizes, or a size that is not a positive whole number.

    >>> MLP([2, 8, 1], rng=np.random.default_rng(0))
    MLP(2 → 8 → 1, ReLU, 33 parameters)
    """

    def __init__(
        self,
        sizes,
        *more_sizes,
        activation=ReLU,
        output_activation=Identity,
        initializer=glorot_uniform,
        dtype=np.float64,
        rng,
    ):
        if more_sizes or not np.iterable(sizes):
            given = ", ".join(map(str, (sizes, *more_sizes)))
            raise ValueError(f"sizes is one list: MLP([{given}], rng=…).")
        check_class(activation, "activation", Activation, "ReLU")
        check_class(output_activation, "output_activation", Activation, "Identity")
        sizes = list(sizes)
        if len(sizes) < 2:
            raise ValueError(f"sizes needs an input and an output size, for example [2, 8, 1]; got {sizes}.")
        layers = []
        for in_features, out_features in itertools.pairwise(sizes):
            layers.append(Linear(in_features, out_features, initializer=initializer, dtype=dtype, rng=rng))
            layers.append(activation())
        layers[-1] = output_activation()
        super().__init__(*layers)
        self.sizes = [int(size) for size in sizes]
        self.activation, self.output_activation = activation, output_activation

    @property
    def linear_layers(self):
        """The Linear layers from input to output."""
        return [layer for layer in self.children if isinstance(layer, Linear)]

    def __repr__(self):
        arrows = " → ".join(map(str, self.sizes))
        output = "" if self.output_activation is Identity else f" … {self.output_activation.__name__}"
        return f"MLP({arrows}, {self.activation.__name__}{output}, {self.n_parameters:,} parameters)"
