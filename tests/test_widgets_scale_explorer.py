"""ScaleExplorer on the Python side: nnbook's own types come out, and impossible models are refused."""

import pytest
import traitlets

from nnbook.economics import Accelerator
from nnbook.widgets import ScaleExplorer
from nnbook.widgets.scale_explorer import BOUNDS, PRESETS


class TestNumbers:
    @pytest.mark.parametrize(
        ("preset", "parameters"),
        [("Book model", 998_016), ("GPT-2 small", 124_439_808), ("GPT-2 XL", 1_557_611_200)],
    )
    def test_presets(self, preset, parameters):
        assert ScaleExplorer(preset).count().total == parameters

    def test_gpt3_costs_what_it_costs(self):
        explorer = ScaleExplorer("GPT-3")
        assert explorer.count().total == pytest.approx(175e9, rel=0.005)
        assert explorer.training_run().flops == pytest.approx(3.15e23, rel=0.005)  # Brown et al.: 3.14e23
        # 349 GB of weights and ten caches of 2 · 96 · 2048 · 12288 · 2 bytes = 9.7 GB: 446 GB, 72 on each
        assert explorer.serving_accelerators() == 7
        assert explorer.serving().n_accelerators == 7
        assert explorer.training_accelerators() == 39  # 16 bytes a parameter: 2794 GB

    def test_by_hand(self):
        gpu = Accelerator("mine", 1e15, 80, 3.6, bandwidth_bytes_per_second=1e12)
        explorer = ScaleExplorer(accelerators=[gpu], training_utilisation=0.5, n_accelerators=2, n_tokens=1e9)
        # 6 · 124.44e6 · 1e9 / 0.5e15 = 1493 s of one accelerator, at a tenth of a cent a second
        assert explorer.training_run().cost_usd == pytest.approx(1.4933, rel=1e-4)
        assert explorer.training_run().days == pytest.approx(1493.28 / 2 / 86_400, rel=1e-4)
        # a step moves 248.9 MB of weights and ten caches of 37.7 MB at 0.6e12 bytes a second: 1.044 ms for
        # ten tokens, of which half are sold, at a tenth of a cent a second
        assert explorer.serving().limit == "memory"
        assert explorer.serving().cost_usd_per_million_written == pytest.approx(2 * 0.1044, rel=1e-3)
        # ten times 248.9e6 + 4 · 12 · 1024 · 768 operations in this time, of 1e15 a second
        assert explorer.serving().utilisation == pytest.approx(10 * 286.6e6 / 1.044e-3 / 1e15, rel=1e-3)
        assert explorer.serving_bytes() == 2 * 124_439_808 + 10 * 37_748_736

    def test_the_rent_can_be_changed(self):
        explorer = ScaleExplorer(accelerator="H100, 80 GB")
        assert explorer.price_usd_per_hour == 2.5
        explorer.price_usd_per_hour = 5.0
        assert explorer.machine().price_usd_per_hour == 5.0


class TestRefusals:
    @pytest.mark.parametrize(("name", "bounds"), BOUNDS.items())
    def test_every_number_has_bounds(self, name, bounds):
        for value in (bounds[0] - 1, bounds[1] + 1):
            with pytest.raises(traitlets.TraitError, match=f"{name} must lie in"):
                setattr(ScaleExplorer(), name, value)

    def test_heads_must_share_the_width(self):
        explorer = ScaleExplorer()
        with pytest.raises(traitlets.TraitError, match="multiple of n_heads; got 768 and 10"):
            explorer.n_heads = 10
        with explorer.hold_trait_notifications():
            explorer.d_model, explorer.n_heads = 1600, 25
        assert explorer.count().total > 124_439_808

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("bytes_per_parameter", 3.0, "must be one of 0.5, 1, 2, 4"),
            ("preset", "GPT-9", "preset must be one of Book model"),
            ("accelerator", "abacus", "accelerator must be one of L4"),
        ],
    )
    def test_choices(self, name, value, message):
        with pytest.raises(traitlets.TraitError, match=message):
            setattr(ScaleExplorer(), name, value)

    def test_constructor(self):
        with pytest.raises(traitlets.TraitError, match="preset must be one of"):
            ScaleExplorer("GPT-9")
        with pytest.raises(ValueError, match="accelerator must be one of"):
            ScaleExplorer(accelerator="abacus")
        with pytest.raises(ValueError, match="each accelerator needs bandwidth_bytes_per_second"):
            ScaleExplorer(accelerators=[Accelerator("old", 1e15, 80, 3.6)])
        for wrong in ([], [{"name": "x"}]):
            with pytest.raises(ValueError, match="accelerators must be a list of Accelerator"):
                ScaleExplorer(accelerators=wrong)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_makes_a_twin(preset):
    assert f'"preset":"{preset}"' in ScaleExplorer(preset).html_twin()
