"""firm*.js must compute what nnbook.economics does for a firm; the simulated futures use the same draws."""

import dataclasses

import numpy as np
import pytest
from javascript import Cases

from nnbook import economics as eco
from nnbook.economics import worksheet, worksheet_layout

MONTHS = 36
FIELDS = worksheet_layout.FIELDS
EVENTS = [
    *eco.EVENTS,
    eco.Event(
        "a long strike", 0.3, (("new_customers_per_month", 0.2), ("fixed_usd_per_month", 1.1)), months=5
    ),
]


def finite(value):
    """JSON has no infinity: pass it as text."""
    return value if value is None or np.isfinite(value) else str(value)


def figures(b):
    return {
        "contribution": b.contribution_usd_per_customer_month,
        "grossMargin": b.gross_margin,
        "lifetimeValue": b.lifetime_value_usd,
        "lifetimeValueToAcquisition": b.lifetime_value_to_acquisition,
        "customersToCoverFixed": b.customers_to_cover_fixed,
        "contributionOfHeavyUser": b.contribution_at(0.95),
        "lifetimeMonths": b.lifetime_months,
    }


def firm_case(name, b, futures):
    p = b.project(MONTHS)
    survival = eco.survival_of(b, futures, spread=0.4, events=EVENTS)
    decision = eco.which_way(b, eco.SUPPLIES)
    fields = [field for field in FIELDS if not (field == "churn_per_month" and b.churn_per_month > 0.8)]
    rows = eco.sensitivity(lambda changed: changed.project(MONTHS).cash_usd[-1], b, fields)
    return {
        "name": name,
        "business": dataclasses.asdict(b),
        "figures": {key: finite(float(value)) for key, value in figures(b).items()},
        "projection": {field.name: getattr(p, field.name).tolist() for field in dataclasses.fields(p)},
        "months": [p.fixed_covered_month, p.cash_positive_month, p.runway_months],
        "lows": [p.lowest_cash_usd, p.burn_usd_per_month],
        "failure": dataclasses.asdict(eco.first_failure(b)),
        "survival": [survival.share, survival.low, survival.high],
        "lowest": survival.lowest_cash_usd.tolist(),
        "raise": [survival.raise_usd(share) for share in (0.5, 0.8, 1)],
        "decision": [decision.choice, decision.reason],
        "ways": [[w.supply.name, w.supply_usd, w.final_cash_usd, w.lowest_cash_usd] for w in decision.ways],
        "gates": [[g.month, g.name, g.stops, finite(g.limit), g.plan, g.passed] for g in eco.gates(b)]
        if b.new_customers_per_month
        else [],
        "sensitivity": [[field, finite(float(low)), finite(float(high))] for field, low, high in rows],
        "check": worksheet.check_number(b),
    }


