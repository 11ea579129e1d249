"""How good are predictions? One function per question; labels are integers, scores are higher for class 1."""

from nnbook.metrics.classes import (
    accuracy,
    confusion_matrix,
    expected_cost,
    f1,
    precision,
    recall,
)
from nnbook.metrics.probabilities import (
    brier_score,
    calibration_curve,
    decision_curve,
    net_benefit,
    perplexity,
)
from nnbook.metrics.ranking import (
    average_precision,
    gini,
    ks_statistic,
    precision_at_k,
    precision_recall_curve,
    roc_auc,
    roc_curve,
)

__all__ = [
    "accuracy",
    "average_precision",
    "brier_score",
    "calibration_curve",
    "confusion_matrix",
    "decision_curve",
    "expected_cost",
    "f1",
    "gini",
    "ks_statistic",
    "net_benefit",
    "perplexity",
    "precision",
    "precision_at_k",
    "precision_recall_curve",
    "recall",
    "roc_auc",
    "roc_curve",
]
