"""Many configurations at once, given as columns: a verdict, and the violated rules, for each row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from llem.conditions import syntax
from llem.conditions.columns import Column, Rows, compared, holds_in_rows, together
from llem.conditions.evaluate import matches
from llem.conditions.values import is_number
from llem.config.classes import ValidationError
from llem.config.evaluation import machine_findings
from llem.diagnostics import Diagnostic, Report, Severity, did_you_mean
from llem.environment import Environment
from llem.registry.facts import ConfigurationFacts, overlap, overruled
from llem.registry.model import Registry
from llem.registry.records import Parameter
from llem.registry.values import key_of, normalise, problems


_NUMBERS = ("integer", "number")
_EXACT = 2**53
"""Integers below this are exact as floats."""


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
        table: A mapping from paths to columns (sequences or arrays of one length), or a frame of pandas, polars or
            Arrow. None in a column, or a column that is not there, is what is not written; pandas' own marks for
            what is missing count as None.
        environment: Gives the version of the backend's library; without one it is the newest.

    Raises:
        ValidationError: when a column is no parameter, or the columns differ in length.
    """
    columns = dict(_columns(table))
    sizes = {len(column) for column in columns.values()}
    found = [*_unknown(registry, columns), *_unequal(sizes)]
    if found:
        raise ValidationError(Report(tuple(found)))
    return _Table(registry, columns, sizes.pop() if sizes else 0, environment).verdicts()


