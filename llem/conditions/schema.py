"""Conditions as JSON Schema (draft-07), exact where JSON Schema can say them.

A schema sees only what is written, so what an unwritten path stands for is compiled in as alternatives. Two fields
compared with each other cannot be said: `InexpressibleError` is raised, and the evaluator alone decides.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

import attrs

from llem.conditions import syntax
from llem.conditions.evaluate import matches_value


Schema: TypeAlias = dict[str, Any]

_NOT_NULL: Schema = {"not": {"type": "null"}}
_JSON_TYPES = {"mapping": "object", "list": "array"}
_KEYWORDS = {
    "minimum": "minimum",
    "exclusive_minimum": "exclusiveMinimum",
    "maximum": "maximum",
    "exclusive_maximum": "exclusiveMaximum",
}


class InexpressibleError(Exception):
    """JSON Schema has no words for this condition."""


@attrs.frozen
class Alternative:
    """What a path stands for while it is unwritten, and while `guard` (None: always) holds."""

    guard: Schema | None
    given: Any
    effective: Any


class Unwritten(Protocol):
    """What the translation asks about paths that a document does not write."""

    def alternatives(self, path: str) -> Sequence[Alternative]:
        """Return what an unwritten path may stand for; the guards exclude one another and leave no gap."""

    def null_is_value(self, path: str) -> bool:
        """Return whether a written null is a value of its own rather than another way of leaving the path out."""


def condition_schema(condition: syntax.Condition, unwritten: Unwritten) -> Schema:
    """Return a schema of the whole document that accepts exactly the documents in which the condition holds.

    Raises:
        InexpressibleError: when the condition compares two fields.
    """
    match condition:
        case syntax.Test(path, matcher):
            return _test_schema(path, matcher, unwritten)
        case syntax.All(parts):
            return _join("allOf", [condition_schema(part, unwritten) for part in parts])
        case syntax.AnyOf(parts):
            return _join("anyOf", [condition_schema(part, unwritten) for part in parts])
        case syntax.Not(inner):
            return {"not": condition_schema(inner, unwritten)}


def always_written(condition: syntax.Condition, unwritten: Unwritten) -> set[str]:
    """Return paths that are certainly written in every document in which the condition holds."""
    match condition:
        case syntax.Test(path, matcher):
            free = any(_matches_unwritten(matcher, alternative) for alternative in unwritten.alternatives(path))
            return set() if free else {path}
        case syntax.All(parts):
            return set().union(*(always_written(part, unwritten) for part in parts))
        case syntax.AnyOf(parts):
            return set.intersection(*(always_written(part, unwritten) for part in parts))
    return set()


def at(path: str, schema: Schema | Literal[True]) -> Schema:
    """Return the schema of documents that write a path with a value that `schema` accepts."""
    for name in reversed(path.split(".")):
        schema = {"type": "object", "required": [name], "properties": {name: schema}}
    assert isinstance(schema, dict)
    return schema


def written(path: str, unwritten: Unwritten) -> Schema:
    """Return the schema of documents in which a path has a value of its own."""
    return at(path, True if unwritten.null_is_value(path) else _NOT_NULL)


def _test_schema(path: str, matcher: syntax.Matcher, unwritten: Unwritten) -> Schema:
    accepted = _matcher_schema(matcher)
    if not unwritten.null_is_value(path) and accepted is not False:
        accepted = _NOT_NULL if accepted is True else _join("allOf", [_NOT_NULL, accepted])
    cases: list[Schema] = [] if accepted is False else [at(path, accepted)]
    absent: Schema = {"not": written(path, unwritten)}
    matching = [found for found in unwritten.alternatives(path) if _matches_unwritten(matcher, found)]
    if len(matching) == len(unwritten.alternatives(path)):
        cases.append(absent)
    else:
        cases += [_join("allOf", [absent, found.guard or {}]) for found in matching]
    return _join("anyOf", cases) if cases else {"not": {}}


def _join(keyword: str, schemas: list[Schema]) -> Schema:
    """Return one schema out of several; `not null` is dropped beside a keyword that null fails anyway."""
    if keyword == "allOf":
        schemas = [schema for schema in schemas if schema] or [{}]
        if any(map(_fails_null, schemas)):
            schemas = [schema for schema in schemas if schema != _NOT_NULL]
    return schemas[0] if len(schemas) == 1 else {keyword: schemas}


def _fails_null(schema: Schema) -> bool:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return bool(values and None not in values) or schema.get("type", "null") != "null"


def _matcher_schema(matcher: syntax.Matcher) -> Any:  # noqa: C901, PLR0912  # one line for each kind
    """Return the schema (or true, or false) of the written values that a matcher accepts."""
    match matcher:
        case syntax.Unset():
            return {"type": "null"}
        case syntax.IsSet(wanted):
            return _NOT_NULL if wanted else {"type": "null"}
        case syntax.NotMatching(inner):
            return {"not": _matcher_schema(inner)}
        case syntax.OneOf(parts):
            values = [part.value for part in parts if isinstance(part, syntax.Equals)]
            if len(values) == len(parts) and not any(isinstance(value, syntax.Reference) for value in values):
                return {"enum": values}
            return {"anyOf": [_matcher_schema(part) for part in parts]}
        case syntax.Every(parts):
            return {"allOf": [_matcher_schema(part) for part in parts]}
        case syntax.Equals(value):
            return {"const": _constant(value)}
        case syntax.Ordering(operator, bound):
            return {"type": "number", _KEYWORDS[operator]: _constant(bound)}
        case syntax.MultipleOf(factor):
            return {"type": "number", "multipleOf": _constant(factor)}
        case syntax.Pattern(expression):
            return {"type": "string", "pattern": expression}
        case syntax.HasType(name):
            return {"type": _JSON_TYPES.get(name, name)}
        case syntax.Contains(inner):
            return {"type": "array", "contains": _matcher_schema(inner)}
        case syntax.HasAnyKey(keys):
            required = [{"required": [str(key)], "properties": {str(key): True}} for key in keys]
            return {"type": "object", "anyOf": required} if required else False


def _constant(operand: Any) -> Any:
    if isinstance(operand, syntax.Reference):
        raise InexpressibleError(operand.path)
    return operand


def _matches_unwritten(matcher: syntax.Matcher, found: Alternative) -> bool:
    match matcher:
        case syntax.Unset():
            return found.given is None
        case syntax.IsSet(wanted):
            return not wanted
        case syntax.NotMatching(inner):
            return not _matches_unwritten(inner, found)
        case syntax.OneOf(parts):
            return any(_matches_unwritten(part, found) for part in parts)
        case syntax.Every(parts):
            return all(_matches_unwritten(part, found) for part in parts)
    _refuse_references(matcher)
    return matches_value(matcher, found.effective, lambda _: None)


def _refuse_references(matcher: syntax.Matcher) -> None:
    for reference in syntax.references_of(matcher):
        raise InexpressibleError(reference.path)


def expressible(condition: syntax.Condition) -> bool:
    """Return whether JSON Schema can say the condition: it compares no two fields."""
    return not any(True for test in syntax.tests_of(condition) for _ in syntax.references_of(test.matcher))


def properties_at(path: str, schema: Mapping[str, Any] | Literal[False], **beside: Any) -> Schema:
    """Return a schema that applies `schema` to a written path; `beside` stands next to the last key."""
    *parents, name = path.split(".")
    found: Schema = {"type": "object", "properties": {name: schema}, **beside}
    for parent in reversed(parents):
        found = {"type": "object", "properties": {parent: found}}
    return found
