"""Conditions over many configurations at once: a boolean for each row of a table.

A test is decided once for each combination of values that occurs, by the evaluator itself, and spread over the rows;
numbers are compared as arrays.
"""

import functools
import operator
from collections.abc import Callable, Sequence
from types import NoneType
from typing import Any, TypeAlias

import attrs
import numpy as np

from llem.conditions import syntax
from llem.conditions.values import is_number


Rows: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
Codes: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

_FEW = 4096
"""So many combinations are decided without asking whether they occur."""
_EXACT = 2**53
"""Integers up to here are told apart as floats."""
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "minimum": operator.ge,
    "exclusive_minimum": operator.gt,
    "maximum": operator.le,
    "exclusive_maximum": operator.lt,
}


@attrs.frozen(eq=False, slots=False)
class Column:
    """A value for each row: `values[codes[row]]`."""

    codes: Codes
    values: Sequence[Any]

    @classmethod
    def of(cls, values: Sequence[Any], key: Callable[[Any], Any]) -> "Column":
        """Return a column of values, equal ones once; `key` makes them hashable, equal where they are equal."""
        types = set(map(type, values))
        is_plain = types <= {str, int, float, NoneType} or types <= {str, bool, NoneType}
        keys = values if is_plain else list(map(key, values))
        places = {found: place for place, found in enumerate(dict.fromkeys(keys))}
        codes = np.fromiter(map(places.__getitem__, keys), dtype=np.int64, count=len(keys))
        firsts = dict(zip(reversed(keys), reversed(values), strict=True))
        return cls(codes, list(places) if is_plain else [firsts[found] for found in places])

    @classmethod
    def constant(cls, value: Any, size: int) -> "Column":
        """Return the same value for each of `size` rows."""
        return cls(np.zeros(size, dtype=np.int64), [value])

    def or_else(self, other: "Column") -> "Column":
        """Return the values of this column, and of another one where they are None."""
        missing = np.array([value is None for value in self.values], dtype=bool)
        if not missing.any():
            return self
        codes = np.where(missing[self.codes], other.codes + len(self.values), self.codes)
        return Column(codes, [*self.values, *other.values])

    def spread(self, decide: Callable[[Any], bool]) -> Rows:
        """Return for each row what is decided of its value."""
        return np.array([decide(value) for value in self.values], dtype=bool)[self.codes]

    @functools.cached_property
    def numbers(self) -> np.ndarray[Any, np.dtype[np.float64]] | None:
        """Return the values as floats, not-a-number where they are no numbers; None where that would lose digits."""
        if any(is_number(value) and abs(value) > _EXACT for value in self.values):
            return None
        return np.array([float(value) if is_number(value) else np.nan for value in self.values])[self.codes]


def together(columns: Sequence[Column]) -> Column:
    """Return the column of the tuples of several columns' values."""
    codes = columns[0].codes
    tuples: list[tuple[Any, ...]] = [(value,) for value in columns[0].values]
    for column in columns[1:]:
        size = len(column.values)
        codes = codes * size + column.codes
        if size * len(tuples) <= _FEW:
            tuples = [(*left, right) for left in tuples for right in column.values]
            continue
        joined, codes = np.unique(codes, return_inverse=True)  # those that occur
        tuples = [(*tuples[code // size], column.values[code % size]) for code in joined.tolist()]
    return Column(codes, tuples)


def holds_in_rows(condition: syntax.Condition, truth: Callable[[syntax.Test], Rows], size: int) -> Rows:
    """Return in which of `size` rows a condition holds, given in which each of its tests does."""
    match condition:
        case syntax.Test():
            return truth(condition)
        case syntax.Not(inner):
            return ~holds_in_rows(inner, truth, size)
        case syntax.All(parts):
            found = np.ones(size, dtype=bool)
            for part in parts:
                if not found.any():
                    break
                found &= holds_in_rows(part, truth, size)
            return found
        case syntax.AnyOf(parts):
            found = np.zeros(size, dtype=bool)
            for part in parts:
                found |= holds_in_rows(part, truth, size)
            return found


def compared(matcher: syntax.Ordering | syntax.Equals, column: Column, operand: Column) -> Rows | None:
    """Return in which rows two numbers compare as a matcher says; None where floats cannot tell."""
    left, right = column.numbers, operand.numbers
    if left is None or right is None:
        return None
    compare = _COMPARE[matcher.operator] if isinstance(matcher, syntax.Ordering) else operator.eq
    return compare(left, right)  # type: ignore[no-any-return]
