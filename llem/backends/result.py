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

from llem.backends.energy import Energy
from llem.backends.executor import Batch
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
UNWRITTEN = ("texts",)
"""Fields that a result file leaves out: samples hold the texts that it keeps."""
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


def _told(doc: str, shape: type | None = None) -> Any:
    """Return a field with its description; `shape` is the class of which the mapping is the plain data."""
    return attrs.field(metadata={"doc": doc, "shape": shape})


@attrs.frozen(kw_only=True)
class Result:
    """What one run was and measured. Memory in bytes, times in seconds, energy in joules."""

    format: int = _told("Version of this format.")
    started: str = _told("When the run began, in UTC (ISO 8601).")
    declared: Mapping[str, Any] = _told("The experiment as it was written, without secrets.")
    effective: Mapping[str, Mapping[str, Any]] = _told("Each parameter's value and where it comes from, by path.")
    plan: Mapping[str, Any] = _told("The library calls that were made.")
    registry_fingerprint: str = _told("Which registry judged and mapped it.")
    versions: Mapping[str, str] = _told("Versions of Python and of the libraries.")
    environment: Mapping[str, Any] = _told("Platform, processor, CPUs, GPUs and driver.")
    prompts: int = _told("Prompts that were measured.")
    input_tokens: int = _told("Tokens of the measured prompts.")
    output_tokens: int = _told("Tokens that were generated for them.")
    span_seconds: float = _told("Seconds from the first batch's beginning to the last one's end.")
    throughput_tokens_per_second: float = _told("Output tokens in a second of that span.")
    latency_seconds: Mapping[str, float] = _told("Mean, median, least and most seconds of a batch.")
    time_to_first_token_seconds: float | None = _told("Mean over the batches; null where it cannot be seen.")
    load_seconds: float = _told("Seconds until the model was ready.")
    warmup_prompts: int = _told("Prompts that ran before anything was measured.")
    process_peak_bytes: int = _told("Most main memory that the process held.")
    gpu_peak_bytes: int | None = _told("Most memory that tensors took on the GPUs; null without a GPU.")
    memory_estimate: Mapping[str, Any] | None = _told(
        "Bytes that the weights and the cache take at the least, as reckoned before; null where the shape is unknown.",
        MemoryEstimate,
    )
    energy: Mapping[str, Any] | None = _told("Energy of the measured batches; null where no meter is.", Energy)
    energy_reason: str = _told("Why there is no energy; empty where there is.")
    batches: tuple[Mapping[str, Any], ...] = _told("Each measured call of generate.", Batch)
    samples: tuple[Mapping[str, str], ...] = _told("The first prompts and what was generated for them.")
    notes: tuple[str, ...] = _told("What a reader of the figures should know.")
    model_decoding: Mapping[str, Any] = _told("What the model's own files would have changed, and llem did not take.")
    effective_form: Mapping[str, Any] = _told("The experiment without what is ignored or would be so anyway.")
    experiment: str = _told("Fingerprint of the effective form: equal for results of the same experiment.")

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
        batches=tuple(attrs.asdict(batch, filter=lambda field, _: field.name not in UNWRITTEN) for batch in batches),
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
