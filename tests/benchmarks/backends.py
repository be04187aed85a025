"""The same prompts through transformers and vLLM, greedily: are the tokens the same, and how fast is each?

    python tests/benchmarks/backends.py MODEL [MORE MODELS]

A model is `embedded`, a folder, or a GGUF file, which is converted once into a folder beside it, since vLLM reads none.
vLLM runs in the interpreter that LLEM_VLLM_PYTHON names, or in this one.
"""

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import llem
from llem.backends.result import Result


PROMPTS = 16
TOKENS = 48
MEMORY = 512 * 2**20
"""Bytes of vLLM's cache."""


def folder_of(model: str) -> str:
    """Return the folder of a model; a GGUF file is converted, once."""
    if not model.endswith(".gguf"):
        return model
    file = Path(model)
    folder = file.with_suffix("")
    if not (folder / "config.json").exists():
        from transformers import AutoModelForCausalLM, AutoTokenizer

        AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name).save_pretrained(folder)
        loaded = AutoModelForCausalLM.from_pretrained(str(file.parent), gguf_file=file.name)
        loaded.hf_quantizer = None  # its weights are plain numbers again, and can be written
        del loaded.config.quantization_config
        loaded.save_pretrained(folder)
    return str(folder)


def run(model: str, backend: str, section: dict[str, Any]) -> Result:
    experiment = {
        "model": model,
        "backend": backend,
        "n": PROMPTS,
        "precision": "fp32",
        "max_output_tokens": TOKENS,
        "max_input_tokens": 256,
        "decoder": {"preset": "deterministic"},
        "warmup": {"n_warmup": PROMPTS},
        "baseline": {"enabled": False},
        backend: section,
    }
    return llem.run(llem.load(experiment))


def main() -> None:
    table = Table(
        "model", "backend", "batch", "tokens/s", "against transformers", "first token, s", "load, s", "texts alike"
    )
    for model in map(folder_of, sys.argv[1:] or ["embedded"]):
        one = run(model, "pytorch", {"batch_size": PROMPTS})
        other = run(model, "vllm", {"max_model_len": 512, "kv_cache_memory_bytes": MEMORY, "enforce_eager": True})
        alike = sum(a["output"] == b["output"] for a, b in zip(one.samples, other.samples, strict=True))
        for backend, found in (("transformers", one), ("vLLM", other)):
            table.add_row(
                Path(model).name,
                backend,
                str(PROMPTS),
                f"{found.throughput_tokens_per_second:.1f}",
                f"{found.throughput_tokens_per_second / one.throughput_tokens_per_second:.2f}",
                f"{found.time_to_first_token_seconds:.3f}",
                f"{found.load_seconds:.1f}",
                f"{alike} of {len(one.samples)}",
            )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
