"""A `vllm serve` that lives as long as a `with` block."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from words import Failed, end_of, say, step

PATIENCE = 900.0  # seconds until a server that is not ready is given up; 75 on two idle cores
LOOK = 0.5  # seconds between two looks
WORD = 15.0  # seconds between two words
GRACE = 20.0  # seconds in which a server may end by itself
CONTEXT = 4096

LIMITS = ["--max-model-len", str(CONTEXT), "--max-num-seqs", "4", "--enforce-eager"]
ABILITIES = [
    "--enable-auto-tool-choice", "--tool-call-parser", "hermes", "--enable-prompt-tokens-details"
]  # fmt: skip


@dataclass(frozen=True)
class Server:
    """Where it is, and how it is spoken to."""

    url: str
    model: str
    key: str = field(repr=False)


@contextmanager
def serving(program: Path, model: Path, name: str, log: Path) -> Iterator[Server]:
    """Serve `model` under `name` on a free port of this machine, and stop that in any case.

    Args:
        program: The `vllm` command.
        model: The folder of the model.
        name: What requests call it.
        log: Where all goes that the server says.

    Raises:
        Failed: If it ends or is not ready in time, with the end of its log.
    """
    port, key = free_port(), secrets.token_urlsafe(24)
    where = ["--host", "127.0.0.1", "--port", str(port)]
    with log.open("w") as out:
        # In a session of its own: Ctrl-C goes to this program, which then stops it.
        process = subprocess.Popen(
            [program, "serve", model, "--served-model-name", name, *where, *LIMITS, *ABILITIES],
            env=surroundings(key, log.parent),
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        with step("Starting vLLM (minutes on a few cores)"):
            wait(process, f"http://127.0.0.1:{port}/health", log)
        yield Server(f"http://127.0.0.1:{port}/v1", name, key)
    finally:
        stop(process)


def surroundings(key: str, folder: Path) -> dict[str, str]:
    """The server's environment: offline, no telemetry, and nothing written outside `folder`."""
    own = {
        "VLLM_API_KEY": key,  # on the command line every user of the machine could read it
        "VLLM_CACHE_ROOT": str(folder / "cache"),
        "VLLM_CONFIG_ROOT": str(folder / "config"),
        "VLLM_CPU_KVCACHE_SPACE": "1",  # GB; enough for all four sequences at full length
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # left to itself it takes a whole core for itself
        "OMP_NUM_THREADS": str(len(os.sched_getaffinity(0))),  # left to itself it serves with one
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HOME": str(folder / "cache" / "hub"),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
    }
    return {**os.environ, **own}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    """Return as soon as the server says that it is well.

    Raises:
        Failed: If it ends first, or time is up.
    """
    begun = told = time.monotonic()
    while not well(health):
        try:
            code = process.wait(LOOK)
        except subprocess.TimeoutExpired:
            now = time.monotonic()
        else:
            raise Failed(f"{end_of(log)}\nvLLM ended with exit code {code}; its whole log: {log}")
        if now - begun > PATIENCE:
            raise Failed(f"{end_of(log)}\nvLLM was not ready in {PATIENCE:.0f} s; its log: {log}")
        if now - told > WORD:
            say(f"  still starting, {now - begun:.0f} s")
            told = now


def well(health: str) -> bool:
    """True if the server answers."""
    # Without proxies: this is the same machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(health, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and its workers; asked kindly in the midst of a request it may hang."""
    try:
        process.terminate()
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        say("  vLLM does not end by itself: it is ended")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the workers are of its group
        process.wait()
