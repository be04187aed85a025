"""How much memory a configuration takes at the least, reckoned from the model's shape before anything is loaded."""

from collections.abc import Iterable
from pathlib import Path

import attrs

from llem.backends.local_models import model_files
from llem.backends.model_files import read_shape
from llem.conditions import Condition
from llem.conditions.evaluate import holds
from llem.config.classes import Configuration
from llem.diagnostics import Diagnostic, Severity
from llem.environment import Environment
from llem.registry.facts import ConfigurationFacts, flatten
from llem.registry.model import Registry


GIB = 2**30


@attrs.frozen
class MemoryEstimate:
    """Bytes of the weights, and of the key-value cache at its fullest. Activations and Python itself come on top."""

    weights_bytes: int
    cache_bytes: int
    every_gpu: bool
    """Whether all GPUs share it; else one of them holds it."""

    @property
    def total_bytes(self) -> int:
        """Both together."""
        return self.weights_bytes + self.cache_bytes

    def capacity_bytes(self, machine: Environment) -> int | None:
        """Return the memory of a machine that may hold it, or None where it is not known.

        It is that of the GPUs; of a machine without one, the main memory.
        """
        if machine.gpus is None:
            return None
        sizes = [gpu.memory_gib for gpu in machine.gpus] or [machine.memory_gib or 0]
        return int((sum(sizes) if self.every_gpu else max(sizes)) * GIB) or None

    def __str__(self) -> str:
        weights, cache = (f"{size / GIB:.2f} GiB" for size in (self.weights_bytes, self.cache_bytes))
        return f"{self.total_bytes / GIB:.2f} GiB (weights {weights}, key-value cache up to {cache})"


def estimate_memory(registry: Registry, config: Configuration, model: Path | None = None) -> MemoryEstimate | None:
    """Return what a configuration takes at the least, or None where too little is known of the model or the backend.

    Args:
        registry: The registry of the configuration.
        config: The configuration.
        model: The model's folder or file, where its name does not say it.
    """
    memory = registry.memory.get(getattr(config, registry.selector))
    model = model or model_files(getattr(config, registry.model_path))
    shape = read_shape(registry, model) if model is not None and memory is not None else None
    if memory is None or shape is None:
        return None
    facts = ConfigurationFacts(registry, flatten(registry, config.to_dict()))
    number = _first(memory.number, facts)
    sequences = 1
    for paths in memory.sequences:
        sequences *= max(facts.effective(path) or 1 for path in paths)
    tokens = sum(facts.effective(path) or 0 for path in memory.tokens)
    weights = shape.linear_weights * _first((*memory.linear_weight, *memory.number), facts)
    cached = _first((*memory.cached, *memory.number), facts)
    return MemoryEstimate(
        weights_bytes=int(weights + shape.other_weights * number),
        cache_bytes=int(shape.cached_per_token * sequences * tokens * cached),
        every_gpu=memory.every_gpu is not None and holds(memory.every_gpu, facts),
    )


def _first(sizes: Iterable[tuple[Condition, float]], facts: ConfigurationFacts) -> float:
    return next(size for condition, size in sizes if holds(condition, facts))


def memory_warnings(registry: Registry, config: Configuration, machine: Environment) -> list[Diagnostic]:
    """Return a warning where a machine cannot hold what a configuration takes at the least."""
    estimate = estimate_memory(registry, config)
    capacity = estimate.capacity_bytes(machine) if estimate is not None else None
    if estimate is None or capacity is None or estimate.total_bytes <= capacity:
        return []
    needs = "the weights alone need" if estimate.weights_bytes > capacity else "the run may need"
    place = "main memory" if not machine.gpus else "GPU memory" if estimate.every_gpu else "memory of one GPU"
    return [
        Diagnostic(
            code="does-not-fit",
            severity=Severity.WARNING,
            path=registry.model_path,
            message=f"{needs} more than {machine.name} has: {estimate}",
            reason=f"{machine.name} has {capacity / GIB:.0f} GiB of {place}.",
            resolution=registry.backends[getattr(config, registry.selector)].advice.get("out-of-memory", ""),
        )
    ]
