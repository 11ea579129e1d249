"""The activations that a reader can choose in a widget; nn.js knows them by the same names."""

from nnbook import activations

ACTIVATIONS = {
    "tanh": activations.Tanh,
    "relu": activations.ReLU,
    "sigmoid": activations.Sigmoid,
    "gelu": activations.GELU,
    "identity": activations.Identity,
}
