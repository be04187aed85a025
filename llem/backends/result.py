"""The result of a run: one JSON file, written whole or not at all."""

import json
import os
import platform
import re
import statistics
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from llem.backends.measure import Measurement
from llem.backends.memory import MemoryEstimate
from llem.backends.model_files import own_decoding
from llem.backends.plan import Plan
from llem.config.classes import Configuration
from llem.config.effective import effective_form, fingerprint
from llem.environment import Environment
from llem.files import write_whole
from llem.registry.model import Registry
from llem.registry.values import thaw


FORMAT = 1
_SECRET = re.compile(r"token$|^auth|password|secret|api_key", re.IGNORECASE)
_VERSIONS = (
    "llem",
    "torch",
    "transformers",
    "accelerate",
    "bitsandbytes",
    "peft",
    "tokenizers",
    "gguf",
    "vllm",
    "tensorrt-llm",
)


@attrs.frozen(kw_only=True)
class Result:
    """What one run was and measured. Memory in bytes, times in seconds, energy in joules."""

    format: int
    started: str
    declared: Mapping[str, Any]
    effective: Mapping[str, Mapping[str, Any]]
    plan: Mapping[str, Any]
    registry_fingerprint: str
    versions: Mapping[str, str]
    environment: Mapping[str, Any]
    prompts: int
    input_tokens: int
    output_tokens: int
    span_seconds: float
    throughput_tokens_per_second: float
    latency_seconds: Mapping[str, float]
    time_to_first_token_seconds: float | None
    load_seconds: float
    warmup_prompts: int
    process_peak_bytes: int
    gpu_peak_bytes: int | None
    memory_estimate: Mapping[str, Any] | None
    """Bytes that the weights and the cache take at the least, as reckoned before; null where the shape is unknown."""
    energy: Mapping[str, Any] | None
    energy_reason: str
    batches: tuple[Mapping[str, Any], ...]
    samples: tuple[Mapping[str, str], ...]
    notes: tuple[str, ...]
    model_decoding: Mapping[str, Any]
    """What the model's own files would have changed, and llem did not take."""
    effective_form: Mapping[str, Any]
    """The configuration without what is ignored or would be so anyway."""
    experiment: str
    """Fingerprint of the effective form: equal for results of the same experiment."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {name: thaw(value) for name, value in attrs.asdict(self, recurse=False).items()}

    def write(self, path: Path) -> Path:
        """Write the result as JSON; the file appears whole or not at all.

        Raises:
            OSError: when the folder cannot be written into.
        """
        write_whole(path, json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n")
        return path


def make_result(
    registry: Registry,
    config: Configuration,
    plan: Plan,
    here: Environment,
    started: datetime,
    parts: list[Measurement],
    memory: MemoryEstimate | None,
) -> Result:
    """Return the result of a run from the measurements of its processes, which measured at the same time."""
    batches = [batch for part in parts for batch in part.batches]
    span = max(part.span_seconds for part in parts)
    output_tokens = sum(batch.output_tokens for batch in batches)
    latencies = [batch.latency_seconds for batch in batches]
    first = [found for batch in batches if (found := batch.time_to_first_token_seconds) is not None]
    gpu_peaks = [part.gpu_peak_bytes for part in parts if part.gpu_peak_bytes is not None]
    energy = parts[0].energy
    form = effective_form(config, here)
    return Result(
        format=FORMAT,
        started=started.isoformat(timespec="seconds"),
        declared=redact(config.to_dict()),
        effective={
            path: redact({"value": thaw(value), "origin": origin}) for path, (value, origin) in plan.effective.items()
        },
        plan=redact(plan.to_dict()),
        registry_fingerprint=registry.fingerprint,
        versions=dict(_versions(here)),
        environment=_environment(here),
        prompts=sum(batch.prompts for batch in batches),
        input_tokens=sum(batch.input_tokens for batch in batches),
        output_tokens=output_tokens,
        span_seconds=span,
        throughput_tokens_per_second=output_tokens / span,
        latency_seconds={
            "mean": statistics.fmean(latencies),
            "median": statistics.median(latencies),
            "least": min(latencies),
            "most": max(latencies),
        },
        time_to_first_token_seconds=statistics.fmean(first) if first else None,
        load_seconds=max(part.load_seconds for part in parts),
        warmup_prompts=sum(part.warmup_prompts for part in parts),
        process_peak_bytes=sum(part.process_peak_bytes for part in parts),
        gpu_peak_bytes=sum(gpu_peaks) if gpu_peaks else None,
        memory_estimate=attrs.asdict(memory) if memory is not None else None,
        energy=attrs.asdict(energy) if energy is not None else None,
        energy_reason=parts[0].energy_reason,
        batches=tuple(attrs.asdict(batch, filter=lambda field, _: field.name != "texts") for batch in batches),
        samples=tuple({"prompt": prompt, "output": output} for prompt, output in parts[0].samples),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        model_decoding=own_decoding(registry, plan.backend, parts[0].model_decoding),
        effective_form=redact(form),
        experiment=fingerprint(form),
    )


def redact(value: Any) -> Any:
    """Return data with the values of keys that name a secret replaced."""
    if isinstance(value, Mapping):
        return {
            key: "(redacted)"
            if isinstance(key, str) and isinstance(part, str) and _SECRET.search(key)
            else redact(part)
            for key, part in value.items()
        }
    return [redact(part) for part in value] if isinstance(value, list | tuple) else value


def _versions(here: Environment) -> Iterator[tuple[str, str]]:
    yield "python", platform.python_version()
    for name in _VERSIONS:
        if here.packages and name in here.packages:
            yield name, here.packages[name]


def _environment(here: Environment) -> dict[str, Any]:
    return {
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
        "gpus": [attrs.asdict(gpu) for gpu in here.gpus or ()],
        "driver": here.driver,
    }


def default_path(folder: str | None, started: datetime) -> Path:
    """Return where a result goes when no file is named."""
    return Path(folder or ".") / f"llem-{started.astimezone(UTC):%Y%m%d-%H%M%S-%f}.json"
