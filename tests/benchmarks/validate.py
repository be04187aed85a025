"""How fast is llem.validate, as a ratio to python's jsonschema on the generated schema, in the same run?

python tests/benchmarks/validate.py
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import jsonschema

import llem
from llem.config.schema import experiment_schema


SPARSE = {"model": "embedded", "precision": "bf16", "decoder": {"temperature": 0.7}, "pytorch": {"batch_size": 4}}
BROKEN = SPARSE | {"n": 0, "pytorch": {"load_in_4bit": True, "load_in_8bit": True}}


def microseconds(action: Callable[[], Any], repeats: int = 7) -> float:
    """Return the median time of one call, over batches that take about 50 ms each."""
    begin = time.perf_counter()
    action()
    count = max(1, int(0.05 / (time.perf_counter() - begin)))
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        for _ in range(count):
            action()
        times.append((time.perf_counter() - begin) / count * 1e6)
    return statistics.median(times)


def process_milliseconds(*command: str, repeats: int = 7) -> float:
    """Return the median time of a whole Python process."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times)


def main() -> None:
    """Print each time beside its peer's, and the ratio."""
    schema = jsonschema.Draft7Validator(experiment_schema(llem.load_registry()))
    for name, data in (("accepted", SPARSE), ("rejected", BROKEN)):
        ours = microseconds(lambda data=data: llem.validate(data))
        peer = microseconds(lambda data=data: list(schema.iter_errors(data)))
        print(f"{name:<10} llem {ours:8.1f} us   jsonschema {peer:8.1f} us   {peer / ours:6.1f} times as fast")
    with_llem, bare = process_milliseconds("-m", "llem", "--version"), process_milliseconds("-c", "pass")
    print(f"process    llem --version {with_llem:.0f} ms   python {bare:.0f} ms   {with_llem / bare:.1f} times")


if __name__ == "__main__":
    main()
