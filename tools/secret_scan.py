"""Look for keys and passwords in the tree: `python tools/secret_scan.py [FILE…]`.

Scans the files named, or else all that git tracks or would track. Prints one line per find, never
the secret itself, and exits with 1. A false alarm is silenced where it stands, with the comment
``pragma: allowlist secret``.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent

# The entropy detectors would drown in the content hashes of prompts, models and packages, and an
# address is no secret.
SWITCHED_OFF = {"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector"}

# detect-secrets knows no NVIDIA keys. Theirs are longer; what is shorter is a placeholder.
NVIDIA_KEY = re.compile(rb"nvapi-[A-Za-z0-9_-]{20,}")
ALLOWED = b"pragma: allowlist secret"

LEFT_BEHIND = re.compile(
    r"(^|/)(\.git|\.venv[^/]*|\.[a-z_]+_cache|\.hypothesis|__pycache__|dist|build|out)/"
)

# `api_key="none"`: what stands in a key's place and is shorter than any provider's key stands in.
SHORTEST_KEY = 16


def files_of_the_tree(root: Path = ROOT) -> list[Path]:
    """All files that git tracks or would track; without git, all but what tools leave behind."""
    listing = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others"]
    try:
        done = subprocess.run([*listing, "--exclude-standard"], capture_output=True, check=True)
        found = [root / name for name in done.stdout.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = [p for p in root.rglob("*") if not LEFT_BEHIND.search(str(p.relative_to(root)))]
    return sorted(p for p in found if p.is_file() and not p.is_symlink())


def scan(files: Iterable[Path]) -> Iterator[str]:
    """Yield one line ``path:line: kind`` for each find."""
    known: Iterable[type] = get_mapping_from_secret_type_to_class().values()
    used = sorted({detector.__name__ for detector in known} - SWITCHED_OFF)
    with transient_settings({"plugins_used": [{"name": name} for name in used]}):
        for path in files:
            for number, line in enumerate(path.read_bytes().splitlines(), start=1):
                if NVIDIA_KEY.search(line) and ALLOWED not in line:
                    yield f"{path}:{number}: NVIDIA API key"
            for secret in scan_file(str(path)):
                word = secret.secret_value or ""
                if secret.type != "Secret Keyword" or len(word) >= SHORTEST_KEY:
                    yield f"{path}:{secret.line_number}: {secret.type}"


def main(names: list[str]) -> int:
    """Scan and report; the exit code says whether anything was found."""
    files = [Path(name) for name in names] or files_of_the_tree()
    finds = list(scan(files))
    print("\n".join(finds) or f"No secrets in {len(files)} files.")
    if finds:
        print("Take these out (and revoke them if they were ever pushed).", file=sys.stderr)
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
