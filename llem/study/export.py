"""Studies as tables: a row for each experiment, a column for each parameter that varies."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llem.config.classes import Configuration
from llem.registry.facts import flatten
from llem.registry.values import thaw
from llem.study.grid import Grid


def csv_lines(grid: Grid, configs: Iterable[Configuration]) -> Iterator[str]:
    """Yield lines of CSV, the header first. What is not written is empty, lists and mappings are JSON."""
    paths = grid.paths
    yield _line(paths)
    for config in configs:
        written = flatten(grid.registry, config.to_dict())
        yield _line([cell(written.get(path)) for path in paths])


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
