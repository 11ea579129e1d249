"""The Playground seen from Python: traits that teach, points and weights in and out."""

import json
import re

import numpy as np
import pytest
import traitlets
from javascript import evaluate

from nnbook import activations
from nnbook.mlp import MLP
from nnbook.widgets import Playground

RNG = np.random.default_rng
LABELLED = (np.array([[0.5, 0.5], [-0.5, -0.5], [0.2, -1.0]]), np.array([1, 0, 1]))


def from_javascript(expression):
    return evaluate(expression, state="playground_state", engine="playground_engine")


class TestBothHomesAgree:
    def test_the_defaults_of_python_and_javascript_are_the_same(self):
        run = {"playing": False, "step": 0, "parameters": [], "history": {}, "compact": False}
        assert Playground().state() == from_javascript("state.DEFAULTS") | run

    def test_both_know_the_same_choices(self):
        choices = from_javascript("state.CHOICES")
        for name, options in choices.items():
            assert sorted(Playground().traits()[name].values) == sorted(value for value, _ in options), name

    def test_both_have_the_same_bounds(self):
        for name, bounds in from_javascript("state.NUMBERS").items():
            for value in (bounds["min"], bounds["max"]):
                assert getattr(Playground(**{name: value}), name) == value
            for value in (bounds["min"] - 1, bounds["max"] + 1):
                with pytest.raises(traitlets.TraitError):
                    Playground(**{name: value})

    def test_both_make_the_same_inputs(self):
        X = RNG(0).uniform(-1.2, 1.2, (50, 2))
        names = from_javascript("state.FEATURES")
        widget = Playground(features=names)
        theirs = from_javascript(f"Array.from(engine.inputsOf({X.ravel().tolist()}, {json.dumps(names)}))")
        np.testing.assert_allclose(widget.inputs(X).ravel(), theirs, rtol=1e-14, atol=1e-15)

    @pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "gelu", "identity"])
    @pytest.mark.parametrize("loss", ["binary_cross_entropy", "mean_squared_error"])
    def test_the_model_that_comes_back_answers_as_the_page_does(self, activation, loss):
        settings = {
            "activation": activation,
            "loss": loss,
            "features": ["x1", "x2", "x1_x2"],
            "hidden": [5, 3],
        }
        X = RNG(1).uniform(-1, 1, (20, 2))
        page = from_javascript(
            f"""(() => {{
                const run = new engine.Engine(state.clean({json.dumps(settings)}));
                run.advance(30);
                const inputs = engine.inputsOf({X.ravel().tolist()}, {json.dumps(settings["features"])});
                return [Array.from(run.model.parameters), Array.from(run.model.forward(inputs, 20))];
            }})()"""
        )
        widget = Playground(**settings, parameters=page[0])
        mine = widget.model()(widget.inputs(X)).ravel()
        np.testing.assert_allclose(mine, page[1], rtol=1e-9, atol=1e-12)


class TestTraits:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"learning_rate": 0.0}, r"learning_rate must lie in .* 0 learns nothing"),
            ({"noise": float("nan")}, "standard deviation"),
            ({"batch_size": 0}, "batch_size must lie"),
            ({"hidden": [9]}, "each 1 to 8"),
            ({"hidden": [1, 1, 1, 1, 1]}, "at most 4 hidden layers"),
            ({"features": []}, "at least one of x1"),
            ({"features": ["x3"]}, "x1"),
            ({"dataset": "rings"}, "spiral"),
            ({"points": [[1, 2]]}, "set_data"),
            ({"points": [[1, 2, float("inf")]]}, "set_data"),
        ],
    )
    def test_a_wrong_setting_is_refused_with_a_reason(self, settings, message):
        with pytest.raises(traitlets.TraitError, match=message):
            Playground(**settings)

    def test_a_refused_change_leaves_the_old_value(self):
        widget = Playground()
        with pytest.raises(traitlets.TraitError):
            widget.hidden = [100]
        assert widget.hidden == [8, 8]

    def test_a_prediction_of_numbers_is_judged_by_squared_error(self):
        assert Playground(dataset="hills").loss == "mean_squared_error"
        widget = Playground()
        widget.dataset = "plane"
        assert widget.loss == "mean_squared_error"

    def test_inputs_stand_in_one_fixed_order(self):
        assert Playground(features=["sin_x1", "x1"]).features == ["x1", "sin_x1"]

    def test_settings_make_the_same_playground_again(self):
        widget = Playground(dataset="moons", hidden=[], seed=4)
        assert Playground(**widget.settings).settings == widget.settings

    def test_its_text_names_what_was_chosen(self):
        assert repr(Playground()) == "Playground()"
        assert repr(Playground(hidden=[4], noise=0.1)) == "Playground(hidden=[4], noise=0.1)"

    def test_points_stay_data_in_the_page(self):
        twin = Playground(data=LABELLED).html_twin()
        assert len(re.findall("<", twin)) == 2
        assert '"points":[[0.5,0.5,1.0],[-0.5,-0.5,0.0],[0.2,-1.0,1.0]]' in twin

    def test_another_shape_makes_the_old_weights_void_but_another_rate_does_not(self):
        widget = Playground(parameters=[1.0], step=5)
        widget.learning_rate = 0.1
        assert widget.parameters == [1.0]
        widget.hidden = [3]
        assert (widget.parameters, widget.step) == ([], 0)

    def test_what_the_page_sends_together_stays_together(self):
        widget = Playground()
        widget.set_state({"hidden": [1], "features": ["x1"], "parameters": [1.0, 2.0, 3.0, 4.0], "step": 7})
        assert (widget.hidden, widget.parameters, widget.step) == ([1], [1.0, 2.0, 3.0, 4.0], 7)


