"""Settings for all tests."""

from hypothesis import settings

# The same examples in every run, so that a green run stays green; no time limit: a busy machine is no fault
settings.register_profile("book", derandomize=True, deadline=None)
settings.load_profile("book")
