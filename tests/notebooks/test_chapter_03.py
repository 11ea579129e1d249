"""What chapter 3 says about splits and comparisons, looked at again."""

from pathlib import Path

import nbformat
import numpy as np
import pytest

from nnbook.datasets import split_by_group

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "03_algorithm.ipynb"


@pytest.fixture(scope="module")
def cells():
    return {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


@pytest.fixture(scope="module")
def menus(cells):
    names = {"print": lambda *_, **__: None}
    exec(cells["translation-data"].source, names)
    return names


def test_no_sequence_of_words_is_in_training_and_in_the_test(cells, menus):
    """The split that the page makes; a split by string leaves twins, as the page prints."""
    line = next(text for text in cells["translation-run"].source.splitlines() if "split_by_group(" in text)
    sequences = [menus["words"](english) for english, _ in menus["pairs"]]
    names = {"sequences": sequences, "split_by_group": split_by_group, "rng": np.random.default_rng(0)}
    exec(line.strip(), names)
    learned = {sequences[row] for row in names["seen_rows"]}
    assert not [sequences[row] for row in names["test_rows"] if sequences[row] in learned]


def test_reviews_with_the_same_characters_stay_together(cells):
    assert 're.sub(r"\\W", "", review)' in cells["sentiment-run"].source
    assert "split_by_group(spelling" in cells["sentiment-run"].source


@pytest.mark.parametrize("cell", ["init-train", "batch-run", "race-table"])
def test_each_way_of_a_comparison_has_a_rate_of_its_own(cells, cell):
    assert "tuned(" in cells[cell].source


def test_a_rate_is_chosen_inside_the_training_part(cells):
    """`tuned` runs on parts of the training data, and shows new seeds on the validation data."""
    calls, parts = [], {"A_train": np.arange(1000), "y_train": np.arange(1000), "A_val": "v", "y_val": "v"}
    names = {"np": np, **parts}
    exec(cells["best-rate"].source, names)

    def run(rate, seed, data, held):
        calls.append((rate, seed, held))
        return -abs(rate - 2.0)

    best, results = names["tuned"](run, (1.0, 2.0, 3.0))
    assert best == 2.0
    assert results == [0.0, 0.0, 0.0]
    choosing = [(seed, held) for _, seed, held in calls if held is names["judges"]]
    shown = [(seed, held) for _, seed, held in calls if held is names["validation"]]
    assert len(choosing) == 9
    assert len(shown) == 3
    assert not {seed for seed, _ in choosing} & {seed for seed, _ in shown}
