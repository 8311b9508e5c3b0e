"""What the sandbox' tests share: the real sandbox and a real interpreter."""

from __future__ import annotations

import sys

import pytest
from sandbox_kit import SMALL, Run

from triptych.errors import SandboxError
from triptych.sandbox import Interpreter, Limits, Result, Sandbox, open_sandbox


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    return Interpreter.probe(sys.executable)


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    try:
        return open_sandbox("bwrap")
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.fixture
def run(sandbox: Sandbox, interpreter: Interpreter) -> Run:
    """Run Python code in the sandbox."""

    async def run_code(code: str, limits: Limits = SMALL, **files: str) -> Result:
        argv = [interpreter.executable, "-c", code]
        return await sandbox.run(argv, files, python=interpreter, limits=limits)

    return run_code
