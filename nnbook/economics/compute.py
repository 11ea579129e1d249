"""What computing costs: operations, memory and rent, from the size of a model."""

import math
from dataclasses import dataclass

from nnbook.economics._checks import above, at_least, is_share

SECONDS_PER_HOUR, HOURS_PER_DAY, HOURS_PER_MONTH, BYTES_PER_GIGABYTE = 3600, 24, 730, 1e9


def training_flops(n_parameters, n_tokens):
    """Floating-point operations to train on `n_tokens`: 6 N D (2 forward, 4 backward, per weight and token).

    In a mixture of experts N counts the *active* parameters: a token computes with no others.
    Source: Kaplan et al., Scaling laws for neural language models, 2020.

    >>> f"{training_flops(175e9, 300e9):.2e}"
    '3.15e+23'
    """
    at_least(0, n_parameters=n_parameters, n_tokens=n_tokens)
    return 6 * n_parameters * n_tokens


def inference_flops_per_token(n_parameters, *, n_layers=0, d_model=0, context_tokens=0):
    """Operations to generate one token: 2 N, and 4 · layers · context · d_model for attention's two products.

    `n_parameters` are the active ones.

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
    """Memory of weights, gradients and Adam's state: 16 bytes per (total) parameter in mixed precision.

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
    """One GPU as a data sheet and a price list describe it; the bandwidth is that of its own memory.

    A bandwidth of 0 says that it is not known; training does not ask for it, `Serving` does.
    """

    name: str
    peak_flops_per_second: float
    memory_gigabytes: float
    price_usd_per_hour: float
    bandwidth_bytes_per_second: float = 0.0

    def __post_init__(self):
        above(0, peak_flops_per_second=self.peak_flops_per_second, memory_gigabytes=self.memory_gigabytes)
        at_least(0, price_usd_per_hour=self.price_usd_per_hour)
        at_least(0, bandwidth_bytes_per_second=self.bandwidth_bytes_per_second)


@dataclass(frozen=True)
class Model:
    """A language model as far as its cost is concerned.

    A mixture of experts stores `total_parameters` and computes a token with `active_parameters` of them; a
    dense model has no second number (0 stands for "all"). `kv_width` is how many numbers a layer keeps of a
    token's keys, and as many of its values: heads that keep keys · size of a head. `d_model`, when given,
    counts the work of attention too.

    >>> Model("Llama 3 70B", 70e9, n_layers=80, kv_width=1024).cache_bytes_per_token
    327680.0
    """

    name: str
    total_parameters: float
    active_parameters: float = 0.0
    bits_per_weight: float = 16
    n_layers: int = 0
    kv_width: float = 0
    d_model: int = 0
    bytes_per_cached_value: float = 2

    def __post_init__(self):
        above(0, total_parameters=self.total_parameters, bits_per_weight=self.bits_per_weight)
        at_least(0, active_parameters=self.active_parameters, n_layers=self.n_layers, kv_width=self.kv_width)
        at_least(0, d_model=self.d_model, bytes_per_cached_value=self.bytes_per_cached_value)
        if self.active_parameters > self.total_parameters:
            raise ValueError(
                f"active_parameters ({self.active_parameters:g}) cannot be more than total_parameters "
                f"({self.total_parameters:g})."
            )
        if not self.active_parameters:
            object.__setattr__(self, "active_parameters", self.total_parameters)

    @property
    def weight_bytes(self):
        """Memory of all weights, whether a token uses them or not."""
        return self.total_parameters * self.bits_per_weight / 8

    @property
    def cache_bytes_per_token(self):
        """Keys and values that are kept of each token: 2 · layers · kv_width · bytes."""
        return 2 * self.n_layers * self.kv_width * float(self.bytes_per_cached_value)

    def flops_per_token(self, context_tokens=0):
        """Operations for one more token after `context_tokens` others."""
        return inference_flops_per_token(
            self.active_parameters,
            n_layers=self.n_layers,
            d_model=self.d_model,
            context_tokens=context_tokens,
        )


@dataclass(frozen=True)
class TrainingRun:
    """One training run, from start to end without a fault.

    `n_parameters` are the active ones. `utilisation` is the share of the peak that really computes (0.3 to
    0.5 is usual).
    """

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
class TrainingProject:
    """What a model costs to make: the final run is one line of the bill.

    `experiments_factor` says how much computing went into everything before the final run (smaller models,
    failed runs, searches), as a multiple of that run; 1 means as much again. All three extras are
    assumptions unless a maker has published them.

    >>> run = TrainingRun(8e9, 1e12, Accelerator("H100", 989e12, 80, 2.0))
    >>> round(TrainingProject(run, experiments_factor=1, staff_usd=500_000, data_usd=100_000).cost_usd, -4)
    730000.0
    """

    final_run: TrainingRun
    experiments_factor: float = 0.0
    staff_usd: float = 0.0
    data_usd: float = 0.0

    def __post_init__(self):
        at_least(
            0, experiments_factor=self.experiments_factor, staff_usd=self.staff_usd, data_usd=self.data_usd
        )

    @property
    def computing_usd(self):
        """Rent of the final run and of all runs before it."""
        return self.final_run.cost_usd * (1 + self.experiments_factor)

    @property
    def cost_usd(self):
        """Computing, people and data."""
        return self.computing_usd + self.staff_usd + self.data_usd

    @property
    def final_run_share(self):
        """The part of the bill that the final run is; 1.0 for a project that costs nothing at all."""
        return self.final_run.cost_usd / self.cost_usd if self.cost_usd else 1.0
