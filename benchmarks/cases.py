"""What is timed: five networks from tiny to large, with random data of their shape."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Case:
    name: str
    sizes: tuple[int, ...]
    activation: str  # "tanh" or "relu"
    optimizer: str  # "sgd" or "adam"
    batch_size: int
    steps: int  # optimiser steps in one timed run: one epoch
    rounds: int

    @property
    def title(self):
        network = "-".join(map(str, self.sizes))
        return f"{self.name}: {network} {self.activation}, batch {self.batch_size}, {self.optimizer}"

    @property
    def flops_per_step(self):
        """Multiplications and additions in the matrix products; the first layer needs no input gradient."""
        products = [a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)]
        return 2 * self.batch_size * (2 * products[0] + 3 * sum(products[1:]))

    def data(self):
        """Inputs and labels at random, so that no loss falls to zero and no number underflows."""
        rng = np.random.default_rng(0)
        n_samples = self.batch_size * self.steps
        X = rng.uniform(-1, 1, (n_samples, self.sizes[0]))
        return X, rng.integers(0, self.sizes[-1], n_samples)

    def weights(self):
        """The same starting weights for everybody: one (weight, bias) pair per layer."""
        rng = np.random.default_rng(1)
        pairs = []
        for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False):
            limit = np.sqrt(6 / (n_in + n_out))
            pairs.append((rng.uniform(-limit, limit, (n_in, n_out)), np.zeros(n_out)))
        return pairs


CASES = {
    case.name: case
    for case in (
        Case("i", (2, 16, 16, 2), "tanh", "sgd", batch_size=32, steps=1000, rounds=31),
        Case("ii", (64, 64, 10), "relu", "adam", batch_size=64, steps=500, rounds=31),
        Case("iii", (784, 256, 128, 10), "relu", "adam", batch_size=128, steps=40, rounds=15),
        Case("iv", (784, 1024, 1024, 10), "relu", "adam", batch_size=512, steps=4, rounds=11),
    )
}
