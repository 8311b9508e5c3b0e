"""Examining a scripted model."""

import itertools
import os

import pytest
from doctor_kit import healthy

from triptych.doctor import Purse, Subject, of_endpoint


@pytest.fixture(autouse=True)
def _no_catalogue_of_the_users(monkeypatch):
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", os.devnull)
    for name in ("NVIDIA_API_KEY", "TRIPTYCH_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def examine(scripted_server):
    """Examines a scripted model: the findings by name. Further words are the server's options."""

    def run(script=healthy, *, model="scripted", key="", limit=100_000, quick=False, **options):
        server = scripted_server(script, **options)
        ticks = itertools.count()  # verdicts must not hang on how busy the machine is
        subject = Subject(
            server.base_url, model, Purse(limit), key, clock=lambda: next(ticks) / 1000
        )
        found = {f.name: f for f in of_endpoint(subject, quick=quick)}
        run.server, run.subject = server, subject
        return found

    return run
