"""What an endpoint says without being asked for an answer: it costs no tokens."""

from __future__ import annotations

import re
from typing import Any

from triptych.doctor.finding import Finding, failed, seconds
from triptych.doctor.subject import Subject
from triptych.errors import ModelError, TriptychError
from triptych.models import faults, probe
from triptych.models.catalogue import nearest, user_path

OLDEST_VLLM = (0, 12)


def look(subject: Subject) -> list[Finding]:
    """Reachable, key accepted, model there, context: four findings, fewer after a failure."""
    try:
        answer = probe.get(subject.base_url, "models", subject.key)
    except TriptychError as error:
        return [failed("reachable", error)]
    rows = probe.models(answer)
    software = _software(subject, rows)
    if 300 <= answer.status < 400:
        cure = "It redirects to another address: give that one as the base URL."
        return [Finding("reachable", "fail", f"it answered {answer.status}", cure)]
    found = [reachable(answer.seconds, software), key(subject, answer.status)]
    if found[1].verdict == "fail":
        return found
    found.append(served(subject.model, answer.status, [str(row["id"]) for row in rows]))
    if found[-1].verdict != "fail":
        found.append(context(subject, _context(subject, rows)))
    return found


def reachable(time: float, software: str) -> Finding:
    """It answered; is its server one that Triptych is made for?"""
    said = "; ".join(filter(None, [f"answered in {seconds(time)}", software]))
    version = tuple(int(number) for number in re.findall(r"\d+", software)[:2])
    if software.startswith("vLLM") and version and version < OLDEST_VLLM:
        return Finding("reachable", "warn", said, "Triptych is made for vLLM 0.12 and later.")
    return Finding("reachable", "ok", said)


def key(subject: Subject, status: int) -> Finding:
    """Is the key accepted? Only an answer shows it where the list of models is open to all."""
    hosted = faults.is_hosted(subject.base_url)
    if hosted and not subject.key:
        return failed("key", faults.no_key(subject.base_url))
    if status in (401, 403):
        cure = (
            "Set NVIDIA_API_KEY to a valid key from build.nvidia.com."
            if hosted
            else (
                "Name the variable that holds its key with --api-key-env, or set TRIPTYCH_API_KEY."
            )
        )
        said = "the key is refused" if subject.key else "it wants a key, and none is given"
        return Finding("key", "fail", f"{said} ({status})", cure)
    return Finding("key", "ok", "accepted" if subject.key else "none is asked for")


def served(model: str, status: int, ids: list[str]) -> Finding:
    """Is the model among those that the endpoint lists?"""
    if model in ids:
        others = f", and {len(ids) - 1} more" if len(ids) > 1 else ""
        return Finding("model", "ok", f"{model}{others}")
    if ids:
        cure = f"It serves {nearest(model, ids)}: name one with --model."
        return Finding("model", "fail", f"{model} is not served", cure)
    return Finding(
        "model", "warn", f"it lists no models ({status})", "Is the base URL right? It ends in /v1."
    )


def context(subject: Subject, found: int | None) -> Finding:
    """The context that the server has, held against what the catalogue says."""
    known = subject.entry.context if subject.entry else None
    if found is None and known is None:
        cure = f"Set `context: TOKENS` for it in {user_path()}."
        return Finding("context", "warn", "neither the server nor the catalogue says it", cure)
    if found is None:
        return Finding("context", "ok", f"{known:,} tokens, by the catalogue")
    if known is None or known == found:
        return Finding("context", "ok", f"{found:,} tokens", value=found)
    seen = f"{found:,} tokens, while the catalogue says {known:,}"
    if found > known:
        return Finding("context", "ok", seen, value=found)
    cure = f"Set `context: {found}` for it in {user_path()}, or start the server with more."
    return Finding("context", "warn", seen, cure, found)


def _context(subject: Subject, rows: list[dict[str, Any]]) -> int | None:
    row: dict[str, Any] = next((row for row in rows if row["id"] == subject.model), {})
    if isinstance(row.get("max_model_len"), int):
        return int(row["max_model_len"])
    settings = _more(subject, "/props").get("default_generation_settings")
    found = settings.get("n_ctx") if isinstance(settings, dict) else None
    return found if isinstance(found, int) and found > 0 else None


def _software(subject: Subject, rows: list[dict[str, Any]]) -> str:
    """The server's name and version, as far as it tells."""
    owners = {str(row.get("owned_by", "")).lower() for row in rows}
    if "vllm" in owners:
        version = _more(subject, "/version").get("version")
        return f"vLLM {version}" if isinstance(version, str) else "vLLM"
    return "llama.cpp" if "llamacpp" in owners else ""


def _more(subject: Subject, path: str) -> dict[str, Any]:
    """A further look that may fail: most servers have no such page."""
    if faults.is_hosted(subject.base_url):
        return {}
    try:
        body = probe.get(subject.base_url, path, subject.key).body
    except ModelError:
        return {}
    return body if isinstance(body, dict) else {}
