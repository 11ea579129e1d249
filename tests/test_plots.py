import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnbook import plots
from nnbook.training import History

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(20, 2)), np.arange(20) % 2

DRAWINGS = {
    "history": lambda ax: plots.plot_history(History([1.0, 0.5], [1.1, 0.7]), ax=ax),
    "points": lambda ax: plots.plot_points(X, LABELS, ax=ax),
    "surface": lambda ax: plots.plot_decision_surface(lambda p: (p[:, 0] > 0) * 1.0, X, LABELS, ax=ax),
    "confusion": lambda ax: plots.plot_confusion_matrix([[5, 1], [0, 4]], ["no", "yes"], ax=ax),
    "spread": lambda ax: plots.plot_spread({"a": [0.9, 0.95], "b": [0.8]}, ylabel="accuracy", ax=ax),
}


@pytest.fixture(autouse=True)
def _closed_figures():
    plots.house_style()
    yield
    plt.close("all")


@pytest.mark.parametrize("name", DRAWINGS)
def test_draws_on_the_axes_it_is_given_and_names_them(name):
    _, ax = plt.subplots()
    assert DRAWINGS[name](ax) is ax
    assert ax.get_ylabel()


@pytest.mark.parametrize("name", DRAWINGS)
def test_makes_its_own_axes_when_none_are_given(name):
    assert isinstance(DRAWINGS[name](None), plt.Axes)


def test_confusion_matrix_writes_every_count():
    ax = plots.plot_confusion_matrix([[5, 1], [0, 4]], ["no", "yes"])
    assert [text.get_text() for text in ax.texts] == ["5", "1", "0", "4"]


def test_images_fill_a_grid():
    axes = plots.plot_images(np.zeros((5, 8, 8)), list("abcde"), columns=3)
    assert axes.shape == (2, 3)
    assert axes[1, 1].get_title() == "e"


def test_class_colours_are_apart_in_greyscale():
    def luminance(colour):
        return np.dot(matplotlib.colors.to_rgb(colour), [0.2126, 0.7152, 0.0722])

    assert abs(luminance(plots.RED) - luminance(plots.BLUE)) > 0.03
