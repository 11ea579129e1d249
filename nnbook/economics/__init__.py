"""What a model costs and what a business on top of it earns, from first principles.

Settings are frozen dataclasses with the unit in each name; results are properties. Money is US dollars.
Nothing here is a forecast: every figure follows from inputs that a reader can change.
"""

from nnbook.economics.business import (
    UNCERTAIN,
    Business,
    Projection,
    Survival,
    sensitivity,
    survival,
    wilson_interval,
)
from nnbook.economics.compute import (
    Accelerator,
    Serving,
    TrainingRun,
    inference_flops_per_token,
    kv_cache_bytes,
    n_accelerators_for,
    training_bytes,
    training_flops,
)
from nnbook.economics.deployment import Deployment

__all__ = [
    "UNCERTAIN",
    "Accelerator",
    "Business",
    "Deployment",
    "Projection",
    "Serving",
    "Survival",
    "TrainingRun",
    "inference_flops_per_token",
    "kv_cache_bytes",
    "n_accelerators_for",
    "sensitivity",
    "survival",
    "training_bytes",
    "training_flops",
    "wilson_interval",
]
