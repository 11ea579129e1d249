import numpy as np
import pytest

from nnbook.initializers import glorot_uniform, he_normal, normal, zeros


@pytest.mark.parametrize("initializer", [zeros, normal, glorot_uniform, he_normal])
def test_shape_dtype_and_repeatability(initializer):
    first = initializer((3, 5), rng=np.random.default_rng(7))
    again = initializer((3, 5), rng=np.random.default_rng(7))
    assert first.shape == (3, 5)
    assert first.dtype == np.float64
    assert np.array_equal(first, again)


@pytest.mark.parametrize("initializer", [normal, glorot_uniform, he_normal])
def test_another_seed_gives_other_weights(initializer):
    first = initializer((3, 5), rng=np.random.default_rng(7))
    other = initializer((3, 5), rng=np.random.default_rng(8))
    assert not np.array_equal(first, other)


def test_glorot_stays_inside_its_limit_and_fills_it():
    weight = glorot_uniform((200, 400), rng=np.random.default_rng(0))
    assert np.abs(weight).max() <= 0.1  # sqrt(6 / 600)
    assert np.abs(weight).max() > 0.0999


@pytest.mark.parametrize(
    ("initializer", "std"), [(he_normal, np.sqrt(2 / 200)), (glorot_uniform, np.sqrt(2 / 600)), (normal, 1.0)]
)
def test_spread(initializer, std):
    # 80 000 draws: their standard deviation is known to about 0.25 %
    assert initializer((200, 400), rng=np.random.default_rng(0)).std() == pytest.approx(std, rel=0.01)


def test_normal_with_a_chosen_spread():
    assert normal((200, 400), rng=np.random.default_rng(0), std=0.02).std() == pytest.approx(0.02, rel=0.01)
