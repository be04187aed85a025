"""The meaning of conditions: whether one holds for given facts. The other interpreters are tested against this one."""

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from llem.conditions import syntax


class Facts(Protocol):
    """What a condition can ask of a configuration."""

    def given(self, path: str) -> Any:
        """Return what is written, else what the preset or the default gives, else None."""

    def effective(self, path: str) -> Any:
        """Return the given value, else the library's default, else None."""

    def is_set(self, path: str) -> bool:
        """Return whether a value other than null was written."""


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "exclusive_minimum": operator.gt,
    "maximum": operator.le,
    "exclusive_maximum": operator.lt,
}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "mapping": (Mapping,),
    "list": (list, tuple),
}


def holds(condition: syntax.Condition, facts: Facts) -> bool:
    """Return whether a condition holds. Comparisons with a value that nothing gives are false."""
    return decided(condition, lambda test: matches(test.matcher, test.path, facts))


def decided(condition: syntax.Condition, truth: Callable[[syntax.Test], bool]) -> bool:
    """Return whether a condition holds, given which of its tests do."""
    match condition:
        case syntax.Test():
            return truth(condition)
        case syntax.All(parts):
            return all(decided(part, truth) for part in parts)
        case syntax.AnyOf(parts):
            return any(decided(part, truth) for part in parts)
        case syntax.Not(inner):
            return not decided(inner, truth)


def matches(matcher: syntax.Matcher, path: str, facts: Facts) -> bool:
    """Return whether the value at a path matches."""
    match matcher:
        case syntax.Unset():
            return facts.given(path) is None
        case syntax.IsSet(wanted):
            return facts.is_set(path) == wanted
        case syntax.OneOf(parts):
            return any(matches(part, path, facts) for part in parts)
        case syntax.Every(parts):
            return all(matches(part, path, facts) for part in parts)
        case syntax.NotMatching(inner):
            return not matches(inner, path, facts)
    return matches_value(matcher, facts.effective(path), facts.effective)


def matches_value(matcher: syntax.Matcher, value: Any, lookup: Callable[[str], Any]) -> bool:  # noqa: C901  # one line for each kind
    """Return whether one value satisfies a matcher that looks at nothing but values."""

    def resolve(operand: Any) -> Any:
        return lookup(operand.path) if isinstance(operand, syntax.Reference) else operand

    match matcher:
        case syntax.Equals(expected):
            return same(value, resolve(expected))
        case syntax.Ordering(name, bound):
            other = resolve(bound)
            return is_number(value) and is_number(other) and _COMPARE[name](value, other)
        case syntax.MultipleOf(factor):
            other = resolve(factor)
            return is_number(value) and is_number(other) and other > 0 and is_multiple(value, other)
        case syntax.Pattern(expression):
            return isinstance(value, str) and re.search(expression, value) is not None
        case syntax.HasType(name):
            return has_type(value, name)
        case syntax.HasAnyKey(keys):
            return isinstance(value, Mapping) and any(key in value for key in keys)
        case syntax.Contains(inner):
            return isinstance(value, list | tuple) and any(matches_value(inner, item, lookup) for item in value)
        case syntax.OneOf(parts):
            return any(matches_value(part, value, lookup) for part in parts)
        case syntax.Every(parts):
            return all(matches_value(part, value, lookup) for part in parts)
        case syntax.NotMatching(inner):
            return not matches_value(inner, value, lookup)
        case _:
            raise TypeError(f"not a matcher of values: {matcher!r}")


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal as YAML data: true is not 1, 1 is 1.0, null equals nothing."""
    if left is None or right is None:
        return False
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def is_number(value: Any) -> bool:
    """Return whether a value is an integer or a float, and not a boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_multiple(value: float, factor: float) -> bool:
    """Return whether a number is a multiple of another, as JSON Schema's multipleOf has it in Python."""
    if isinstance(value, int) and isinstance(factor, int):
        return value % factor == 0
    quotient = value / factor
    return math.isfinite(quotient) and quotient.is_integer()


def has_type(value: Any, name: str) -> bool:
    """Return whether a value has one of the language's types; 2.0 is an integer, as in JSON Schema."""
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _PYTHON_TYPES[name])
