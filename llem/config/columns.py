"""Many configurations at once, given as columns: a verdict, and the violated rules, for each row."""

import functools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import numpy as np

from llem.conditions import syntax
from llem.conditions.columns import Column, Numbers, Rows, compared, either, holds_in_rows, joined, together
from llem.conditions.evaluate import matches
from llem.conditions.values import is_number
from llem.config.classes import ValidationError
from llem.config.evaluation import machine_findings
from llem.config.tables import columns_of, read_column
from llem.diagnostics import Diagnostic, Report, Severity, did_you_mean
from llem.environment import Environment
from llem.registry.facts import ConfigurationFacts, overlap, overruled
from llem.registry.model import Registry
from llem.registry.records import Parameter
from llem.registry.values import normalise, problems


_NUMBERS = ("integer", "number")


@attrs.frozen(eq=False)
class Verdicts:
    """What is wrong with the rows of a table: the code of each error with the rows that have it."""

    size: int
    rows: Mapping[str, Rows]

    @property
    def ok(self) -> Rows:
        """Which rows are valid."""
        wrong = np.zeros(self.size, dtype=bool)
        for rows in self.rows.values():
            wrong |= rows
        return ~wrong

    def codes(self, row: int) -> tuple[str, ...]:
        """Return what is wrong with one row: ids of rules, and codes such as out-of-range."""
        return tuple(code for code, rows in self.rows.items() if rows[row])

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.size


def evaluate_columns(registry: Registry, table: Any, environment: Environment | None = None) -> Verdicts:
    """Return the errors of many configurations.

    Args:
        registry: What is valid.
        table: A mapping from paths to columns (arrays of numpy, series, anything of Arrow's, lists), or a frame of
            pandas, polars or Arrow. None in a column, or a column that is not there, is what is not written; pandas'
            own marks for what is missing count as None.
        environment: Gives the version of the backend's library; without one it is the newest.

    Raises:
        ValidationError: when a column is no parameter, or the columns differ in length.
    """
    columns = dict(columns_of(table))
    sizes = {len(column) for column in columns.values()}
    found = [*_unknown(registry, columns), *_unequal(sizes)]
    if found:
        raise ValidationError(Report(tuple(found)))
    with ThreadPoolExecutor() as pool:  # the libraries of frames let threads run side by side
        read = dict(zip(columns, pool.map(read_column, columns.values()), strict=True))
    return _Table(registry, read, sizes.pop() if sizes else 0, environment).verdicts()


def _unknown(registry: Registry, columns: Mapping[str, Any]) -> Iterator[Diagnostic]:
    for name in columns:
        if name not in registry.parameters:
            advice = did_you_mean(name, registry.parameters)
            message = f'there is no parameter "{name}"'
            yield Diagnostic(code="unknown-key", severity=Severity.ERROR, path=name, message=message, resolution=advice)


def _unequal(sizes: set[int]) -> Iterator[Diagnostic]:
    if len(sizes) > 1:
        message = f"the columns differ in length: {', '.join(map(str, sorted(sizes)))}"
        yield Diagnostic(code="out-of-range", severity=Severity.ERROR, message=message)


