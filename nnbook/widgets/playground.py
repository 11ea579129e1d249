"""The Playground: a small network trains while one watches, and everything about it can be changed."""

from typing import ClassVar

import numpy as np
import traitlets
from traitlets import Bool, Dict, Enum, Float, Int, List

from nnbook import activations
from nnbook.mlp import MLP
from nnbook.widgets._activations import ACTIVATIONS
from nnbook.widgets._base import Widget
from nnbook.widgets._checks import within
from nnbook.widgets._playground_data import FEATURES, checked_points, inputs

DATASETS = ["disc", "spiral", "xor", "moons", "gaussians", "plane", "hills", "own"]
MAX_LAYERS, MAX_UNITS = 4, 8
# The bounds of each number, and advice; playground_state.js has the same bounds, and a test compares them.
BOUNDS = {
    "n_points": (20, 1000, "Fewer show nothing, more take too long to draw."),
    "noise": (0, 0.5, "It is a standard deviation, and the points fill [-1, 1]."),
    "test_fraction": (0.1, 0.9, "Both parts need points."),
    "learning_rate": (1e-5, 10, "0 learns nothing and larger ones diverge; try 0.03."),
    "batch_size": (1, 1000, "A batch is a number of points."),
    "penalty_strength": (0, 1, "A larger penalty leaves no weight; try 0.001."),
    "seed": (0, 9999, "Any whole number in there will do."),
}


