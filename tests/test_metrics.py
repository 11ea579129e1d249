from inspect import signature

import numpy as np
import pytest
import scipy.stats
import sklearn.calibration
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from nnbook import metrics

PREDICTED = np.array([1, 0, 1, 1, 0, 0])
LABELS = np.array([1, 0, 0, 1, 1, 0])


def random_case(seed, n=200, ties=False):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    labels[:2] = 0, 1
    scores = rng.normal(size=n) + labels
    return (scores.round(1) if ties else scores), labels


def test_by_hand():
    assert metrics.accuracy(LABELS, PREDICTED) == pytest.approx(4 / 6)
    assert metrics.confusion_matrix(LABELS, PREDICTED, 2).tolist() == [[2, 1], [1, 2]]
    assert metrics.precision(LABELS, PREDICTED) == pytest.approx(2 / 3)
    assert metrics.recall(LABELS, PREDICTED) == pytest.approx(2 / 3)
    assert metrics.f1(LABELS, PREDICTED) == pytest.approx(2 / 3)
    assert metrics.expected_cost(LABELS, PREDICTED, false_positive_cost=1, false_negative_cost=20) == 21 / 6
    assert metrics.perplexity(np.log(8)) == pytest.approx(8)
    assert metrics.brier_score(np.array([1, 0, 1]), np.array([1.0, 0.5, 0.0])) == pytest.approx(1.25 / 3)


def test_nobody_called_positive():
    nobody = np.zeros(6, int)
    assert metrics.precision(LABELS, nobody) == 0.0
    assert metrics.recall(LABELS, nobody) == 0.0
    assert metrics.f1(LABELS, nobody) == 0.0
    assert metrics.recall(nobody, nobody) == 0.0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ties", [False, True])
def test_scores_agree_with_scikit_learn(seed, ties):
    scores, labels = random_case(seed, ties=ties)
    assert metrics.roc_auc(labels, scores) == pytest.approx(sklearn.metrics.roc_auc_score(labels, scores))
    expected = sklearn.metrics.roc_curve(labels, scores, drop_intermediate=False)
    for ours, theirs in zip(metrics.roc_curve(labels, scores), expected, strict=True):
        assert ours == pytest.approx(theirs)
    precision, recall, thresholds = metrics.precision_recall_curve(labels, scores)
    expected = sklearn.metrics.precision_recall_curve(labels, scores)
    # theirs runs from low to high thresholds and ends with an artificial point (1, 0)
    assert precision == pytest.approx(expected[0][-2::-1])
    assert recall == pytest.approx(expected[1][-2::-1])
    assert thresholds == pytest.approx(expected[2][::-1])


@pytest.mark.parametrize("seed", range(3))
def test_labels_agree_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    predicted, labels = rng.integers(0, 4, (2, 100))
    assert metrics.accuracy(labels, predicted) == sklearn.metrics.accuracy_score(labels, predicted)
    expected = sklearn.metrics.confusion_matrix(labels, predicted, labels=range(4))
    assert np.array_equal(metrics.confusion_matrix(labels, predicted, 4), expected)
    predicted, labels = predicted % 2, labels % 2
    for ours, theirs in (
        (metrics.precision, sklearn.metrics.precision_score),
        (metrics.recall, sklearn.metrics.recall_score),
        (metrics.f1, sklearn.metrics.f1_score),
    ):
        assert ours(labels, predicted) == pytest.approx(theirs(labels, predicted))


def test_probabilities_agree_with_scikit_learn():
    scores, labels = random_case(0)
    p = 1 / (1 + np.exp(-scores))
    assert metrics.brier_score(labels, p) == pytest.approx(sklearn.metrics.brier_score_loss(labels, p))
    mean, share, count = metrics.calibration_curve(labels, p, 5)
    expected_share, expected_mean = sklearn.calibration.calibration_curve(labels, p, n_bins=5)
    assert mean == pytest.approx(expected_mean)
    assert share == pytest.approx(expected_share)
    assert count.sum() == len(p)


# Three positives, one of them found, and nobody called in vain: no number is the same the other way round.
FOUND_ONE = (np.array([1, 1, 1, 0, 0, 0]), np.array([1, 0, 0, 0, 0, 0]))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (metrics.precision, sklearn.metrics.precision_score),
        (metrics.recall, sklearn.metrics.recall_score),
        (lambda *pair: metrics.confusion_matrix(*pair, 2), sklearn.metrics.confusion_matrix),
        (
            lambda *pair: metrics.expected_cost(*pair, false_positive_cost=0, false_negative_cost=1),
            lambda *pair: sklearn.metrics.confusion_matrix(*pair)[1, 0] / 6,
        ),
    ],
)
def test_the_truth_comes_first_as_in_scikit_learn(ours, theirs):
    assert ours(*FOUND_ONE) == pytest.approx(theirs(*FOUND_ONE))
    assert ours(*FOUND_ONE[::-1]) != pytest.approx(theirs(*FOUND_ONE)), "this case shows a swap"


