"""How many configurations does llem.validate_many judge in a second, as a ratio to llem.validate one by one?

python tests/benchmarks/columns.py
"""

import random
import time
from typing import Any

from expand import AXES

import llem
from llem.registry.facts import nest


ONE_BY_ONE = 2000


def table(rows: int, *, continuous: bool) -> dict[str, list[Any]]:
    """Return a table of random rows; `continuous` draws some numbers anew for each row."""
    source = random.Random(0)
    found: dict[str, list[Any]] = {path: source.choices(values, k=rows) for path, values in AXES.items()}
    if continuous:
        found["decoder.temperature"] = [source.uniform(0, 2.5) for _ in range(rows)]
        found["random_seed"] = [source.randrange(10**6) for _ in range(rows)]
    return {"model": ["embedded"] * rows, **found}


def compare(rows: int, *, continuous: bool) -> None:
    """Print the rates for one table."""
    columns = table(rows, continuous=continuous)
    begin = time.perf_counter()
    verdicts = llem.validate_many(columns)
    together = rows / (time.perf_counter() - begin)
    registry = llem.load_registry()
    singles = [
        nest(registry, {path: values[row] for path, values in columns.items() if values[row] is not None})
        for row in range(min(rows, ONE_BY_ONE))
    ]
    begin = time.perf_counter()
    alone = [llem.validate(single).ok for single in singles]
    apart = len(singles) / (time.perf_counter() - begin)
    assert alone == verdicts.ok[: len(alone)].tolist()
    kind = "numbers of their own" if continuous else "values in common"
    print(
        f"{rows:>9,} rows, {kind:<20} {together:>12,.0f} a second   one by one {apart:>6,.0f}   "
        f"{together / apart:>6.0f} times as many; {verdicts.ok.mean():.0%} valid"
    )


def main() -> None:
    """Compare tables that grow."""
    for rows in (1_000, 10_000, 100_000, 1_000_000):
        for continuous in (False, True):
            compare(rows, continuous=continuous)


if __name__ == "__main__":
    main()
