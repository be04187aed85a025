"""Studies as tables: a row for each experiment, a column for each parameter that varies."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llem.config.classes import Configuration
from llem.registry.facts import flatten
from llem.registry.model import Registry
from llem.registry.values import thaw
from llem.study.grid import Grid
from llem.study.results import MEASUREMENTS, measurements, varying_paths, written_values
from llem.study.store import Store


def csv_lines(grid: Grid, configs: Iterable[Configuration]) -> Iterator[str]:
    """Yield lines of CSV, the header first. What is not written is empty, lists and mappings are JSON."""
    paths = grid.paths
    yield _line(paths)
    for config in configs:
        written = flatten(grid.registry, config.to_dict())
        yield _line([cell(written.get(path)) for path in paths])


def trial_lines(store: Store, registry: Registry) -> Iterator[str]:
    """Yield lines of CSV, a row for each trial of a store in its order."""
    trials = list(store.trials())
    paths = varying_paths(trials, registry)
    fields = ("id", "repetition", "state", "seconds", "code", "reason")
    yield _line([*fields, *paths, *MEASUREMENTS])
    for trial in trials:
        values = written_values(trial, registry)
        figures = measurements(trial.result) if trial.result else {}
        row = [getattr(trial, field) for field in fields]
        row += [*(values.get(path) for path in paths), *(figures.get(name) for name in MEASUREMENTS)]
        yield _line(map(cell, row))


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
