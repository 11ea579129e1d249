"""ThresholdChooser on the Python side: hand-computed decisions, and data that cannot be decided on."""

import numpy as np
import pytest
import traitlets

from nnbook import metrics
from nnbook.widgets import ThresholdChooser

SCORES = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.9])
LABELS = np.array([0, 0, 1, 0, 1, 1])


def chooser(scores=SCORES, labels=LABELS, **changes):
    return ThresholdChooser(scores, labels, **{"false_positive_cost": 1, "false_negative_cost": 5, **changes})


class TestByHand:
    def test_confusion_has_rows_of_true_classes(self):
        assert chooser(threshold=0.65).confusion().tolist() == [[3, 0], [1, 2]]
        assert chooser().confusion(0.6).tolist() == [[2, 1], [1, 2]], "a score at the threshold is positive"

    def test_expected_cost(self):
        widget = chooser(threshold=0.65)
        assert widget.expected_cost() == pytest.approx(5 / 6)
        assert widget.expected_cost(0.0) == pytest.approx(3 / 6), "everybody: three false alarms"
        assert widget.expected_cost(1.0) == pytest.approx(15 / 6), "nobody: three missed"

    def test_all_four_outcomes_can_cost(self):
        widget = chooser(threshold=0.65, true_positive_cost=-2, true_negative_cost=0.5)
        assert widget.expected_cost() == pytest.approx((5 - 2 * 2 + 3 * 0.5) / 6)

    def test_the_cheapest_threshold_is_the_middle_of_its_interval(self):
        widget = chooser()
        assert widget.best_threshold() == pytest.approx(0.25, abs=1e-4)  # between 0.2 and 0.3
        assert widget.expected_cost(widget.best_threshold()) == pytest.approx(1 / 6)

    def test_a_missed_positive_costs_its_own_amount(self):
        widget = chooser(threshold=0.65, amounts=[9, 9, 40, 9, 10, 20])
        assert widget.expected_cost() == pytest.approx(40 / 6)
        assert widget.expected_cost(1.0) == pytest.approx(70 / 6)

    def test_prevalence_reweights_the_classes(self):
        widget = chooser(threshold=0.5, prevalence=0.1)
        # sensitivity 2/3, specificity 2/3: 0.1 · 1/3 · 5 + 0.9 · 1/3 · 1
        assert widget.expected_cost() == pytest.approx(0.5 / 3 + 0.9 / 3)
        assert widget.net_benefit() == pytest.approx(0.1 * 2 / 3 - 0.9 / 3)

    def test_the_data_s_own_prevalence_is_the_default(self):
        assert chooser().prevalence == 0.5
        same = metrics.expected_cost(
            LABELS, chooser().predicted(), false_positive_cost=1, false_negative_cost=5
        )
        assert chooser().expected_cost() == pytest.approx(same)
        assert chooser().net_benefit() == pytest.approx(metrics.net_benefit(LABELS, SCORES, 0.5))

    def test_scores_are_rounded_and_one_calls_nobody(self):
        widget = chooser(scores=[0.12345678, 0.2, 0.3, 0.6, 0.7, 1.0])
        assert widget.scores[0] == 0.1235
        assert widget.scores[-1] == 0.9999
        assert widget.confusion(1.0).tolist() == [[3, 0], [3, 0]]
        assert widget.confusion(0.0).tolist() == [[0, 3], [0, 3]]

    def test_threshold_is_a_live_trait(self):
        widget = chooser()
        widget.threshold = widget.best_threshold()
        assert widget.confusion().tolist() == [[2, 1], [0, 3]]

    def test_five_thousand_cases_stay_light(self):
        rng = np.random.default_rng(0)
        widget = chooser(rng.random(5000), rng.integers(0, 2, 5000), amounts=rng.random(5000))
        assert len(widget.html_twin()) < 45_000
        assert len(chooser(rng.random(5000), rng.integers(0, 2, 5000)).html_twin()) < 16_000


class TestRefusals:
    @pytest.mark.parametrize(
        ("scores", "labels", "message"),
        [
            (SCORES[:5], LABELS, "same shape"),
            (np.stack([SCORES, SCORES], 1), LABELS, "second column"),
            (SCORES + 0.5, LABELS, "Logits"),
            (SCORES * np.nan, LABELS, "scores must lie in"),
            (SCORES, LABELS * 0, "both must occur"),
            (SCORES, LABELS * 2 - 1, "0 or 1"),
            (np.ones(20_001) / 2, np.arange(20_001) % 2, "at most 20,000"),
        ],
    )
    def test_cases(self, scores, labels, message):
        with pytest.raises(ValueError, match=message):
            chooser(scores, labels)

    @pytest.mark.parametrize("amounts", [[1, 2], [-1] * 6, [np.nan] * 6])
    def test_amounts(self, amounts):
        with pytest.raises(ValueError, match="amounts must"):
            chooser(amounts=amounts)

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("threshold", 1.2, "threshold must lie in"),
            ("prevalence", 30, "Per cent"),
            ("prevalence", 0.0, "the share of positives"),
            ("false_negative_cost", float("nan"), "false_negative_cost must lie"),
            ("class_names", ["same", "same"], "two different words"),
            ("unit", " ", "unit must be"),
            ("cases_name", "x" * 31, "cases_name must be"),
        ],
    )
    def test_traits(self, name, value, message):
        with pytest.raises(traitlets.TraitError, match=message):
            setattr(chooser(), name, value)
        with pytest.raises(traitlets.TraitError, match=message):
            chooser(**{name: value})

    def test_a_threshold_outside_is_refused(self):
        with pytest.raises(ValueError, match=r"threshold must lie in \[0, 1\]"):
            chooser().confusion(1.5)
        with pytest.raises(ValueError, match="odds of 1"):
            chooser().net_benefit(1.0)