class _Table:
    """One pass over one table."""

    def __init__(
        self, registry: Registry, columns: Mapping[str, Column | Numbers], size: int, environment: Environment | None
    ) -> None:
        self._registry = registry
        self._size = size
        self._environment = environment
        self._found: dict[str, Rows] = {}
        self._invalid: dict[str, Rows] = {}
        self._columns = {path: self._valid(path, column) for path, column in columns.items()}
        self._known: dict[int, Rows] = {}
        self._known_effective: dict[str, Column | Numbers] = {}

    def verdicts(self) -> Verdicts:
        """Judge all rows."""
        registry = self._registry
        for path, parameter in registry.parameters.items():
            if parameter.required:
                missing = self._section_is_there(path.rpartition(".")[0]) & ~self._is_written(path)
                self._note("missing-key", missing & ~self._touched((path,)))
                self._mark(path, missing)
        for backend in registry.backends:
            rows = self._chosen(backend)
            if rows.any():
                self._judge(backend, rows)
        return Verdicts(self._size, {code: np.broadcast_to(rows, self._size) for code, rows in self._found.items()})

    def _chosen(self, backend: str) -> Rows:
        default = self._registry.parameters[self._registry.selector].default
        return self._column(self._registry.selector).coded.spread(lambda name: (name or default) == backend)

    def _judge(self, backend: str, rows: Rows) -> None:
        registry = self._registry
        library = registry.backends[backend].library
        version = self._environment.version_of(library) if self._environment is not None else None
        for check in registry.checks_for(backend, version):
            if check.severity == "error" and check.paths:
                broken = holds_in_rows(check.violation, self._truth)
                if broken.any():
                    self._note(check.id, broken & rows & ~self._touched(check.paths))
        for path, column in self._columns.items():
            for code, has in self._machine_codes(backend, path, column):
                self._note(code, has & rows)

    def _machine_codes(self, backend: str, path: str, column: Column | Numbers) -> Iterator[tuple[str, Rows]]:
        """Yield what the backend, or its version, has against a parameter or its choices, and in which rows."""
        choices = self._registry.parameters[path].choices or {}
        others = (
            column.coded.spread(lambda value: value is not None and value not in choices)
            if choices
            else column.is_there
        )
        for value in (None, *choices):  # of a value that is no choice only the path counts
            rows = others if value is None else column.coded.spread(functools.partial(operator.eq, value))
            if rows.any():
                written = {path: 0 if value is None else value}
                for found in machine_findings(self._registry, backend, written, self._environment):
                    yield found.code, rows

    def _note(self, code: str, rows: Rows) -> None:
        if rows.any():
            self._found[code] = self._found[code] | rows if code in self._found else rows

    def _mark(self, path: str, rows: Rows) -> None:
        """Keep in mind where a value is invalid."""
        if rows.any():
            self._invalid[path] = self._invalid[path] | rows if path in self._invalid else rows

    def _valid(self, path: str, column: Column | Numbers) -> Column | Numbers:
        """Return a column with its values as their type has them; those that are wrong are noted, and gone."""
        parameter = self._registry.parameters[path]
        if parameter.type in _NUMBERS and parameter.multiple_of is None and isinstance(column, Numbers):
            return self._valid_numbers(parameter, column)
        column = column.coded
        codes = [
            frozenset() if value is None else frozenset(found.code for found in problems(parameter, value))
            for value in column.values
        ]
        values = [
            None if wrong else normalise(parameter, value) for value, wrong in zip(column.values, codes, strict=True)
        ]
        valid = Column(column.codes, values)
        for code in sorted(frozenset().union(*codes)):
            has = [code in found for found in codes]
            rows = Column(column.codes, has).spread(bool)
            self._note(code, rows)
            self._mark(path, rows)
        return valid

    def _valid_numbers(self, parameter: Parameter, column: Numbers) -> Numbers:
        """Return numbers as their type has them. Those that are wrong in the same ways are noted by one of them."""
        numbers, low, high = column.numbers, column.low, column.high
        is_integer = parameter.type == "integer"
        bounds = [
            (parameter.minimum, np.greater_equal),
            (parameter.exclusive_minimum, np.greater),
            (parameter.maximum, np.less_equal),
            (parameter.exclusive_maximum, np.less),
        ]
        asked = [
            is_within(numbers, bound)
            for bound, is_within in bounds
            if bound is not None and not (is_within(low, bound) and is_within(high, bound))
        ]
        if is_integer and column.kind is float:
            asked.append(np.trunc(numbers) == numbers)
        wrong = column.is_there & ~joined(asked)
        if wrong.any():
            ways = sum((~test).astype(np.uint8) << place for place, test in enumerate(asked))
            for way in range(1, 2 ** len(asked)):
                rows = wrong & (ways == way)
                if rows.any():
                    example = column.kind(numbers[rows.argmax()].item())
                    for code in {found.code for found in problems(parameter, example)}:
                        self._note(code, rows)
            self._mark(parameter.path, wrong)
            numbers = np.where(wrong, np.nan, numbers)
        return Numbers(numbers, int if is_integer else float, low, high, has_gaps=column.has_gaps or bool(wrong.any()))

    def _column(self, path: str) -> Column | Numbers:
        found = self._columns.get(path)
        return found if found is not None else Column.constant(None)

    def _is_written(self, path: str) -> Rows:
        return self._column(path).is_there

    def _section_is_there(self, section: str) -> Rows:
        if not section:
            return np.array(True)
        inside = [path for path in self._columns if path.startswith(f"{section}.")]
        return either(
            [*map(self._is_written, inside), *(self._invalid[path] for path in inside if path in self._invalid)]
        )

    def _touched(self, paths: Sequence[str]) -> Rows:
        """Return the rows in which an invalid value stands at, above or below one of the paths."""
        return either(rows for invalid, rows in self._invalid.items() if any(overlap(path, invalid) for path in paths))

    def _truth(self, test: syntax.Test) -> Rows:
        """Return the rows in which a test holds."""
        if id(test) not in self._known:
            self._known[id(test)] = self._matching(test.path, test.matcher)
        return self._known[id(test)]

    def _matching(self, path: str, matcher: syntax.Matcher) -> Rows:
        """Return the rows in which what a path stands for matches."""
        match matcher:
            case syntax.NotMatching(inner):
                return ~self._matching(path, inner)
            case syntax.OneOf(parts):
                return either(self._matching(path, part) for part in parts)
            case syntax.Every(parts):
                return joined(self._matching(path, part) for part in parts)
            case syntax.IsSet(wanted):
                is_there = self._is_written(path)
                if path in self._registry.sections:
                    is_there = is_there | self._section_is_there(path)
                return is_there if wanted else ~is_there
            case syntax.Ordering() | syntax.Equals():
                found = self._compared(path, matcher)
                if found is not None:
                    return found
        deciding = self._deciding([path, *(other.path for other in syntax.references_of(matcher))])
        facts = self._facts_of(deciding)
        if not deciding:
            return np.array(matches(matcher, path, facts(())))
        column = together([self._columns[name].coded for name in deciding])
        return column.spread(lambda values: matches(matcher, path, facts(values)))

    def _compared(self, path: str, matcher: syntax.Ordering | syntax.Equals) -> Rows | None:
        """Return the rows in which a number compares as a matcher says, where arrays can tell."""
        operand = matcher.bound if isinstance(matcher, syntax.Ordering) else matcher.value
        limit: Column | Numbers | None = None
        if not isinstance(operand, syntax.Reference):
            limit = Column.constant(operand) if is_number(operand) else None
        elif self._registry.parameters[operand.path].type in _NUMBERS:
            limit = self._effective(operand.path)
        is_of_numbers = path in self._registry.parameters and self._registry.parameters[path].type in _NUMBERS
        return compared(matcher, self._effective(path), limit) if limit is not None and is_of_numbers else None

    def _effective(self, path: str) -> Column | Numbers:
        """Return the effective values of a parameter that is no section."""
        if path not in self._known_effective:
            self._known_effective[path] = self._find_effective(path)
        return self._known_effective[path]

    def _find_effective(self, path: str) -> Column | Numbers:
        others = [name for name in self._deciding([path]) if name != path]
        facts = self._facts_of(others)
        if others:
            column = together([self._columns[name].coded for name in others])
            otherwise = Column(column.codes, [facts(values).effective(path) for values in column.values])
        else:
            otherwise = Column.constant(facts(()).effective(path))
        return self._columns[path].or_else(otherwise) if path in self._columns else otherwise

    def _deciding(self, paths: Sequence[str]) -> list[str]:
        """Return the columns that decide some paths: theirs, what stands in them, and presets of their sections."""
        presets = self._registry.preset_parameters
        wanted = {presets.get(path.rpartition(".")[0]) for path in paths}
        return [name for name in self._columns if name in wanted or any(overlap(name, path) for path in paths)]

    def _facts_of(self, paths: Sequence[str]) -> Callable[[Sequence[Any]], ConfigurationFacts]:
        def facts(values: Sequence[Any]) -> ConfigurationFacts:
            written = {path: value for path, value in zip(paths, values, strict=True) if value is not None}
            if any("." in path for path in written):
                written = overruled(self._registry, {}, [written])
            return ConfigurationFacts(self._registry, written)

        return facts
