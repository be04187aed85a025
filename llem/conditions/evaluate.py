"""The meaning of conditions: whether one holds for given facts. The other interpreters are tested against this one."""

import operator
from collections.abc import Callable
from typing import Any, Protocol

from llem.conditions import syntax
from llem.conditions.values import has_any_key, has_pattern, has_type, is_list, is_multiple, is_number, same


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
            return has_pattern(value, expression)
        case syntax.HasType(name):
            return has_type(value, name)
        case syntax.HasAnyKey(keys):
            return has_any_key(value, keys)
        case syntax.Contains(inner):
            return is_list(value) and any(matches_value(inner, item, lookup) for item in value)
        case syntax.OneOf(parts):
            return any(matches_value(part, value, lookup) for part in parts)
        case syntax.Every(parts):
            return all(matches_value(part, value, lookup) for part in parts)
        case syntax.NotMatching(inner):
            return not matches_value(inner, value, lookup)
        case _:
            raise TypeError(f"not a matcher of values: {matcher!r}")
