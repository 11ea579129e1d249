import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
from scipy.stats import entropy

from nnbook.scorecard import Scorecard, cut, top_reasons, weight_of_evidence


def applicants(n=2000, seed=0):
    """A table in which income and job really matter and the shoe size does not."""
    rng = np.random.default_rng(seed)
    income = rng.lognormal(0, 0.5, n)
    job = rng.choice(np.array(["fixed", "other"], dtype=object), n, p=[0.7, 0.3])
    logit = -1.0 - 1.2 * np.log(income) + 1.0 * (job == "other")
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    income[rng.random(n) < 0.1] = np.nan
    return pd.DataFrame({"income": income, "job": job, "shoe": rng.normal(42, 3, n)}), y


def test_weight_of_evidence_by_hand():
    # shares of the good 0.9 and 0.1, of the bad 0.5 and 0.5
    woe = weight_of_evidence([90, 10], [10, 10], smoothing=0)
    assert woe == pytest.approx([np.log(0.9 / 0.5), np.log(0.1 / 0.5)])


def test_a_bin_without_a_bad_loan_needs_smoothing():
    with pytest.raises(ValueError, match="smoothing"):
        weight_of_evidence([5, 5], [0, 5], smoothing=0)
    assert np.isfinite(weight_of_evidence([5, 5], [0, 5])).all()


def test_information_value_is_the_sum_of_both_relative_entropies():
    values = np.array(["a"] * 100 + ["b"] * 100, dtype=object)
    y = np.r_[np.zeros(80), np.ones(20), np.zeros(30), np.ones(70)].astype(int)
    good, bad = np.array([80, 30]) / 110, np.array([20, 70]) / 90
    expected = entropy(good, bad) + entropy(bad, good)
    assert cut(values, y, smoothing=0).information_value == pytest.approx(expected)


def test_numbers_are_cut_at_quantiles_and_an_edge_belongs_to_the_lower_bin():
    values = np.arange(1.0, 101.0)
    bins = cut(values, (values > 50).astype(int), n_bins=4, least=10)
    assert bins.edges == pytest.approx([25.75, 50.5, 75.25])
    assert bins.assign(np.array([25.75, 25.76, -9.0, 1e9])).tolist() == [0, 1, 0, 3]
    assert (bins.goods + bins.bads).tolist() == [25, 25, 25, 25, 0]


def test_small_bins_are_joined_and_equal_values_stay_together():
    values = np.r_[np.zeros(90), np.arange(1.0, 11.0)]
    bins = cut(values, np.tile([0, 1], 50), n_bins=10, least=20)
    assert (bins.goods + bins.bads)[:-1].min() >= 20
    constant = cut(np.ones(100), np.tile([0, 1], 50))
    assert constant.labels == ("any number", "missing")


def test_missing_values_have_their_own_bin_if_there_are_enough_of_them():
    y = np.tile([0, 0, 1], 100)
    values = np.arange(300.0)
    few, many = values.copy(), values.copy()
    few[:5], many[:100] = np.nan, np.nan
    assert cut(few, y).woe[-1] == 0.0
    assert cut(many, np.r_[np.ones(100, int), y[100:]]).woe[-1] < -1
    assert cut(values, y).assign(np.array([np.nan])).tolist() == [len(cut(values, y).labels) - 1]


def test_rare_words_share_a_bin_and_a_new_word_has_no_evidence():
    values = np.array(["a"] * 200 + ["b"] * 3 + ["c"] * 4 + [None] * 70, dtype=object)
    y = np.tile([0, 1], 139)[: len(values)]
    bins = cut(values, y)
    assert bins.labels == ("a", "rare: b, c", "missing")
    assert bins.assign(np.array(["b", "c", None, "never seen"], dtype=object)).tolist() == [1, 1, 2, -1]
    frame = pd.DataFrame({"word": values})
    card = Scorecard().fit(frame, y)
    stranger = pd.DataFrame({"word": np.array(["never seen"], dtype=object)})
    assert card.evidence(stranger).tolist() == [[0.0]]


def test_points_are_a_scale_of_the_log_odds():
    frame, y = applicants()
    card = Scorecard(base_score=600, base_odds=20, pdo=20).fit(frame, y)
    p = card.probability_bad(frame)
    assert card.points(frame).shape == (len(y), 3)
    assert card.score(frame) == pytest.approx(600 + 20 * np.log2((1 - p) / p / 20))
    assert card.score(frame) == pytest.approx(card.points(frame).sum(axis=1))
    harder = Scorecard(base_score=500, base_odds=1, pdo=50).fit(frame, y)
    assert harder.probability_bad(frame) == pytest.approx(p)  # another scale, the same model


def test_it_is_the_logistic_regression_on_the_evidence():
    frame, y = applicants()
    card = Scorecard(C=10.0).fit(frame, y)
    model = sklearn.linear_model.LogisticRegression(C=10.0, max_iter=1000, tol=1e-8)
    model.fit(card.evidence(frame), y)
    assert card.probability_bad(frame) == pytest.approx(
        model.predict_proba(card.evidence(frame))[:, 1], abs=1e-6
    )
    assert p_mean(card, frame) == pytest.approx(y.mean(), abs=1e-3)


def p_mean(card, frame):
    return card.probability_bad(frame).mean()


def test_the_table_of_a_column_adds_up_to_the_points_given():
    frame, y = applicants()
    card = Scorecard().fit(frame, y)
    label, *_, points = card.table("job")[1]
    assert label == "other"
    assert card.points(frame)[(frame["job"] == "other").to_numpy(), 1] == pytest.approx(points)


def test_reasons_are_the_columns_that_lost_most():
    frame, y = applicants()
    card = Scorecard().fit(frame, y)
    person = pd.DataFrame({"income": [0.1], "job": np.array(["fixed"], dtype=object), "shoe": [42.0]})
    lost = card.points_lost(person)[0]
    assert lost.min() >= 0
    assert lost[1] == pytest.approx(0)  # the best job there is
    assert card.reasons(person, k=1) == [("income",)]
    assert top_reasons(np.array([[0.0, 3.0, 3.0]]), ("a", "b", "c"), k=2) == [("b", "c")]


def test_it_learns_nothing_from_the_rows_it_scores():
    frame, y = applicants()
    card = Scorecard().fit(frame.iloc[:1000], y[:1000])
    alone = card.score(frame.iloc[1500:1501])
    assert alone == pytest.approx(card.score(frame.iloc[1000:])[500:501])


@pytest.mark.parametrize(
    ("y", "message"), [(np.zeros(4), "both classes"), (np.array([0, 1, 2, 1]), "both classes")]
)
def test_wrong_labels_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        Scorecard().fit(pd.DataFrame({"a": np.arange(4.0)}), y)


def test_wrong_shapes_and_scales_are_refused():
    with pytest.raises(ValueError, match=r"same shape \(n,\)"):
        cut(np.zeros(3), np.zeros(4))
    with pytest.raises(ValueError, match="above 0"):
        Scorecard(pdo=0)
