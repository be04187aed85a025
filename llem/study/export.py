"""Studies as tables: a row for each experiment or trial, a column for each parameter that varies."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from llem.backends.errors import InputError
from llem.backends.result import redact
from llem.config.classes import Configuration
from llem.registry.facts import flatten
from llem.registry.model import Registry
from llem.registry.values import thaw
from llem.study.grid import Grid
from llem.study.results import MEASUREMENTS, measurements, varying_paths, written_values
from llem.study.store import Store


def grid_lines(grid: Grid, configs: Iterable[Configuration]) -> Iterator[str]:
    """Yield lines of CSV, the header first. What is not written is empty, lists and mappings are JSON."""
    paths = grid.paths
    yield _line(paths)
    for config in configs:
        written = flatten(grid.registry, config.to_dict())
        yield _line(cell(written.get(path)) for path in paths)


def trial_table(store: Store, registry: Registry) -> dict[str, list[Any]]:
    """Return the trials of a store in their order, by column; pandas and polars make a frame of it.

    Columns are id, repetition, state, seconds, code, reason, then each parameter that varies by its path, then each
    name in MEASUREMENTS.
    """
    trials = list(store.trials())
    table: dict[str, list[Any]] = {
        name: [getattr(trial, name) for trial in trials]
        for name in ("id", "repetition", "state", "seconds", "code", "reason")
    }
    written = [redact(written_values(trial, registry)) for trial in trials]
    table |= {path: [values.get(path) for values in written] for path in varying_paths(trials, registry)}
    figures = [measurements(trial.result) if trial.result else {} for trial in trials]
    return table | {name: [found.get(name) for found in figures] for name in MEASUREMENTS}


def csv_lines(table: Mapping[str, list[Any]]) -> Iterator[str]:
    """Yield a table as lines of CSV, the header first."""
    yield _line(table)
    for row in zip(*table.values(), strict=True):
        yield _line(map(cell, row))


def write_parquet(table: Mapping[str, list[Any]], path: Path) -> None:
    """Write a table as Parquet. A column of values of several types, or of lists and mappings, is written as text.

    Raises:
        InputError: when polars is not installed.
        OSError: when the file cannot be written.
    """
    try:
        import polars as pl
    except ModuleNotFoundError:
        raise InputError("missing-package", "Parquet needs polars", "", "Run: pip install 'llem[study]'.") from None
    pl.DataFrame({name: _of_one_type(values) for name, values in table.items()}).write_parquet(path)


def _of_one_type(values: list[Any]) -> list[Any]:
    types = {type(value) for value in values if value is not None}
    if types == {int, float}:
        return [None if value is None else float(value) for value in values]
    if len(types) <= 1 and not types & {dict, list}:
        return values
    return [None if value is None else str(cell(value)) for value in values]


def cell(value: Any) -> Any:
    """Return a value as one cell of a table."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(thaw(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _line(cells: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
