"""What tests of every room may use."""

from hypothesis import settings

pytest_plugins = ["triptych.testing.fixtures"]

# A property is about values, not about how busy the machine is.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