@pytest.mark.parametrize(
    "measure", [metrics.roc_auc, metrics.average_precision, metrics.brier_score, metrics.roc_curve]
)
def test_scores_in_the_place_of_the_truth_are_refused(measure):
    with pytest.raises(ValueError, match=r"targets must be 0 or 1; got 0\.2, 0\.7\. They come first"):
        measure(np.array([0.2, 0.7]), np.array([0, 1]))


def test_every_measure_of_a_pair_takes_the_truth_first():
    firsts = {name: next(iter(signature(getattr(metrics, name)).parameters)) for name in metrics.__all__}
    assert firsts.pop("perplexity") == "cross_entropy"
    assert set(firsts.values()) == {"targets"}


def test_the_ends_of_the_probability_scale_have_a_bin():
    mean, share, count = metrics.calibration_curve(np.array([0, 1]), np.array([0.0, 1.0]))
    assert (mean.tolist(), share.tolist(), count.tolist()) == ([0, 1], [0, 1], [1, 1])


@given(st.integers(0, 1000), st.booleans())
def test_auc_sees_only_the_order(seed, ties):
    scores, labels = random_case(seed, n=30, ties=ties)
    auc = metrics.roc_auc(labels, scores)
    assert metrics.roc_auc(labels, np.exp(scores)) == pytest.approx(auc)
    assert metrics.roc_auc(labels, scores.argsort().argsort() if not ties else 7 * scores) == pytest.approx(
        auc
    )
    assert metrics.roc_auc(labels, -scores) == pytest.approx(1 - auc)


def test_auc_is_the_chance_that_a_positive_outranks_a_negative():
    scores, labels = random_case(1, n=40, ties=True)
    pairs = np.subtract.outer(scores[labels == 1], scores[labels == 0])
    assert metrics.roc_auc(labels, scores) == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean())


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_the_confusion_matrix_counts_everybody_once(pairs):
    labels, predicted = np.array(pairs).T
    matrix = metrics.confusion_matrix(labels, predicted, 3)
    assert matrix.sum() == len(pairs)
    assert np.trace(matrix) == pytest.approx(metrics.accuracy(labels, predicted) * len(pairs))
    assert matrix.sum(axis=1).tolist() == np.bincount(labels, minlength=3).tolist()


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64])
def test_labels_may_be_of_any_integer_type(kind):
    assert metrics.confusion_matrix(LABELS.astype(kind), PREDICTED.astype(kind), 2).tolist() == [
        [2, 1],
        [1, 2],
    ]


def test_many_classes_in_a_small_integer_type_do_not_wrap():
    labels = np.arange(200, dtype=np.uint8)
    assert np.array_equal(metrics.confusion_matrix(labels, labels, 200), np.eye(200))


ONE = np.ones(3, int)
REFUSED = [
    (
        metrics.accuracy,
        (ONE, np.ones(3)),
        r"predictions must be class labels \(integers\); got dtype float64.",
    ),
    (
        metrics.accuracy,
        (ONE, ONE[:, None]),
        r"must have the same shape \(n,\); got \(3,\) and \(3, 1\). Column",
    ),
    (metrics.accuracy, (ONE, np.ones((3, 2))), r"one column per class\? Use .argmax\(axis=1\)."),
    (metrics.accuracy, (ONE[:0], ONE[:0]), "both arguments are empty"),
    (metrics.confusion_matrix, (ONE * 2, ONE, 2), "labels must be integers in 0 … 1; got 1 … 2."),
    (metrics.confusion_matrix, (-ONE, ONE, 2), "labels must be integers in 0 … 1; got -1 … 1."),
    (metrics.confusion_matrix, (ONE * 0.5, ONE, 2), r"targets must be class labels \(integers\)"),
    (metrics.roc_auc, (ONE, np.ones(3)), "targets hold one class only; a ranking needs both."),
    (metrics.roc_auc, (np.array([0, 1, 0]), np.array([np.nan, 1, 2])), "scores hold NaN or infinity."),
    (metrics.roc_curve, (np.array([0, 1, 2]), np.ones(3)), "targets must be 0 or 1; got"),
    (metrics.brier_score, (ONE[:1], np.array([1.5])), r"probabilities must lie in \[0, 1\]. Logits\?"),
    (metrics.calibration_curve, (ONE[:1], np.array([np.nan])), r"probabilities must lie in \[0, 1\]"),
    (metrics.brier_score, (np.array([-1]), np.array([0.5])), "targets must be 0 or 1; got"),
    (metrics.calibration_curve, (np.array([2]), np.array([0.5])), "targets must be 0 or 1; got"),
]


