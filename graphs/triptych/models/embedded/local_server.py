"""The child process that serves one local model: llama.cpp's own server, until its owner is gone.

It reads its settings as one JSON line from standard input (the key never stands in an argument or
the environment, where other users of the machine could read it), prints ``{"address": ...}`` as one
JSON line, and ends when standard input closes or the owner's process does. Both are watched: a
forked child of the owner may hold the pipe open after the owner was killed, and the end of the
*thread* that started us must not stop us, as ``PR_SET_PDEATHSIG`` would.

Runs alone (`python local_server.py`): nothing of triptych is imported.
"""

from __future__ import annotations

import json
import os
import select
import threading
from typing import Any


def serve(settings: dict[str, Any]) -> str:
    """Load the model and serve it on the loopback interface.

    Args:
        settings: `path` of the GGUF file, `alias`, `key`, `threads`, `slots`, `slot_tokens`,
            `cache_mib` (memory for prompts of earlier requests) and `port` (0: any free one).

    Returns:
        The base address, once the model answers.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.model_alias = {settings["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = settings["port"]
    params.api_keys = [settings["key"]]
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["slot_tokens"]  # llama.cpp shares it among slots
    params.cpuparams.n_threads = settings["threads"]
    params.cache_ram_mib = settings["cache_mib"]
    params.ui = False
    params.endpoint_slots = False  # it shows one caller's prompt to another
    params.verbosity = 1  # errors only
    global _server  # noqa: PLW0603 - it stops serving when it is collected
    _server = xllamacpp.Server(params)
    return str(_server.listening_address)


_server: Any = None


def wait_for_end(owner: int) -> None:
    """Return when standard input is closed or the process `owner` has ended."""
    watch = select.poll()
    watch.register(0, select.POLLIN | select.POLLHUP)
    if hasattr(os, "pidfd_open"):
        try:
            watch.register(os.pidfd_open(owner), select.POLLIN)
        except ProcessLookupError:
            return
    step = None if hasattr(os, "pidfd_open") else 1000
    while os.getppid() == owner:
        for descriptor, _ in watch.poll(step):
            if descriptor != 0 or not os.read(0, 4096):
                return


def main() -> None:
    """Serve as the settings on standard input say, and end with the owner."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # llama.cpp writes to both; only our one line may reach the owner
    with open(0, "rb", buffering=0, closefd=False) as owner:  # unbuffered: poll must see the end
        settings = json.loads(owner.readline())
    # The owner may go while the model is still being loaded.
    watcher = threading.Thread(target=_end_with, args=(settings["owner"],), daemon=True)
    watcher.start()
    print(json.dumps({"address": serve(settings)}), file=answer, flush=True)
    watcher.join()


def _end_with(owner: int) -> None:
    wait_for_end(owner)
    os._exit(0)  # at once: there is nothing to save, and a clean stop waits for open requests


if __name__ == "__main__":
    main()
