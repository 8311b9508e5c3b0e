"""Each variant alone."""

from __future__ import annotations

from triptych.lab.analysis.table import Column, Table
from triptych.lab.results import Interval, VariantSummary
from triptych.lab.stats.arrays import numpy
from triptych.lab.stats.clusters import cluster_t
from triptych.lab.stats.rates import pass_at_k, pass_hat_k, wilson


def summaries(table: Table) -> tuple[VariantSummary, ...]:
    """One a variant, in the order of the experiment."""
    return tuple(_summary(table, name, column) for name, column in table.columns.items())


def _summary(table: Table, name: str, column: Column) -> VariantSummary:
    sums, cells, passed = column.sums, len(column.cells), column.sums["passed"]
    tokens = sums["input_tokens"] + sums["output_tokens"]
    rate, interval = _rate(table, column)
    at, hat, left_out = _of_k(table, column)
    return VariantSummary(
        name=name,
        tasks=len({task for task, _ in column.cells}),
        cells=cells,
        passed=passed,
        rate=rate,
        interval=interval,
        pass_at=at,
        pass_hat=hat,
        left_out=left_out,
        calls=sums["calls"],
        drafts=sums["drafts"],
        repairs=sums["repairs"],
        replaced=sums["replaced"],
        replayed=sums["replayed"],
        timeouts=sums["timeouts"],
        missing=table.missing[name],
        errors=table.errors[name],
        input_tokens=sums["input_tokens"],
        output_tokens=sums["output_tokens"],
        cached_tokens=sums["cached_tokens"],
        tokens=tokens,
        tokens_per_solved=tokens / passed if passed else None,
        money=column.money if cells else None,
        money_per_solved=column.money / passed if passed and column.money is not None else None,
        seconds=round(column.seconds, 3),
        model_seconds=round(column.model_seconds, 3),
    )


def _rate(table: Table, column: Column) -> tuple[float, Interval]:
    """The mean over tasks of their shares of passes, and its interval.

    Wilson's where each task was tried once and is its own family; else by families of task means.
    Where all families agree there is no variance to go by: Wilson's, with a family for a trial.
    """
    level = 1 - table.frozen.alpha
    tasks = column.by_task()
    if not tasks:
        return 0.0, Interval(0.0, 1.0, level)
    means = [sum(c.passed for c in cells.values()) / len(cells) for cells in tasks.values()]
    families = [table.families[task] for task in tasks]
    rate = float(numpy().mean(means))
    units = len(set(families))
    if units == len(tasks) and all(len(cells) == 1 for cells in tasks.values()):
        return rate, wilson(sum(map(round, means)), len(tasks), level)
    if units < 2 or min(means) == max(means):
        return rate, wilson(round(rate * units), units, level)
    found = cluster_t(means, families, level)
    return rate, Interval(max(0.0, found.low), min(1.0, found.high), level)


def _of_k(
    table: Table, column: Column
) -> tuple[dict[int, float], dict[int, float], dict[int, int]]:
    """pass@k and pass^k, means over the tasks with at least k trials, and how many have fewer; no k
    that no task has.
    """
    counts = [
        (len(cells), sum(cell.passed for cell in cells.values()))
        for cells in column.by_task().values()
    ]
    at, hat, left_out = {}, {}, {}
    for k in table.frozen.k:
        enough = [(n, c) for n, c in counts if n >= k]
        if enough:
            at[k] = sum(pass_at_k(n, c, k) for n, c in enough) / len(enough)
            hat[k] = sum(pass_hat_k(n, c, k) for n, c in enough) / len(enough)
            left_out[k] = len(counts) - len(enough)
    return at, hat, left_out
