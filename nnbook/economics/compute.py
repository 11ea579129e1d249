"""What computing costs: operations, memory and rent, from the size of a model."""

import math
from dataclasses import dataclass

from nnbook.economics._checks import above, at_least, is_share

SECONDS_PER_HOUR, HOURS_PER_DAY, BYTES_PER_GIGABYTE = 3600, 24, 1e9


def training_flops(n_parameters, n_tokens):
    """Floating-point operations to train on `n_tokens`: 6 N D (2 forward, 4 backward, per weight and token).

    Source: Kaplan et al., Scaling laws for neural language models, 2020.

    >>> f"{training_flops(175e9, 300e9):.2e}"
    '3.15e+23'
    """
    at_least(0, n_parameters=n_parameters, n_tokens=n_tokens)
    return 6 * n_parameters * n_tokens


def inference_flops_per_token(n_parameters, *, n_layers=0, d_model=0, context_tokens=0):
    """Operations to generate one token: 2 N, and 4 · layers · context · d_model for attention's two products.

    >>> inference_flops_per_token(124e6, n_layers=12, d_model=768, context_tokens=1024) / 1e6
    285.748736
    """
    at_least(0, n_parameters=n_parameters, n_layers=n_layers, d_model=d_model, context_tokens=context_tokens)
    return 2 * n_parameters + 4 * n_layers * context_tokens * d_model


def kv_cache_bytes(*, n_layers, d_model, context_tokens, bytes_per_value=2, kv_share=1.0):
    """Memory that one conversation keeps: a key and a value vector per layer and token.

    `kv_share` is below 1 where heads share keys (grouped-query attention).
    """
    at_least(
        0, n_layers=n_layers, d_model=d_model, context_tokens=context_tokens, bytes_per_value=bytes_per_value
    )
    return 2 * n_layers * context_tokens * d_model * bytes_per_value * kv_share


def training_bytes(n_parameters, *, bytes_per_parameter=16):
    """Memory of weights, gradients and Adam's state: 16 bytes per parameter in mixed precision.

    2 (weight) + 2 (gradient) + 4 + 4 + 4 (float32 weight, mean, square). Activations come on top.
    Source: Rajbhandari et al., ZeRO, 2020.
    """
    at_least(0, n_parameters=n_parameters, bytes_per_parameter=bytes_per_parameter)
    return n_parameters * bytes_per_parameter


def n_accelerators_for(n_bytes, memory_gigabytes, *, usable_share=0.9):
    """How many accelerators must share `n_bytes`; a tenth of each is left for activations and buffers."""
    at_least(0, n_bytes=n_bytes)
    above(0, memory_gigabytes=memory_gigabytes)
    is_share(usable_share=usable_share)
    return max(1, math.ceil(n_bytes / (memory_gigabytes * BYTES_PER_GIGABYTE * usable_share)))


@dataclass(frozen=True)
class Accelerator:
    """One GPU as a data sheet and a price list describe it."""

    name: str
    peak_flops_per_second: float
    memory_gigabytes: float
    price_usd_per_hour: float

    def __post_init__(self):
        above(0, peak_flops_per_second=self.peak_flops_per_second, memory_gigabytes=self.memory_gigabytes)
        at_least(0, price_usd_per_hour=self.price_usd_per_hour)


@dataclass(frozen=True)
class TrainingRun:
    """One training run. `utilisation` is the share of the peak that really computes (0.3 to 0.5 is usual)."""

    n_parameters: float
    n_tokens: float
    accelerator: Accelerator
    n_accelerators: int = 1
    utilisation: float = 0.4

    def __post_init__(self):
        above(0, n_parameters=self.n_parameters, n_tokens=self.n_tokens)
        above(0, n_accelerators=self.n_accelerators)
        is_share(utilisation=self.utilisation)

    @property
    def flops(self):
        """Operations of the whole run."""
        return training_flops(self.n_parameters, self.n_tokens)

    @property
    def accelerator_hours(self):
        """Hours one accelerator would need."""
        rate = self.accelerator.peak_flops_per_second * self.utilisation
        return self.flops / rate / SECONDS_PER_HOUR

    @property
    def days(self):
        """Days with all accelerators at work."""
        return self.accelerator_hours / self.n_accelerators / HOURS_PER_DAY

    @property
    def cost_usd(self):
        """Rent of the accelerators."""
        return self.accelerator_hours * self.accelerator.price_usd_per_hour


@dataclass(frozen=True)
class Serving:
    """Serving a model on rented accelerators.

    `utilisation` is the share of the peak that computes while busy; `busy_share` the share of rented
    hours in which customers ask for anything.
    """

    n_parameters: float
    accelerator: Accelerator
    n_accelerators: int = 1
    utilisation: float = 0.3
    busy_share: float = 0.5
    bytes_per_parameter: float = 2.0

    def __post_init__(self):
        above(0, n_parameters=self.n_parameters, n_accelerators=self.n_accelerators)
        above(0, bytes_per_parameter=self.bytes_per_parameter)
        is_share(utilisation=self.utilisation, busy_share=self.busy_share)
        needed = n_accelerators_for(self.weight_bytes, self.accelerator.memory_gigabytes)
        if self.n_accelerators < needed:
            raise ValueError(
                f"{self.weight_bytes / BYTES_PER_GIGABYTE:.0f} GB of weights need at least {needed} × "
                f"{self.accelerator.name}; got n_accelerators={self.n_accelerators}. "
                "Fewer bytes per parameter also help."
            )

    @property
    def weight_bytes(self):
        """Memory of the weights."""
        return self.n_parameters * self.bytes_per_parameter

    @property
    def tokens_per_second(self):
        """Tokens a second while busy, all accelerators together (2 N operations each)."""
        rate = self.accelerator.peak_flops_per_second * self.utilisation * self.n_accelerators
        return rate / inference_flops_per_token(self.n_parameters)

    @property
    def cost_usd_per_million_tokens(self):
        """Rent divided by what is really sold: an idle hour costs as much as a busy one."""
        usd_per_second = self.n_accelerators * self.accelerator.price_usd_per_hour / SECONDS_PER_HOUR
        return usd_per_second / (self.tokens_per_second * self.busy_share) * 1e6
