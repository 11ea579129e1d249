"""What every loader returns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """Inputs, targets and what one must know about them.

    Attributes:
        X: (n_samples, n_features) float64.
        y: (n_samples,) integer labels.
        feature_names, class_names: what columns and labels mean.
        description: origin, licence, size, and what is not realistic about the data.
    """

    X: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    description: str

    def __repr__(self):
        return (
            f"Dataset({self.X.shape[0]} samples, {self.X.shape[1]} features, "
            f"classes {', '.join(self.class_names)})"
        )
