"""The benchmarks compare equal work: the check that says so must be able to fail."""

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.cases import CASES
from benchmarks.peers import PEERS, RATES

NUMPY = [name for name in PEERS if PEERS[name].__module__ == "benchmarks.peers" and "nnbook" in name.lower()]


class TooFast(PEERS["nnbook"]):
    """The same network with a learning rate that is 20 % off."""

    def __init__(self, case, X, y, weights):
        super().__init__(case, X, y, weights)
        self.optimizer.learning_rate = 1.2 * RATES[case.optimizer]


@pytest.mark.parametrize("name", ["i", "ii"])
def test_equal_work_passes_and_a_rate_that_is_off_does_not(name, monkeypatch):
    case = CASES[name]
    textbook = next(peer for peer in PEERS if "textbook" in peer.lower() or "NumPy" in peer)
    benchmarks.check_same_work(case, ["nnbook", textbook])
    monkeypatch.setitem(PEERS, "too fast", TooFast)
    with pytest.raises(SystemExit, match="do not do the same work"):
        benchmarks.check_same_work(case, ["nnbook", "too fast"])


def test_other_starting_weights_are_noticed(monkeypatch):
    class Elsewhere(PEERS["nnbook"]):
        def __init__(self, case, X, y, weights):
            super().__init__(case, X, y, [(2 * weight, bias) for weight, bias in weights])

    monkeypatch.setitem(PEERS, "elsewhere", Elsewhere)
    with pytest.raises(SystemExit, match="do not do the same work"):
        benchmarks.check_same_work(CASES["ii"], ["nnbook", "elsewhere"])
