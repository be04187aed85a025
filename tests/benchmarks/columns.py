"""How many configurations does llem.validate_many judge in a second, as a ratio to llem.validate in a loop?

python tests/benchmarks/columns.py

The tables are frames of polars, Arrow tables where pyarrow is at hand, and lists. Those with many shapes draw from
fifteen axes; in the others each row writes the same seven fields, which the loop is fastest at.
"""

import random
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import polars as pl
from expand import AXES

import llem
from llem.registry.facts import nest


ONE_BY_ONE = 20_000
ROWS = (1_000, 10_000, 100_000, 1_000_000)
SAME = ("precision", "decoder.top_k", "decoder.top_p", "pytorch.attn_implementation", "pytorch.num_beams")
"""Axes on which each row has a value, as it has a seed and the model's name."""


def table(rows: int, *, same: bool = False, continuous: bool = False) -> dict[str, list[Any]]:
    """Return a table of random rows; `continuous` draws some numbers anew for each row."""
    source = random.Random(0)
    axes = {path: AXES[path] for path in (*SAME, "random_seed")} if same else AXES
    found: dict[str, list[Any]] = {path: source.choices(values, k=rows) for path, values in axes.items()}
    if continuous:
        found["decoder.temperature"] = [source.uniform(0, 2.5) for _ in range(rows)]
        found["random_seed"] = [source.randrange(10**6) for _ in range(rows)]
    return {"model": ["embedded"] * rows, **found}


TABLES: dict[str, Callable[[int], dict[str, list[Any]]]] = {
    "many shapes": table,
    "many shapes, numbers of their own": lambda rows: table(rows, continuous=True),
    "one shape": lambda rows: table(rows, same=True),
}


def seconds(action: Callable[[], Any], repeats: int = 3) -> float:
    """Return the least time of an action."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return min(times)


def rates(columns: dict[str, list[Any]]) -> dict[str, float]:
    """Return the rows that are judged in a second: as a frame, as lists, and in a loop."""
    rows = len(columns["model"])
    frame = pl.DataFrame(columns)
    registry = llem.load_registry()
    singles = [
        nest(registry, {path: values[row] for path, values in columns.items() if values[row] is not None})
        for row in range(min(rows, ONE_BY_ONE))
    ]
    alone = [llem.validate(single).ok for single in singles]
    assert alone == llem.validate_many(frame).ok[: len(alone)].tolist()
    found = {
        "frame": rows / seconds(lambda: llem.validate_many(frame)),
        "lists": rows / seconds(lambda: llem.validate_many(columns)),
        "loop": len(singles) / seconds(lambda: [llem.validate(single) for single in singles]),
    }
    if find_spec("pyarrow"):
        arrow = frame.to_arrow()
        found["Arrow"] = rows / seconds(lambda: llem.validate_many(arrow))
    return found


def main() -> dict[str, list[tuple[int, float]]]:
    """Print the rates of tables that grow; return the curve of those with many shapes."""
    curve = []
    for name, make in TABLES.items():
        for rows in ROWS:
            found = rates(make(rows))
            loop = found.pop("loop")
            ways = "   ".join(f"{way} {rate:>10,.0f} ({rate / loop:.0f} times)" for way, rate in found.items())
            print(f"{name:<34} {rows:>9,} rows   loop {loop:>7,.0f} a second   {ways}")
            if make is table:
                curve.append((rows, 1e6 / found["frame"]))
    return {"rows of a table": curve}


if __name__ == "__main__":
    main()
