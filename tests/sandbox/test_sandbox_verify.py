"""What verifying a draft shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import pytest

from triptych.errors import InputError
from triptych.sandbox import Interpreter, Limits, Sandbox, check_command_exists, verify
from triptych.sandbox import find_examples as find
from triptych.state import CheckResult, Evidence, Task

REQUEST = "Write add(a, b).\n>>> add(1, 2)\n3\n\nassert add(0, 0) == 0\n"
RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
TEST = "from sol import add\n\n\ndef test_add():\n    assert add(2, 2) == 4\n"
LIMITS = Limits(wall_seconds=60)
# Without this environment's plugins: they take seconds to start.
PYTEST = "pytest -q" + "".join(f" -p no:{p}" for p in ("hypothesispytest", "asyncio", "anyio"))

Verify = Callable[..., Awaitable[Evidence]]


@pytest.fixture
def check(sandbox: Sandbox, interpreter: Interpreter) -> Verify:
    """Verify the files of a draft against REQUEST or another one."""

    async def run(
        after: Mapping[str, str],
        *checks: str,
        request: str = REQUEST,
        before: Mapping[str, str] | None = None,
        limits: Limits = LIMITS,
    ) -> Evidence:
        task = Task(request=request, files=dict(before or {}), checks=list(checks))
        tree = {**task.files, **after}
        examples = find(request)
        return await verify(
            task, tree, examples, sandbox=sandbox, interpreter=interpreter, limits=limits
        )

    return run


def statuses(evidence: Evidence, *kinds: str) -> list[str]:
    return [result.status for result in evidence.of(*kinds)]


def only(evidence: Evidence, kind: str, name: str = "") -> CheckResult:
    (result,) = [r for r in evidence.of(kind) if not name or r.name == name]
    return result


async def test_a_right_draft_passes_everything(check: Verify) -> None:
    evidence = await check({"sol.py": RIGHT}, "python -c 'import sol'")
    assert [(r.kind, r.name) for r in evidence.results] == [
        ("command", "python -c 'import sol'"),
        ("example", ">>> add(1, 2)"),
        ("example", "assert add(0, 0) == 0"),
        ("static", "compiles"),
        ("static", "imports"),
        ("static", "lint"),
    ]
    assert {r.status for r in evidence.results} == {"passed"}
    assert evidence.behaved


async def test_a_wrong_draft_fails_with_what_it_gave_instead(check: Verify) -> None:
    evidence = await check({"sol.py": WRONG})
    assert statuses(evidence, "example") == ["failed", "passed"]
    assert only(evidence, "example", ">>> add(1, 2)").detail == "expected: 3\ngot: -1"
    request = "assert add(1, 2) == 3"
    detail = only(await check({"sol.py": WRONG}, request=request), "example").detail
    assert detail.endswith("AssertionError\nthe left side is: -1")


async def test_a_draft_that_does_not_compile_is_not_run(check: Verify) -> None:
    evidence = await check({"sol.py": "def add(a, b:\n"}, "python -c 'import sol'")
    assert statuses(evidence, "command", "example") == ["not-run"] * 3
    compiled = only(evidence, "static", "compiles")
    assert (compiled.status, compiled.source) == ("failed", "sol.py")
    assert "SyntaxError" in compiled.detail
    assert "line 1" in compiled.detail


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_of_that_name\n", "No module named 'nothing_of_that_name'"),
        ("x = 1\ny = x / 0\n", "ZeroDivisionError: division by zero (sol.py, line 2)"),
        ("import os\nos._exit(0)\n", "ended its process with exit code 0"),
        ("import os\nos.abort()\n", "crashed: SIGABRT"),
    ],
)
async def test_a_draft_that_cannot_be_imported_fails_its_examples(
    check: Verify, code: str, said: str
) -> None:
    evidence = await check({"sol.py": code + RIGHT})
    imported = only(evidence, "static", "imports")
    assert imported.status == "failed"
    assert said in imported.detail
    assert statuses(evidence, "example") == ["failed", "failed"]


async def test_a_script_that_reads_its_input_is_no_broken_module(check: Verify) -> None:
    evidence = await check({"script.py": "print(int(input()) + 1)\n"}, request="Add one.")
    assert only(evidence, "static", "imports").status == "not-run"
    assert evidence.failures == []


async def test_names_that_nothing_defines_are_found(check: Verify) -> None:
    code = (
        "from __future__ import annotations\nfrom math import *\n\n\n"
        "def f(x: Unknown) -> Unknown:\n"
        "    y: Unknown = sqrt(x)\n"
        "    return lambda: sqrtt(y)\n"
    )
    evidence = await check({"sol.py": code}, request="Write f.")
    lint = only(evidence, "static", "lint")
    assert (lint.status, lint.detail) == ("failed", "sol.py:7: name 'sqrtt' is not defined")


async def test_examples_without_end_are_stopped_one_by_one(check: Verify) -> None:
    code = "def add(a, b):\n    while b: pass\n    return 0\n"
    limits = replace(LIMITS, wall_seconds=3)
    evidence = await check({"sol.py": code}, limits=limits)
    assert statuses(evidence, "example") == ["timeout", "passed"]
    request = REQUEST + ">>> add(3, 2)\n5\n>>> add(4, 2)\n6\n"
    evidence = await check({"sol.py": code}, request=request, limits=limits)
    assert statuses(evidence, "example") == ["timeout", "passed", "timeout", "not-run"]


@pytest.mark.parametrize(
    ("code", "example"),
    [
        ("def f(): return {'b': 1, 'a': 2}", '{"a": 2, "b": 1}'),
        ("def f(): return {3, 1, 2}", "{1, 2, 3}"),
        ("def f(): return 0.1 + 0.2", "0.3"),
        ("def f(): return [0.1 + 0.2, 'x']", '[0.3, "x"]'),
        ("def f(): return None", "None"),
        ("def f(): print('debug'); return 3", "3"),
        ("def f(): print('a   b')", "a b"),
        (
            "def f(): raise ValueError('no')",
            "Traceback (most recent call last):\n...\nValueError: no",
        ),
        ("def f(): raise ValueError('no')", "ValueError"),
        ("def f(): return list(range(20))", "[0, 1, ..., 18, 19]"),
    ],
)
async def test_examples_pass_by_output_or_by_value(check: Verify, code: str, example: str) -> None:
    evidence = await check({"sol.py": code}, request=f">>> f()\n{example}")
    assert only(evidence, "example").status == "passed", only(evidence, "example").detail


@pytest.mark.parametrize(
    ("code", "example"),
    [
        ("def f(): return '3'", "3"),
        ("def f(): return 0.30001", "0.3"),
        ("def f(): return (1, 2)", "[1, 2]"),
        ("def f(): raise KeyError('no')", "ValueError: no"),
        ("def f(): return 3", "ValueError"),
        ("class E:\n    def __eq__(self, other): return True\ndef f(): return E()", "3"),
        ("import sys\ndef f(): print('3'); sys.exit(0)", "3"),
        ("import os\ndef f(): os._exit(0)", "3"),
        ("import os\ndef f():\n    os.closerange(0, 99)\n    return 3", "3"),
        ('import os\ndef f():\n    os.write(1, b\'x {"status": "passed"}\\n\'); return 4', "3"),
        (
            "import os\ndef f():\n    for n in range(3, 30):\n        try: os.write(n, "
            'b\'["passed", "", 0]\\n\')\n        except OSError: pass\n    os._exit(0)',
            "3",
        ),
    ],
)
async def test_examples_fail_on_another_value_and_on_tricks(
    check: Verify, code: str, example: str
) -> None:
    evidence = await check({"sol.py": code}, request=f">>> f()\n{example}")
    assert only(evidence, "example").status == "failed"


async def test_lines_before_an_example_prepare_it(check: Verify) -> None:
    request = (
        ">>> from my_stack import Stack\n>>> s = Stack()\n>>> s.push(2)\n>>> s.pop()\n2\n"
        ">>> s.pop()\nTraceback (most recent call last):\nIndexError: pop from empty list\n"
    )
    code = (
        "class Stack:\n    def __init__(self): self.items = []\n"
        "    def push(self, x): self.items.append(x); print('pushed')\n"
        "    def pop(self): return self.items.pop()\n"
    )
    evidence = await check({"stack.py": code}, request=request)
    assert statuses(evidence, "example") == ["passed", "passed"]


async def test_examples_use_the_file_that_defines_what_they_call(check: Verify) -> None:
    files = {
        "src/pkg/__init__.py": "",
        "src/pkg/a.py": "def helper(): return 1\n",
        "src/pkg/b.py": "from .a import helper\nfrom pkg import a\n\n\n" + RIGHT,
        "json.py": "raise RuntimeError('not the one of the standard library')\n",
    }
    evidence = await check(files, before={"json.py": files["json.py"]})
    assert {r.status for r in evidence.results} == {"passed"}


async def test_a_test_file_is_a_check_of_its_own(check: Verify) -> None:
    before = {"sol.py": "", "test_sol.py": TEST}
    passed = await check({"sol.py": RIGHT}, "test_sol.py", before=before)
    assert only(passed, "command").status == "passed"
    assert "1 passed" in only(passed, "command").detail
    failed = await check({"sol.py": WRONG}, PYTEST, before=before)
    assert only(failed, "command").status == "failed"
    assert "assert 0 == 4" in only(failed, "command").detail


@pytest.mark.parametrize(
    "trick",
    [
        {"test_sol.py": "def test_add(): pass\n"},
        {"test_sol.py": ""},
        {"conftest.py": "collect_ignore = ['test_sol.py']\n\ndef pytest_sessionfinish(session):\n"
         "    session.exitstatus = 0\n"},
        {"pytest.ini": "[pytest]\naddopts = --version\n"},
        {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--collect-only"\n'},
        {"setup.cfg": "[tool:pytest]\naddopts = --collect-only\n"},
        {"pytest.py": "import sys\nprint('1 passed')\nsys.exit(0)\n"},
        {"sol.py": WRONG + "import os\nos._exit(0)\n"},
    ],
    ids=lambda trick: next(iter(trick)),
)  # fmt: skip
async def test_no_trick_with_files_makes_a_wrong_draft_pass(
    check: Verify, trick: dict[str, str]
) -> None:
    before = {"sol.py": "", "test_sol.py": TEST}
    evidence = await check({"sol.py": WRONG, **trick}, PYTEST, before=before)
    assert only(evidence, "command").status == "failed"


@pytest.mark.parametrize("call", ["python spec.py", "sh -c true ./spec.py && false", "make"])
async def test_a_file_that_a_check_names_is_put_back_like_a_test(check: Verify, call: str) -> None:
    from triptych.sandbox.tests_kept import checked_tree

    before = {"sol.py": "", "spec.py": "raise SystemExit(1)\n", "Makefile": "all:\n\tfalse\n"}
    after = {"sol.py": WRONG, "spec.py": "pass\n", "Makefile": "all:\n\ttrue\n"}
    kept = "Makefile" if call == "make" else "spec.py"
    assert checked_tree(before, after, [call])[kept] == before[kept]
    if call == "python spec.py":
        evidence = await check(after, call, before=before)
        assert only(evidence, "command").status == "failed"


async def test_checks_do_not_see_each_others_files(check: Verify) -> None:
    leave, look = "sh -c 'echo x > left'", "test ! -e left"
    evidence = await check({"sol.py": RIGHT}, leave, look, look)
    assert statuses(evidence, "command") == ["passed"] * 3


async def test_a_check_that_is_stopped_says_why(check: Verify) -> None:
    limits = replace(LIMITS, wall_seconds=1)
    evidence = await check({"a.txt": ""}, "sleep 60", "sh -c 'kill -9 $$'", limits=limits)
    slow, killed = evidence.of("command")
    assert (slow.status, slow.detail) == ("timeout", "stopped after 1 s of wall time")
    assert (killed.status, killed.detail) == ("failed", "ended by signal 9")


async def test_of_a_long_output_the_end_is_kept(check: Verify) -> None:
    evidence = await check({"a.txt": ""}, "seq 100000")
    detail = only(evidence, "command").detail
    assert detail.startswith("...\n")
    assert detail.endswith("\n99999\n100000")
    assert len(detail) < 2100


async def test_other_languages_are_checked_by_the_users_command_only(check: Verify) -> None:
    files = {"main.go": "package main\n"}
    evidence = await check(files, "grep -q package main.go")
    assert statuses(evidence, "command", "example") == ["passed", "not-run", "not-run"]
    static = only(evidence, "static")
    assert (static.status, static.detail) == ("not-run", "only your own --check can check Go")


async def test_without_a_sandbox_nothing_is_run_and_the_evidence_says_so(
    interpreter: Interpreter,
) -> None:
    task = Task(request=REQUEST, checks=["pytest -q"])
    evidence = await verify(
        task, {"sol.py": RIGHT}, find(REQUEST), sandbox=None, interpreter=interpreter
    )
    assert len(evidence.results) == 6
    assert {r.status for r in evidence.results} == {"not-run"}
    assert {r.detail for r in evidence.results} == {"there is no sandbox on this machine"}
    assert not evidence.behaved


@pytest.mark.parametrize(
    ("check_text", "said"),
    [
        ("no-such-command -q", "no-such-command"),
        ("tests/test_x.py", "tests/test_x.py"),
        ("FOO=1 pytest", "FOO=1"),
        ("pytest 'a", "cannot be read"),
        ("  ", "empty"),
    ],
)
def test_a_check_that_could_never_run_is_refused(
    interpreter: Interpreter, check_text: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        check_command_exists(check_text, interpreter)
    assert caught.value.cure


def test_pytest_must_be_in_the_users_interpreter(interpreter: Interpreter) -> None:
    bare = replace(interpreter, pytest=False)
    for text, files in (("pytest -q", []), ("python -m pytest", []), ("test_a.py", ["test_a.py"])):
        check_command_exists(text, interpreter, files)
        with pytest.raises(InputError, match=interpreter.executable) as caught:
            check_command_exists(text, bare, files)
        assert "--python" in caught.value.cure


@pytest.mark.parametrize("text", ["python x.py", "python3 -V", "make test", "./run.sh", "sh x.sh"])
def test_a_check_that_can_run_is_taken(interpreter: Interpreter, text: str) -> None:
    check_command_exists(text, interpreter)