@pytest.mark.parametrize(("metric", "arguments", "sentence"), REFUSED)
def test_what_cannot_be_measured(metric, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        metric(*arguments)


class TestNetBenefit:
    P, Y = np.array([0.1, 0.3, 0.4, 0.8]), np.array([0, 1, 0, 1])

    def test_by_hand(self):
        # at 0.2 three are acted on: two true, one false, and the odds are 1/4
        assert metrics.net_benefit(self.Y, self.P, 0.2) == pytest.approx(2 / 4 - 1 / 4 / 4)
        assert metrics.net_benefit(self.Y, self.P, 0.5) == pytest.approx(1 / 4)
        assert metrics.net_benefit(self.Y, self.P, 0.9) == 0, "acting on nobody"

    def test_acting_on_everybody_is_worth_nothing_at_the_prevalence(self):
        assert metrics.net_benefit(self.Y, np.ones(4), 0.5) == pytest.approx(0)

    def test_another_prevalence_reweights_the_classes(self):
        # sensitivity 1, false positive rate 1/2: 0.1 · 1 - 0.9 · 1/2 · 1/4
        assert metrics.net_benefit(self.Y, self.P, 0.2, prevalence=0.1) == pytest.approx(0.1 - 0.9 / 8)

    def test_it_is_the_cost_in_other_words(self):
        # with costs t for a false alarm and 1 - t for a missed one, cost falls as (1 - t) net benefit rises
        for t in (0.1, 0.25, 0.6):
            called = (t <= self.P).astype(int)
            cost = metrics.expected_cost(self.Y, called, false_positive_cost=t, false_negative_cost=1 - t)
            assert cost == pytest.approx((1 - t) * (0.5 - metrics.net_benefit(self.Y, self.P, t)))

    def test_the_curve_has_both_policies(self):
        model, everybody = metrics.decision_curve(self.Y, self.P, [0.0, 0.2, 0.5])
        np.testing.assert_allclose(model, [0.5, 0.4375, 0.25])
        np.testing.assert_allclose(everybody, [0.5, 0.375, 0.0])

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((Y, P, 1.0), "odds of 1 are infinite"),
            ((Y, P, -0.1), "threshold must lie"),
            ((Y, P * 3, 0.5), "probabilities must lie"),
            ((Y + 1, P, 0.5), "targets must be 0 or 1"),
            ((Y, P[:3], 0.5), "same shape"),
        ],
    )
    def test_refusals(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            metrics.net_benefit(*arguments)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ties", [False, True])
def test_measures_of_rank_agree_with_scipy_and_scikit_learn(seed, ties):
    scores, labels = random_case(seed, ties=ties)
    theirs = scipy.stats.ks_2samp(scores[labels == 1], scores[labels == 0]).statistic
    assert metrics.ks_statistic(labels, scores) == pytest.approx(theirs)
    assert metrics.gini(labels, scores) == pytest.approx(
        2 * sklearn.metrics.roc_auc_score(labels, scores) - 1
    )
    theirs = sklearn.metrics.average_precision_score(labels, scores)
    assert metrics.average_precision(labels, scores) == pytest.approx(theirs)


def test_ks_and_gini_by_hand():
    scores, labels = np.array([0.9, 0.8, 0.6, 0.5, 0.3, 0.1]), np.array([1, 0, 1, 1, 0, 0])
    assert metrics.ks_statistic(labels, scores) == pytest.approx(2 / 3)
    assert metrics.gini(labels, scores) == pytest.approx(2 * 7 / 9 - 1)  # 7 of 9 pairs are in order
    assert metrics.ks_statistic(labels, np.ones(6)) == 0.0
    assert metrics.gini(labels, -scores) == pytest.approx(-metrics.gini(labels, scores))


def test_precision_at_k():
    scores, labels = np.array([0.1, 0.9, 0.8, 0.7]), np.array([1, 1, 0, 1])
    assert [metrics.precision_at_k(labels, scores, k) for k in (1, 2, 3, 4)] == pytest.approx(
        [1, 1 / 2, 2 / 3, 3 / 4]
    )
    for k in (0, 5):
        with pytest.raises(ValueError, match="k must be"):
            metrics.precision_at_k(labels, scores, k)
