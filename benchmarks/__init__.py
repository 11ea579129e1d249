"""How fast is `nnbook` beside its peers? `make bench`, or `python -m benchmarks --help`. Never a test."""
