"""Grading: what was delivered against its hidden check, always inside the sandbox."""
