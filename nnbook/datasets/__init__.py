"""Data that comes with `pip install`, one loader per set, and the tools to split and scale it."""

from nnbook.datasets._dataset import Dataset
from nnbook.datasets.business import load_landmark_models
from nnbook.datasets.large_model import load_large_model
from nnbook.datasets.medical import load_pima, load_pneumonia
from nnbook.datasets.prices import load_model_prices, load_model_retirements, load_price_changes
from nnbook.datasets.real import load_breast_cancer, load_digits
from nnbook.datasets.splits import (
    MinMaxScaler,
    StandardScaler,
    split_by_group,
    train_test_split,
    train_validation_test_split,
)
from nnbook.datasets.toys import (
    make_disc,
    make_gaussians,
    make_hills,
    make_moons,
    make_plane,
    make_spiral,
    make_xor,
)

__all__ = [
    "Dataset",
    "MinMaxScaler",
    "StandardScaler",
    "load_breast_cancer",
    "load_digits",
    "load_landmark_models",
    "load_large_model",
    "load_model_prices",
    "load_model_retirements",
    "load_pima",
    "load_pneumonia",
    "load_price_changes",
    "make_disc",
    "make_gaussians",
    "make_hills",
    "make_moons",
    "make_plane",
    "make_spiral",
    "make_xor",
    "split_by_group",
    "train_test_split",
    "train_validation_test_split",
]
