"""How fast is a verdict on one configuration, beside peers with the same fields and the nine rules of the requirements?

pip install -e '.[dev,benchmarks]' && python tests/benchmarks/validate.py

llem's verdict comes with the frozen object, as those of pydantic, msgspec and attrs do; it knows all rules of the
registry, not nine. The peers on JSON Schema make nothing. Each time is the least of several batches, in turn with the
others, since the machine is shared.
"""

import contextlib
import functools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
from peers import REGISTRY, Validate, with_attrs, with_msgspec, with_pydantic, with_schemas
from rich.console import Console
from rich.table import Table

import llem
from llem.config.introspection import test_values
from llem.config.shapes import Shapes
from llem.registry.model import Registry


ROUNDS = 9
SECONDS = 0.02
REQUIRED = """
    batch_size attn_implementation torch_compile torch_compile_mode torch_compile_backend load_in_4bit load_in_8bit
    bnb_4bit_compute_dtype bnb_4bit_quant_type bnb_4bit_use_double_quant use_cache cache_implementation num_beams
    early_stopping length_penalty no_repeat_ngram_size prompt_lookup_num_tokens device_map max_memory revision
    trust_remote_code num_processes
"""

SPARSE: dict[str, Any] = {
    "model": "embedded",
    "precision": "fp16",
    "n": 16,
    "decoder": {"temperature": 0.7, "top_k": 20},
    "pytorch": {"batch_size": 4, "attn_implementation": "eager"},
}


def dense(names: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return a configuration that writes as many fields of some sections as can stand together, with nothing to say."""
    data: dict[str, Any] = {"model": "embedded"}
    for section, fields in names.items():
        for name in fields:
            path = REGISTRY.fields[section][name]
            for value in test_values(REGISTRY.parameters[path]):
                plain = float(value) if REGISTRY.parameters[path].type == "number" else value
                candidate = {**data, section: {**data.get(section, {}), name: plain}}
                if not llem.validate(candidate).diagnostics:
                    data = candidate
                    break
    return data


def fields_of(section: str) -> list[str]:
    return [name for name, path in REGISTRY.fields[section].items() if path not in REGISTRY.sections]


def written(data: Mapping[str, Any]) -> int:
    parts = (value if name in REGISTRY.sections else None for name, value in data.items())
    return sum(written(part) if isinstance(part, Mapping) else 1 for part in parts)


def microseconds(actions: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the least time of one call of each action, over batches that take turns."""
    counts = {}
    for name, action in actions.items():
        for _ in range(5):
            action()
        begin = time.perf_counter()
        action()
        counts[name] = max(1, int(SECONDS / (time.perf_counter() - begin)))
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(ROUNDS):
        for name, action in actions.items():
            begin = time.perf_counter()
            for _ in range(counts[name]):
                action()
            times[name].append((time.perf_counter() - begin) / counts[name] * 1e6)
    return {name: min(found) for name, found in times.items()}


def calling(validate: Validate, data: dict[str, Any]) -> Callable[[], Any]:
    """Return a call that gives the verdict, whatever it is."""

    def call() -> None:
        with contextlib.suppress(Exception):
            validate(data)

    return call


def compare(peers: Mapping[str, Validate]) -> None:
    """Print each time beside its peers', and the ratios."""
    required = {"decoder": fields_of("decoder"), "pytorch": REQUIRED.split()}
    everything = {"decoder": fields_of("decoder"), "pytorch": fields_of("pytorch")}
    accepted = {"sparse": SPARSE, "dense": dense(required), "everything": dense(everything)}
    rejected = {
        "a rule": {**SPARSE, "pytorch": {"load_in_4bit": True, "load_in_8bit": True}},
        "a value": {**SPARSE, "n": 0},
        "a key": {**SPARSE, "precison": "fp16"},
    }
    table = Table("configuration", "fields", "llem, us", *(f"{name}: us, ratio" for name in peers))
    for name, data in (accepted | rejected).items():
        times = microseconds({"llem": calling(llem.validate, data)} | {n: calling(v, data) for n, v in peers.items()})
        ours = times.pop("llem")
        cells = (f"{theirs:.1f}, {theirs / ours:.1f}" for theirs in times.values())
        table.add_row(
            f"{'accepted' if name in accepted else 'rejected'}: {name}", str(written(data)), f"{ours:.1f}", *cells
        )
    Console(width=150).print(table)


def growth() -> dict[str, list[tuple[int, float]]]:
    """Return how a verdict's time grows with the fields written, and with the rules in the registry."""
    whole = dense({"decoder": fields_of("decoder"), "pytorch": REQUIRED.split()})
    flat = [(section, name) for section in ("decoder", "pytorch") for name in whole.get(section, {})]
    parts: dict[int, dict[str, Any]] = {}
    for count in range(1, len(flat) + 1, 3):
        data: dict[str, Any] = {"model": "embedded"}
        for section, name in flat[:count]:
            data.setdefault(section, {})[name] = whole[section][name]
        if not llem.validate(data).diagnostics:
            parts[count] = data
    shapes = {
        len(registry.checks): Shapes(registry, patience=0)
        for registry in map(with_fewer_rules, (0.0, 0.25, 0.5, 0.75, 1.0))
    }
    return {
        "fields written": curve({count: functools.partial(llem.validate, data) for count, data in parts.items()}),
        "rules in the registry": curve(
            {count: functools.partial(found.judge, SPARSE) for count, found in shapes.items()}
        ),
    }


def curve(actions: Mapping[int, Callable[[], Any]]) -> list[tuple[int, float]]:
    """Return the microseconds of each action, which take turns."""
    times = microseconds({str(count): action for count, action in actions.items()})
    return [(int(count), found) for count, found in times.items()]


def with_fewer_rules(part: float) -> Registry:
    return attrs.evolve(REGISTRY, checks=REGISTRY.checks[: int(len(REGISTRY.checks) * part)])


def process_milliseconds(*command: str, repeats: int = 9) -> float:
    """Return the median time of a whole process; the first, with nothing kept from before, does not count."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times)


def compare_starts() -> None:
    """Print how long whole processes take, beside the import of pydantic."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "experiment.yaml"
        file.write_text("model: embedded\nprecision: fp16\npytorch: {batch_size: 4}\n", encoding="utf-8")
        peer = process_milliseconds(sys.executable, "-c", "import pydantic")
        for name, command in {
            "import llem": (sys.executable, "-c", "import llem"),
            "llem validate experiment.yaml": (str(Path(sys.executable).with_name("llem")), "validate", str(file)),
        }.items():
            ours = process_milliseconds(*command)
            print(f"{name:<30} {ours:4.0f} ms   import pydantic {peer:4.0f} ms   {ours / peer:.2f} times")


def main() -> dict[str, list[tuple[int, float]]]:
    """Compare; return the growth curves."""
    compare({"pydantic": with_pydantic(), "msgspec": with_msgspec(), "attrs, cattrs": with_attrs(), **with_schemas()})
    curves = growth()
    for name, points in curves.items():
        print(f"{name}: " + ", ".join(f"{count}: {found:.1f} us" for count, found in points))
    compare_starts()
    return curves


if __name__ == "__main__":
    main()
