"""Conditions over many configurations at once: a boolean for each row of a table.

A test is decided once for each combination of values that occurs, by the evaluator itself, and spread over the rows;
numbers are compared as arrays. What is the same in all rows is an array without dimensions.
"""

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from types import NoneType
from typing import Any, TypeAlias

import attrs
import numpy as np

from llem.conditions import syntax
from llem.conditions.values import is_number


Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Rows: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

EXACT = 2**53
"""Integers up to here are told apart as floats."""
_FEW = 4096
"""So many combinations are decided without asking whether they occur."""
_COMPARED = 4
"""So many codes are compared one by one; that is faster than looking each row up."""
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "minimum": operator.ge,
    "exclusive_minimum": operator.gt,
    "maximum": operator.le,
    "exclusive_maximum": operator.lt,
}


@attrs.frozen(eq=False, slots=False)
class Column:
    """A value for each row, of a few: `values[codes[row]]`, None where there is none."""

    codes: Array
    values: Sequence[Any]

    @classmethod
    def of(cls, values: Sequence[Any], key: Callable[[Any], Any]) -> "Column":
        """Return a column of values, equal ones once; `key` makes them hashable, equal where they are equal."""
        types = set(map(type, values))
        is_plain = types <= {str, int, float, NoneType} or types <= {str, bool, NoneType}
        keys = values if is_plain else list(map(key, values))
        places = {found: place for place, found in enumerate(dict.fromkeys(keys))}
        codes = np.fromiter(map(places.__getitem__, keys), dtype=_code_type(len(places)), count=len(keys))
        firsts = dict(zip(reversed(keys), reversed(values), strict=True))
        return cls(codes, list(places) if is_plain else [firsts[found] for found in places])

    @classmethod
    def constant(cls, value: Any) -> "Column":
        """Return the same value for all rows."""
        return cls(np.zeros((), dtype=np.uint8), [value])

    def or_else(self, other: "Column") -> "Column":
        """Return the values of this column, and of another one where they are None."""
        missing = self.spread(lambda value: value is None)
        if not missing.any():
            return self
        kind = _code_type(len(self.values) + len(other.values))
        codes = np.where(missing, other.codes.astype(kind) + kind(len(self.values)), self.codes)
        return Column(codes.astype(kind), [*self.values, *other.values])

    def spread(self, decide: Callable[[Any], bool]) -> Rows:
        """Return for each row what is decided of its value."""
        found = [bool(decide(value)) for value in self.values]
        if len(set(found)) < 2:
            return np.array(any(found))
        rarer = sum(found) * 2 < len(found)
        chosen = [code for code, truth in enumerate(found) if truth is rarer]
        if len(chosen) > _COMPARED:
            return np.array(found, dtype=bool)[self.codes]
        rows: Rows = functools.reduce(operator.or_, [np.asarray(self.codes == code) for code in chosen])
        return rows if rarer else ~rows

    @property
    def coded(self) -> "Column":
        """The column itself."""
        return self

    @functools.cached_property
    def is_there(self) -> Rows:
        """In which rows there is a value."""
        return self.spread(lambda value: value is not None)

    @functools.cached_property
    def numbers(self) -> Array | None:
        """The values as floats, not-a-number where they are no numbers; None where that would lose digits."""
        if any(is_number(value) and abs(value) > EXACT for value in self.values):
            return None
        return np.array([float(value) if is_number(value) else np.nan for value in self.values])[self.codes]


@attrs.frozen(eq=False, slots=False)
class Numbers:
    """A number for each row that is exact as a float, not-a-number in the gaps; `kind` makes it what it is.

    All lie between `low` and `high`.
    """

    numbers: Array
    kind: Callable[[Any], Any]
    low: float
    high: float
    has_gaps: bool = attrs.field(kw_only=True)

    @functools.cached_property
    def is_there(self) -> Rows:
        """In which rows there is a value."""
        return ~np.isnan(self.numbers) if self.has_gaps else np.array(True)

    @functools.cached_property
    def coded(self) -> Column:
        """The numbers as a column of their values."""
        found, codes = np.unique(self.numbers, return_inverse=True)
        values = [None if value != value else self.kind(value) for value in found.tolist()]  # noqa: PLR0124  # NaN
        return Column(codes.astype(_code_type(len(values))), values)

    def or_else(self, other: Column) -> "Numbers | Column":
        """Return the numbers, and those of a column where there are none."""
        if not self.has_gaps:
            return self
        if other.numbers is None:
            return self.coded.or_else(other)
        numbers = np.where(self.is_there, self.numbers, other.numbers)
        return Numbers(numbers, self.kind, -EXACT, EXACT, has_gaps=True)


def _code_type(count: int) -> type[np.unsignedinteger[Any]]:
    return np.uint8 if count <= 2**8 else np.uint16 if count <= 2**16 else np.uint64


def together(columns: Sequence[Column]) -> Column:
    """Return the column of the tuples of several columns' values."""
    codes = columns[0].codes
    tuples: list[tuple[Any, ...]] = [(value,) for value in columns[0].values]
    for column in columns[1:]:
        size = len(column.values)
        kind = _code_type(size * len(tuples))
        codes = codes.astype(kind) * kind(size) + column.codes.astype(kind)
        if size * len(tuples) <= _FEW:
            tuples = [(*left, right) for left in tuples for right in column.values]
            continue
        joined, codes = np.unique(codes, return_inverse=True)  # those that occur
        tuples = [(*tuples[code // size], column.values[code % size]) for code in joined.tolist()]
    return Column(codes, tuples)


def holds_in_rows(condition: syntax.Condition, truth: Callable[[syntax.Test], Rows]) -> Rows:
    """Return in which rows a condition holds, given in which each of its tests does."""
    match condition:
        case syntax.Test():
            return truth(condition)
        case syntax.Not(inner):
            return ~holds_in_rows(inner, truth)
        case syntax.All(parts):
            return joined(holds_in_rows(part, truth) for part in parts)
        case syntax.AnyOf(parts):
            return either(holds_in_rows(part, truth) for part in parts)


def joined(parts: Iterable[Rows]) -> Rows:
    """Return in which rows all parts hold; once there are none, further parts are not asked for."""
    found = np.array(True)
    for part in parts:
        found = part if found.ndim == 0 else found & part
        if not found.any():
            return np.array(False)
    return found


def either(parts: Iterable[Rows]) -> Rows:
    """Return in which rows one of the parts holds; once these are all, further parts are not asked for."""
    found = np.array(False)
    for part in parts:
        found = part if found.ndim == 0 else found | part
        if found.all():
            return np.array(True)
    return found


def compared(
    matcher: syntax.Ordering | syntax.Equals, column: Column | Numbers, operand: Column | Numbers
) -> Rows | None:
    """Return in which rows two numbers compare as a matcher says; None where floats cannot tell."""
    left, right = column.numbers, operand.numbers
    if left is None or right is None:
        return None
    compare = _COMPARE[matcher.operator] if isinstance(matcher, syntax.Ordering) else operator.eq
    return np.asarray(compare(left, right))
