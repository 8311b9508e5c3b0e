"""Records and runs made up for the tests of statistics, stages and reports."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

from triptych.lab.frozen import AGAIN, Fingerprint, FrozenVariant, LiveModel, TemplateRef
from triptych.lab.measuring.schedule import schedule
from triptych.lab.records import DraftRecord, Failure, Record
from triptych.state import Finding, Plan, Spent, Strategy, Usage

SPREAD = 1.5
"""Standard deviation of the tasks' difficulty, in units of a call's own chance."""


def fabricate(
    *,
    tasks: int = 40,
    trials: int = 1,
    rates: Mapping[str, float] | None = None,
    correlation: float = 0.8,
    families: int = 0,
    again: float = 0.0,
    missing: float = 0.0,
    texts: bool = True,
    seed: int = 0,
) -> Iterator[Record]:
    """Cells of latent-difficulty tasks, in the order of the schedule; a generator.

    They are those of `fingerprint_of` with the same tasks, trials, variants and `aa=again`.

    Args:
        tasks: How many; `families` of them share their difficulty where it is not 0.
        rates: Variant to its true pass rate.
        correlation: Of a task's difficulty between two variants.
        again: Share of the blocks on which the first variant runs twice, by the name a:again.
        missing: Share of the cells that are left out.
        texts: With code, plans and reviews.
    """
    rates = {"a": 0.5, "b": 0.6} if rates is None else rates
    chance, normal = random.Random(seed), NormalDist()
    wide = (1 + SPREAD * SPREAD) ** 0.5
    first = next(iter(rates))
    names = [*rates, *([first + AGAIN] if again else [])]
    shared = [chance.gauss(0, 1) for _ in range(families or tasks)]
    eases: dict[str, dict[str, float]] = {}
    for number in range(tasks):
        family = number % families if families else number
        ease = eases[f"task-{number}"] = {}
        for name, rate in rates.items():
            own = correlation**0.5 * shared[family] + (1 - correlation) ** 0.5 * chance.gauss(0, 1)
            ease[name] = normal.cdf(normal.inv_cdf(rate) * wide + SPREAD * own)
        ease[first + AGAIN] = ease[first]
    frozen = fingerprint_of(tasks=tasks, trials=trials, variants=names, aa=again)
    for slot in schedule(frozen):
        for place, name in enumerate(slot.variants):
            passed = chance.random() < eases[slot.task][name]
            gone = chance.random() < missing
            made = record(
                slot.task,
                name,
                "passed" if passed else "failed",
                trial=slot.trial,
                family=f"family-{int(slot.task[5:]) % families}" if families else "",
                position=slot.position,
                place=place,
                texts=texts,
                chance=chance,
            )
            if not gone:
                yield made


def record(
    task: str,
    variant: str,
    *verdicts: str,
    trial: int = 0,
    delivered: int | None = 0,
    texts: bool = True,
    chance: random.Random | None = None,
    **more: Any,
) -> Record:
    """A record by hand: `verdicts` are the hidden ones of its drafts, in order."""
    chance = chance or random.Random(0)
    drafts = [
        DraftRecord(
            id=id,
            origin="first" if id == 0 else "repair",
            parent=id - 1 if id else None,
            seed=42 + id,
            evidence={"example": "1/1"} if verdict == "passed" else {"example": "0/1"},
            evidence_verdict="passed" if verdict == "passed" else "failed",
            failures=[] if verdict == "passed" else ["example f(1): 2 is not 3"],
            review="approve" if verdict == "passed" else "changes",
            findings=[]
            if verdict == "passed"
            else [Finding(quote=f"    return {id}", failure="f(1) is not 3")],
            reply_sha256=hashlib.sha256(f"{task}{variant}{trial}{id}".encode()).hexdigest(),
            files={"solution.py": f"def f(x):\n    return {id}  # {variant}\n"} if texts else {},
            verdict=verdict,
            detail="" if verdict == "passed" else "AssertionError",
        )
        for id, verdict in enumerate(verdicts)
    ]
    calls = len(drafts) + 1
    seconds = round(3 + 2 * chance.random(), 3)
    stages = {
        "code": Spent(
            calls=1, input_tokens=200, output_tokens=90, cached_tokens=20, model_seconds=seconds
        ),
        "review": Spent(calls=len(drafts), input_tokens=300, output_tokens=40, model_seconds=1.0),
        "verify": Spent(seconds=0.2),
    }
    values: dict[str, Any] = {
        "passed": delivered is not None and verdicts[delivered] == "passed",
        "status": "approved",
        "reason": "passed: f(1)",
        "plan": Plan(summary="Return it.", steps=["Return x."]) if texts else None,
        "patch": f"--- /dev/null\n+++ b/solution.py\n+# {variant}\n" if texts else "",
        "stages": stages,
        "usage": Usage(
            calls=calls, input_tokens=500, output_tokens=130, cached_tokens=20, stages=stages
        ),
        "seconds": seconds + 1.2,
        "model_seconds": seconds + 1.0,
        "seed": 42,
        "prompts": {"code": "code@1.0.0"},
        "prompt_sha256": {"code": "0" * 64},
        "position": 0,
        "started": "2026-11-25T00:00:00Z",
    }
    return Record(
        task=task,
        variant=variant,
        trial=trial,
        delivered=delivered,
        drafts=drafts,
        **{**values, **more},
    )


def fingerprint_of(
    *,
    tasks: int = 40,
    trials: int = 1,
    variants: Sequence[str] = ("a", "b"),
    margin: float = 0.02,
    **more: Any,
) -> Fingerprint:
    """The fingerprint of a run of `fabricate`."""

    def frozen(name: str) -> FrozenVariant:
        ref = TemplateRef(
            reference="code@1.0.0",
            sha256=hashlib.sha256(name.encode()).hexdigest(),
            layer="built-in",
            selector="code",
        )
        model = LiveModel(name="scripted", id="scripted", place="embedded")
        return FrozenVariant(prompts={"code": ref}, model=model, strategy=Strategy())

    return Fingerprint(
        name="made-up",
        baseline=variants[0],
        task_set="made-up",
        tasks={f"task-{n}": hashlib.sha256(str(n).encode()).hexdigest() for n in range(tasks)},
        variants={name: frozen(name) for name in variants},
        trials=trials,
        margin=margin,
        **more,
    )


def write_run(
    folder: Path,
    records: Iterable[Record],
    fingerprint: Fingerprint,
    failures: Iterable[Failure] = (),
) -> Path:
    """The folder of a run with these records."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(fingerprint.model_dump(mode="json", exclude_unset=False), indent=2)
    (folder / "experiment.json").write_text(text + "\n")
    for name, words in (("cells.jsonl", records), ("errors.jsonl", failures)):
        with (folder / name).open("w") as file:
            for word in words:
                file.write(word.model_dump_json() + "\n")
    return folder
