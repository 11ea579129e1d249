"""BackpropStepper: forward and backward through a 2-2-1 network, a step at a time, every number in sight."""

import math

import numpy as np
import traitlets

from nnbook import losses
from nnbook.mlp import MLP
from nnbook.widgets._activations import ACTIVATIONS
from nnbook.widgets._base import Widget
from nnbook.widgets._checks import one_of, whole_within, within

OUTPUT_ACTIVATIONS = ("identity", "sigmoid", "tanh")
LOSSES = {
    "binary_cross_entropy": losses.binary_cross_entropy,
    "mean_squared_error": losses.mean_squared_error,
}
SIZES = [2, 2, 1]
# The bounds of inputs, target and parameters, in absolute value; backprop_round.js has the same.
LIMITS = {"inputs": 10.0, "target": 10.0, "parameters": 100.0}
LAST_STEP = 17


class BackpropStepper(Widget):
    """One round of learning in a 2-2-1 network: forward, loss, backward, update.

    State (all of it can be set here or in the widget):
        inputs: the two inputs x₁ and x₂, each in [-10, 10].
        target: what the output should be, in [-10, 10]; a probability in [0, 1] for cross-entropy.
        parameters: nine numbers in [-100, 100], in the order of `MLP.parameters`: hidden weights (those from
            x₁ first), hidden biases, output weights, output bias.
        activation: of the hidden neurons; a key of `ACTIVATIONS`.
        loss: "binary_cross_entropy" (the output is a logit) or "mean_squared_error".
        output_activation: "identity", "sigmoid" or "tanh"; used with mean_squared_error only.
        learning_rate: η of the update, in [0.001, 10].
        seed: from which "New weights" drew the parameters; 0 means they were chosen by hand.
        step: which step is shown, counted from 0.

    >>> stepper = BackpropStepper(inputs=[1.0, 0.5], target=1.0)
    >>> stepper.model()
    MLP(2 → 2 → 1, Tanh, 9 parameters)
    >>> round(stepper.loss_value(), 3)
    1.109
    """

    fallback = (
        "A network of two inputs, two hidden neurons and one output, with every weight, sum, activation and "
        "gradient shown. With JavaScript you can step through one round of learning here."
    )

    inputs = traitlets.List(traitlets.Float(), [1.0, 0.5]).tag(sync=True)
    target = traitlets.Float(1.0).tag(sync=True)
    parameters = traitlets.List(traitlets.Float(), [0.4, -0.6, 0.8, 0.2, 0.0, 0.0, -0.8, 0.6, 0.1]).tag(
        sync=True
    )
    activation = traitlets.Unicode("tanh").tag(sync=True)
    output_activation = traitlets.Unicode("sigmoid").tag(sync=True)
    loss = traitlets.Unicode("binary_cross_entropy").tag(sync=True)
    learning_rate = traitlets.Float(0.5).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def model(self):
        """Return the network as an `nnbook.mlp.MLP` of its own: changing it does not change the widget."""
        logits = self.loss == "binary_cross_entropy"
        model = MLP(
            SIZES,
            activation=ACTIVATIONS[self.activation],
            output_activation=ACTIVATIONS["identity" if logits else self.output_activation],
            rng=np.random.default_rng(0),  # its draws are overwritten
        )
        model.parameters[:] = self.parameters
        return model

    def set_model(self, model):
        """Take weights and activations from an `MLP` with sizes [2, 2, 1], and go back to the first step.

        Raises:
            ValueError: other sizes, or an activation that the widget does not know; nothing is changed then.
        """
        sizes = getattr(model, "sizes", None)
        if sizes != SIZES:
            raise ValueError(
                f"model must be an MLP with sizes {SIZES}; got {sizes if sizes else type(model).__name__}."
            )
        names = {layer: name for name, layer in ACTIVATIONS.items()}
        output = names.get(model.output_activation)
        if self.loss == "binary_cross_entropy" and output != "identity":
            raise ValueError(
                f"binary_cross_entropy expects logits, so the output activation must be Identity; "
                f"got {model.output_activation.__name__}. Or set loss to 'mean_squared_error' first."
            )
        if model.activation not in names or output not in OUTPUT_ACTIVATIONS:
            raise ValueError(
                f"activations must be of {', '.join(names.values())}, and the output's of "
                f"{', '.join(OUTPUT_ACTIVATIONS)}; got {model.activation.__name__} and "
                f"{model.output_activation.__name__}."
            )
        with self.hold_trait_notifications():
            self.parameters = [float(value) for value in model.parameters]
            self.activation = names[model.activation]
            if self.loss != "binary_cross_entropy":
                self.output_activation = output
            self.step = 0

    def loss_value(self):
        """Return the loss of the present numbers, as `nnbook` computes it."""
        return self._forward_and_backward()[0]

    def gradients(self):
        """Return the gradient of the loss by `parameters`, as `nnbook` computes it: shape (9,)."""
        return self._forward_and_backward()[1]

    def _forward_and_backward(self):
        model = self.model()
        predictions = model.forward(np.array([self.inputs]), training=True)
        value, grad = LOSSES[self.loss](predictions, np.array([[self.target]]))
        model.backward(grad)
        return value, model.gradients.copy()

    @traitlets.validate("inputs")
    def _check_inputs(self, proposal):
        return _numbers("inputs", proposal["value"], 2, LIMITS["inputs"])

    @traitlets.validate("parameters")
    def _check_parameters(self, proposal):
        return _numbers("parameters", proposal["value"], 9, LIMITS["parameters"])

    @traitlets.validate("target")
    def _check_target(self, proposal):
        value = proposal["value"]
        _numbers("target", [value], 1, LIMITS["target"])
        _check_pair(self.loss, value)
        return value

    @traitlets.validate("loss")
    def _check_loss(self, proposal):
        one_of(proposal, LOSSES)
        _check_pair(proposal["value"], self.target)
        return proposal["value"]

    @traitlets.validate("activation")
    def _check_activation(self, proposal):
        return one_of(proposal, ACTIVATIONS)

    @traitlets.validate("output_activation")
    def _check_output_activation(self, proposal):
        return one_of(proposal, OUTPUT_ACTIVATIONS)

    @traitlets.validate("learning_rate")
    def _check_learning_rate(self, proposal):
        return within(proposal, 0.001, 10)

    @traitlets.validate("seed")
    def _check_seed(self, proposal):
        return whole_within(proposal, 0, 2**31 - 1)

    @traitlets.validate("step")
    def _check_step(self, proposal):
        return whole_within(proposal, 0, LAST_STEP)


def _numbers(name, values, count, limit):
    if len(values) != count or not all(math.isfinite(value) and abs(value) <= limit for value in values):
        what = "a number" if count == 1 else f"{count} numbers"
        got = values[0] if count == 1 else values
        raise traitlets.TraitError(f"{name} must be {what} in [{-limit:g}, {limit:g}]; got {got}.")
    return values


def _check_pair(loss, target):
    if loss == "binary_cross_entropy" and not 0 <= target <= 1:
        raise traitlets.TraitError(
            f"binary_cross_entropy needs a target in [0, 1], a probability; got {target}. "
            "For other targets set loss to 'mean_squared_error' first."
        )
