"""The same experiment on worker processes, one of them killed; and what crosses to them."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask
import psutil
import pytest
from distributed import LocalCluster
from lab_kit import SINGLE, experiment, make_tasks, right

from triptych import chat_model
from triptych.errors import LabError
from triptych.lab.experiment.live import Resolved
from triptych.lab.folder import RunFolder
from triptych.lab.measuring.run import ameasure
from triptych.lab.measuring.schedule import Block, planned
from triptych.lab.measuring.wire import Job, ModelSpec
from triptych.lab.records import Failure, Record
from triptych.lab.words import Variant
from triptych.models.limits import RateLimiter
from triptych.testing import Reply, ScriptedServer

ONE = {"single": Variant(strategy=SINGLE)}


def workers() -> list[psutil.Process]:
    """The cluster's processes, which are children of this one."""
    children = psutil.Process().children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


async def test_two_processes_measure_the_same_and_one_of_them_may_be_killed(
    tmp_path: Path,
) -> None:
    lost: list[int] = []

    def kill_one(item: Record | Failure) -> None:
        if not lost:
            lost.append(workers()[0].pid)
            os.kill(lost[0], signal.SIGKILL)

    with ScriptedServer(lambda body: Reply(right(body), delay=0.1)) as server:
        resolved = experiment(server.base_url, 10, concurrency=4)
        run = await ameasure(resolved, tmp_path, cluster="local:2", on_record=kill_one)

    records = list(run.records())
    assert lost
    assert Counter(r.key for r in records) == dict.fromkeys(planned(run.fingerprint), 1)
    assert all(r.passed for r in records)
    assert sum(r.replayed for r in records) == 10  # the second variant's first call, each time
    assert not list(run.failures())
    assert not workers()


async def test_what_was_begun_in_this_process_goes_on_in_others(tmp_path: Path) -> None:
    with ScriptedServer(right) as server:
        first = await ameasure(experiment(server.base_url, 1), tmp_path)
        before = list(first.records())
        more = experiment(server.base_url, 2)
        run = await ameasure(more, tmp_path, cluster="local:1")

    records = list(run.records())
    assert records[:2] == before
    assert [r.position for r in records] == [0, 0, 1, 1]
    assert {r.variant: r.seed for r in records[2:]} == dict.fromkeys(
        ("single", "drafts"), records[2].seed
    )