class TestData:
    def test_labels_are_classified(self):
        widget = Playground(data=LABELLED)
        assert (widget.dataset, widget.task, widget.loss) == ("own", "classification", "binary_cross_entropy")

    def test_numbers_are_predicted(self):
        widget = Playground()
        widget.set_data(LABELLED[0], np.array([0.5, -0.2, 3.0]))
        assert (widget.dataset, widget.task, widget.loss) == ("own", "regression", "mean_squared_error")
        assert widget.points[2] == [0.2, -1.0, 3.0]

    @pytest.mark.parametrize(
        ("X", "y", "message"),
        [
            (np.zeros((3, 3)), np.zeros(3, int), "two axes"),
            (np.zeros((3, 2)), np.zeros((3, 1), int), "ravel"),
            (np.full((3, 2), 7.0), np.zeros(3, int), "MinMaxScaler"),
            (np.full((3, 2), np.nan), np.zeros(3, int), "NaN"),
            (np.zeros((3, 2)), np.array([1, 2, 3]), "labels must be 0 and 1"),
            (np.zeros((1, 2)), np.zeros(1, int), "2 to 2000"),
            (np.zeros((2001, 2)), np.zeros(2001, int), "2 to 2000"),
        ],
    )
    def test_other_data_are_refused_and_change_nothing(self, X, y, message):
        widget = Playground()
        before = widget.state()
        with pytest.raises(ValueError, match=message):
            widget.set_data(X, y)
        assert widget.state() == before

    def test_inputs_want_two_columns(self):
        with pytest.raises(ValueError, match="X\\[None, :\\]"):
            Playground().inputs(np.zeros(2))


class TestModel:
    @pytest.mark.parametrize("hidden", [[], [3], [8, 8, 8, 8]])
    @pytest.mark.parametrize("output", [activations.Identity, activations.Sigmoid])
    @pytest.mark.parametrize("activation", [activations.Tanh, activations.GELU])
    def test_a_network_goes_in_and_comes_out_the_same(self, hidden, output, activation):
        mlp = MLP([2, *hidden, 1], activation=activation, output_activation=output, rng=RNG(3))
        widget = Playground(step=9)
        widget.set_model(mlp)
        back = widget.model()
        X = RNG(0).uniform(-1, 1, (10, 2))
        np.testing.assert_array_equal(back(X), mlp(X))
        assert (back.activation, back.output_activation) == (activation, output)
        assert widget.step == 0

    def test_before_the_page_has_spoken_there_is_no_model(self):
        with pytest.raises(RuntimeError, match="Show the widget"):
            Playground().model()

    @pytest.mark.parametrize(
        ("mlp", "message"),
        [
            (MLP([3, 4, 1], rng=RNG(0)), "2 inputs"),
            (MLP([2, 4, 2], rng=RNG(0)), "Keep one logit"),
            (MLP([2, 1, 1, 1, 1, 1, 1], rng=RNG(0)), "at most 4"),
            (MLP([2, 9, 1], rng=RNG(0)), "at most 8 units"),
            (MLP([2, 4, 1], output_activation=activations.Tanh, rng=RNG(0)), "Identity or Sigmoid"),
        ],
    )
    def test_a_network_that_cannot_be_shown_is_refused_and_changes_nothing(self, mlp, message):
        widget = Playground()
        before = widget.state()
        with pytest.raises(ValueError, match=message):
            widget.set_model(mlp)
        assert widget.state() == before

    def test_a_network_of_nan_is_refused(self):
        mlp = MLP([2, 4, 1], rng=RNG(0))
        mlp.parameters[0] = np.nan
        with pytest.raises(ValueError, match="NaN"):
            Playground().set_model(mlp)

    def test_a_sigmoid_cannot_predict_numbers(self):
        mlp = MLP([2, 4, 1], output_activation=activations.Sigmoid, rng=RNG(0))
        with pytest.raises(ValueError, match="Sigmoid"):
            Playground(dataset="hills", loss="mean_squared_error").set_model(mlp)
