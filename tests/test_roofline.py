"""Roofline, Amdahl and footprints: numbers by hand, limits, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnbook.roofline import Footprint, Machine, cost_after_compression, product_intensity

ROOT = Path(__file__).parents[1]


class TestRoofline:
    def test_below_the_ridge_memory_limits_and_above_it_arithmetic(self):
        machine = Machine(peak_flops_per_second=100e9, bytes_per_second=5e9)
        assert machine.ridge_flops_per_byte == 20
        assert machine.attainable(np.array([0, 1, 20, 500])).tolist() == [0, 5e9, 100e9, 100e9]

    def test_an_infinite_intensity_meets_the_roof(self):
        with np.errstate(all="raise"):
            assert Machine(1e12, 1e11).attainable(np.inf) == 1e12
            assert Machine(1e40, 1e-3).attainable(1e308) == 1e40

    def test_intensity_by_hand(self):
        # 2 · 3 · 4 · 5 operations; 20 weights of 2 bytes, 12 inputs and 15 outputs of 4 bytes
        assert product_intensity(3, 4, 5, bytes_per_weight=2) == pytest.approx(120 / (40 + 108))

    @pytest.mark.parametrize("value", [0, -1, np.nan, np.inf])
    def test_what_cannot_be_is_refused(self, value):
        with pytest.raises(ValueError, match="must be above 0"):
            Machine(peak_flops_per_second=value, bytes_per_second=1e9)
        with pytest.raises(ValueError, match="must be above 0"):
            product_intensity(value, 4, 4)

    def test_no_intensity_is_negative(self):
        with pytest.raises(ValueError, match="at least 0"):
            Machine(1.0, 1.0).attainable([1.0, np.nan])


class TestAmdahl:
    def test_only_the_memory_part_becomes_cheaper(self):
        assert cost_after_compression(8.0, 0.25, memory_share=0.5) == 8 * (0.5 + 0.125)

    def test_shares_are_checked(self):
        with pytest.raises(ValueError, match="memory_share must lie"):
            cost_after_compression(1.0, 0.5, memory_share=1.2)
        with pytest.raises(ValueError, match="byte_ratio must be above 0"):
            cost_after_compression(1.0, 0.0, memory_share=1.0)
        with pytest.raises(ValueError, match="cost must be"):
            cost_after_compression(np.nan, 0.5, memory_share=1.0)


class TestFootprint:
    def test_gpt3_as_published(self):
        hours = 3.14e23 / 24.6e12 / 3600
        run = Footprint(hours * 3600, watts=330, overhead=1.10, kg_co2_per_kwh=0.429)
        assert run.kwh == pytest.approx(1_287_000, rel=2e-3)  # Patterson et al., 2021, table 4
        assert run.kg_co2 == pytest.approx(552_100, rel=2e-3)

    def test_a_building_cannot_take_less_than_its_computers(self):
        with pytest.raises(ValueError, match="overhead must be at least 1"):
            Footprint(10, 10, overhead=0.9)

    def test_long_runs_do_not_overflow(self):
        assert np.isfinite(Footprint(1e40, 1e40).kg_co2)


@pytest.fixture(scope="module")
def stored():
    return json.loads((ROOT / "tools" / "machine.json").read_text(encoding="utf-8"))


class TestStoredMachine:
    def test_no_product_lies_above_the_roof(self, stored):
        core = Machine(stored["peaks"]["float32_flops_per_second"], stored["peaks"]["bytes_per_second"])
        for row in stored["products"]:
            roof = core.attainable(product_intensity(row["batch_size"], stored["width"], stored["width"]))
            assert row["flops_per_second"] <= 1.2 * roof, "the cache may help a little"

    def test_many_rows_reach_the_peak_and_one_does_not(self, stored):
        speeds = {row["batch_size"]: row["flops_per_second"] for row in stored["products"]}
        assert speeds[512] > 0.8 * stored["peaks"]["float32_flops_per_second"]
        assert speeds[1] < 0.3 * speeds[512]
        assert stored["peaks"]["float32_flops_per_second"] > stored["peaks"]["float64_flops_per_second"]
