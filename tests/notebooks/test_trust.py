"""What the sections on trust promise beyond the contract of all chapters; they may stand in any notebook."""

import re

import nbformat
import pytest
from cut_exercises import NOTEBOOKS

HEADINGS = (
    "## Interpretability: is the reason",
    "## Privacy: does the model know",
    "## Bias: who is refused",
)


@pytest.fixture(scope="module")
def printed():
    text, found = "", set()
    for path in sorted(NOTEBOOKS.glob("08_*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        here = {heading for heading in HEADINGS for cell in cells if cell.source.startswith(heading)}
        if here:
            found |= here
            text += "".join(o.get("text", "") for cell in cells for o in cell.get("outputs", []))
    assert found == set(HEADINGS), f"no notebook has the sections {set(HEADINGS) - found}"
    return text


def number(pattern, text):
    return float(re.search(pattern, text, re.DOTALL)[1])


def test_integrated_gradients_are_complete_to_one_percent(printed):
    assert number(r"128 steps: .*?largest (\d+\.\d+)%", printed) <= 1.0


def test_the_fake_explanation_fails_and_saliency_passes_the_sanity_check(printed):
    assert number(r"ink \(fake\) +: similarity +(-?\d\.\d+)", printed) == 1.0
    assert abs(number(r"saliency +: similarity +(-?\d\.\d+)", printed)) < 0.2


def test_the_probe_gains_only_where_the_property_was_trained(printed):
    assert number(r"\ndigit network.*?gain (\S+)", "\n" + printed) < 0.03
    assert number(r"odd-or-even network.*?gain (\S+)", printed) > 0.05


def test_the_attack_succeeds_and_private_training_lowers_its_advantage(printed):
    assert number(r"advantage +: \d\.\d+, 95 % interval (\d\.\d+)", printed) > 0.15
    assert number(r"advantage falls by \S+ 95 % interval (\d\.\d+)", printed) > 0.1


def test_the_gap_between_the_groups_is_real_and_one_repair_closes_it_among_the_good(printed):
    assert number(r"white less minority: \S+ points, 95 % interval (\d+\.\d+)", printed) > 10
    assert abs(number(r"two thresholds +AUC \S+ +\S+ ± \S+ +(-?\d+\.\d+)", printed)) < 1.0
