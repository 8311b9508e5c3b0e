"""What the graph costs over a plain asyncio loop that makes the same model calls.

Both sides use the same ChatNVIDIA against the same scripted server, whose every answer takes 20 ms.
A run makes five calls (plan, draft, review, repair, review); the draft is JavaScript, which no
check of ours runs, so no sandbox is in the figure. States go to a SQLite checkpointer.

    python benchmarks/overhead/run.py            # writes records.jsonl, table.md and result.json
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from triptych import ChatNVIDIA, build_graph, chat_model
from triptych.state import Options, Strategy
from triptych.testing import Reply, ScriptedServer

HERE = Path(__file__).parent
RUNS = 100
CONCURRENT = 50
ROUNDS = 5
CALL_SECONDS = 0.02
REQUEST = {"request": "Write a JavaScript function that adds two numbers."}
STRATEGY = Strategy(plan="always", drafts=1, repairs=1, review="decide", edit_format="whole")

PLAN = json.dumps({"summary": "Add them.", "steps": ["Return a + b."]})
BAD = "```javascript\nfunction add(a, b) { return a - b }\n```"
GOOD = "```javascript\nfunction add(a, b) { return a + b }\n```"
CHANGES = json.dumps(
    {
        "findings": [
            {"quote": "function add(a, b) { return a - b }", "failure": "add(1, 1) gives 0"}
        ],
        "verdict": "changes",
    }
)
APPROVE = json.dumps({"findings": [], "verdict": "approve"})


def script(request: dict[str, Any]) -> Reply:
    """Answer each stage as a model would that errs once."""
    schema = request.get("response_format", {}).get("json_schema", {}).get("name")
    text = str(request["messages"])
    if schema == "Plan":
        answer = PLAN
    elif schema:
        answer = CHANGES if "a - b" in text else APPROVE
    else:
        answer = GOOD if "a - b" in text else BAD
    return Reply(answer, delay=CALL_SECONDS)


class Calls(BaseCallbackHandler):
    """Records the calls of one run of the graph, so that the loop can make the very same."""

    run_inline = True

    def __init__(self) -> None:
        self.made: list[tuple[list[BaseMessage], dict[str, Any]]] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        params = kwargs["invocation_params"]
        extra = {k: params[k] for k in ("response_format", "seed", "max_tokens") if k in params}
        self.made.append((messages[0], extra))


async def by_graph(graph: Any) -> float:
    config = {"configurable": {"thread_id": str(uuid.uuid4())}}
    began = time.perf_counter()
    result = await graph.ainvoke(REQUEST, config, context=Options(strategy=STRATEGY))
    took = time.perf_counter() - began
    assert result["outcome"]["status"] == "approved", result["outcome"]["reason"]
    return took


async def by_loop(
    model: ChatNVIDIA, calls: list[tuple[list[BaseMessage], dict[str, Any]]]
) -> float:
    began = time.perf_counter()
    for messages, extra in calls:
        await model.bind(**extra).ainvoke(messages)
    return time.perf_counter() - began


async def measure(url: str, database: Path) -> dict[str, Any]:
    model = chat_model(base_url=url, model="scripted")
    async with AsyncSqliteSaver.from_conn_string(str(database)) as saver:
        graph = build_graph(model, checkpointer=saver)
        calls = Calls()
        await build_graph(model).ainvoke(
            REQUEST, {"callbacks": [calls]}, context=Options(strategy=STRATEGY)
        )
        for _ in range(5):  # imports, connections and the database's first pages
            await by_graph(graph)
            await by_loop(model, calls.made)

        pairs = []
        for index in range(RUNS):  # in turn, so that a slower spell of the machine hits both
            order = (True, False) if index % 2 else (False, True)
            took = {}
            for graph_first in order:
                key = "graph" if graph_first else "loop"
                took[key] = await (by_graph(graph) if graph_first else by_loop(model, calls.made))
            pairs.append(took)
            progress(f"one client: {index + 1} of {RUNS}")

        rounds = []
        for index in range(ROUNDS):
            took = {}
            for key in ("graph", "loop"):
                began = time.perf_counter()
                await asyncio.gather(
                    *(
                        by_graph(graph) if key == "graph" else by_loop(model, calls.made)
                        for _ in range(CONCURRENT)
                    )
                )
                took[key] = time.perf_counter() - began
            rounds.append(took)
            progress(f"{CONCURRENT} at once: {index + 1} of {ROUNDS}")
    return {"calls": len(calls.made), "one": pairs, "many": rounds}


def progress(text: str) -> None:
    end = "\r" if sys.stderr.isatty() else "\n"
    if sys.stderr.isatty() or text.endswith(("00", " 5")):
        print(text, end=end, file=sys.stderr, flush=True)


@contextmanager
def serving() -> Iterator[str]:
    """The scripted server in a process of its own: it must not share the clients' interpreter."""
    command = [sys.executable, __file__, "serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()


def serve() -> None:
    with ScriptedServer(script, models=["scripted"]) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


def main() -> None:
    with serving() as url, tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(measure(url, Path(folder) / "states.sqlite"))
    graph = statistics.median(p["graph"] for p in measured["one"])
    loop = statistics.median(p["loop"] for p in measured["one"])
    many = {k: statistics.median(r[k] for r in measured["many"]) for k in ("graph", "loop")}
    result = {
        "ratio": round(graph / loop, 4),
        "graph_seconds": round(graph, 5),
        "loop_seconds": round(loop, 5),
        "ratio_50_concurrent": round(many["graph"] / many["loop"], 4),
        "graph_seconds_50_concurrent": round(many["graph"], 4),
        "loop_seconds_50_concurrent": round(many["loop"], 4),
        "calls_a_run": measured["calls"],
        "runs": RUNS,
    }
    with (HERE / "records.jsonl").open("w") as file:
        for kind in ("one", "many"):
            for record in measured[kind]:
                file.write(json.dumps({"clients": 1 if kind == "one" else CONCURRENT, **record}))
                file.write("\n")
    (HERE / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    (HERE / "table.md").write_text(
        "| clients | plain loop (s) | graph (s) | ratio |\n|---|---|---|---|\n"
        f"| 1 (median of {RUNS} runs) | {loop:.4f} | {graph:.4f} | {graph / loop:.3f} |\n"
        f"| {CONCURRENT} at once (median of {ROUNDS} rounds) | {many['loop']:.3f} "
        f"| {many['graph']:.3f} | {many['graph'] / many['loop']:.3f} |\n"
    )
    print((HERE / "table.md").read_text(), end="")


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