def _columns(table: Any) -> Iterator[tuple[str, Sequence[Any]]]:
    if isinstance(table, Mapping):
        names = list(table)
    else:
        names = list(table.column_names if hasattr(table, "column_names") else table.columns)
    for name in names:
        column = table[name]
        if hasattr(column, "isna"):  # pandas
            column = column.astype(object).where(column.notna(), None)
        for method in ("to_pylist", "to_list", "tolist"):
            if hasattr(column, method):
                column = getattr(column, method)()
                break
        yield str(name), column


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
        self, registry: Registry, columns: Mapping[str, Sequence[Any]], size: int, environment: Environment | None
    ) -> None:
        self._registry = registry
        self._size = size
        self._environment = environment
        self._found: dict[str, Rows] = {}
        self._invalid: dict[str, Rows] = {}
        self._columns = {path: self._valid(path, Column.of(values, key_of)) for path, values in columns.items()}
        self._known: dict[int, Rows] = {}
        self._known_effective: dict[str, Column] = {}

    def verdicts(self) -> Verdicts:
        """Judge all rows."""
        registry = self._registry
        for path, parameter in registry.parameters.items():
            if parameter.required:
                missing = self._section_is_there(path.rpartition(".")[0]) & ~self._is_written(path)
                self._note("missing-key", missing & ~self._touched((path,)))
                self._invalid[path] = self._invalid.get(path, np.zeros(self._size, dtype=bool)) | missing
        chosen = self._column(registry.selector)
        default = registry.parameters[registry.selector].default
        for backend in registry.backends:
            names = np.array([(value or default) == backend for value in chosen.values], dtype=bool)
            if names[chosen.codes].any():
                self._judge(backend, names[chosen.codes])
        return Verdicts(self._size, self._found)

    def _judge(self, backend: str, rows: Rows) -> None:
        registry = self._registry
        library = registry.backends[backend].library
        version = self._environment.version_of(library) if self._environment is not None else None
        for check in registry.checks_for(backend, version):
            if check.severity == "error" and check.paths:
                broken = holds_in_rows(check.violation, self._truth, self._size)
                self._note(check.id, broken & rows & ~self._touched(check.paths))
        for path, column in self._columns.items():
            self._note_codes(column, self._machine_codes(backend, path, column.values), rows)

    def _machine_codes(self, backend: str, path: str, values: Sequence[Any]) -> list[frozenset[str]]:
        """Return for each value of a parameter what the backend, or its version, has against it."""
        choices = self._registry.parameters[path].choices or {}
        known: dict[Any, frozenset[str]] = {None: frozenset()}
        for kind in (False, *choices):  # of a value that is no choice only the path counts
            if kind is False or kind in values:
                value = next((each for each in values if each is not None), None) if kind is False else kind
                found = machine_findings(self._registry, backend, {path: value}, self._environment)
                known[kind] = frozenset(each.code for each in found) if value is not None else frozenset()
        return [known[value if value is None or (choices and value in choices) else False] for value in values]

    def _note_codes(self, column: Column, codes: Sequence[frozenset[str]], rows: Rows | None = None) -> None:
        """Note the codes that the values of a column have."""
        for code in sorted(frozenset().union(*codes)):
            has = np.array([code in found for found in codes], dtype=bool)[column.codes]
            self._note(code, has if rows is None else has & rows)

    def _note(self, code: str, rows: Rows) -> None:
        if rows.any():
            self._found[code] = self._found[code] | rows if code in self._found else rows

    def _valid(self, path: str, column: Column) -> Column:
        """Return a column with its values as their type has them; those that are wrong are noted, and gone."""
        parameter = self._registry.parameters[path]
        fine = _within_bounds(parameter, column.values)
        codes = [
            frozenset() if is_fine or value is None else frozenset(found.code for found in problems(parameter, value))
            for value, is_fine in zip(column.values, fine, strict=True)
        ]
        values = [
            value if is_fine else None if wrong else normalise(parameter, value)
            for value, is_fine, wrong in zip(column.values, fine, codes, strict=True)
        ]
        wrong = np.array([bool(found) for found in codes], dtype=bool)
        if wrong.any():
            self._invalid[path] = wrong[column.codes]
            self._note_codes(column, codes)
        return Column(column.codes, values)

    def _column(self, path: str) -> Column:
        found = self._columns.get(path)
        return found if found is not None else Column.constant(None, self._size)

    def _is_written(self, path: str) -> Rows:
        return self._column(path).spread(lambda value: value is not None)

    def _section_is_there(self, section: str) -> Rows:
        if not section:
            return np.ones(self._size, dtype=bool)
        found = np.zeros(self._size, dtype=bool)
        for path in self._columns:
            if path.startswith(f"{section}."):
                found |= self._is_written(path) | self._invalid.get(path, found & False)
        return found

    def _touched(self, paths: Sequence[str]) -> Rows:
        """Return the rows in which an invalid value stands at, above or below one of the paths."""
        found = np.zeros(self._size, dtype=bool)
        for invalid, rows in self._invalid.items():
            if any(overlap(path, invalid) for path in paths):
                found |= rows
        return found

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
                return np.any([self._matching(path, part) for part in parts], axis=0)  # type: ignore[no-any-return]
            case syntax.Every(parts):
                return np.all([self._matching(path, part) for part in parts], axis=0)  # type: ignore[no-any-return]
            case syntax.IsSet(wanted):
                is_there = self._is_written(path)
                if path in self._registry.sections:
                    is_there |= self._section_is_there(path)
                return is_there if wanted else ~is_there
            case syntax.Ordering() | syntax.Equals():
                found = self._compared(path, matcher)
                if found is not None:
                    return found
        deciding = self._deciding([path, *(other.path for other in syntax.references_of(matcher))])
        facts = self._facts_of(deciding)
        if not deciding:
            return np.full(self._size, matches(matcher, path, facts(())))
        column = together([self._columns[name] for name in deciding])
        return column.spread(lambda values: matches(matcher, path, facts(values)))

    def _compared(self, path: str, matcher: syntax.Ordering | syntax.Equals) -> Rows | None:
        """Return the rows in which a number compares as a matcher says, where arrays can tell."""
        operand = matcher.bound if isinstance(matcher, syntax.Ordering) else matcher.value
        if isinstance(operand, syntax.Reference):
            is_number_too = self._registry.parameters[operand.path].type in _NUMBERS
            limit = self._effective(operand.path) if is_number_too else None
        else:
            limit = Column.constant(operand, self._size) if is_number(operand) else None
        is_of_numbers = path in self._registry.parameters and self._registry.parameters[path].type in _NUMBERS
        return compared(matcher, self._effective(path), limit) if limit is not None and is_of_numbers else None

    def _effective(self, path: str) -> Column:
        """Return the effective values of a parameter that is no section."""
        if path not in self._known_effective:
            self._known_effective[path] = self._find_effective(path)
        return self._known_effective[path]

    def _find_effective(self, path: str) -> Column:
        others = [name for name in self._deciding([path]) if name != path]
        facts = self._facts_of(others)
        if others:
            column = together([self._columns[name] for name in others])
            otherwise = Column(column.codes, [facts(values).effective(path) for values in column.values])
        else:
            otherwise = Column.constant(facts(()).effective(path), self._size)
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


def _within_bounds(parameter: Parameter, values: Sequence[Any]) -> list[bool]:
    """Return which values are certainly valid and normal: numbers of the very type, within the bounds."""
    plain = int if parameter.type == "integer" else float
    if parameter.type not in _NUMBERS or parameter.multiple_of is not None:
        return [False] * len(values)
    numbers = np.array([float(value) if type(value) is plain else np.nan for value in values])
    fine = np.isfinite(numbers) & (np.abs(numbers) < _EXACT)
    for bound, is_within in (
        (parameter.minimum, np.greater_equal),
        (parameter.exclusive_minimum, np.greater),
        (parameter.maximum, np.less_equal),
        (parameter.exclusive_maximum, np.less),
    ):
        if bound is not None:
            fine &= is_within(numbers, bound)
    return fine.tolist()  # type: ignore[no-any-return]