class Playground(Widget):
    """A network on points in a plane, with every choice that chapters 3 and 4 discuss.

    On a page it trains in the browser. In JupyterLab it does so too, and Python may set any trait, pass in
    points of its own, read the run back and exchange the weights.

    Args:
        data: optional (X, y) to begin with, as for `set_data`.
        **settings: any trait, for example dataset="moons", hidden=[4, 4], learning_rate=0.01.

    >>> Playground(dataset="moons", hidden=[4, 4])
    Playground(dataset='moons', hidden=[4, 4])
    """

    fallback: ClassVar[str] = (
        "Playground: a small neural network that trains while you watch. "
        "It is alive on the book's site, and in JupyterLab after this cell has run."
    )

    dataset = Enum(DATASETS, "spiral", help="The points; 'own' are painted or passed in.").tag(sync=True)
    task = Enum(
        ["classification", "regression"], "classification", help="What your own points are about."
    ).tag(sync=True)
    points = List(help="Your own points, each [x1, x2, target].").tag(sync=True)
    n_points = Int(400, help="Points drawn, 20 to 1000.").tag(sync=True)
    noise = Float(0.03, help="Standard deviation added to each point, 0 to 0.5.").tag(sync=True)
    test_fraction = Float(0.4, help="Share held out for testing, 0.1 to 0.9.").tag(sync=True)
    features = List(Enum(FEATURES), ["x1", "x2"], help="The network's inputs.").tag(sync=True)
    hidden = List(Int(), [8, 8], help="Units of each hidden layer: at most 4, of 1 to 8.").tag(sync=True)
    activation = Enum(list(ACTIVATIONS), "tanh", help="After every hidden layer.").tag(sync=True)
    initializer = Enum(
        ["glorot_uniform", "he_normal", "normal", "zeros"], "glorot_uniform", help="First weights."
    ).tag(sync=True)
    loss = Enum(["binary_cross_entropy", "mean_squared_error"], "binary_cross_entropy").tag(sync=True)
    optimizer = Enum(
        ["SGD", "Momentum", "RMSProp", "Adam", "AdamW"], "Adam", help="Momentum is SGD with momentum 0.9."
    ).tag(sync=True)
    learning_rate = Float(0.03, help="How far one update goes, 0.00001 to 10.").tag(sync=True)
    batch_size = Int(32, help="Points behind each update, 1 to 1000.").tag(sync=True)
    penalty = Enum(["none", "l1", "l2"], "none", help="Added to the loss: keeps weights small.").tag(
        sync=True
    )
    penalty_strength = Float(0.001, help="Factor before the penalty, 0 to 1.").tag(sync=True)
    seed = Int(0, help="Decides points, first weights and their order; 0 to 9999.").tag(sync=True)
    speed = Enum(
        ["slow", "normal", "fast"], "normal", help="60 or 900 updates a second, or all that fit."
    ).tag(sync=True)
    compact = Bool(False, help="Only the plane, the network and a few controls.").tag(sync=True)

    playing = Bool(False, help="Whether it trains now.").tag(sync=True)
    step = Int(0, help="Updates done; comes from the page.").tag(sync=True)
    parameters = List(Float(), help="All weights and biases, flat; about twice a second.").tag(sync=True)
    history = Dict(help="step, train_loss, test_loss as lists; comes when training rests.").tag(sync=True)

    # A network of another shape, or on other data, has nothing to do with the weights known so far
    _structural: ClassVar = [
        *("dataset", "task", "n_points", "noise", "test_fraction", "seed"),
        *("features", "hidden", "activation", "initializer", "loss", "optimizer", "batch_size"),
    ]

    def __init__(self, *, data=None, **settings):
        if data is not None:
            X, y = data
            settings.update(checked_points(X, y))
        super().__init__(**settings)
        self._fit_loss()
        self.observe(self._fit_loss, ["dataset", "task"])
        self.observe(self._forget_run, self._structural)

    def _forget_run(self, change):
        if not self._holding_sync and not self._from_page:
            self.parameters, self.step, self.history = [], 0, {}

    def _fit_loss(self, change=None):
        if self._is_regression:  # cross-entropy needs classes
            self.loss = "mean_squared_error"

    _from_page = False

    def set_state(self, sync_data):
        """Take over what the page sends (called by ipywidgets)."""
        self._from_page = True
        try:
            super().set_state(sync_data)
        finally:
            self._from_page = False

    @traitlets.validate(*BOUNDS)
    def _within_bounds(self, proposal):
        return within(proposal, *BOUNDS[proposal.trait.name])

    @traitlets.validate("hidden")
    def _small_enough(self, proposal):
        hidden = proposal.value
        if len(hidden) > MAX_LAYERS or not all(1 <= units <= MAX_UNITS for units in hidden):
            raise traitlets.TraitError(
                f"hidden lists the units of at most {MAX_LAYERS} hidden layers, each 1 to {MAX_UNITS}, so "
                f"that one can see them all; got {hidden}. [] is a network without a hidden layer."
            )
        return hidden

    @traitlets.validate("features")
    def _in_order(self, proposal):
        if not proposal.value:
            raise traitlets.TraitError(f"features needs at least one of {', '.join(FEATURES)}.")
        return [name for name in FEATURES if name in proposal.value]

    @traitlets.validate("points")
    def _three_numbers(self, proposal):
        points = proposal.value
        if not all(len(point) == 3 and np.isfinite(point).all() for point in points):
            raise traitlets.TraitError(
                "points is a list of [x1, x2, target]; from arrays use set_data(X, y)."
            )
        return points

    @property
    def settings(self) -> dict:
        """All settings by name, as `Playground(**settings)` takes them."""
        run = {"playing", "step", "parameters", "history"}
        return {name: value for name, value in self.state().items() if name not in run}

    def set_data(self, X, y):
        """Train on points of your own.

        Args:
            X: (n_samples, 2), within [-1.2, 1.2]; scale other data first (MinMaxScaler(-1, 1)).
            y: (n_samples,) labels 0 and 1 of an integer type, or numbers to predict.
        Raises:
            ValueError: X or y is not that; the widget is left as it was.
        """
        new = checked_points(X, y)
        with self.hold_sync():
            self.set_trait("parameters", [])
            for name, value in new.items():
                setattr(self, name, value)
            self.step, self.history = 0, {}

    def inputs(self, X) -> np.ndarray:
        """Return what the network is given for points X (n_samples, 2): (n_samples, n_features)."""
        return inputs(X, self.features)

    def set_model(self, model: MLP):
        """Show this network: its shape, activation and weights replace those on the page.

        Args:
            model: MLP with as many inputs as `features` has, 0 to 4 hidden layers of 1 to 8 units and one
                output. A Sigmoid at the output means squared error on probabilities.
        Raises:
            ValueError: the network does not fit; the widget is left as it was.
        """
        names = {kind: name for name, kind in ACTIVATIONS.items()}
        sizes, output = model.sizes, model.output_activation
        if sizes[0] != len(self.features) or sizes[-1] != 1 or len(sizes) > MAX_LAYERS + 2:
            raise ValueError(
                f"the model must have {len(self.features)} inputs ({', '.join(self.features)}), at most "
                f"{MAX_LAYERS} hidden layers and 1 output; got sizes {sizes}. Two outputs? Keep one logit."
            )
        if any(units > MAX_UNITS for units in sizes[1:-1]):
            raise ValueError(f"a hidden layer has at most {MAX_UNITS} units here; got sizes {sizes}.")
        if model.activation not in names:
            raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}; got {model.activation}.")
        if output not in (activations.Identity, activations.Sigmoid):
            raise ValueError(f"output_activation must be Identity or Sigmoid; got {output.__name__}.")
        if not np.isfinite(model.parameters).all():
            raise ValueError("the model's parameters hold NaN or infinity.")
        if self._is_regression and output is activations.Sigmoid:
            raise ValueError("a network that predicts any number cannot end in a Sigmoid.")
        squared = output is activations.Sigmoid or self._is_regression
        with self.hold_sync():
            self.hidden = list(sizes[1:-1])
            self.activation = names[model.activation]
            self.loss = "mean_squared_error" if squared else "binary_cross_entropy"
            self.parameters = model.parameters.tolist()
            self.step, self.history = 0, {}

    def model(self) -> MLP:
        """Return the network on the page as an MLP; its outputs for `inputs(X)` are the page's.

        Raises:
            RuntimeError: the page has not sent weights yet.
        """
        if not self.parameters:
            raise RuntimeError(
                "the page has not sent any weights yet. Show the widget in a cell of its own and run "
                "this line after that cell."
            )
        squashed = self.loss == "mean_squared_error" and not self._is_regression
        mlp = MLP(
            [len(self.features), *self.hidden, 1],
            activation=ACTIVATIONS[self.activation],
            output_activation=activations.Sigmoid if squashed else activations.Identity,
            rng=np.random.default_rng(0),
        )
        mlp.parameters[:] = self.parameters
        return mlp

    def reset(self):
        """Go back to step 0 with the first weights."""
        self.send({"do": "reset"})

    @property
    def _is_regression(self) -> bool:
        if self.dataset == "own":
            return self.task == "regression"
        return self.dataset in ("plane", "hills")

    def __repr__(self):
        traits = self.traits()
        changed = {k: v for k, v in self.settings.items() if v != traits[k].default()}
        if "points" in changed:
            return f"Playground(<{len(changed.pop('points'))} own points>{_words(changed, ', ')})"
        return f"Playground({_words(changed)})"


def _words(settings, before=""):
    text = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    return before + text if text else ""
