import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from nnbook import fairness as fair
from nnbook.metrics import confusion_matrix


@pytest.fixture
def world():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 2, 600)
    X = rng.normal(size=(600, 3)) + np.array([0.8, 0, 0]) * group[:, None]
    y = (X[:, 0] + X[:, 1] + rng.normal(size=600) > 0).astype(int)
    return X, y, group


def test_rates_agree_with_the_confusion_matrix(world):
    X, y, group = world
    granted = (X[:, 1] > 0).astype(int)
    rates = fair.group_rates(y, granted, np.array(["a", "b"])[group])
    for number, name in enumerate("ab"):
        (tn, fp), (fn, tp) = confusion_matrix(y[group == number], granted[group == number], 2)
        r = rates[name]
        assert (r.n, r.granted) == (tn + fp + fn + tp, pytest.approx((tp + fp) / r.n))
        assert r.true_positive_rate == pytest.approx(tp / (tp + fn))
        assert r.false_positive_rate == pytest.approx(fp / (fp + tn))
        assert r.precision == pytest.approx(tp / (tp + fp))
        assert fair.implied_false_positive_rate(
            r.base_rate, r.precision, r.true_positive_rate
        ) == pytest.approx(r.false_positive_rate)


def test_a_rate_without_cases_is_nan():
    assert np.isnan(fair.group_rates([1, 1], [0, 0], ["a", "a"])["a"].precision)


@pytest.mark.parametrize(  # table II of Newcombe 1998, method 10
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_the_interval_of_a_difference_is_that_of_the_published_table(counts, low, high):
    assert fair.gap_interval(*counts)[1:] == pytest.approx((low, high), abs=5e-5)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(2000):
        _, low, high = fair.gap_interval(rng.binomial(200, 0.9), 200, rng.binomial(60, 0.7), 60)
        covered.append(low <= 0.2 <= high)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def test_a_gap_can_be_asked_among_one_label():
    granted, y = np.array([1, 0, 1, 1, 0, 0]), np.array([1, 1, 0, 1, 1, 0])
    group = np.array(list("aaabbb"))
    assert fair.rate_gap(y, granted, group, ("a", "b"))[0] == pytest.approx(2 / 3 - 1 / 3)
    assert fair.rate_gap(y, granted, group, ("a", "b"), among=1)[0] == pytest.approx(0)
    assert fair.rate_gap(y, granted, group, ("a", "b"), among=0)[0] == pytest.approx(1)
    with pytest.raises(ValueError, match="nobody"):
        fair.rate_gap(y, granted, group, ("a", "c"))


def test_under_the_new_weights_label_and_group_are_independent(world):
    _, y, group = world
    weights = fair.reweighing(y, group)
    shares = [np.average(y[group == g], weights=weights[group == g]) for g in (0, 1)]
    assert shares == pytest.approx([y.mean(), y.mean()])
    assert weights.sum() == pytest.approx(len(y))


def test_thresholds_per_group_reach_the_same_share_of_the_good(world):
    X, y, group = world
    thresholds = fair.thresholds_for_rate(y, X[:, 0], group, 0.8)
    for g in (0, 1):
        rate = np.mean(X[(group == g) & (y == 1), 0] >= thresholds[str(g)])
        assert rate == pytest.approx(0.8, abs=0.01)
        assert rate >= 0.8
    assert thresholds["0"] < thresholds["1"]


def test_without_penalty_it_is_the_logistic_regression_of_scikit_learn(world):
    X, y, group = world
    weights = fair.reweighing(y, group)
    ours = fair.FairLogistic(ridge=0.05).fit(X, y, weights=weights)
    theirs = LogisticRegression(C=1 / (0.05 * weights.sum()), tol=1e-10, max_iter=1000)
    theirs.fit(X, y, sample_weight=weights)
    assert ours.weight == pytest.approx(theirs.coef_[0], abs=1e-5)
    assert ours.bias == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_the_penalty_takes_the_group_out_of_the_logit(world):
    X, y, group = world
    gaps = []
    for fairness in (0.0, 1.0, 1000.0):
        model = fair.FairLogistic(fairness=fairness).fit(X, y, marked=group)
        logits = X @ model.weight
        gaps.append(logits[group == 1].mean() - logits[group == 0].mean())
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert gaps[2] < 0.01


def test_equal_precision_and_equal_true_positives_force_a_gap():
    rates = [fair.implied_false_positive_rate(p, 0.95, 0.95) for p in (0.7, 0.9)]
    assert rates[1] - rates[0] == pytest.approx(1 / 3)


def test_wrong_questions_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        fair.group_rates([1], [1, 0], ["a", "b"])
    with pytest.raises(ValueError, match="0 <= k <= n"):
        fair.gap_interval(3, 2, 1, 2)
    with pytest.raises(ValueError, match="marked"):
        fair.FairLogistic(fairness=1.0).fit(np.zeros((2, 1)), np.array([0, 1]))
    with pytest.raises(ValueError, match="target"):
        fair.thresholds_for_rate([1], [0.5], ["a"], 0.0)
    with pytest.raises(ValueError, match="nobody"):
        fair.thresholds_for_rate([1, 0], [0.5, 0.4], ["a", "b"], 0.5)
