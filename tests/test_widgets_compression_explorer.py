"""CompressionExplorer on the Python side: hand-counted bytes, the card's accuracy, refused states."""

import dataclasses

import numpy as np
import pytest
import traitlets

from nnbook.compression import matrices
from nnbook.economics import PLANS
from nnbook.models import FOLDER
from nnbook.serialization import load_model
from nnbook.widgets import CompressionExplorer
from nnbook.widgets.compression_explorer import self_hosted_with_16_bits


def test_eight_bits_are_the_network_of_the_card():
    card = load_model(FOLDER / "digits.npz")[1]["card"]
    assert CompressionExplorer(bits=8).accuracy() == pytest.approx(card["held_out_accuracy"], abs=1e-4)


def test_bytes_by_hand():
    weights, neurons = 64 * 128 + 128 * 64 + 64 * 10, 128 + 64 + 10
    assert CompressionExplorer(bits=16).n_bytes() == 2 * weights + 8 * neurons
    assert CompressionExplorer(bits=4).n_bytes() == weights // 2 + 8 * neurons
    assert CompressionExplorer(bits=4, grain="matrix").n_bytes() == weights // 2 + 4 * neurons + 12


def test_fewer_bits_and_weights_cost_accuracy():
    ternary = CompressionExplorer(bits=2)
    assert ternary.accuracy() < CompressionExplorer(bits=4).accuracy() - 0.1
    assert set(np.unique(np.sign(matrices(ternary.network())[0]))) == {-1, 0, 1}
    half = CompressionExplorer(pruned=0.5)
    zeros = np.concatenate([w.ravel() == 0 for w in matrices(half.network())])
    assert zeros.mean() == pytest.approx(0.5, abs=0.05), "8 bits round a few more to zero"


def test_the_margin_by_hand():
    explorer = CompressionExplorer(bits=16)
    assert explorer.byte_ratio() == 1
    plan = self_hosted_with_16_bits()
    # 120 dollars for 45 million tokens on full machines, 10 for everything else
    before = (120 - 45 * plan.machine_usd_per_month / plan.million_tokens_per_machine_month - 10) / 120
    assert explorer.gross_margin() == pytest.approx(before) == pytest.approx(plan.gross_margin)
    explorer.bits, explorer.memory_share = 4, 0.0
    assert explorer.gross_margin() == pytest.approx(before), "nothing becomes faster"
    reseller = PLANS["API reseller"]
    assert CompressionExplorer(reseller, bits=16).gross_margin() == pytest.approx((29 - 2.5 * 2 - 5) / 29)


def test_the_business_is_the_reference_plan_but_for_its_machines():
    plan, reference = self_hosted_with_16_bits(), PLANS["Self-hosted open model"]
    moved = {f.name for f in dataclasses.fields(plan) if getattr(plan, f.name) != getattr(reference, f.name)}
    assert moved == {"machine_usd_per_month", "million_tokens_per_machine_month", "one_off_usd"}
    with pytest.raises(TypeError, match=r"business must be an nnbook\.economics\.Business; got dict"):
        CompressionExplorer({"price_usd_per_customer_month": 1.0})


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"bits": 7}, "bits must be one of"),
        ({"pruned": 50.0}, "Divide by 100"),
        ({"pruned": float("nan")}, "pruned must lie"),
        ({"memory_share": -0.1}, "memory_share must lie"),
        ({"grain": "row"}, "grain must be one of"),
        ({"price_usd_per_customer_month": 0.0}, "price_usd_per_customer_month must lie"),
        ({"cost_usd_per_million_tokens": float("inf")}, "cost_usd_per_million_tokens must lie"),
    ],
)
def test_an_impossible_state_is_refused_with_a_sentence(change, word):
    with pytest.raises(traitlets.TraitError, match=word):
        CompressionExplorer(**change)


def test_the_text_in_the_notebook_is_short_and_names_the_model():
    twin = CompressionExplorer().html_twin()
    assert '"source":"digits"' in twin
    assert len(twin) < 1000
