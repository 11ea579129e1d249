"""How good are predictions? One function per question.

The truth comes first, as in scikit-learn: `recall(targets, predictions)`, `roc_auc(targets, scores)`. Targets
and predictions are integers; scores are higher for class 1. (Losses take predictions first, as in PyTorch.)
"""

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
