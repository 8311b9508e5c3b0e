"""Write a GGUF model as the safetensors folder that vLLM reads; runs in vLLM's own environment.

    python convert.py MODEL.gguf FOLDER

vLLM 0.32 reads GGUF by a plugin only. What the four bits have lost stays lost: the weights are
those of the embedded model, in bfloat16.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import torch  # type: ignore[import-not-found]
from safetensors.torch import save_file  # type: ignore[import-not-found]
from transformers import (  # type: ignore[import-not-found]
    AutoModelForCausalLM,
    AutoTokenizer,
)


def main(source: Path, folder: Path) -> None:
    """Convert `source` into `folder`, which appears only when it is whole."""
    where = {"pretrained_model_name_or_path": source.parent, "gguf_file": source.name}
    part = folder.with_name(folder.name + ".part")
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    part.mkdir(parents=True)

    AutoTokenizer.from_pretrained(**where).save_pretrained(part)
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16)
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config  # true of the file, no longer of these weights
    config.architectures = [type(model).__name__]
    config.save_pretrained(part)

    # safetensors takes no weight twice, and a tied head is the embedding under another name.
    tied = {"lm_head.weight"} if config.tie_word_embeddings else set()
    weights = {
        name: weight.contiguous() for name, weight in model.state_dict().items() if name not in tied
    }
    save_file(weights, part / "model.safetensors", metadata={"format": "pt"})
    part.rename(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
