"""CompressionExplorer: fewer bits and fewer weights for the digits network, and what a margin gains."""

import numpy as np
import traitlets

from nnbook.activations import ReLU
from nnbook.compression import GRAINS, compress, stored_bytes
from nnbook.datasets import load_digits
from nnbook.economics import H100, LLAMA_70B, PLANS, Business, Serving, Supply
from nnbook.mlp import MLP
from nnbook.roofline import cost_after_compression
from nnbook.widgets import digit_pad
from nnbook.widgets._checks import one_of, within
from nnbook.widgets._stored import StoredModelWidget, stored_arrays

STORED = "digits"
BITS = (16, 8, 6, 5, 4, 3, 2)
REFERENCE_BITS = 16  # how models are usually served: a byte ratio of 1
LARGEST_PRUNED = 0.98
_MONEY = (
    "price_usd_per_customer_month",
    "million_tokens_per_customer_month",
    "cost_usd_per_million_tokens",
    "other_cost_usd_per_customer_month",
)


class CompressionExplorer(StoredModelWidget):
    """Prune and round the stored digits network: accuracy on 360 held-out digits, bytes, weights, margin.

    Args:
        business: an `nnbook.economics.Business` whose tokens are made by a model served with 16 bits; the
            self-hosted reference plan, on four machines that hold its model with 16 bits, when left out. The
            widget takes revenue, use, and the cost of a token on full machines, and changes that cost by
            `nnbook.roofline.cost_after_compression`, with the byte ratio of the digits network.

    State (all of it can be set here or in the widget):
        bits: of a weight, one of 16, 8, 6, 5, 4, 3, 2.
        pruned: share of the weights set to 0, from 0 to 0.98.
        grain: "column" (a scale for each neuron) or "matrix".
        memory_share: share of the serving time that reads weights, 0 to 1.

    >>> explorer = CompressionExplorer(bits=4)
    >>> explorer.n_bytes(), round(explorer.gross_margin(), 2)
    (10128, 0.84)
    """

    fallback = (
        "The stored digits network with fewer bits and fewer weights: accuracy on held-out digits, bytes and "
        "the margin of a business. With JavaScript bits and pruning can be moved."
    )

    bits = traitlets.Int(8).tag(sync=True)
    pruned = traitlets.Float(0.0).tag(sync=True)
    grain = traitlets.Unicode("column").tag(sync=True)
    memory_share = traitlets.Float(1.0).tag(sync=True)
    price_usd_per_customer_month = traitlets.Float().tag(sync=True)
    million_tokens_per_customer_month = traitlets.Float().tag(sync=True)
    cost_usd_per_million_tokens = traitlets.Float().tag(sync=True)
    other_cost_usd_per_customer_month = traitlets.Float().tag(sync=True)

    def __init__(self, business=None, **state):
        business = self_hosted_with_16_bits() if business is None else business
        if not isinstance(business, Business):
            raise TypeError(f"business must be an nnbook.economics.Business; got {type(business).__name__}.")
        money = {
            "price_usd_per_customer_month": business.revenue_usd_per_customer_month,
            "million_tokens_per_customer_month": business.used_million_tokens,
            "cost_usd_per_million_tokens": business.full_usd_per_million_tokens,
            "other_cost_usd_per_customer_month": business.other_cost_usd_per_customer_month,
        }
        money = {name: float(value) for name, value in money.items()}
        super().__init__(source=STORED, data=digit_pad.pack_stored(STORED), **{**money, **state})

    def network(self):
        """Return the compressed network, an `MLP` from 64 scaled pixels to 10 logits."""
        return compress(_stored_network(), bits=self.bits, pruned=self.pruned, grain=self.grain)

    def accuracy(self):
        """Return the share of the held-out digits that the compressed network reads rightly."""
        _, arrays = stored_arrays(STORED)
        digits, rows = load_digits(), arrays["held_out"]
        shift, spread = (arrays[name].astype(np.float32).astype(np.float64) for name in ("shift", "scale"))
        logits = self.network()((digits.X[rows] - shift) / spread)
        return float(np.mean(logits.argmax(axis=1) == digits.y[rows]))

    def n_bytes(self):
        """Return the bytes of the compressed network, see `nnbook.compression.stored_bytes`."""
        return stored_bytes(_stored_network(), bits=self.bits, pruned=self.pruned, grain=self.grain)

    def byte_ratio(self):
        """Return the bytes against those of the same network with 16 bits."""
        return self.n_bytes() / stored_bytes(_stored_network(), bits=REFERENCE_BITS)

    def gross_margin(self):
        """Return the gross margin of the business when its model shrinks by the same ratio."""
        cost = cost_after_compression(
            self.cost_usd_per_million_tokens, self.byte_ratio(), memory_share=self.memory_share
        )
        served = self.million_tokens_per_customer_month * cost + self.other_cost_usd_per_customer_month
        return (self.price_usd_per_customer_month - served) / self.price_usd_per_customer_month

    @traitlets.validate("bits")
    def _check_bits(self, proposal):
        return one_of(proposal, BITS)

    @traitlets.validate("grain")
    def _check_grain(self, proposal):
        return one_of(proposal, GRAINS)

    @traitlets.validate("pruned", "memory_share")
    def _check_share(self, proposal):
        most = LARGEST_PRUNED if proposal["trait"].name == "pruned" else 1
        return within(proposal, 0, most, "Per cent? Divide by 100.")

    @traitlets.validate(*_MONEY)
    def _check_money(self, proposal):
        return within(proposal, 0.01 if proposal["trait"].name.startswith("price") else 0, 1e7)


def self_hosted_with_16_bits():
    """The self-hosted reference plan before any compression: four machines hold its model with 16 bits."""
    plan = PLANS["Self-hosted open model"]
    serving = Serving(LLAMA_70B, H100, 4)
    supply = Supply.rented("16 bits", serving, staff_usd_per_month=plan.supply_fixed_usd_per_month)
    return plan.supplied_by(supply)


def _stored_network():
    """The stored digits network with the weights that travel to a page."""
    header, arrays = stored_arrays(STORED)
    model = MLP(header["sizes"], activation=ReLU, rng=np.random.default_rng(0))
    model.parameters[...] = arrays["parameters"]
    return digit_pad.rounded(model)
