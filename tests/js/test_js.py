"""The JavaScript tests of tests/js; each file is one test here."""

import pytest
from javascript import HERE, Cases
from parity_cases import all_cases


@pytest.fixture(scope="session")
def cases(tmp_path_factory):
    return Cases(tmp_path_factory, "parity.test.mjs", all_cases())


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.*js")), ids=lambda file: file.name)
def test_javascript(file, cases):
    assert cases.passed(file) > 0, "no test ran"


def test_a_gradient_that_is_off_by_a_millionth_is_found(cases):
    everything = cases.copy()
    gradients = everything["networks"][40]["dataGradients"]
    largest = max(range(len(gradients)), key=lambda i: abs(gradients[i]))
    gradients[largest] *= 1 + 1e-6
    assert "gradients off by" in cases.complaint(everything)
