"""From the records of a run to its flat result, its bars and its tables."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

Record = dict[str, Any]

NAMES = {
    "ours": "Triptych",
    "shipped": "shipped ChatNVIDIA",
    "openai": "openai SDK",
    "aiohttp": "bare aiohttp",
    "minimal": "minimal BaseChatModel",
    "minimal_streams": "minimal, streaming underneath",
}
TITLES = {
    "asked/short": "`ainvoke`, 16 pieces",
    "asked/long": "`ainvoke`, 256 pieces",
    "streamed/short": "`astream`, 16 pieces",
    "streamed/long": "`astream`, 256 pieces",
    "streamed/slow": "`astream`, first piece after 50 ms, the others every 5 ms",
    "threaded/short": "`invoke` by threads, 16 pieces",
}
FASTER = 2.0
"""At 64 concurrent: how many times the shipped class's calls a second."""
SLOWER = 1.2
"""At 64 concurrent: at most so many times the time of the minimal class."""
FLAT_MIB = 2.0
"""Growth of the memory from the 2,000th to the 10,000th call: what an allocator's arenas may do."""


def read(path: Path) -> list[Record]:
    """The records so far; a last line that was cut off is left out."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def sections(records: list[Record]) -> dict[tuple[str, int], list[Record]]:
    """Rounds by what they measured (``asked/short``) and how many at once."""
    found = defaultdict(list)
    for record in records:
        part, _, rest = record["key"].rpartition("/")
        name, _, level = part.rpartition("/")
        if name in TITLES and rest:
            found[name, int(level)].append(record)
    return dict(sorted(found.items(), key=lambda item: (list(TITLES).index(item[0][0]), item[0])))


def middle(rounds: list[Record], client: str, figure: str) -> float:
    return statistics.median(record[client][figure] for record in rounds)


def ratio(rounds: list[Record], client: str, other: str, figure: str) -> float:
    """The median of the ratios within each round: a slow spell of the machine is in both parts."""
    return statistics.median(r[client][figure] / r[other][figure] for r in rounds)


def growth(record: Record) -> float:
    """MiB gained from the 2,000th call to the last."""
    return float(record["after_10000"] - record["after_2000"])


def result(records: list[Record]) -> dict[str, Any]:
    """All figures, flat, and whether each bar is held."""
    flat: dict[str, Any] = {}
    most = 0.0
    for (name, level), rounds in sections(records).items():
        start = f"{name.replace('/', '_')}_{level}"
        for client in (client for client in NAMES if client in rounds[0]):
            flat[f"rate_{client}_{start}"] = round(middle(rounds, client, "rate"), 1)
            if client != "ours":
                flat[f"times_{client}_{start}"] = round(ratio(rounds, "ours", client, "rate"), 3)
        opened = max(record["ours"]["connections"] for record in rounds)
        flat[f"connections_ours_{start}"] = opened
        most = max(most, opened / level)
    memories = {r["key"].partition("/")[2]: r for r in records if r["key"].startswith("memory/")}
    for client, record in memories.items():
        flat[f"grown_mib_{client}"] = round(growth(record), 2)
    asked = sections(records)["asked/short", 64]
    streamed = sections(records)["streamed/short", 64]
    flat["ratio_shipped"] = round(ratio(asked, "ours", "shipped", "rate"), 3)
    flat["ratio_minimal"] = round(ratio(asked, "ours", "minimal", "seconds"), 3)
    flat["ratio_shipped_astream"] = round(ratio(streamed, "ours", "shipped", "rate"), 3)
    flat["ratio_minimal_astream"] = round(ratio(streamed, "ours", "minimal", "seconds"), 3)
    for call, rounds in (("ainvoke", asked), ("astream", streamed)):
        for other in ("shipped", "minimal"):  # steadier than time where the machine is shared
            flat[f"cpu_ratio_{other}_{call}"] = round(ratio(rounds, "ours", other, "cpu"), 3)
    flat["bar_ainvoke_twice_the_shipped"] = flat["ratio_shipped"] >= FASTER
    flat["bar_astream_twice_the_shipped"] = flat["ratio_shipped_astream"] >= FASTER
    flat["bar_ainvoke_near_the_minimal"] = flat["ratio_minimal"] <= SLOWER
    flat["bar_astream_near_the_minimal"] = flat["ratio_minimal_astream"] <= SLOWER
    flat["bar_connections"] = most <= 1
    flat["bar_flat_memory"] = growth(memories["ours"]) <= FLAT_MIB
    return flat


def text(records: list[Record], flat: dict[str, Any]) -> str:
    """The tables, for people."""
    lines = [_bars(flat)]
    for (name, level), rounds in sections(records).items():
        lines.append(f"\n### {TITLES[name]}, {level} at once\n")
        lines.append(_section(rounds, with_first=name == "streamed/slow"))
    lines.append(f"\n### Memory over 10,000 `ainvoke`s, 64 at once\n\n{_memory(records)}")
    return "\n".join(lines)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _bars(flat: dict[str, Any]) -> str:
    """The bars of the model layer and whether they are held."""
    held: Callable[[str], str] = lambda name: "held" if flat[f"bar_{name}"] else "MISSED"  # noqa: E731
    rows = [
        [f"{call}: calls a second, Triptych / {NAMES[other]}", f"{flat[key]:.2f}", bar, held(name)]
        for call, other, key, bar, name in (
            ("ainvoke", "shipped", "ratio_shipped", "≥ 2", "ainvoke_twice_the_shipped"),
            ("astream", "shipped", "ratio_shipped_astream", "≥ 2", "astream_twice_the_shipped"),
        )
    ]
    rows += [
        [f"{call}: time, Triptych / {NAMES['minimal']}", f"{flat[key]:.2f}", "≤ 1.2", held(name)]
        for call, key, name in (
            ("ainvoke", "ratio_minimal", "ainvoke_near_the_minimal"),
            ("astream", "ratio_minimal_astream", "astream_near_the_minimal"),
        )
    ]
    opened = max(v for name, v in flat.items() if name.startswith("connections_ours_"))
    rows.append(["most connections, at 256 at once", f"{opened}", "≤ 256", held("connections")])
    grown = f"{flat['grown_mib_ours']:.2f} MiB"
    rows.append(
        ["memory from call 2,000 to 10,000", grown, f"≤ {FLAT_MIB} MiB", held("flat_memory")]
    )
    return "Without server latency, 64 at once:\n\n" + _table(["", "seen", "bar", ""], rows)


def _section(rounds: list[Record], *, with_first: bool) -> str:
    head = ["client", "calls a second", "Triptych / it", "CPU ms a call", "connections"]
    if with_first:
        head.append("first piece, ms beyond the server's wait")
    rows = []
    for client in (client for client in NAMES if client in rounds[0]):
        times = [r["ours"]["rate"] / r[client]["rate"] for r in rounds]
        spread = f"{statistics.median(times):.2f} ({min(times):.2f}–{max(times):.2f})"
        row = [
            NAMES[client],
            f"{middle(rounds, client, 'rate'):.0f}",
            "" if client == "ours" else spread,
            f"{middle(rounds, client, 'cpu') * 1000:.2f}",
            f"{max(record[client]['connections'] for record in rounds)}",
        ]
        if with_first:
            row.append(f"{middle(rounds, client, 'first') * 1000:.2f}")
        rows.append(row)
    return _table(head, rows)


def _memory(records: list[Record]) -> str:
    rows = []
    for record in records:
        section, _, client = record["key"].partition("/")
        if section == "memory":
            at = [f"{record[f'after_{calls}']:.1f}" for calls in (1000, 2000, 5000, 10000)]
            rows.append([NAMES[client], *at, f"{growth(record):+.2f}"])
    head = ["client", "MiB after 1,000", "2,000", "5,000", "10,000", "from 2,000 on"]
    return _table(head, rows)
