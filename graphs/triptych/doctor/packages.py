"""Are the packages that Triptych needs there, of the right version, and loadable?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from triptych.doctor.finding import Finding

SECONDS = 120


def look(*, quick: bool = False) -> list[Finding]:
    """One finding for all packages.

    Args:
        quick: Do not load them.
    """
    wanted = needed(metadata.requires("triptych") or ())
    problems = [problem for each in wanted if (problem := outside(each))]
    if not problems and not quick:
        problems = unloadable(modules([each.name for each in wanted]))
    if problems:
        cure = "Install Triptych anew into a fresh environment: `pip install triptych`."
        return [Finding("packages", "fail", "; ".join(problems), cure)]
    done = "within their bounds" if quick else "within their bounds, and they load"
    return [Finding("packages", "ok", f"{len(wanted)} {done}")]


def needed(lines: Iterable[str]) -> list[Requirement]:
    """The requirements that hold on this machine, without those of extras."""
    every = [Requirement(line) for line in lines]
    return [each for each in every if not each.marker or each.marker.evaluate({"extra": ""})]


def outside(wanted: Requirement) -> str:
    """What is wrong with an installed package, in words; "" if nothing is."""
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return f"{wanted.name} is missing"
    if wanted.specifier.contains(version, prereleases=True):
        return ""
    return f"{wanted.name} is {version}, not {wanted.specifier}"


def modules(names: list[str]) -> list[str]:
    """The importable names of packages."""
    homes = metadata.packages_distributions()
    wanted = {canonicalize_name(name) for name in names}
    return sorted(
        module
        for module, packages in homes.items()
        if module.isidentifier()
        and not module.startswith("_")
        and wanted.intersection(canonicalize_name(package) for package in packages)
    )


def unloadable(names: list[str]) -> list[str]:
    """Which modules do not load, and why.

    They are loaded in a process of their own: a library made for another processor ends its
    process without a word.
    """
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    print('at', name, flush=True)\n"
        "    try: importlib.import_module(name)\n"
        "    except Exception as e: print('no', f'{name} ({type(e).__name__}: {e})', flush=True)\n"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, *names],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [f"they took more than {SECONDS} s to load"]
    lines = [line.partition(" ")[::2] for line in done.stdout.splitlines()]
    failed = [f"{name} does not load" for mark, name in lines if mark == "no"]
    if done.returncode:
        last = [name for mark, name in lines if mark == "at"][-1:]
        failed += [f"{name} ends the process (code {done.returncode})" for name in last]
    return failed
