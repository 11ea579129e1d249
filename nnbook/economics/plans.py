"""The plans that all chapters and widgets use, each input with a source or the word *assumption*.

Three ways to build on a language model. They are examples to change, not a survey of the market.
"""

from nnbook.economics.business import Business
from nnbook.economics.compute import Accelerator, Model
from nnbook.economics.serving import Serving
from nnbook.economics.supply import Supply

# Dense 16-bit arithmetic and memory of the data sheets {nvidia2020}, {nvidia2022}. The rent is an assumption
# within published offers {mercatus2026}: 0.80 to 3.00 dollars an hour for an A100, 1.99 to 5.00 for an H100.
A100 = Accelerator("A100, 80 GB", 312e12, 80, 1.5, 2.039e12)
H100 = Accelerator("H100, 80 GB", 989e12, 80, 2.5, 3.35e12)

# {grattafiori2024}, table 3: layers, width, 8 heads of 128 that keep keys and values
LLAMA_8B = Model("Llama 3.1 8B", 8.03e9, n_layers=32, kv_width=1024, d_model=4096)
LLAMA_70B = Model("Llama 3.3 70B", 70.6e9, n_layers=80, kv_width=1024, d_model=8192)
LLAMA_70B_8BIT = Model(
    "Llama 3.3 70B, 8 bits", 70.6e9, bits_per_weight=8, n_layers=80, kv_width=1024, d_model=8192
)

API_MODEL = "gpt-6.1-terra"
API = Supply.api("API", 2.0, one_off_usd=5_000)
TUNED = Supply.rented("tuned", Serving(LLAMA_8B, H100), staff_usd_per_month=3_000, one_off_usd=20_000)
HOSTED = Supply.rented(
    "self-hosted", Serving(LLAMA_70B_8BIT, H100, 2), staff_usd_per_month=8_000, one_off_usd=10_000
)
SUPPLIES = (API, TUNED, HOSTED)

_START = {"customers": 0.0, "growth_per_month": 0.03, "cash_usd": 400_000.0}


def _plan(supply, *, price, **inputs):
    business = Business(
        **_START,
        **inputs,
        price_usd_per_customer_month=price,
        reference_price_usd=price,
        cost_usd_per_million_tokens=0.0,
    )
    return business.supplied_by(supply)


PLANS = {
    "API reseller": _plan(
        API,
        price=29.0,
        new_customers_per_month=120.0,
        churn_per_month=0.09,
        million_tokens_per_customer_month=2.5,
        usage_spread=1.0,
        other_cost_usd_per_customer_month=5.0,
        acquisition_usd_per_customer=60.0,
        fixed_usd_per_month=15_000.0,
    ),
    "Vertical application": _plan(
        TUNED,
        price=490.0,
        new_customers_per_month=6.0,
        churn_per_month=0.02,
        million_tokens_per_customer_month=10.0,
        usage_spread=1.0,
        other_cost_usd_per_customer_month=60.0,
        acquisition_usd_per_customer=1500.0,
        fixed_usd_per_month=28_000.0,
    ),
    "Self-hosted open model": _plan(
        HOSTED,
        price=120.0,
        new_customers_per_month=40.0,
        churn_per_month=0.05,
        million_tokens_per_customer_month=45.0,
        usage_spread=1.0,
        other_cost_usd_per_customer_month=10.0,
        acquisition_usd_per_customer=250.0,
        fixed_usd_per_month=17_000.0,
    ),
}

_ASSUMPTION = "assumption"
_COMPUTED = "computed by Serving: "
# Where each input comes from; an input that is not named here is an assumption.
_SOURCES = {
    "API reseller": {
        "cost_usd_per_million_tokens": f"genai-prices 0.2.3: {API_MODEL}, 1.00 read, 5.00 written, 3 to 1",
        "one_off_usd": "assumption: prompts and their tests",
        "churn_per_month": "assumption, above the median of subscription sites {recurly2020}",
    },
    "Vertical application": {
        "machine_usd_per_month": "one whole H100, 730 hours; the rent an assumption within {mercatus2026}",
        "million_tokens_per_machine_month": _COMPUTED
        + "8 billion parameters {grattafiori2024}, a third of it used",
        "supply_fixed_usd_per_month": "assumption: part of an engineer",
        "one_off_usd": "assumption: data, tuning run, evaluation",
        "churn_per_month": "assumption, between {highalpha2025} and {recurly2020}",
    },
    "Self-hosted open model": {
        "machine_usd_per_month": "two whole H100, 730 hours; the rent an assumption within {mercatus2026}",
        "million_tokens_per_machine_month": _COMPUTED
        + "70 billion parameters {grattafiori2024}, a third of it used",
        "supply_fixed_usd_per_month": "assumption: half an engineer",
        "one_off_usd": "assumption: set-up and evaluation",
        "churn_per_month": "assumption, near the median of sites that sell to companies {recurly2020}",
    },
}
_SHARED = {
    "price_elasticity": "assumption, between {bijmolt2005} and customers who hardly look at the price",
    "churn_elasticity": _ASSUMPTION,
    "usage_spread": "assumption: one customer in twenty uses more than three times the mean",
}


def source_of(plan, field):
    """Where an input of a reference plan comes from: a citation key in braces, or the word assumption.

    >>> source_of("API reseller", "cash_usd")
    'assumption'
    """
    if plan not in PLANS:
        raise ValueError(f"plan must be one of {', '.join(PLANS)}; got {plan!r}.")
    getattr(PLANS[plan], field)
    return _SOURCES[plan].get(field, _SHARED.get(field, _ASSUMPTION))
