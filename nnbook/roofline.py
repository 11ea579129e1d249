"""What limits a computation, arithmetic or memory, and what it takes from the grid.

Source of the roofline: Williams, Waterman, Patterson, Roofline, 2009. Costs of energy are counted as in
Patterson et al., Carbon emissions and large neural network training, 2021.
"""

import math
from dataclasses import dataclass

import numpy as np

from nnbook.functional import as_number, as_numbers

JOULES_PER_KILOWATT_HOUR = 3.6e6


@dataclass(frozen=True)
class Machine:
    """Peak arithmetic and peak memory traffic of one processor.

    >>> machine = Machine(peak_flops_per_second=40e9, bytes_per_second=10e9)
    >>> machine.ridge_flops_per_byte, (machine.attainable([1.0, 8.0]) / 1e9).tolist()
    (4.0, [10.0, 40.0])
    """

    peak_flops_per_second: float
    bytes_per_second: float

    def __post_init__(self):
        _positive(peak_flops_per_second=self.peak_flops_per_second, bytes_per_second=self.bytes_per_second)

    @property
    def ridge_flops_per_byte(self):
        """From this intensity on, arithmetic is the limit; below it, memory."""
        return self.peak_flops_per_second / self.bytes_per_second

    def attainable(self, flops_per_byte):
        """The roof over an intensity: min(peak, intensity · bandwidth), operations a second."""
        intensity = as_numbers(flops_per_byte, "flops_per_byte").astype(float)
        if not (intensity >= 0).all():  # put this way, NaN is refused too
            raise ValueError(f"flops_per_byte must be at least 0; got {flops_per_byte}.")
        # compared before the product is made: a huge intensity must not overflow
        below = np.minimum(intensity, self.ridge_flops_per_byte)
        return np.minimum(below * self.bytes_per_second, self.peak_flops_per_second)


def product_intensity(batch_size, in_features, out_features, *, bytes_per_weight=4.0, bytes_per_value=4.0):
    """Operations per byte of X (batch, in) @ W (in, out), if each number crosses the memory once.

    >>> round(product_intensity(1, 1024, 1024), 2), round(product_intensity(256, 1024, 1024), 1)
    (0.5, 85.3)
    """
    _positive(batch_size=batch_size, in_features=in_features, out_features=out_features)
    _positive(bytes_per_weight=bytes_per_weight, bytes_per_value=bytes_per_value)
    moved = in_features * out_features * bytes_per_weight
    moved += batch_size * (in_features + out_features) * bytes_per_value
    return 2.0 * batch_size * in_features * out_features / moved


def cost_after_compression(cost, byte_ratio, *, memory_share):
    """What a token costs when its weights have `byte_ratio` of the bytes (Amdahl's law).

    Args:
        cost: before, in any unit.
        byte_ratio: bytes after / bytes before, above 0.
        memory_share: share of the time that reads weights, 0 to 1; only this part becomes shorter.

    >>> [round(cost_after_compression(0.8, 0.5, memory_share=m), 3) for m in (1.0, 0.5, 0.0)]
    [0.4, 0.6, 0.8]
    """
    _positive(byte_ratio=byte_ratio)
    memory_share, cost = as_number(memory_share, "memory_share"), as_number(cost, "cost")
    if not 0 <= memory_share <= 1:
        raise ValueError(f"memory_share must lie in [0, 1]; got {memory_share}.")
    if not (math.isfinite(cost) and cost >= 0):
        raise ValueError(f"cost must be a finite number of at least 0; got {cost}.")
    return cost * (1 - memory_share + memory_share * byte_ratio)


@dataclass(frozen=True)
class Footprint:
    """Electricity of a computation and what a grid emits for it.

    `watts` is what all processors draw together; `overhead` (PUE) is all the building's electricity divided
    by that of its computers.

    >>> Footprint(seconds=3600, watts=1000, overhead=1.0, kg_co2_per_kwh=0.4)
    Footprint(seconds=3600, watts=1000, overhead=1.0, kg_co2_per_kwh=0.4)
    >>> Footprint(3600, 1000, 1.0, 0.4).kwh, Footprint(3600, 1000, 1.0, 0.4).kg_co2
    (1.0, 0.4)
    """

    seconds: float
    watts: float
    overhead: float = 1.1
    kg_co2_per_kwh: float = 0.4

    def __post_init__(self):
        _positive(seconds=self.seconds, watts=self.watts)
        as_number(self.overhead, "overhead")
        as_number(self.kg_co2_per_kwh, "kg_co2_per_kwh")
        if not (math.isfinite(self.overhead) and self.overhead >= 1):
            raise ValueError(f"overhead must be at least 1 (nothing but computers); got {self.overhead}.")
        if not (math.isfinite(self.kg_co2_per_kwh) and self.kg_co2_per_kwh >= 0):
            raise ValueError(f"kg_co2_per_kwh must be at least 0; got {self.kg_co2_per_kwh}.")

    @property
    def kwh(self):
        """Electricity in kilowatt-hours."""
        return (self.seconds / JOULES_PER_KILOWATT_HOUR) * self.watts * self.overhead

    @property
    def kg_co2(self):
        """Emissions in kilograms."""
        return self.kwh * self.kg_co2_per_kwh


def _positive(**values):
    for name, value in values.items():
        value = as_number(value, name)
        if not (math.isfinite(value) and 0 < value <= 1e40):
            raise ValueError(f"{name} must be above 0 and no more than 1e40; got {value}.")
