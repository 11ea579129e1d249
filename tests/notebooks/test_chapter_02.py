"""What chapter 2 says about merging tokens and about a ring of machines, counted again."""

import itertools
from pathlib import Path

import nbformat
import numpy as np
import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_concepts.ipynb"


@pytest.fixture(scope="module")
def cells():
    return {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


def test_a_joined_token_never_joins_again_at_once(cells):
    names = {}
    exec(cells["bpe-merge"].source.split("for step")[0], names)
    assert names["merge"](("a", "a", "a"), ("a", "a")) == ("aa", "a")
    prose = " ".join(cell.source for cell in cells.values() if cell.cell_type == "markdown")
    assert "trap in our `merge`" not in prose


def test_each_round_of_the_ring_waits_once(cells):
    """The waiting of the formula is the number of rounds that the ring of the page makes."""
    rounds = []
    counting = {"itertools": itertools, "np": np, "range": lambda n: rounds.append(n) or range(n)}
    exec(cells["ring-code"].source, counting)
    for p in (2, 5):
        rounds.clear()
        counting["ring_all_reduce"](np.ones((p, 10)))
        made = 2 * rounds[0]  # the first range is p - 1 rounds, passed through in two phases
        assert made == 2 * (p - 1)
    assert r"2 (p - 1) \, \alpha" in cells["ring-after"].source
    names = {"np": np, "machines": np.array([2, 1024])}
    line = next(text for text in cells["scaling-figure"].source.splitlines() if "rounds = " in text)
    exec(line.strip(), names)
    assert list(names["rounds"]) == [2, 2046]
