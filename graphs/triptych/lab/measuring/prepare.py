"""Before the first cell: the folder says what is measured in it, or refuses what is not."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from triptych.errors import LabError
from triptych.lab.experiment.fingerprint import differences, fingerprint, grown
from triptych.lab.experiment.live import Resolved
from triptych.lab.folder import CELLS, FINGERPRINT, RunFolder, write_whole
from triptych.lab.frozen import Fingerprint

IGNORED = "# Model calls, kept so that none is made twice. The folder may be deleted.\n*\n"


def settled(out: Path, resolved: Resolved) -> Fingerprint:
    """What a folder says is measured in it, or will say; nothing is written.

    Args:
        out: The folder.
        resolved: What is to be measured.

    Raises:
        LabError: The folder was made with something else, and it says what differs.
    """
    new = fingerprint(resolved)
    if not (out / FINGERPRINT).exists():
        if (out / CELLS).exists() and (out / CELLS).stat().st_size:
            raise LabError(
                f"{out} holds cells, and no {FINGERPRINT} says what they are of.",
                "Bring it back from a copy, or name another --out.",
            )
        return new
    old = RunFolder.open(out).fingerprint
    if changed := differences(old, new):
        raise LabError(
            f"{out} was measured with something else: " + "; ".join(changed) + ".",
            "Put it back as it was, or name another --out.",
        )
    more = grown(old, new)
    if more is None:
        return old
    # The tasks of before come first: places in the schedule are told by that.
    return more.model_copy(update={"tasks": {**old.tasks, **more.tasks}})


def prepare(out: Path, resolved: Resolved) -> Fingerprint:
    """`settled`, written down before anything is spent; the caller holds the folder's lock.

    A folder that was made with something else is left as it is.
    """
    frozen = settled(out, resolved)
    _write_prompts(out, resolved)
    write_whole(out / "cache" / ".gitignore", IGNORED)
    write_whole(out / FINGERPRINT, frozen.model_dump_json(indent=2) + "\n")
    return frozen


def _write_prompts(out: Path, resolved: Resolved) -> None:
    """The texts that are measured, for readers; nothing reads them back."""
    for variant in resolved.variants:
        for template in variant.templates.values():
            texts = {template.reference: template.text, **template.partials}
            for reference, text in texts.items():
                hashed = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
                name = re.sub(r"[^A-Za-z0-9._@-]", "_", reference)
                path = out / "prompts" / f"{name}.{hashed}.md"
                if not path.exists():
                    write_whole(path, text)
