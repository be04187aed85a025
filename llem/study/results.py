"""What the trials of a study measured: repetitions put together, with their spread."""

import math
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from llem.backends.errors import InputError
from llem.backends.result import redact
from llem.registry.facts import flatten
from llem.registry.model import Registry
from llem.registry.values import key_of
from llem.study.store import Store, Trial


@attrs.frozen
class Spread:
    """The mean of measurements, and half of its 95 % confidence interval (Student's t); None for a single one."""

    mean: float
    half: float | None

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Return the spread of at least one measurement."""
        if len(values) < 2:
            return cls(values[0], None)
        try:
            from scipy.stats import t
        except ModuleNotFoundError as error:
            reason, advice = f"Not installed: {error.name}.", "Run: pip install 'llem[study]'."
            raise InputError("missing-package", "intervals need a package", reason, advice) from None
        deviation = statistics.stdev(values) / math.sqrt(len(values))
        return cls(statistics.fmean(values), float(deviation * t.ppf(0.975, len(values) - 1)))


MEASUREMENTS = {
    "throughput": "Output tokens in a second.",
    "latency": "Seconds of a batch, in the mean.",
    "time_to_first_token": "Seconds until the first token.",
    "joules_per_token": "Joules for each output token.",
    "joules": "Joules of the measured batches.",
    "peak_bytes": "Most bytes of memory: of the GPUs where there are any, else of the process.",
    "load": "Seconds of loading.",
}


def measurements(result: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures of a result under the names of MEASUREMENTS, those that it has."""
    energy = result["energy"]
    joules = energy["joules"] if energy else None
    found = {
        "throughput": result["throughput_tokens_per_second"],
        "latency": result["latency_seconds"]["mean"],
        "time_to_first_token": result["time_to_first_token_seconds"],
        "joules_per_token": joules / result["output_tokens"]
        if joules is not None and result["output_tokens"]
        else None,
        "joules": joules,
        "peak_bytes": result["gpu_peak_bytes"] or result["process_peak_bytes"],
        "load": result["load_seconds"],
    }
    return {name: float(value) for name, value in found.items() if value is not None}


@attrs.frozen
class Summary:
    """One experiment: the values that tell it from others, how many trials it has, and what they measured."""

    varying: Mapping[str, Any]
    trials: int
    spreads: Mapping[str, Spread]


def written_values(trial: Trial, registry: Registry) -> dict[str, Any]:
    """Return the values that a trial's configuration writes, by path."""
    return {
        path: value
        for path, value in flatten(registry, trial.config).items()
        if not (path in registry.sections and isinstance(value, Mapping))
    }


def varying_paths(trials: Iterable[Trial], registry: Registry) -> list[str]:
    """Return the paths that do not have one value in all trials, in the order in which they are written."""
    written = [written_values(trial, registry) for trial in trials]
    paths = dict.fromkeys(path for values in written for path in values)
    return [path for path in paths if len({key_of(values.get(path)) for values in written}) > 1]


def summaries(store: Store, registry: Registry) -> list[Summary]:
    """Return what each experiment of a store measured, in the order of the study."""
    trials = list(store.trials("done"))
    paths = varying_paths(trials, registry)
    groups: dict[Any, list[Trial]] = {}
    for trial in trials:
        values = written_values(trial, registry)
        groups.setdefault(key_of([values.get(path) for path in paths]), []).append(trial)
    return [_summary(group, paths, registry) for group in groups.values()]


def _summary(group: list[Trial], paths: list[str], registry: Registry) -> Summary:
    values = redact(written_values(group[0], registry))
    figures = [measurements(trial.result or {}) for trial in group]
    names = [name for name in MEASUREMENTS if all(name in each for each in figures)]
    spreads = {name: Spread.of([each[name] for each in figures]) for name in names}
    return Summary({path: values.get(path) for path in paths}, len(group), spreads)


def ended_otherwise(store: Store) -> dict[tuple[str, str | None, str | None], list[int]]:
    """Return the trials that were not measured: their ids by state, code and reason."""
    found: dict[tuple[str, str | None, str | None], list[int]] = {}
    for trial in store.trials("failed", "skipped"):
        found.setdefault((trial.state, trial.code, trial.reason), []).append(trial.id)
    return found
