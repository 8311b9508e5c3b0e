"""The records inside the page: an index as columns, and the records themselves, packed.

The index is small enough to be read at once. The records lie beside it in chunks, each JSON in
raw deflate in base64, which the page opens when a pair is looked at; what repeats between cells
of a block (they stand near each other) deflate stores once.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from triptych.lab.frozen import AGAIN, Fingerprint
from triptych.lab.records import Record

CHUNK = 100
"""Records in one chunk: a pair is opened by unpacking one or two of them."""

CHECKED = ("none", "failed", "passed")
REVIEWED = ("none", "changes", "approve", "error")
GRADED = ("unknown", "failed", "passed", "timeout")
"""Words of the index, which holds their places here."""


@dataclass
class Packed:
    """The data of the page.

    Attributes:
        index: Plain JSON: tasks, families, variants and the columns of all cells.
        chunks: Base64 texts, `CHUNK` records each, in the order of the columns.
    """

    index: dict[str, Any]
    chunks: list[str] = field(default_factory=list)


def pack(records: Iterable[Record], frozen: Fingerprint) -> Packed:
    """The records in one pass; a chunk of them is in memory at a time.

    Args:
        records: All of one run, in any order.
        frozen: What the run measures.
    """
    tasks = {task: number for number, task in enumerate(frozen.tasks)}
    variants = {name: number for number, name in enumerate(frozen.variants)}
    columns: dict[str, list[Any]] = {name: [] for name in ("task", "variant")}
    families: dict[str, int] = {"": 0}
    family = [0] * len(tasks)
    chunks: list[str] = []
    for chunk in _chunked(records):
        for record in chunk:
            task = tasks[record.task]
            family[task] = families.setdefault(record.family, len(families))
            for name, value in _cell(record).items():
                columns.setdefault(name, []).append(value)
            columns["task"].append(task)
            columns["variant"].append(variants[record.variant])
        chunks.append(_packed(chunk))
    index = {
        "name": frozen.name,
        "baseline": frozen.baseline,
        "tasks": list(tasks),
        "families": list(families),
        "family": family,
        "variants": list(variants),
        "candidates": [
            number
            for name, number in variants.items()
            if name != frozen.baseline and not name.endswith(AGAIN)
        ],
        "trials": frozen.trials,
        "chunk": CHUNK,
        "words": {"checked": CHECKED, "reviewed": REVIEWED, "graded": GRADED},
        "columns": columns,
    }
    return Packed(index, chunks)


def _cell(record: Record) -> dict[str, Any]:
    draft, usage = record.draft, record.usage
    return {
        "trial": record.trial,
        "passed": int(record.passed),
        "tokens_in": usage.input_tokens,
        "tokens_out": usage.output_tokens,
        "cached": usage.cached_tokens,
        "seconds": round(record.model_seconds, 2),
        "money": usage.money,
        "calls": usage.calls,
        "drafts": len(record.drafts),
        "repairs": sum(one.origin == "repair" for one in record.drafts),
        "replaced": int(draft is not None and draft is not record.drafts[0]),
        "replayed": record.replayed,
        "checked": CHECKED.index(draft.evidence_verdict if draft else "none"),
        "reviewed": REVIEWED.index((draft.review if draft else None) or "none"),
        "graded": GRADED.index(draft.verdict if draft else "unknown"),
        "position": record.position,
    }


def _packed(records: list[Record]) -> str:
    lines = (one.model_dump_json(exclude_defaults=True) for one in records)
    # wbits -15: raw deflate, as the browser's DecompressionStream("deflate-raw") reads it.
    packer = zlib.compressobj(level=6, wbits=-15)
    text = ("[" + ",".join(lines) + "]").encode("utf-8")
    return base64.b64encode(packer.compress(text) + packer.flush()).decode("ascii")


def _chunked(records: Iterable[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def script_json(value: Any) -> str:
    """JSON that can stand inside a script element: nothing in it ends the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
