"""Run the scenarios against a real vLLM on the CPU: `make test-vllm`.

    python tools/real_vllm/run.py [PYTEST ARGUMENT…]

Makes what is missing in build/vllm (an environment with vLLM, the embedded model in its form),
starts the server on a free port, runs `pytest tests/scenarios -k real-vllm` against it and stops
it. The exit code is pytest's; 1 if the server could not be made ready.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import environment
from server import Server, serving
from words import Failed, say

from triptych.models.catalogue import find
from triptych.models.embedded import cache

ROOT = Path(__file__).resolve().parent.parent.parent
# Not the catalogue's name: under that one a server on this machine is taken for the embedded one,
# and tools would go to it as schemas, where vLLM has a parser for them.
NAME = "qwen2.5-coder-0.5b-bf16"


def main(arguments: list[str]) -> int:
    """Make ready, serve, test."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
    signal.signal(signal.SIGTERM, ended)
    try:
        entry = find("local")
        if entry.file is None or not cache.present(entry.file):
            raise Failed("The embedded model is not here.\nBring it: triptych models pull local")
        environment.ready()
        model = environment.model(cache.path_of(entry.file))
        program, log = environment.python().with_name("vllm"), environment.BUILD / "server.log"
        with serving(program, model, NAME, log) as server:
            return tested(server, arguments)
    except Failed as failed:
        say(str(failed))
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130


def tested(server: Server, arguments: list[str]) -> int:
    """Run pytest; its exit code."""
    own = {
        "TRIPTYCH_VLLM_URL": server.url,
        "TRIPTYCH_VLLM_KEY": server.key,
        "TRIPTYCH_VLLM_MODEL": server.model,
    }
    command = [sys.executable, "-m", "pytest", "tests/scenarios", "-k", "real-vllm", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **own}) as pytest:
        try:
            return pytest.wait()
        except BaseException:
            pytest.terminate()
            raise


def ended(*_: object) -> NoReturn:
    """End in the ordinary way, so that the server is stopped."""
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
