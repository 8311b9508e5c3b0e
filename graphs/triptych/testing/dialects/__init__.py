"""The dialects that the scripted server speaks, by name."""

from __future__ import annotations

from typing import Literal

from triptych.testing.dialects.dialect import Dialect, Refusal, Served, Template
from triptych.testing.dialects.llamacpp import LLAMA_CPP
from triptych.testing.dialects.nvidia import HOSTED, NIM
from triptych.testing.dialects.plain import OPENAI
from triptych.testing.dialects.vllm import VLLM_0_12, VLLM_0_32

Name = Literal["openai", "vllm-0.32", "vllm-0.12", "nim", "hosted", "llama.cpp"]

DIALECTS = {each.name: each for each in (OPENAI, VLLM_0_32, VLLM_0_12, NIM, HOSTED, LLAMA_CPP)}

__all__ = ["DIALECTS", "Dialect", "Name", "Refusal", "Served", "Template"]