async def test_an_error_of_a_worker_is_a_failure_and_no_wrong_answer(tmp_path: Path) -> None:
    with (
        ScriptedServer(lambda body: Reply("broken", status=400)) as server,
        pytest.raises(LabError, match="5 tasks in a row"),
    ):
        await ameasure(experiment(server.base_url, 6), tmp_path, cluster="local:1")

    assert {f.kind for f in RunFolder.open(tmp_path).failures()} == {"BadRequestError"}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("local:x", "no cluster"),
        ("local:0", "no cluster"),
        ("local", "no cluster"),
        ("localhost:9", "No Dask"),
        ("tcp://127.0.0.1:9", "No Dask"),
    ],
)
async def test_an_address_that_cannot_be_used_is_told(
    tmp_path: Path, address: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triptych.lab.measuring.cluster.START_SECONDS", 0.5)
    with pytest.raises(LabError, match=said):
        await ameasure(experiment("http://127.0.0.1:9", 1), tmp_path, cluster=address)


def job_of(resolved: Resolved) -> Job:
    block = Block(0, make_tasks(1).tasks[0], 0, resolved.variants, (0, 1))
    return Job.of(block, 0, True, None)


def test_no_key_crosses_and_no_hidden_check_can_be_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIPTYCH_API_KEY", "sk-very-secret-key")
    job = job_of(experiment("http://127.0.0.1:9", 1))

    packed = pickle.dumps(job)

    assert b"sk-very-secret-key" not in packed
    assert "secret" not in repr(job)
    assert "secret" not in str(job.cells)


def test_a_model_is_made_on_the_worker_as_it_was_here() -> None:
    here: Any = chat_model(
        base_url="http://127.0.0.1:9/v1", model="m", temperature=0.3, max_tokens=7, top_p=0.4,
        timeout=3.0, max_retries=5,
    )  # fmt: skip
    there: Any = pickle.loads(pickle.dumps(ModelSpec.of(here))).made()

    for name in ("base_url", "model", "temperature", "max_tokens", "top_p", "stop"):
        assert getattr(there, name) == getattr(here, name)
    assert there._timeouts == here._timeouts
    assert there._policy == here._policy
    assert ModelSpec.of(there) == ModelSpec.of(here)


def test_a_hosted_model_is_made_by_its_name() -> None:
    spec = ModelSpec.of(chat_model("devstral", api_key="nvapi-secret"))

    assert (spec.alias, spec.base_url) == ("devstral", "")
    assert "nvapi" not in repr(spec)


HOSTED = "https://integrate.api.nvidia.com/v1"


def test_a_hosted_model_outside_the_catalogue_is_made_by_its_address_with_its_own_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRIPTYCH_API_KEY", "sk-of-another-place")
    here = chat_model(base_url=HOSTED, model="meta/llama-unlisted", api_key="nvapi-secret")
    there: Any = ModelSpec.of(here).made()

    assert (str(there.base_url), there.model) == (HOSTED, "meta/llama-unlisted")
    assert there._client.api_key is None  # NVIDIA_API_KEY is read at the call


def test_a_self_hosted_model_of_the_catalogue_keeps_the_key_that_its_entry_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "catalogue.yaml"
    own.write_text(
        "- {alias: box, id: m, base_url: 'http://127.0.0.1:9/v1', api_key_env: MY_BOX_KEY}\n"
    )
    monkeypatch.setenv("TRIPTYCH_CATALOGUE", str(own))
    monkeypatch.setenv("MY_BOX_KEY", "sk-of-the-box")
    spec = ModelSpec.of(chat_model("box"))
    there: Any = spec.made()

    assert spec.alias == "box"
    assert "sk-of-the-box" not in repr(spec)
    assert there._client.api_key.get_secret_value() == "sk-of-the-box"


def test_no_limit_of_tokens_own_certificates_and_other_parameters_cross_too() -> None:
    here: Any = chat_model(
        base_url="http://127.0.0.1:9/v1", model="n", max_tokens=None, verify_ssl=False, min_p=0.1,
        best_of=2, extra_body={"x": 1},
    )  # fmt: skip
    there: Any = ModelSpec.of(here).made()

    assert there.max_tokens is None
    assert there._client.verify_ssl is False
    assert there.model_kwargs == here.model_kwargs


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"default_headers": {"X-Key": "secret"}}, "has default_headers"),
        ({"rate_limiter": RateLimiter(requests=1, seconds=1)}, "has a rate_limiter"),
    ],
)
async def test_what_cannot_cross_is_refused_before_anything_is_started(
    tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    resolved = experiment("http://127.0.0.1:9", 1, variants=ONE)
    (variant,) = resolved.variants
    model = chat_model(base_url="http://127.0.0.1:9", model="m", **given)
    resolved = replace(resolved, variants=(replace(variant, model=model),))

    with pytest.raises(LabError, match=said) as told:
        await ameasure(resolved, tmp_path, cluster="tcp://127.0.0.1:9")
    assert "secret" not in str(told.value)


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Any]:
    """A cluster that is not the lab's own; its one worker lives in this process."""
    async with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None,
        asynchronous=True,
    ) as cluster:  # fmt: skip
        yield cluster


async def test_a_scheduler_elsewhere_is_asked_by_its_address_and_left_running(
    tmp_path: Path,
) -> None:
    async with elsewhere() as cluster:
        with ScriptedServer(right) as server:
            resolved = experiment(server.base_url, 2, variants=ONE)
            run = await ameasure(resolved, tmp_path, cluster=cluster.scheduler_address)
        assert cluster.status.name == "running"

    assert len(list(run.records())) == 2


async def test_a_lost_scheduler_ends_the_command_and_what_was_measured_is_kept(
    tmp_path: Path,
) -> None:
    ended: list[asyncio.Task[None]] = []

    # How long the client looks for a scheduler that is gone.
    quick = dask.config.set({"distributed.comm.timeouts.connect": "1s"})
    with quick, ScriptedServer(right) as server:
        async with elsewhere() as cluster:

            def stop(item: Record | Failure) -> None:
                ended.append(asyncio.create_task(cluster.scheduler.close()))

            resolved = experiment(server.base_url, 30, variants=ONE)
            with pytest.raises(LabError, match="The cluster is gone"):
                await ameasure(
                    resolved, tmp_path, cluster=cluster.scheduler_address, on_record=stop
                )

    kept = list(RunFolder.open(tmp_path).records())
    assert 1 <= len(kept) < 30
