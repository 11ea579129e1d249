import numpy as np
import pytest

from nnbook.gradcheck import numerical_gradient
from nnbook.surfaces import OPTIMIZERS, SURFACES

every_surface = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)


@every_surface
def test_gradient_is_that_of_central_differences(surface):
    rng = np.random.default_rng(0)
    x0, x1, y0, y1 = surface.bounds
    for point in rng.uniform((x0, y0), (x1, y1), (20, 2)):
        position = point.copy()
        numeric = numerical_gradient(lambda p=position: surface.value(*p), position)
        assert np.allclose(surface.gradient(*point), numeric, rtol=1e-7, atol=1e-7)


@every_surface
def test_the_minima_are_flat_and_nothing_in_the_picture_lies_lower(surface):
    x0, x1, y0, y1 = surface.bounds
    x, y = np.meshgrid(np.linspace(x0, x1, 301), np.linspace(y0, y1, 301))
    values = surface.value(x, y)
    for minimum in surface.minima:
        assert np.abs(surface.gradient(*minimum)).max() < 1e-12
        assert values.min() >= surface.value(*minimum) - 1e-12


@every_surface
def test_settings_belong_to_the_picture(surface):
    x0, x1, y0, y1 = surface.bounds
    assert x0 < surface.start[0] < x1
    assert y0 < surface.start[1] < y1
    assert (x1 - x0) / (y1 - y0) == pytest.approx(4 / 3)
    assert tuple(surface.learning_rates) == OPTIMIZERS


def test_by_hand():
    # bowl ½(x² + 12 y²); valley (1-x)² + 10 (y-x²)²; saddle at the origin: flat, but no minimum
    assert SURFACES["bowl"].value(2, 1) == 8
    assert SURFACES["valley"].value(0, 1) == 11
    assert SURFACES["valley"].gradient(0, 1).tolist() == [-2, 20]
    assert SURFACES["saddle"].gradient(0, 0).tolist() == [0, 0]
    assert SURFACES["saddle"].value(0, 1) == -0.25


def test_arrays_go_element_by_element():
    x, y = np.ones((3, 2)), np.zeros((3, 2))
    assert SURFACES["minima"].value(x, y).shape == (3, 2)
    assert SURFACES["minima"].gradient(x, y).shape == (2, 3, 2)
