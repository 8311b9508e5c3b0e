"""Images, audio, video and files, in any of the forms that LangChain passes on.

`convert_to_openai_data_block` of langchain-core is not used: it warns on stderr of a file without a
name, calls MP3 ``mpeg``, raises bare KeyErrors, and knows neither video nor Anthropic's sources.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from triptych.models.messages.turn import Part

KINDS: dict[str, str] = {
    "image": "image",
    "image_url": "image",
    "input_image": "image",
    "audio": "audio",
    "audio_url": "audio",
    "input_audio": "audio",
    "video": "video",
    "video_url": "video",
    "file": "file",
    "input_file": "file",
    "document": "file",
}
"""What a part holds, by its type: OpenAI's, vLLM's, LangChain's (v0, v1) and Anthropic's names."""

_NATIVE = ("image_url", "audio_url", "video_url", "input_audio", "file")
_MIME = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4", "file": "text/plain"}
_AUDIO = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "x-flac": "flac"}


def part(block: Mapping[str, Any]) -> Part | None:
    """A block of media as the chat-completions API spells it (video and audio by URL: vLLM's way).

    Args:
        block: A block whose type is in `KINDS`.

    Returns:
        A new part; None if the block does not say where its data is, or says it in a way that the
        API has no form for (an image by file id, a file by URL).
    """
    kind = str(block["type"])
    if kind in _NATIVE and (inner := block.get(kind)):
        return {"type": kind, kind: {"url": inner} if isinstance(inner, str) else dict(inner)}
    if kind == "input_image" and (url := block.get("image_url")):
        return {"type": "image_url", "image_url": {"url": url}}
    if kind == "input_file" and ("file_data" in block or "file_id" in block):
        keys = ("file_data", "file_id", "filename")
        return {"type": "file", "file": {key: block[key] for key in keys if key in block}}
    return _built(KINDS[kind], _source(block, KINDS[kind]), block)


@dataclass(frozen=True)
class _Source:
    """Where the data of a block is: one of an address, base64 text, an id of the server's."""

    mime: str
    url: str = ""
    data: str = ""
    id: str = ""

    @property
    def inline(self) -> str:
        return self.url or (f"data:{self.mime};base64,{self.data}" if self.data else "")


def _source(block: Mapping[str, Any], kind: str) -> _Source:
    inner = block["source"] if isinstance(block.get("source"), Mapping) else block
    by_id = inner.get("file_id") or (inner.get("id") if block.get("source_type") == "id" else "")
    return _Source(
        mime=inner.get("mime_type") or inner.get("media_type") or _MIME[kind],
        url=inner.get("url") or "",
        data=inner.get("base64") or inner.get("data") or "",
        id=by_id or "",
    )


def _built(kind: str, source: _Source, block: Mapping[str, Any]) -> Part | None:
    if kind == "file":
        return _file(source, block)
    if kind == "audio" and source.data:
        subtype = source.mime.partition("/")[2]
        sound = {"data": source.data, "format": _AUDIO.get(subtype, subtype)}
        return {"type": "input_audio", "input_audio": sound}
    where = f"{kind}_url"
    return {"type": where, where: {"url": source.inline}} if source.inline else None


def _file(source: _Source, block: Mapping[str, Any]) -> Part | None:
    if source.id:
        return {"type": "file", "file": {"file_id": source.id}}
    if not source.data:
        return None
    more = block.get("extras") or block.get("metadata") or {}
    name = block.get("filename") or more.get("filename") or block.get("title")
    name = name or f"file{mimetypes.guess_extension(source.mime) or ''}"  # OpenAI asks for one
    return {"type": "file", "file": {"filename": name, "file_data": source.inline}}
