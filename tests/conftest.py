"""What tests of every room may use."""

import os
import signal

import pytest
from hypothesis import settings

from triptych.models.retry import Policy

pytest_plugins = ["triptych.testing.fixtures"]

# A property is about values, not about how busy the machine is.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# The tests are local whatever is set: no hosted model, no prompts of another project, no traces.
for name in ("NVIDIA_API_KEY", "NVIDIA_BASE_URL", "TRIPTYCH_PROMPTS", "LANGSMITH_TRACING"):
    os.environ.pop(name, None)

os.environ["TRIPTYCH_CATALOGUE"] = os.devnull  # a developer's own models change no test

# Started in the background of a script, pytest and all that it starts would ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_waits_between_attempts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Retries happen at once; tests about the waits themselves are marked `waits`."""
    if "waits" not in request.keywords:
        monkeypatch.setattr(Policy, "wait", lambda self, failed, asked, draw=None: 0.0)
