"""A trace of an experiment and its record name the same prompts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab_kit import SINGLE, experiment, right
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableLambda

from triptych.lab.measuring.run import ameasure
from triptych.lab.words import Prompts, Variant
from triptych.prompts import library
from triptych.testing import ScriptedServer


class Traced(BaseCallbackHandler):
    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []

    def on_chain_start(self, *args: Any, metadata: Any = None, name: str = "", **more: Any) -> None:
        if name == "triptych":
            self.runs.append(dict(metadata))

    def on_chat_model_start(self, *args: Any, metadata: Any = None, **more: Any) -> None:
        self.calls.append(dict(metadata))


async def test_root_and_calls_of_each_cell_carry_what_its_record_says(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    (prompts / "code.mine").mkdir(parents=True)
    text = library().get("code@1.0.0").path.read_text().replace("name: code", "name: code.mine")
    text = text.replace("version: 1.0.0", "version: 0.1.0\nparent: code@1.0.0")
    (prompts / "code.mine" / "0.1.0.md").write_text(text.replace("an expert", "a great"))
    mine = Prompts(stages={"code": "code.mine@0.1.0"})
    variants = {
        "old": Variant(strategy=SINGLE),
        "new": Variant(strategy=SINGLE, prompts=mine, prompts_dir=str(prompts)),
    }
    traced = Traced()

    async def measure(out: Path) -> Any:
        return await ameasure(experiment(server.base_url, 2, variants=variants), out)

    with ScriptedServer(right) as server:
        config = {"callbacks": [traced]}
        run = await RunnableLambda(measure).ainvoke(tmp_path / "out", config)
    records = list(run.records())
    assert len(records) == len(traced.runs) == len(traced.calls) == 4
    said = {r.prompts["code"]: r.prompt_sha256["code"] for r in records}
    assert set(said) == {"code@1.0.0", "code.mine@0.1.0"}
    for root, call in zip(traced.runs, traced.calls, strict=True):
        assert root["prompt_code_sha256"] == said[root["prompt_code"]]
        assert (call["prompt"], call["prompt_sha256"]) == (
            root["prompt_code"], root["prompt_code_sha256"],
        )  # fmt: skip
        assert root["prompt_review"] == records[0].prompts["review"]
    assert sorted(root["prompt_code"] for root in traced.runs) == sorted(
        r.prompts["code"] for r in records
    )
