"""Reckoned memory beside what runs take: `python tests/benchmarks/memory.py`.

Builds a Llama with random weights, runs it under several configurations, and prints for each the estimate, the peak
(of the GPU if there is one, else of the process above that of a run of the tiny embedded model) and their ratio.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

from llem.backends.recipes import build_embedded_model


BASE: dict[str, Any] = {"dataset": {"n": 8, "input_len": 256, "output_len": 8}, "warmup": {"enabled": False}}
CASES: dict[str, dict[str, Any]] = {
    "fp32": {"precision": "fp32"},
    "bf16": {"precision": "bf16"},
    "8-bit": {"precision": "fp16", "pytorch": {"load_in_8bit": True}},
    "4-bit": {"precision": "bf16", "pytorch": {"load_in_4bit": True}},
    "fp32, 8 sequences of 2056 tokens": {
        "precision": "fp32",
        "dataset": {"n": 8, "input_len": 2048, "output_len": 8},
        "max_input_tokens": 2048,
        "pytorch": {"batch_size": 8},
    },
}


def build_model(folder: Path) -> None:
    """Save a Llama of 340 million weights with the embedded model's tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(build_embedded_model(str(folder / "tiny")))
    config = LlamaConfig(
        vocab_size=32000,
        hidden_size=1024,
        intermediate_size=4096,
        num_hidden_layers=16,
        num_attention_heads=16,
        num_key_value_heads=16,
        max_position_embeddings=4096,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")


def run(folder: Path, data: dict[str, Any]) -> dict[str, Any]:
    """Return the result of an experiment, run in a process of its own."""
    file = folder / "experiment.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    output = folder / "result.json"
    subprocess.run([sys.executable, "-m", "llem", "run", str(file), "-o", str(output)], check=True, capture_output=True)
    return json.loads(output.read_text(encoding="utf-8"))


def main() -> None:
    """Build the model, run every case, print a line for each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build_model(folder)
        for case, changes in CASES.items():
            data = {**BASE, **changes}
            result = run(folder, {**data, "model": str(folder / "model")})
            peak = result["gpu_peak_bytes"]
            if peak is None:
                peak = result["process_peak_bytes"] - run(folder, {**data, "model": "embedded"})["process_peak_bytes"]
            estimate = result["memory_estimate"]["weights_bytes"] + result["memory_estimate"]["cache_bytes"]
            sizes = f"reckoned {estimate / 2**30:.2f} GiB, taken {peak / 2**30:.2f} GiB"
            print(f"{case:34} {sizes}, ratio {peak / estimate:.2f}")


if __name__ == "__main__":
    main()
