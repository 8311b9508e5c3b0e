"""The page: one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from triptych.lab.folder import RunFolder
from triptych.lab.report import sections
from triptych.lab.report.data import pack, script_json
from triptych.lab.report.elements import el, html
from triptych.lab.report.writing import result_json
from triptych.lab.results import Result

PAGE = "report.html"

SCRIPTS = ("data.js", "diff.js", "matrix.js", "pair.js", "page.js")
"""In this order they are one script."""

POLICY = (
    "default-src 'none'; img-src data:; style-src '{style}'; script-src '{script}'; "
    "base-uri 'none'; form-action 'none'"
)
"""The page's own style and script run, by their hashes; nothing that a record holds ever does."""


def write_page(run: RunFolder, result: Result) -> Path:
    """Write report.html of a run, finished or not, into its folder.

    Texts of models and tasks get into the page by two ways only: escaped by the writer of
    elements, and as data that the script puts into text nodes.

    Args:
        run: Its folder; its records are read once.
        result: What they come to.

    Returns:
        The file.

    Raises:
        LabError: A line of the record is none.
    """
    frozen = run.fingerprint
    packed = pack(run.records(), frozen)
    style, script = _part("page.css"), "\n".join(map(_part, SCRIPTS))
    policy = POLICY.format(style=_hash(style), script=_hash(script))
    return run.replace(
        PAGE,
        _filled(
            _part("page.html"),
            {
                "policy": policy,
                "title": html(el("title", sections.answer(result))),
                "style": style,
                "masthead": html(*sections.masthead(result, frozen)),
                "verdicts": html(*sections.verdicts(result)),
                "forest": html(*sections.forest(result, frozen.margin)),
                "costs": html(*sections.costs(result)),
                "numbers": html(*sections.numbers(result)),
                "steadiness": html(sections.steadiness(result)),
                "setup": html(*sections.setup(frozen)),
                "index": script_json(packed.index),
                "result": script_json(result_json(result)),
                "chunks": "\n".join(
                    f'<script type="text/plain" id="chunk{number}">{chunk}</script>'
                    for number, chunk in enumerate(packed.chunks)
                ),
                "script": script,
            },
        ),
    )


def _filled(template: str, parts: Mapping[str, str]) -> str:
    """One pass: what is put in is never looked at again, whatever it holds."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def _part(name: str) -> str:
    return (files("triptych.lab.report") / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
