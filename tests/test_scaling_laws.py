"""Scaling laws: exact recovery, optimum by calculus and by search, intervals, and what is refused."""

import numpy as np
import pytest

from nnbook.scaling_laws import (
    ScalingLaw,
    bootstrap_laws,
    fit_log_linear,
    fit_scaling_law,
    interval,
)

TRUTH = ScalingLaw(E=1.2, A=30.0, alpha=0.5, B=80.0, beta=0.4)
N, D = (grid.ravel() for grid in np.meshgrid([1e3, 1e4, 1e5, 1e6], [1e4, 1e5, 1e6, 1e7]))


class TestTheLaw:
    def test_by_hand(self):
        law = ScalingLaw(E=1.0, A=10.0, alpha=0.5, B=100.0, beta=1.0)
        assert law.loss(100, 50) == pytest.approx(1 + 1 + 2)

    def test_the_best_size_is_where_no_other_size_is_better(self):
        for C in (1e9, 1e15, 1e22):
            n, d = TRUTH.optimal(C)
            assert 6 * n * d == pytest.approx(C)
            others = n * np.geomspace(0.1, 10, 201)
            assert (TRUTH.loss(others, C / 6 / others) >= TRUTH.loss(n, d) - 1e-12).all()

    def test_equal_exponents_share_a_budget_equally(self):
        law = ScalingLaw(E=0.0, A=5.0, alpha=0.3, B=7.0, beta=0.3)
        assert law.size_exponent == 0.5
        small, large = law.optimal(1e10), law.optimal(1e14)
        assert large[0] / small[0] == pytest.approx(100)
        assert large[1] / small[1] == pytest.approx(100)

    def test_without_an_effect_there_is_no_best_size(self):
        with pytest.raises(ValueError, match="both size and data"):
            ScalingLaw(E=1.0, A=0.0, alpha=0.3, B=7.0, beta=0.3).optimal(1e10)

    def test_extreme_sizes_do_not_overflow(self):
        with np.errstate(all="raise", under="ignore"):
            law = ScalingLaw(E=1.0, A=1e300, alpha=2.0, B=1e-300, beta=0.0)
            assert np.isfinite(law.loss(1e30, 1e30))
            assert law.loss(1e30, 1.0) == pytest.approx(1e240)
            steep = ScalingLaw(E=0.0, A=1e300, alpha=0.02, B=1e-300, beta=0.02)
            assert all(np.isfinite(steep.optimal(1e30)))

    @pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, 1e31])
    def test_impossible_sizes_are_refused(self, value):
        with pytest.raises(ValueError, match="n_parameters must be numbers from 1"):
            TRUTH.loss(value, 1e6)


class TestTheFit:
    def test_a_law_without_noise_is_found(self):
        law = fit_scaling_law(N, D, TRUTH.loss(N, D))
        for name in ("E", "alpha", "beta"):
            assert getattr(law, name) == pytest.approx(getattr(TRUTH, name), abs=0.004)
        assert np.allclose(law.loss(N, D), TRUTH.loss(N, D), atol=1e-3)

    def test_published_constants_are_found_at_published_sizes(self):
        chinchilla = ScalingLaw(E=1.69, A=406.4, alpha=0.34, B=410.7, beta=0.28)
        n, d = (g.ravel() for g in np.meshgrid(np.geomspace(7e7, 1.6e10, 6), np.geomspace(5e9, 5e11, 5)))
        law = fit_scaling_law(n, d, chinchilla.loss(n, d))
        assert law.alpha == pytest.approx(0.34, abs=0.004)
        assert law.beta == pytest.approx(0.28, abs=0.004)

    def test_counting_a_run_twice_is_having_it_twice(self):
        y = TRUTH.loss(N, D) + 0.05 * np.random.default_rng(0).standard_normal(len(N))
        twice = np.ones(len(N))
        twice[3] = 2
        weighted = fit_scaling_law(N, D, y, weights=twice)
        doubled = fit_scaling_law(*(np.append(v, v[3]) for v in (N, D, y)))
        assert weighted.loss(N, D) == pytest.approx(doubled.loss(N, D), abs=1e-6)

    def test_the_floor_is_never_negative(self):
        y = 5.0 - 0.3 * np.log10(N) - 0.3 * np.log10(D)  # no power law: falls without end
        law = fit_scaling_law(N, D, y + 2)
        assert law.E >= 0

    def test_the_interval_covers_the_truth_and_shrinks_with_the_noise(self):
        widths = []
        for noise in (0.05, 0.005):
            y = TRUTH.loss(N, D) + noise * np.random.default_rng(1).standard_normal(len(N))
            laws = bootstrap_laws(N, D, y, n_samples=60, rng=np.random.default_rng(0))
            low, high = interval([law.beta for law in laws])
            assert low <= TRUTH.beta <= high
            widths.append(high - low)
        assert widths[1] < widths[0] / 3

    def test_a_line_in_logarithms_is_found(self):
        y = 7.0 * N**-0.05 * D**-0.1
        predict = fit_log_linear(N, D, y)
        assert predict(2e6, 3e7) == pytest.approx(7.0 * 2e6**-0.05 * 3e7**-0.1)

    @pytest.mark.parametrize(
        ("losses", "word"),
        [
            (np.full(16, np.nan), "Did a run diverge"),
            (np.full(16, -1.0), "Did a run diverge"),
            (np.ones(15), "same shape"),
        ],
    )
    def test_losses_that_cannot_be_are_refused(self, losses, word):
        with pytest.raises(ValueError, match=word):
            fit_scaling_law(N, D, losses)

    def test_two_sizes_are_too_few(self):
        with pytest.raises(ValueError, match="at least three different sizes"):
            fit_scaling_law(np.where(N > 1e4, 1e5, 1e3), D, TRUTH.loss(N, D))
