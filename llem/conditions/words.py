"""Conditions in English, for `llem explain`, the documentation and generated reasons."""

import json
from typing import Any

from llem.conditions import syntax


_ORDERINGS = {
    "minimum": "at least",
    "exclusive_minimum": "above",
    "maximum": "at most",
    "exclusive_maximum": "below",
}
_ARTICLES = {"integer": "an integer"}


def words(condition: syntax.Condition) -> str:
    """Return a condition as an English clause."""
    match condition:
        case syntax.Test(path, matcher):
            return f"{path} {_predicate(matcher)}"
        case syntax.All(()):
            return "always"
        case syntax.All(parts):
            return " and ".join(_grouped(part, syntax.AnyOf) for part in parts)
        case syntax.AnyOf(parts):
            return " or ".join(_grouped(part, syntax.All) for part in parts)
        case syntax.Not(inner):
            return f"not ({words(inner)})"


def _grouped(condition: syntax.Condition, other: type) -> str:
    text = words(condition)
    return f"({text})" if isinstance(condition, other) else text


def _predicate(matcher: syntax.Matcher) -> str:
    match matcher:
        case syntax.IsSet(wanted):
            return "is written" if wanted else "is not written"
        case syntax.NotMatching(syntax.IsSet(wanted)):
            return _predicate(syntax.IsSet(not wanted))
        case syntax.NotMatching(inner):
            return _negated(inner)
        case syntax.Every(parts):
            return " and ".join(_predicate(part) for part in parts)
        case syntax.OneOf(parts) if not all(isinstance(part, syntax.Equals | syntax.Unset) for part in parts):
            return " or ".join(_predicate(part) for part in parts)
        case syntax.HasAnyKey(keys, source):
            return f"has a key that is {_keys(keys, source)}"
        case syntax.Contains(inner):
            return f"has an item that {_predicate(inner)}"
        case syntax.Pattern(expression):
            return f"matches /{expression}/"
    return f"is {_phrase(matcher)}"


def _negated(matcher: syntax.Matcher) -> str:
    match matcher:
        case syntax.Equals() | syntax.Unset() | syntax.HasType() | syntax.Ordering() | syntax.MultipleOf():
            return f"is not {_phrase(matcher)}"
        case syntax.OneOf(parts) if all(isinstance(part, syntax.Equals | syntax.Unset) for part in parts):
            return f"is not {_phrase(matcher)}"
    return f"does not satisfy ({_predicate(matcher)})"


def _phrase(matcher: syntax.Matcher) -> str:
    match matcher:
        case syntax.Unset():
            return "unset"
        case syntax.Equals(value):
            return value_words(value)
        case syntax.Ordering(operator, bound):
            return f"{_ORDERINGS[operator]} {value_words(bound)}"
        case syntax.MultipleOf(factor):
            return f"a multiple of {value_words(factor)}"
        case syntax.HasType(name):
            return _ARTICLES.get(name, f"a {name}")
        case syntax.OneOf(parts):
            phrases = [_phrase(part) for part in parts]
            return " or ".join(phrases) if len(phrases) < 3 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"
    raise TypeError(f"no phrase for {matcher!r}")


def _keys(keys: tuple[str | int, ...], source: syntax.KeySource | None) -> str:
    if source is None:
        return " or ".join(map(str, keys))
    if source.kind == "arguments_of":
        return f"an argument that llem itself passes to the call {source.name}"
    return f"a field of {source.name}" if source.name else "a field of the experiment"


def value_words(value: Any) -> str:
    """Return a value as it would be written in YAML."""
    if value is True or value is False:
        return "true" if value else "false"
    if value.__class__ is int or value.__class__ is float:
        return repr(value)  # as json has it, in a tenth of the time
    if isinstance(value, syntax.Reference):
        return value.path
    return value if isinstance(value, str) and value else json.dumps(value, default=str, ensure_ascii=False)
