"""What the graph costs over a plain asyncio loop that makes the same model calls.

All sides use the same ChatNVIDIA against the same scripted server, in a process of its own, whose
every answer takes 20 ms. A run plans, drafts and reviews, and then repairs and reviews again: once
(five calls) or three times (nine). The draft is JavaScript, which no check of ours runs, so no
sandbox is in the figures. States go to a SQLite checkpointer as it comes. Between the two stands a
bare LangGraph: a chain of as many nodes that make the same calls and do nothing else, with the same
checkpointer; what it costs over the loop is LangGraph's and SQLite's part, the rest is ours.

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
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import StateGraph

from triptych import ChatNVIDIA, build_graph, chat_model
from triptych.state import Options, Strategy
from triptych.testing import Reply, ScriptedServer

HERE = Path(__file__).parent
RUNS = 100
CONCURRENT = 50
ROUNDS = 5
CALL_SECONDS = 0.02
REQUEST = {"request": "Write a JavaScript function that adds two numbers."}
REPAIRS = (1, 3)

PLAN = json.dumps({"summary": "Add them.", "steps": ["Return a + b."]})
WRONG = ("-", "*", "/")
APPROVE = json.dumps({"findings": [], "verdict": "approve"})


def strategy(repairs: int) -> Strategy:
    return Strategy(plan="always", drafts=1, repairs=repairs, review="decide", edit_format="whole")


def function(sign: str) -> str:
    return f"function add(a, b) {{ return a {sign} b }}"


def scripted(repairs: int) -> Callable[[dict[str, Any]], Reply]:
    """Answer each stage as a model would whose code is right after so many repairs."""
    signs = [*WRONG[:repairs], "+"]

    def script(request: dict[str, Any]) -> Reply:
        schema = request.get("response_format", {}).get("json_schema", {}).get("name")
        if schema == "Plan":
            answer = PLAN
        elif schema:
            text = str(request["messages"])
            wrong = next((sign for sign in signs[:-1] if function(sign) in text), None)
            finding = {"quote": function(wrong or ""), "failure": "add(1, 2) is not 3"}
            changes = json.dumps({"findings": [finding], "verdict": "changes"})
            answer = changes if wrong else APPROVE
        else:
            sign = signs[request.get("seed", 0)]  # a repair's seed is its number
            answer = f"```javascript\n{function(sign)}\n```"
        return Reply(answer, delay=CALL_SECONDS)

    return script


class Calls(BaseCallbackHandler):
    """Records the calls of one run of the graph, so that the loop can make the very same."""

    run_inline = True

    def __init__(self) -> None:
        self.made: list[tuple[list[BaseMessage], dict[str, Any]]] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        params = kwargs["invocation_params"]
        extra = {k: params[k] for k in ("response_format", "seed", "max_tokens") if k in params}
        self.made.append((messages[0], extra))


Call = tuple[list[BaseMessage], dict[str, Any]]


def thread() -> dict[str, Any]:
    return {"configurable": {"thread_id": str(uuid.uuid4())}}


def bare_langgraph(model: ChatNVIDIA, calls: list[Call], repairs: int, saver: Any) -> Any:
    """As many nodes as a run visits, the calls in their places, and nothing else."""

    class Nothing(TypedDict, total=False):
        step: int

    def node(call: Call | None) -> Callable[[Nothing], Awaitable[Nothing]]:
        async def step(state: Nothing) -> Nothing:
            if call:
                await model.bind(**call[1]).ainvoke(call[0])
            return {"step": state.get("step", 0) + 1}

        return step

    plan, draft, review, *rest = calls
    # explore, plan, draft, verify, review; repair, verify, review
    visits: list[Call | None] = [None, plan, draft, None, review]
    for repair, again in zip(rest[::2], rest[1::2], strict=True):
        visits += [repair, None, again]
    graph = StateGraph(Nothing)
    graph.add_sequence([(f"n{i}", node(call)) for i, call in enumerate(visits)])
    graph.set_entry_point("n0")
    return graph.compile(checkpointer=saver)


async def timed(way: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await way
    return time.perf_counter() - began


async def measure(url: str, database: Path, repairs: int) -> dict[str, Any]:
    model = chat_model(base_url=url, model="scripted")
    async with AsyncSqliteSaver.from_conn_string(str(database)) as saver:
        how = Options(strategy=strategy(repairs))
        seen = Calls()
        outcome = (await build_graph(model).ainvoke(REQUEST, {"callbacks": [seen]}, context=how))[
            "outcome"
        ]
        assert outcome["status"] == "approved", outcome["reason"]
        assert outcome["usage"]["calls"] == len(seen.made) == 3 + 2 * repairs
        graph = build_graph(model, checkpointer=saver)
        bare = bare_langgraph(model, seen.made, repairs, saver)

        async def loop() -> None:
            for messages, extra in seen.made:
                await model.bind(**extra).ainvoke(messages)

        ways: dict[str, Callable[[], Awaitable[Any]]] = {
            "loop": loop,
            "bare": lambda: bare.ainvoke({"step": 0}, thread()),
            "graph": lambda: graph.ainvoke(REQUEST, thread(), context=how),
        }
        for _ in range(5):  # imports, connections and the database's first pages
            for way in ways.values():
                await way()
        one, many = [], []
        for index in range(RUNS):  # in turn, so that a slower spell of the machine hits all
            names = list(ways)[:: 1 if index % 2 else -1]
            one.append({name: await timed(ways[name]()) for name in names})
            progress(f"{len(seen.made)} calls, one client: {index + 1} of {RUNS}")
        for index in range(ROUNDS):
            many.append(
                {
                    name: await timed(asyncio.gather(*(way() for _ in range(CONCURRENT))))
                    for name, way in ways.items()
                }
            )
            progress(f"{len(seen.made)} calls, {CONCURRENT} at once: {index + 1} of {ROUNDS}")
    return {"calls": len(seen.made), "one": one, "many": many}


def progress(text: str) -> None:
    done, _, all_of_them = text.rpartition(": ")[2].partition(" of ")
    if sys.stderr.isatty():
        print(text, end="\033[K\r", file=sys.stderr, flush=True)
    elif done == all_of_them:
        print(text, file=sys.stderr, flush=True)


@contextmanager
def serving(repairs: int) -> Iterator[str]:
    """The scripted server in a process of its own: it must not share the clients' interpreter."""
    command = [sys.executable, __file__, "serve", str(repairs)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()


def serve(repairs: int) -> None:
    with ScriptedServer(scripted(repairs), models=["scripted"]) as server:
        print(server.base_url, flush=True)
        sys.stdin.read()


def main() -> None:
    result: dict[str, Any] = {"runs": RUNS}
    rows = [
        "| calls a run | clients | plain loop (s) | bare LangGraph (s) | Triptych (s) "
        "| Triptych / loop | Triptych / bare LangGraph |",
        "|---|---|---|---|---|---|---|",
    ]
    lines = []
    for repairs in REPAIRS:
        with serving(repairs) as url, tempfile.TemporaryDirectory() as folder:
            measured = asyncio.run(measure(url, Path(folder) / "states.sqlite", repairs))
        calls = measured["calls"]
        for kind, clients in (("one", 1), ("many", CONCURRENT)):
            records = measured[kind]
            lines += [json.dumps({"calls": calls, "clients": clients, **r}) for r in records]
            loop, bare, graph = (
                statistics.median(r[way] for r in records) for way in ("loop", "bare", "graph")
            )
            rows.append(
                f"| {calls} | {clients} | {loop:.4f} | {bare:.4f} | {graph:.4f} "
                f"| {graph / loop:.3f} | {graph / bare:.3f} |"
            )
            name = f"{calls}_calls_{clients}_clients"
            result[f"ratio_{name}"] = round(graph / loop, 4)
            result[f"ratio_to_bare_langgraph_{name}"] = round(graph / bare, 4)
    # The figure to watch: nine calls are a whole run of the default strategy for Devstral (three
    # drafts, a plan, two repairs, three reviews). The shorter run shows what is fixed.
    result["ratio"] = result["ratio_9_calls_1_clients"]
    (HERE / "records.jsonl").write_text("\n".join(lines) + "\n")
    (HERE / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    (HERE / "table.md").write_text("\n".join(rows) + "\n")
    print((HERE / "table.md").read_text(), end="")


if __name__ == "__main__":
    serve(int(sys.argv[2])) if sys.argv[1:2] == ["serve"] else main()
