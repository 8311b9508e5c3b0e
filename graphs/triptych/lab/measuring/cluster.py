"""The engine of several machines: blocks as tasks of a Dask cluster (extra ``cluster``).

One task is one block: its cells share calls, which only one process can see to. Only the client
writes. A block that is computed twice, because a worker was lost after it had answered, is in the
record once: the writer refuses a cell that it has.

Workers are asked for their version, and their threads counted, at the start: one that joins later
is neither refused nor are more blocks sent for its sake.
"""

from __future__ import annotations

import logging
import math
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from typing import Any
from uuid import uuid4

from triptych.errors import LabError
from triptych.lab.experiment.live import Resolved
from triptych.lab.grading.grade import Grader
from triptych.lab.measuring.cell import now
from triptych.lab.measuring.engine import Put, side_by_side
from triptych.lab.measuring.schedule import Block
from triptych.lab.measuring.wire import Job, WireVariant, work
from triptych.lab.records import Failure, Record

LOST_WORKERS = 10
"""So many workers may be lost under one block before it is given up."""

START_SECONDS = 60.0
"""A scheduler must answer, and one worker at least be there, within this time."""

AHEAD = 2
"""Blocks on their way for each thread of a worker: none waits for the next one."""


class ClusterEngine:
    """Runs blocks on a Dask cluster.

    Args:
        client: An asynchronous ``distributed.Client``.
        resolved: The experiment.
        most: Blocks on their way at once.
        grader: The one to use in place of the workers' own.
    """

    def __init__(self, client: Any, resolved: Resolved, most: int, grader: Grader | None) -> None:
        self._client, self._resolved, self._most, self._grader = client, resolved, most, grader

    def run(self, blocks: Iterator[Block]) -> AsyncIterator[Record | Failure]:
        """See `Engine`."""
        return side_by_side(blocks, self._work, self._most, nullcontext())

    async def _work(self, block: Block, put: Put) -> None:
        experiment, started = self._resolved.experiment, now()
        job = Job.of(block, experiment.seed, experiment.share_calls, self._grader)
        key = f"block-{block.position}-{uuid4().hex}"
        future = self._client.submit(work, job, key=key, pure=False, retries=0)
        try:
            items = await future
        except Exception as error:  # the worker's, or the cluster's own
            if self._client.status != "running":
                raise LabError(
                    f"The cluster is gone: {error}", "The same command goes on from here."
                ) from error
            said, kind = str(error).splitlines()[0] if str(error) else "", type(error).__name__
            for task, variant, trial in block.keys:
                put(
                    Failure(
                        task=task, variant=variant, trial=trial, error=said, kind=kind,
                        started=started,
                    )
                )  # fmt: skip
            return
        finally:
            future.release()
        for item in items:
            put(item)


@asynccontextmanager
async def cluster_engine(
    resolved: Resolved, address: str, at_once: int, grader: Grader | None = None
) -> AsyncIterator[ClusterEngine]:
    """An engine on a cluster.

    Args:
        resolved: The experiment.
        address: ``local:N`` for N processes of this machine, which end with the engine; else a
            scheduler's, such as ``tcp://10.0.0.1:8786``.
        at_once: Blocks in progress at once on ``local:N``; elsewhere the workers' threads say it.
        grader: In place of the workers' own; it is pickled.

    Raises:
        LabError: Dask is missing, a model cannot travel, the address cannot be used, nobody
            answers there, or the workers have another Triptych.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise LabError(
            "Dask is not installed.", "Install the extra: pip install 'triptych[cluster]'"
        ) from error
    for variant in resolved.variants:
        WireVariant.of(variant)  # what cannot travel is told before anything is started
    async with AsyncExitStack() as stack:
        where: Any = address
        if address.partition(":")[0] == "local":  # localhost:8786 is a scheduler
            where = await stack.enter_async_context(_own_cluster(address, at_once))
        try:
            client = await stack.enter_async_context(
                Client(where, asynchronous=True, timeout=START_SECONDS)
            )
            await client.wait_for_workers(1, timeout=START_SECONDS)
        except (OSError, ValueError) as error:  # its TimeoutError is an OSError, too
            raise LabError(
                f"No Dask scheduler with a worker answers at {address}: {error}",
                "Start them (dask scheduler, dask worker ADDRESS), or use --cluster local:2.",
            ) from error
        await _refuse_others(client)
        threads = sum((await client.ncores()).values())
        yield ClusterEngine(client, resolved, AHEAD * threads, grader)


@asynccontextmanager
async def _own_cluster(address: str, at_once: int) -> AsyncIterator[Any]:
    found = re.fullmatch(r"local:([1-9]\d{0,2})", address)
    if found is None:
        raise LabError(
            f"{address!r} is no cluster.", "Write local:2 for two processes of this machine."
        )
    import dask
    from distributed import LocalCluster

    workers = int(found[1])
    with (
        tempfile.TemporaryDirectory(prefix="triptych-cluster-") as folder,
        dask.config.set({"distributed.scheduler.allowed-failures": LOST_WORKERS}),
    ):
        async with LocalCluster(
            n_workers=workers,
            threads_per_worker=math.ceil(at_once / workers),
            processes=True,
            dashboard_address=None,
            local_directory=folder,
            memory_limit=0,  # a local model's memory is the machine's, and would be counted
            silence_logs=logging.ERROR,
            asynchronous=True,
        ) as cluster:
            yield cluster


async def _refuse_others(client: Any) -> None:
    """Workers with another Triptych would measure something else."""
    own = _version()
    found = await client.run(_version, on_error="return")
    for worker, version in found.items():
        if version != own:
            raise LabError(
                f"The worker {worker} has not this Triptych ({own}) but: {version}",
                "Install the same version there.",
            )


def _version() -> str:
    import triptych

    return triptych.__version__
