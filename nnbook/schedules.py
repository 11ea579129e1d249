"""How the learning rate changes over time: functions from the step number to a factor.

The factor multiplies the optimiser's own learning rate, so a schedule and a learning rate are chosen apart.
"""

import math


def constant():
    """Always 1."""
    return lambda step: 1.0


def step_decay(every, factor):
    """Multiply by `factor` after each `every` steps.

    >>> schedule = step_decay(10, 0.5); [schedule(step) for step in (0, 9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """
    if every < 1 or not 0 < factor <= 1:
        raise ValueError(
            f"every must be at least 1 and factor in (0, 1]; got every={every}, factor={factor}."
        )
    return lambda step: factor ** (step // every)


def cosine(total_steps, *, warm_up_steps=0, final_factor=0.0):
    """Rise linearly to 1 in `warm_up_steps`, then fall along half a cosine: `final_factor` at `total_steps`.

    Source: Loshchilov & Hutter, SGDR, 2017; warm-up as in Vaswani et al., 2017.

    >>> schedule = cosine(100, warm_up_steps=10)
    >>> [round(schedule(step), 2) for step in (0, 9, 55, 100)]
    [0.1, 1.0, 0.5, 0.0]
    """
    if not 0 <= warm_up_steps < total_steps or not 0 <= final_factor <= 1:
        raise ValueError(
            "needs 0 <= warm_up_steps < total_steps and final_factor in [0, 1]; "
            f"got {warm_up_steps}, {total_steps}, {final_factor}."
        )

    def factor(step):
        if step < warm_up_steps:
            return (step + 1) / warm_up_steps
        progress = min(1.0, (step - warm_up_steps) / (total_steps - warm_up_steps))
        return final_factor + (1 - final_factor) * 0.5 * (1 + math.cos(math.pi * progress))

    return factor