def random_firm(rng):
    """Inputs anywhere between comfortable and hopeless, some of them zero."""

    def size(low, high):
        return 0.0 if rng.random() < 0.15 else float(np.exp(rng.uniform(np.log(low), np.log(high))))

    return eco.Business(
        customers=size(1, 1000) + 1,
        new_customers_per_month=size(1, 200),
        growth_per_month=float(rng.uniform(-0.1, 0.1)),
        churn_per_month=float(np.exp(rng.uniform(np.log(0.005), np.log(0.5)))),
        price_usd_per_customer_month=size(5, 2000),
        million_tokens_per_customer_month=size(0.1, 50),
        cost_usd_per_million_tokens=size(0.1, 10),
        other_cost_usd_per_customer_month=size(1, 50),
        acquisition_usd_per_customer=size(5, 3000),
        fixed_usd_per_month=size(100, 1e5),
        cash_usd=size(1e3, 1e6),
        price_change_per_year=float(rng.uniform(-0.5, 0.3)),
        token_cost_change_per_year=float(rng.uniform(-0.5, 0.3)),
        machine_usd_per_month=size(100, 5000),
        million_tokens_per_machine_month=float(np.exp(rng.uniform(2, 10))),
        supply_fixed_usd_per_month=size(100, 1e4),
        one_off_usd=size(100, 1e5),
        usage_spread=float(rng.choice([0, 0.4, 1.0, 1.7])),
        overage_usd_per_million_tokens=size(0.1, 10),
        included_million_tokens=size(0.1, 100),
        cap_million_tokens=float(rng.choice([1e9, 3.0, 40.0])),
        reference_price_usd=size(5, 2000),
        price_elasticity=float(rng.uniform(-3, 0)),
        churn_elasticity=float(rng.uniform(0, 1.5)),
    )


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    rng = np.random.default_rng(0)
    futures = eco.draw_futures(25, rng=rng, n_events=len(EVENTS))
    plans = {**eco.PLANS, **{f"random {i}": random_firm(rng) for i in range(40)}}
    reseller = eco.PLANS["API reseller"]
    for name, change in {
        "a free product": {"price_usd_per_customer_month": 0.0},
        "customers who come by themselves": {"acquisition_usd_per_customer": 0.0},
        "too dear to win": {"acquisition_usd_per_customer": 300.0},
        "out of money": {"cash_usd": 30_000.0},
        "slow": {"fixed_usd_per_month": 20_000.0, "growth_per_month": 0.0, "cash_usd": 1e6},
    }.items():
        plans[name] = dataclasses.replace(reseller, **change)
    lows = [eco.survival_of(plan, futures).lowest_cash_usd for plan in eco.PLANS.values()]
    pairs = []
    for a, b in ((0, 1), (1, 2), (2, 2)):
        result = eco.compare_outcomes(lows[a] >= 0, lows[b] >= 0)
        expected = dataclasses.asdict(result)
        expected.pop("p_value")
        pairs.append({"first": lows[a].tolist(), "second": lows[b].tolist(), "expected": expected})
    supplies = [dataclasses.asdict(supply) for supply in eco.SUPPLIES]
    everything = {
        "firms": [firm_case(name, plan, futures) for name, plan in plans.items()],
        "futures": {
            "n": futures.n,
            "months": MONTHS,
            "normals": futures.normals.ravel().tolist(),
            "uniforms": futures.uniforms.ravel().tolist(),
            "n_events": len(EVENTS),
        },
        "events": [dataclasses.asdict(event) for event in EVENTS],
        "supplies": supplies,
        "crossovers": [
            [a, b, finite(eco.crossover_million_tokens(eco.SUPPLIES[a], eco.SUPPLIES[b], 36))]
            for a, b in ((0, 1), (0, 2), (1, 2), (1, 0))
        ],
        "pairs": pairs,
        "wilson": [[share, n, *eco.wilson_interval(share, n)] for share in (0, 0.3, 1) for n in (1, 50, 1e4)],
        "limited": [
            [mean, spread, cap, eco.limited_mean(mean, spread, cap)]
            for mean in (0.0, 3.0)
            for spread in (0.0, 0.3, 1.0, 2.5)
            for cap in (0.0, 1e-6, 1.0, 3.0, 1e9)
        ],
        "layout": worksheet_layout.layout(),
        "formulas": {
            "Plan": worksheet_layout.plan_formulas(),
            "Months": worksheet_layout.month_formulas(),
        },
    }
    return Cases(tmp_path_factory, "firm.parity.mjs", everything)


def test_parity(cases):
    assert cases.passed() == 8


def test_every_kind_of_failure_and_of_decision_occurs(cases):
    everything = cases.copy()
    failures = {case["failure"]["constraint"] for case in everything["firms"]}
    assert failures == {"unit", "acquisition", "cash", "break_even", "nothing"}
    assert {"API", "tuned", "do not build"} <= {case["decision"][0] for case in everything["firms"]}


def test_a_dollar_too_much_is_found(cases):
    everything = cases.copy()
    everything["firms"][0]["projection"]["cash_usd"][20] *= 1 + 1e-8
    assert "cash_usd" in cases.complaint(everything)


def test_a_changed_formula_is_found(cases):
    everything = cases.copy()
    everything["formulas"]["Months"]["D7"] += "+1"
    assert "D7" in cases.complaint(everything)
