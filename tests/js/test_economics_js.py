"""economics.js must compute what nnbook.economics computes; the simulated futures use the same factors."""

import dataclasses
import itertools

import numpy as np
import pytest
from javascript import Cases

from nnbook import economics as eco
from nnbook.widgets.founder_calculator import BOUNDS, FIELDS, MONTHS, PLANS, first_failure

GPU = eco.Accelerator("test GPU", peak_flops_per_second=3.12e14, memory_gigabytes=80, price_usd_per_hour=1.7)


class FixedDraws:
    """Stands for a generator whose normal numbers are known."""

    def __init__(self, draws):
        self.draws = draws

    def standard_normal(self, shape):
        assert self.draws.shape == shape
        return self.draws


def finite(value):
    """JSON has no infinity: pass it as text."""
    return value if np.isfinite(value) else str(value)


def business_case(name, business, draws):
    projection = business.project(MONTHS)
    survival = eco.survival(business, months=MONTHS, n_runs=len(draws), spread=0.4, rng=FixedDraws(draws))
    results = {
        "final_cash": lambda b: b.project(MONTHS).cash_usd[-1],
        "ltv_cac": lambda b: b.lifetime_value_to_acquisition,
    }
    fields = [
        field for field in FIELDS if not (field == "churn_per_month" and business.churn_per_month > 0.8)
    ]
    return {
        "name": name,
        "business": {field: getattr(business, field) for field in FIELDS},
        "months": MONTHS,
        "figures": [
            finite(float(value))
            for value in (
                business.contribution_usd_per_customer_month,
                business.gross_margin,
                business.lifetime_value_usd,
                business.lifetime_value_to_acquisition,
                projection.lowest_cash_usd,
            )
        ],
        "months_that_matter": [projection.break_even_month, projection.runway_months],
        "failure": dataclasses.asdict(first_failure(business)),
        "projection": {
            name: getattr(projection, name).tolist()
            for name in ("customers", "revenue_usd", "contribution_usd", "cash_flow_usd", "cash_usd")
        },
        "factors": np.exp(0.4 * draws).ravel().tolist(),
        "survival": [survival.share, survival.low, survival.high],
        "lowest": survival.lowest_cash_usd.tolist(),
        "sensitivity": {
            key: [[field, finite(float(low)), finite(float(high))] for field, low, high in rows]
            for key, rows in (
                (key, eco.sensitivity(result, business, fields)) for key, result in results.items()
            )
        },
    }


def random_business(rng):
    """Inputs anywhere between comfortable and hopeless, some of them zero."""
    values = {}
    for name, (low, high) in BOUNDS.items():
        if name.endswith("_change_per_year") or name == "growth_per_month":
            values[name] = float(rng.uniform(low, high)) * 0.5
        elif name == "churn_per_month":
            values[name] = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        else:
            values[name] = 0.0 if rng.random() < 0.1 else float(np.exp(rng.uniform(0, np.log(high) / 2.5)))
    values["customers"] += 1
    return eco.Business(**values)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    rng = np.random.default_rng(0)
    draws = rng.standard_normal((25, len(eco.UNCERTAIN)))
    plans = {**PLANS, **{f"random {i}": random_business(rng) for i in range(60)}}
    free = dataclasses.replace(PLANS["API reseller"], price_usd_per_customer_month=0)
    gift = dataclasses.replace(PLANS["API reseller"], acquisition_usd_per_customer=0)
    dear = dataclasses.replace(PLANS["API reseller"], acquisition_usd_per_customer=300)
    plans |= {"a free product": free, "customers who come by themselves": gift, "too dear to win": dear}
    machines = []
    for n_parameters, n_accelerators, share in itertools.product((1.5e9, 7e9, 3e10), (1, 8), (0.1, 1.0)):
        machine = {"n_parameters": n_parameters, "accelerator": GPU, "n_accelerators": n_accelerators}
        training = eco.TrainingRun(**machine, n_tokens=2e10, utilisation=share)
        serving = eco.Serving(**machine, utilisation=0.3, busy_share=share, bytes_per_parameter=0.5)
        machines.append(
            {
                "plan": {**machine, "accelerator": dataclasses.asdict(GPU)},
                "share": share,
                "training": [training.flops, training.accelerator_hours, training.days, training.cost_usd],
                "serving": [
                    serving.weight_bytes,
                    serving.tokens_per_second,
                    serving.cost_usd_per_million_tokens,
                ],
                "flops": eco.inference_flops_per_token(
                    n_parameters, n_layers=12, d_model=768, context_tokens=1024
                ),
                "cache": eco.kv_cache_bytes(n_layers=12, d_model=768, context_tokens=1024, kv_share=0.25),
                "needed": [
                    eco.n_accelerators_for(eco.training_bytes(n_parameters * k), 80) for k in (0.01, 1, 25)
                ],
            }
        )
    everything = {
        "businesses": [business_case(name, business, draws) for name, business in plans.items()],
        "machines": machines,
        "wilson": [[share, n, *eco.wilson_interval(share, n)] for share in (0, 0.3, 1) for n in (1, 50, 1e4)],
    }
    return Cases(tmp_path_factory, "economics.parity.mjs", everything)


def test_parity(cases):
    assert cases.passed() >= 5


def test_every_kind_of_failure_occurs(cases):
    everything = cases.copy()
    seen = {case["failure"]["constraint"] for case in everything["businesses"]}
    assert seen == {"unit", "acquisition", "cash", "break_even", "nothing"}


def test_a_dollar_too_much_is_found(cases):
    everything = cases.copy()
    everything["businesses"][0]["projection"]["cash_usd"][20] *= 1 + 1e-8
    assert "cash_usd" in cases.complaint(everything)
