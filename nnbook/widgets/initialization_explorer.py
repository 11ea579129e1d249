"""InitializationExplorer: what the first weights do to the signal and to the gradient, layer by layer."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import traitlets

from nnbook import initializers
from nnbook.losses import cross_entropy
from nnbook.mlp import MLP
from nnbook.widgets._activations import ACTIVATIONS
from nnbook.widgets._base import Widget
from nnbook.widgets._checks import one_of, within

INITIALIZERS = ("zeros", "normal", "glorot_uniform", "he_normal")
N_ROWS, N_CLASSES = 100, 10
# The bounds of each number; initialization.js has the same, and a test compares them.
BOUNDS = {"n_layers": (1, 10), "width": (2, 100), "std": (1e-4, 10), "seed": (0, 9999)}
MUCH = 5  # how many times between the first and the last layer is a lot
END = 0.97  # beyond this, tanh has less than 6 % of its slope left


@dataclass(frozen=True)
class LayerStatistics:
    """One hidden layer on one batch.

    Attributes:
        activation_std: standard deviation of all outputs of the layer.
        gradient_rms: root mean square of the gradient of one example's loss by the layer's sums z.
        saturated: share of outputs at an end of tanh or sigmoid, where the slope is almost 0.
        zero: share of outputs that ReLU makes exactly 0; other activations have none.
    """

    activation_std: float
    gradient_rms: float
    saturated: float
    zero: float


def measure(model, X, labels):
    """Run one batch forward and backward through an `MLP` and look at every hidden layer.

    Args:
        model: MLP whose outputs are logits.
        X: inputs (n, in_features).
        labels: classes (n,).
    Returns:
        List of LayerStatistics, from the first hidden layer to the last.
    """
    outputs, a = [], X
    for layer in model.children:
        a = layer.forward(a, training=True)
        outputs.append(a.copy())
    _, grad = cross_entropy(a, labels)
    grads = [None] * len(outputs)
    for i in reversed(range(len(outputs))):
        grad = model.children[i].backward(grad)
        grads[i] = grad.copy()  # the gradient by what enters child i
    name = next(name for name, layer in ACTIVATIONS.items() if layer is model.activation)
    return [
        _statistics(name, outputs[i], grads[i] * len(X)) for i in range(1, len(outputs) - 1, 2)
    ]  # children: linear, activation, linear, …; what enters an activation is z


def _statistics(activation, a, grad):
    if activation == "tanh":
        saturated = np.abs(a) > END
    elif activation == "sigmoid":
        saturated = np.abs(2 * a - 1) > END
    else:
        saturated = np.zeros_like(a, dtype=bool)
    zero = np.mean(a == 0) if activation == "relu" else 0.0
    return LayerStatistics(
        float(a.std()), float(np.sqrt(np.mean(grad**2))), float(saturated.mean()), float(zero)
    )


def verdict(statistics):
    """Say in a word what is seen: "silent", "saturates", "dies", "explodes", "vanishes", "swells" or "level".

    A change of five times from the first layer to the last counts: "dies" and "explodes" are about the signal
    on its way forward, "vanishes" and "swells" about the gradient on its way back.
    """
    first, last = statistics[0], statistics[-1]
    if all(layer.gradient_rms == 0 for layer in statistics):
        return "silent"
    if max(layer.saturated for layer in statistics) > 0.5:
        return "saturates"
    if last.activation_std < first.activation_std / MUCH:
        return "dies"
    if last.activation_std > MUCH * first.activation_std:
        return "explodes"
    if first.gradient_rms < last.gradient_rms / MUCH:
        return "vanishes"
    if first.gradient_rms > MUCH * last.gradient_rms:
        return "swells"
    return "level"


class InitializationExplorer(Widget):
    """Histograms of activations and gradients in every layer, for one random batch and one draw of weights.

    State (all of it can be set here or in the widget):
        n_layers: hidden layers, 1 to 10.
        width: neurons in each, and inputs, 2 to 100.
        activation: "tanh", "relu", "sigmoid", "gelu" or "identity".
        initializer: "zeros", "normal", "glorot_uniform" or "he_normal".
        std: standard deviation of "normal", 0.0001 to 10.
        seed: of the batch and of the weights. The page draws other numbers than NumPy from the same seed; the
            histograms agree in kind.

    >>> explorer = InitializationExplorer(initializer="glorot_uniform")
    >>> explorer.verdict(), len(explorer.measure())
    ('level', 8)
    """

    fallback = (
        "Histograms of activations and gradients, layer by layer, for weights that start at zero, too small, "
        "too large, or as Glorot and He propose. With JavaScript you can change depth, width and activation."
    )

    n_layers = traitlets.Int(8).tag(sync=True)
    width = traitlets.Int(64).tag(sync=True)
    activation = traitlets.Unicode("tanh").tag(sync=True)
    initializer = traitlets.Unicode("normal").tag(sync=True)
    std = traitlets.Float(0.05).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)

    def model(self) -> MLP:
        """Return a network with these settings, its weights drawn by NumPy from the seed."""
        initializer = getattr(initializers, self.initializer)
        if self.initializer == "normal":
            initializer = partial(initializers.normal, std=self.std)
        return MLP(
            [self.width] * (self.n_layers + 1) + [N_CLASSES],
            activation=ACTIVATIONS[self.activation],
            initializer=initializer,
            rng=np.random.default_rng([self.seed, 1]),
        )

    def measure(self):
        """Return the LayerStatistics of every hidden layer, for `model()` and a batch from the seed."""
        rng = np.random.default_rng([self.seed, 0])
        X = rng.standard_normal((N_ROWS, self.width))
        return measure(self.model(), X, rng.integers(0, N_CLASSES, N_ROWS))

    def verdict(self):
        """Return in a word what is seen; see the function `verdict` of this module."""
        return verdict(self.measure())

    @traitlets.validate(*BOUNDS)
    def _check_number(self, proposal):
        return within(proposal, *BOUNDS[proposal["trait"].name])

    @traitlets.validate("activation", "initializer")
    def _check_choice(self, proposal):
        return one_of(proposal, ACTIVATIONS if proposal["trait"].name == "activation" else INITIALIZERS)
