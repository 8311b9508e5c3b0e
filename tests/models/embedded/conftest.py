"""Servers without a model, in a meeting place of the test's own, and processes that use them."""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PRELUDE = """
import os, sys, signal, threading
if {faked}:
    import fake
    fake.install()
from triptych.models.embedded import local, meeting
from triptych.models import local_server
def say(*words): print(*words, flush=True)
def listen(): return sys.stdin.readline()
"""


class Process:
    """A Python process that runs `body`; what it says is read line by line."""

    def __init__(self, body, faked=True, **env):
        self.popen = subprocess.Popen(
            [sys.executable, "-c", PRELUDE.format(faked=faked) + body],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), **env},
        )

    def line(self):
        return self.popen.stdout.readline().strip()

    def tell(self):
        self.popen.stdin.write("\n")
        self.popen.stdin.flush()

    def kill(self):
        self.popen.kill()
        self.popen.wait()

    def end(self):
        self.popen.stdin.close()
        return self.popen.wait(60)


@pytest.fixture
def process():
    made = []

    def make(body, **env):
        made.append(Process(body, **env))
        return made[-1]

    yield make
    for each in made:
        each.kill()
        each.popen.stdin.close()
        each.popen.stdout.close()


@pytest.fixture
def meeting_place(monkeypatch):
    """A folder of the test's own where its processes meet; short, as names of sockets must be."""
    folder = tempfile.mkdtemp(prefix="tt-")
    monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
    yield Path(folder)
    shutil.rmtree(folder, ignore_errors=True)  # a server may be tidying up at this moment


@pytest.fixture
def faked(monkeypatch, meeting_place):
    """This process, too, starts servers without a model."""
    import fake

    from triptych.models.embedded import download, local, starting

    monkeypatch.setattr(starting, "SCRIPT", starting.SCRIPT)
    monkeypatch.setattr(download, "ensure", download.ensure)
    monkeypatch.setattr(local, "_running", {})
    monkeypatch.setattr(local, "_known", {})
    fake.install()
    yield fake
    local.stop_all()


class Watched:
    """A process that is not our child, by a descriptor that keeps its pid from being used again."""

    def __init__(self, pid):
        self.pid = int(pid)
        self.descriptor = os.pidfd_open(self.pid)

    def ended(self, seconds=60):
        """True as soon as it has ended."""
        return bool(select.select([self.descriptor], [], [], seconds)[0])

    def kill(self):
        signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)
        assert self.ended()


@pytest.fixture
def watch():
    made = []

    def make(pid):
        made.append(Watched(pid))
        return made[-1]

    yield make
    for each in made:
        os.close(each.descriptor)
