"""Compiles, imports and lints a draft and runs its examples.

Reads one line of JSON from stdin: `nonce`, `draft` and `tree` (paths of Python files), `skip`
(paths that are compiled but not imported), `examples` (`code`, `want`) and `seconds` for each
step. Prints one line for each step: the nonce, a space, JSON (`step`, `path`, `example`,
`status`, `detail`, `seconds`). It ends after the compile steps if one of them fails.

The draft's code runs in a child process. Only the parent holds stdout, so prints, sys.exit,
os._exit, closed streams, endless loops and crashes of the draft are results like any other. A
draft that reads the nonce out of its own process' memory could still lie: against that there is
no defence in one process, and only code written against this file would do so.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import select
import signal
import sys
import time
from typing import Any

from triptych_steps import MOST, work  # type: ignore[import-not-found]  # its neighbour inside

MOST_ENDLESS = 2
"""Examples that may run into their time limit before the others are left out."""


def main() -> None:
    """Run the job on stdin."""
    job = json.loads(sys.stdin.readline())
    parent = Parent(job, out=os.dup(1))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    if parent.run([{"step": "compiles", "path": path} for path in job["draft"]]):
        return
    modules = [path for path in job["draft"] if path not in job["skip"]]
    steps = [{"step": name, "path": p} for p in modules for name in ("imports", "lint")]
    others = [path for path in job["tree"] if path not in modules + job["skip"]]
    names = defined_names(modules + others)
    for number, example in enumerate(job["examples"]):
        home = home_of(example["code"], names)
        steps.append({"step": "example", "example": number, "path": home})
    parent.run(steps)


class Parent:
    """Takes the steps one after the other, with a new child after each that ended its own."""

    def __init__(self, job: dict[str, Any], out: int) -> None:
        self.job = job
        self.out = out
        self.broken: dict[Any, tuple[str, str]] = {}
        self.failed = False
        self.endless = 0
        self.importing = 0.0  # seconds that a child needs before its first example

    def run(self, steps: list[dict[str, Any]]) -> bool:
        """Run all; True if one failed."""
        while steps:
            steps = [step for step in steps if not self.is_settled(step)]
            if steps:
                child = Child(steps, self.job, self.out)
                steps = steps[self.run_in(child, steps) :]
                child.stop()
        return self.failed

    def is_settled(self, step: dict[str, Any]) -> bool:
        """True for a step that cannot be tried any more; it is reported if it is an example."""
        status, detail = self.broken.get(step["path"], ("", ""))
        if step["step"] == "example" and not status and self.endless >= MOST_ENDLESS:
            status, detail = "not-run", f"{MOST_ENDLESS} examples before it did not end"
        if step["step"] == "example" and status:
            self.report(step, status, detail, 0.0)
        return bool(status)

    def run_in(self, child: Child, steps: list[dict[str, Any]]) -> int:
        """How many steps a child did; fewer than all if one ended it or broke its module."""
        for number, step in enumerate(steps):
            limit = self.job["seconds"] + (3 * self.importing if number == 0 else 0.0)
            importing = step["step"] == "imports"
            status, detail, seconds = child.verdict(2 * limit if importing else limit)
            self.report(step, status, detail, seconds)
            self.failed = self.failed or status in ("failed", "timeout")
            self.endless += status == "timeout" and not importing
            self.importing += seconds if importing else 0.0
            if importing and status != "passed":
                status = "timeout" if status == "timeout" else "failed"
                self.broken[step["path"]] = (status, "not importable: " + detail)
            if child.dead or step["path"] in self.broken:
                return number + 1
        return len(steps)

    def report(self, step: dict[str, Any], status: str, detail: str, seconds: float) -> None:
        """Print a line, at once: the sandbox may end at any time."""
        line = dict(step, status=status, detail=detail[:MOST], seconds=seconds)
        os.write(self.out, f"{self.job['nonce']} {json.dumps(line)}\n".encode())


class Child:
    """A process that works through steps and sends a verdict for each over a pipe."""

    def __init__(self, steps: list[dict[str, Any]], job: dict[str, Any], out: int) -> None:
        self.token = job["nonce"].encode()
        self.buffer = b""
        self.dead = False
        self.pipe, write_end = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(write_end)
            return
        try:
            os.setsid()
            os.close(out)
            os.close(self.pipe)
            work(steps, job, write_end)
        finally:
            os._exit(0)

    def verdict(self, limit: float) -> tuple[str, str, float]:
        """The next status, detail and seconds. `dead` is set if there can be no further one."""
        started = time.time()
        while True:
            line, found, rest = self.buffer.partition(b"\n")
            if found:
                self.buffer = rest
                if line.startswith(self.token):
                    status, detail, seconds = json.loads(line[len(self.token) :].decode())
                    return status, detail, seconds
                continue
            left = started + limit - time.time()
            if left <= 0 or not select.select([self.pipe], [], [], left)[0]:
                self.dead = True
                return "timeout", f"no end within {limit:g} s", time.time() - started
            chunk = os.read(self.pipe, 65536)
            if not chunk:
                self.dead = True
                return "failed", self.how_it_ended(), time.time() - started
            self.buffer += chunk

    def how_it_ended(self) -> str:
        """Why it is gone before its time."""
        for _ in range(100):
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done and os.WIFSIGNALED(status):
                return f"the code crashed: {signal.Signals(os.WTERMSIG(status)).name}"
            if done:
                return f"the code ended its process with exit code {os.WEXITSTATUS(status)}"
            time.sleep(0.01)
        return "the code closed the streams of its process"

    def stop(self) -> None:
        """End it and all that it started."""
        os.close(self.pipe)
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.waitpid(self.pid, 0)


def defined_names(paths: list[str]) -> dict[str, set[str]]:
    """Path to the names that the file defines at its top level, imports aside."""
    names: dict[str, set[str]] = {}
    for path in paths:
        with contextlib.suppress(Exception), open(path, "rb") as file:
            body = ast.parse(file.read()).body
            names[path] = {name for statement in body for name in bound_by(statement)}
    return names


def bound_by(node: ast.stmt) -> list[str]:
    """The names that a statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    found = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    return [name.id for name in found if isinstance(name.ctx, ast.Store)]


def home_of(code: str, names: dict[str, set[str]]) -> str | None:
    """The file that defines most names of an example; the first where it is a tie."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    return max(names, key=lambda path: len(used & names[path]), default=None)


if __name__ == "__main__":
    main()
