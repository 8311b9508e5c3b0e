"""The steps of the harness, done in a child process: here the draft's own code runs."""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import io
import json
import os
import symtable
import sys
import time
from types import ModuleType
from typing import Any

from triptych_judge import describe, judge  # type: ignore[import-not-found]  # its neighbour

MOST = 800
"""Most characters of a detail."""


def work(steps: list[dict[str, Any]], job: dict[str, Any], pipe: int) -> None:
    """Do the steps; write for each the nonce and a JSON list of status, detail, seconds."""
    sys.path.insert(0, os.getcwd())
    if has_src():
        sys.path.insert(1, os.path.abspath("src"))
    loaded: dict[str, ModuleType] = {}
    for step in steps:
        started = time.time()
        try:
            status, detail = do_step(step, job, loaded)
        except BaseException as error:
            status, detail = "failed", describe(error)
        verdict = json.dumps([status, detail[:MOST], round(time.time() - started, 4)])
        os.write(pipe, (job["nonce"] + verdict + "\n").encode())


def do_step(
    step: dict[str, Any], job: dict[str, Any], loaded: dict[str, ModuleType]
) -> tuple[str, str]:
    """One step's status and detail."""
    name, path = step["step"], step["path"]
    if path is None:
        return "not-run", "there is no Python file to run it with"
    if name == "compiles":
        compile(read(path), path, "exec", dont_inherit=True)
        return "passed", ""
    if name == "imports":
        try:
            load(path, loaded)
        except (SystemExit, EOFError) as error:
            return "not-run", "it exits or reads input when it is imported: " + describe(error)
        return "passed", ""
    module = load(path, loaded)
    if name == "lint":
        missing = undefined_names(path, module)
        return ("failed" if missing else "passed"), "\n".join(missing)
    example = job["examples"][step["example"]]
    return run_example(module, example["code"], example["want"])


def read(path: str) -> bytes:
    """The bytes of a file; Python itself decodes them."""
    with open(path, "rb") as file:
        return file.read()


def has_src() -> bool:
    """True if packages live below src/."""
    return os.path.isdir("src") and not os.path.exists("src/__init__.py")


def load(path: str, loaded: dict[str, ModuleType]) -> ModuleType:
    """The module of a file: under its dotted name where that leads to it, else by its path."""
    if path in loaded:
        return loaded[path]
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.append(folder)
    parts = path[: -len(".py")].split("/")
    parts = parts[1:] if parts[0] == "src" and has_src() else parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    module = None
    if parts and all(part.isidentifier() for part in parts):
        module = importlib.import_module(".".join(parts))
        where = getattr(module, "__file__", None) or ""  # json.py leads to the standard library's
        module = module if os.path.abspath(where) == os.path.abspath(path) else None
    loaded[path] = module or load_by_path(path, parts[-1] if parts else "draft")
    return loaded[path]


def load_by_path(path: str, name: str) -> ModuleType:
    """The module of a file whose dotted name leads elsewhere or is none."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def undefined_names(path: str, module: ModuleType) -> list[str]:
    """Names that functions of the module use and nothing defines, each with its line.

    Asks the imported module itself what is defined, so star imports and assignments by `exec`
    count. Annotations are left aside: not all of them are ever evaluated.
    """
    text = read(path).decode("utf-8", "replace")
    used: set[str] = set()
    known = set(vars(module)) | set(dir(builtins))
    tables = [symtable.symtable(text, path, "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_declared_global() and symbol.is_assigned():
                known.add(symbol.get_name())
            if "function" in str(table.get_type()).lower() and symbol.is_global():
                used.add(symbol.get_name())
    found: set[tuple[int, str]] = set()
    nodes: list[ast.AST] = [ast.parse(text)]
    while nodes:
        node = nodes.pop()
        for field, value in ast.iter_fields(node):
            if field not in ("annotation", "returns"):
                items = value if isinstance(value, list) else [value]
                nodes += [item for item in items if isinstance(item, ast.AST)]
        if isinstance(node, ast.Name) and node.id in used - known:
            found.add((node.lineno, node.id))
    return [f"{path}:{line}: name {name!r} is not defined" for line, name in sorted(found)]


def run_example(module: ModuleType, code: str, want: str) -> tuple[str, str]:
    """Run an example as doctest does: its last statement is tried, those before prepare it."""
    names = dict(vars(module))
    *before, last = ast.parse(code).body
    shown: list[Any] = []
    printed = io.StringIO()

    def display(value: object) -> None:
        shown.append(value)
        if value is not None:
            print(repr(value))

    sys.displayhook = display
    sys.stdout = sys.stderr = io.StringIO()
    for statement in before:
        prepare(statement, names)
    sys.stdout = printed
    shown.clear()
    raised: BaseException | None = None
    try:
        program = compile(ast.Interactive([last]), "<example>", "single", dont_inherit=True)
        exec(program, names)  # noqa: S102 - it is what a sandbox is for
    except BaseException as error:
        raised = error
    status, detail = judge(want, printed.getvalue(), shown, raised)
    if status == "failed" and isinstance(raised, AssertionError):
        detail += left_side(last, names)
    return status, detail


def prepare(statement: ast.stmt, names: dict[str, Any]) -> None:
    """Run a statement before the example. An import of what the draft itself defines is done."""
    try:
        module = ast.Module([statement], [])
        program = compile(module, "<example>", "exec", dont_inherit=True)
        exec(program, names)  # noqa: S102 - it is what a sandbox is for
    except ImportError:
        given = statement.names if isinstance(statement, ast.ImportFrom) else []
        if not given or not all(alias.name in names for alias in given):
            raise
        for alias in given:
            names[alias.asname or alias.name] = names[alias.name]


def left_side(statement: ast.stmt, names: dict[str, Any]) -> str:
    """For `assert f(1) == 2` that failed: what f(1) is."""
    if not isinstance(statement, ast.Assert) or not isinstance(statement.test, ast.Compare):
        return ""
    expression = ast.Expression(statement.test.left)
    try:
        value = eval(compile(expression, "<example>", "eval"), names)  # noqa: S307 - as above
        return f"\nthe left side is: {value!r}"
    except BaseException:
        return ""
