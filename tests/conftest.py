"""Settings for all tests."""

import os

import pytest
from hypothesis import settings

# The same examples in every run, so that a green run stays green; no time limit: a busy machine is no fault
settings.register_profile("book", derandomize=True, deadline=None)
settings.load_profile("book")


@pytest.fixture(scope="session")
def large_path():
    """The file of the large model; without it, a test is skipped with the command that installs it."""
    from nnbook.datasets import load_large_model  # here: most tests need no data sets

    try:
        return load_large_model()
    except ModuleNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
