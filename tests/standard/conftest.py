"""The servers that the suites talk to."""

from collections.abc import Iterator

import pytest


def perfect(strict: bool) -> Iterator[dict[str, str]]:
    from triptych.testing import PerfectModel, ScriptedServer

    with ScriptedServer(PerfectModel(strict=strict), models=["scripted", "scripted-too"]) as server:
        yield {"base_url": server.base_url}


@pytest.fixture(scope="session")
def lenient() -> Iterator[dict[str, str]]:
    yield from perfect(strict=False)


@pytest.fixture(scope="session")
def strict() -> Iterator[dict[str, str]]:
    yield from perfect(strict=True)


@pytest.fixture(scope="session")
def local() -> dict[str, str]:
    from triptych.models import chat_model
    from triptych.models.embedded.local import local_server

    server = local_server("local")
    model = chat_model("local").model
    return {"base_url": server.base_url, "model": model, "api_key": server.key}


@pytest.fixture(autouse=True)
def addresses(request: pytest.FixtureRequest) -> None:
    """A suite's properties are no fixtures: what they need stands on the test's own object."""
    names = {"TestLenient": "lenient", "TestStrict": "strict", "TestLocal": "local"}
    wanted = names.get(type(request.instance).__name__)
    if wanted:
        request.instance.served = request.getfixturevalue(wanted)
