"""Every example in a docstring of nnbook runs and shows what it says."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import nnbook

MODULES = [module.name for module in pkgutil.walk_packages(nnbook.__path__, "nnbook.") if not module.ispkg]


@pytest.mark.parametrize("name", ["nnbook", *MODULES])
def test_examples(name):
    module = importlib.import_module(name)
    with np.printoptions():  # an example that sets print options must not change the next one
        failed, _ = doctest.testmod(module)
    assert failed == 0, f"see the output above, or run: python -m pytest --doctest-modules {module.__file__}"
