"""What a call of ChatNVIDIA costs, beside the shipped class, the openai SDK and bare aiohttp.

All clients talk to the same server (server.py, a process of its own) within one run, one after the
other within each round, in turned order in every other one, so that a slower spell of the machine
hits all: the figures to read are ratios within rounds. `minimal` is what a careful person writes
over aiohttp (minimal.py); ours is held against its faster form, which does not stream underneath.

    python benchmarks/models/run.py            # goes on where a run was broken off
    python benchmarks/models/run.py --fresh    # from the start

Writes records.jsonl (each measurement), result.json and table.md beside this file; exit code 1 if
a bar is missed. Needs the dependency group `bench` for the openai SDK; without it, it is left out.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import measure
import table
from server import serving

HERE = Path(__file__).parent
RECORDS = HERE / "records.jsonl"

ASKING = ["ours", "shipped", "openai", "aiohttp", "minimal", "minimal_streams"]
STREAMING = ["ours", "shipped", "openai", "aiohttp", "minimal"]
CALLS = {1: 100, 16: 200, 64: 300, 256: 384}
ROUNDS = {1: 3, 16: 3, 64: 7, 256: 3}
MEMORY_CALLS = 10_000
MEMORY_STEPS = 10

Plan = list[tuple[str, str, int, int, int]]  # section, model, level, calls, rounds


def plan() -> Plan:
    """What is measured: a section's name begins with the function that measures it."""
    made: Plan = []
    for level, calls in CALLS.items():
        made.append(("asked", "short", level, calls, ROUNDS[level]))
        made.append(("streamed", "short", level, calls, ROUNDS[level]))
    made += [("asked", "long", 64, 64, 3), ("streamed", "long", 64, 64, 2)]
    made += [("threaded", "short", level, 200, 3) for level in (1, 16, 64)]
    made += [("streamed", "slow", 1, 5, 3), ("streamed", "slow", 64, 128, 3)]
    return made


def clients(section: str) -> list[str]:
    """Who takes part in a section."""
    names = ASKING if section == "asked" else STREAMING
    if section == "threaded":
        names = ["ours", "shipped", "openai"]
    known = importlib.util.find_spec("openai") is not None
    return [name for name in names if name != "openai" or known]


def rounds(url: str, done: set[str], keep: Callable[[dict[str, Any]], None]) -> None:
    """Every round that is not in the records yet; a round is measured whole or not at all."""
    everything = [
        (number, *part) for number in range(max(part[-1] for part in plan())) for part in plan()
    ]
    todo = [part for part in everything if part[0] < part[-1]]
    for at, (number, section, model, level, calls, _) in enumerate(todo, 1):
        key = f"{section}/{model}/{level}/{number}"
        progress(f"round {at} of {len(todo)}: {key}")
        if key in done:
            continue
        figures = {
            name: getattr(measure, section)(name, url, model, calls, level)
            for name in clients(section)[:: -1 if number % 2 else 1]
        }
        keep({"key": key, "load": round(os.getloadavg()[0], 2), **figures})


def memory(url: str, done: set[str], keep: Callable[[dict[str, Any]], None]) -> None:
    """Ten thousand calls each, in processes of their own."""
    for name in clients("asked"):
        key = f"memory/{name}"
        if key in done:
            continue
        progress(f"{MEMORY_CALLS} calls: {name}")
        command = [sys.executable, __file__, "memory", name, url]
        got = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        keep({"key": key, **json.loads(got.stdout)})


def progress(text: str) -> None:
    end = "\033[K\r" if sys.stderr.isatty() else "\n"
    print(text, end=end, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["memory"]:
        name, url = arguments[1:]
        print(json.dumps(measure.memory(name, url, MEMORY_CALLS, 64, MEMORY_STEPS)))
        return 0
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "NVIDIA_API_KEY", "OPENAI_BASE_URL"):
        os.environ.pop(name, None)
    os.environ["NVIDIA_USAGE_TELEMETRY_ENABLED"] = "0"  # the shipped class's, on unless told
    if "--fresh" in arguments:
        RECORDS.unlink(missing_ok=True)
    records = table.read(RECORDS)
    done = {record["key"] for record in records}

    def keep(record: dict[str, Any]) -> None:
        records.append(record)
        with RECORDS.open("a") as file:
            file.write(json.dumps(record) + "\n")

    with serving() as url:
        rounds(url, done, keep)
        memory(url, done, keep)
    result = table.result(records)
    (HERE / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    (HERE / "table.md").write_text(table.text(records, result))
    print((HERE / "table.md").read_text(), end="")
    return 0 if all(result[name] for name in result if name.startswith("bar_")) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
