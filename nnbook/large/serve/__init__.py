"""The large model as a server for many: `python -m nnbook.large.serve`."""
