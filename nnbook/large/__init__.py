"""A large model that others trained, run, looked into and tuned with the parts of chapter 5."""
