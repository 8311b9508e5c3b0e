"""What tests of every room may use."""

pytest_plugins = ["triptych.testing.fixtures"]
