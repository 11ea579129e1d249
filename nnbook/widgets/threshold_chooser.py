"""ThresholdChooser: from scores to decisions, and what each threshold costs."""

import math

import numpy as np
import traitlets

from nnbook.metrics import confusion_matrix, net_benefit
from nnbook.widgets._base import Widget
from nnbook.widgets._checks import a_word, within
from nnbook.widgets._stored import to_base64

STEPS = 10_000  # scores and thresholds are multiples of 1 / STEPS
MAX_CASES = 20_000
MAX_COST = 1e9
PREVALENCE = (0.0001, 0.9999)
_COSTS = ("false_positive_cost", "false_negative_cost", "true_positive_cost", "true_negative_cost")


class ThresholdChooser(Widget):
    """Drag the threshold: who is alarmed, who is missed, and what it costs.

    A case is called positive if its score is at least the threshold. Scores are rounded to four digits, and
    at most 0.9999, so that threshold 0 calls everybody and threshold 1 nobody; all methods use these rounded
    scores and agree with the page.

    Args:
        scores: (n,) numbers in [0, 1], higher means more likely positive; at most 20 000 of them. More? Keep
            all positives and a random part of the negatives, and give the true `prevalence`.
        labels: (n,) true classes 0 or 1, both present.
        false_positive_cost, false_negative_cost, true_positive_cost, true_negative_cost: what one case of
            each outcome costs, in `unit`; a negative cost is a gain.
        unit: "USD" or any other word.
        class_names: what the labels 0 and 1 mean.
        threshold: where to begin, in [0, 1].
        amounts: (n,) amounts in `unit`, at least 0: a missed positive then costs its own amount instead of
            `false_negative_cost` (card fraud).
        prevalence: share of positives where the model is used; None means as in the data. Otherwise both
            classes are reweighted: sensitivity and specificity stay, precision and cost change.
        title: a line above the widget.
        cases_name: what the cases are called in the sentence, in the plural.

    State (all of it can be set here or in the widget): `threshold`, the four costs and `prevalence`.

    >>> chooser = ThresholdChooser([0.1, 0.4, 0.6, 0.9], [0, 1, 0, 1], false_positive_cost=1,
    ...                            false_negative_cost=5)
    >>> chooser.confusion()
    array([[1, 1],
           [1, 1]])
    >>> chooser.expected_cost(), chooser.best_threshold(), chooser.expected_cost(0.25)
    (1.5, 0.25, 0.25)
    """

    fallback = (
        "Scores of two classes, a threshold to drag, and what it means: alarms, missed cases and cost. "
        "With JavaScript the threshold, the costs and the prevalence can be moved."
    )

    threshold = traitlets.Float(0.5).tag(sync=True)
    false_positive_cost = traitlets.Float(1.0).tag(sync=True)
    false_negative_cost = traitlets.Float(1.0).tag(sync=True)
    true_positive_cost = traitlets.Float(0.0).tag(sync=True)
    true_negative_cost = traitlets.Float(0.0).tag(sync=True)
    prevalence = traitlets.Float(0.5).tag(sync=True)
    unit = traitlets.Unicode("USD").tag(sync=True)
    class_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    cases_name = traitlets.Unicode("cases").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    # Base64 keeps a page light: 16 bits a score, 1 bit a label, 32 bits an amount, little-endian.
    scores_data = traitlets.Unicode("").tag(sync=True)
    labels_data = traitlets.Unicode("").tag(sync=True)
    amounts_data = traitlets.Unicode("").tag(sync=True)
    n_cases = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        scores,
        labels,
        *,
        false_positive_cost,
        false_negative_cost,
        true_positive_cost=0.0,
        true_negative_cost=0.0,
        unit="USD",
        class_names=("negative", "positive"),
        threshold=0.5,
        amounts=None,
        prevalence=None,
        title="",
        cases_name="cases",
    ):
        self._steps, self._labels = _check_cases(scores, labels)
        self._amounts = None if amounts is None else _check_amounts(amounts, self._labels)
        share = float(self._labels.sum() / len(self._labels))
        super().__init__(
            threshold=threshold,
            false_positive_cost=false_positive_cost,
            false_negative_cost=false_negative_cost,
            true_positive_cost=true_positive_cost,
            true_negative_cost=true_negative_cost,
            prevalence=share if prevalence is None else prevalence,
            unit=unit,
            class_names=[str(name) for name in class_names],
            cases_name=cases_name,
            title=title,
            scores_data=to_base64(self._steps, "<u2"),
            labels_data=to_base64(np.packbits(self._labels.astype(np.uint8)), "u1"),
            amounts_data="" if amounts is None else to_base64(self._amounts, "<f4"),
            n_cases=len(self._labels),
        )

    @property
    def scores(self):
        """The scores as the widget uses them, (n,), rounded to four digits."""
        return self._steps / STEPS

    @property
    def labels(self):
        """The true classes, (n,), 0 or 1."""
        return self._labels

    @property
    def amounts(self):
        """What each case costs if it is a missed positive, (n,), or None."""
        return self._amounts

    def predicted(self, threshold=None):
        """Return 1 for each case called positive at `threshold` (the present one if None), else 0."""
        return (self._steps >= _step(self.threshold if threshold is None else threshold)).astype(np.int64)

    def confusion(self, threshold=None):
        """Return the counts in the data, (2, 2): row = true class, column = called class."""
        return confusion_matrix(self._labels, self.predicted(threshold), 2)

    def expected_cost(self, threshold=None):
        """Return the mean cost per case at `threshold`, at the present costs and prevalence."""
        return float(self._cost_curve()[_step(self.threshold if threshold is None else threshold)])

    def best_threshold(self):
        """Return the cheapest threshold: the middle of the lowest interval over which the cost is least."""
        cost = self._cost_curve()
        cheap = np.flatnonzero(cost <= cost.min() + 1e-12 * max(1.0, abs(cost.min())))
        run = cheap[: np.argmax(np.append(np.diff(cheap), 2) > 1) + 1]
        return int((run[0] + run[-1]) // 2) / STEPS

    def net_benefit(self, threshold=None):
        """Return true positives less false positives weighed by the odds of the threshold, per case.

        Raises:
            ValueError: threshold 1, whose odds are infinite.
        """
        threshold = self.threshold if threshold is None else threshold
        return net_benefit(
            self._labels,
            self.scores,
            _step(threshold) / STEPS,
            prevalence=self.prevalence,
        )

    def _cost_curve(self):
        """Cost per case at the thresholds 0, 1/STEPS, …, 1; threshold.js adds up in the same order."""
        ill = self._labels == 1
        tp, fp = (_at_least(self._steps[group]) for group in (ill, ~ill))
        n_ill, n_well = int(ill.sum()), int((~ill).sum())
        missed = (n_ill - tp) * self.false_negative_cost
        if self._amounts is not None:
            below = np.bincount(self._steps[ill], self._amounts[ill], STEPS + 1)
            missed = np.append(0.0, np.cumsum(below)[:-1])
        per_ill = (missed + tp * self.true_positive_cost) / n_ill
        per_well = (fp * self.false_positive_cost + (n_well - fp) * self.true_negative_cost) / n_well
        return self.prevalence * per_ill + (1 - self.prevalence) * per_well

    @traitlets.validate("threshold")
    def _check_threshold(self, proposal):
        return within(proposal, 0, 1)

    @traitlets.validate(*_COSTS)
    def _check_cost(self, proposal):
        return within(proposal, -MAX_COST, MAX_COST)

    @traitlets.validate("prevalence")
    def _check_prevalence(self, proposal):
        return within(proposal, *PREVALENCE, "It is the share of positives. Per cent? Divide by 100.")

    @traitlets.validate("class_names")
    def _check_class_names(self, proposal):
        names = proposal["value"]
        if len(names) != 2 or names[0] == names[1] or not all(1 <= len(n.strip()) <= 30 for n in names):
            raise traitlets.TraitError(
                f"class_names must be two different words of up to 30 letters, for 0 and 1; got {names}."
            )
        return names

    @traitlets.validate("unit", "cases_name")
    def _check_word(self, proposal):
        return a_word(proposal)


def _check_cases(scores, labels):
    scores, labels = np.asarray(scores, dtype=float), np.asarray(labels)
    if scores.ndim != 1 or scores.shape != labels.shape:
        raise ValueError(
            f"scores and labels must have the same shape (n,); got {scores.shape} and {labels.shape}. "
            "From predict_proba? Take the second column: [:, 1]."
        )
    if len(scores) > MAX_CASES:
        raise ValueError(
            f"at most {MAX_CASES:,} cases fit into a page; got {len(scores):,}. Keep all positives and a "
            "random part of the negatives, and give the true share as prevalence."
        )
    if not np.isin(labels, (0, 1)).all() or len(np.unique(labels)) != 2:
        raise ValueError("labels must be 0 or 1, and both must occur.")
    if not (np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= 1):
        raise ValueError("scores must lie in [0, 1]. Logits? Apply nnbook.functional.sigmoid first.")
    return np.minimum(np.round(scores * STEPS), STEPS - 1).astype(np.int64), labels.astype(np.int64)


def _check_amounts(amounts, labels):
    amounts = np.asarray(amounts, dtype=float)
    if amounts.shape != labels.shape:
        raise ValueError(f"amounts must have shape {labels.shape} like labels; got {amounts.shape}.")
    if not (np.isfinite(amounts).all() and amounts.min() >= 0 and amounts.max() <= MAX_COST):
        raise ValueError(f"amounts must lie in [0, {MAX_COST:g}].")
    return amounts.astype("<f4").astype(float)


def _step(threshold):
    """The smallest multiple of 1 / STEPS that is not below the threshold, as a whole number."""
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold must lie in [0, 1]; got {threshold}.")
    return math.ceil(threshold * STEPS - 1e-6)


def _at_least(steps):
    """How many of `steps` are at least 0, 1, …, STEPS."""
    return len(steps) - np.append(0, np.cumsum(np.bincount(steps, minlength=STEPS + 1))[:-1])
