"""What the notation page says stands "in the code" is in the code."""

import re
from pathlib import Path

import numpy as np
import pytest

from nnbook.layers import Linear
from nnbook.mlp import MLP

PAGE = (Path(__file__).resolve().parent.parent / "book" / "notation.md").read_text(encoding="utf-8")
EXPRESSIONS = sorted(set(re.findall(r"`((?:layer|model)\.[^`]+)`", PAGE)))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_of_the_page_can_be_typed(expression):
    rng = np.random.default_rng(0)
    names = {"layer": Linear(3, 2, rng=rng), "model": MLP([3, 2], rng=rng)}
    value = eval(expression, names)
    assert value is not False, f"{expression} does not hold"


def test_the_page_names_the_weights_of_a_layer_and_the_vector_of_a_model():
    assert any("weight" in expression for expression in EXPRESSIONS)
    assert "model.parameters" in EXPRESSIONS
