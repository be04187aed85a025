"""The syntax tree of conditions and the parser that reads it from plain YAML data.

A condition maps paths to matchers, all of which must hold; `all`, `any` and `not` combine conditions. A matcher is a
scalar (equals), null (unset), a list (one of) or a mapping of operators under JSON Schema's names in snake case.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs


Scalar: TypeAlias = bool | int | float | str
Pointer: TypeAlias = tuple[str | int, ...]

ORDERINGS = ("minimum", "exclusive_minimum", "maximum", "exclusive_maximum")
TYPE_NAMES = ("boolean", "integer", "number", "string", "mapping", "list")


class ConditionError(Exception):
    """A mapping that is no condition. `pointer` leads from the condition's root to the fault."""

    def __init__(self, message: str, pointer: Pointer) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer


@attrs.frozen(slots=False)
class Reference:
    """The effective value of another parameter, standing where a value may stand."""

    path: str


Operand: TypeAlias = Scalar | Reference


@attrs.frozen(slots=False)
class Unset:
    """Nothing gives a value: it is left to the library."""


@attrs.frozen(slots=False)
class IsSet:
    """The value was written (true) or was not (false), whatever it is otherwise."""

    wanted: bool


@attrs.frozen(slots=False)
class Equals:
    """The value is this one; 1 equals 1.0, and neither equals true."""

    value: Any


@attrs.frozen(slots=False)
class Ordering:
    """The value is a number on one side of a bound; `operator` is one of ORDERINGS."""

    operator: str
    bound: Operand


@attrs.frozen(slots=False)
class MultipleOf:
    """The value is a number and a multiple of the factor."""

    factor: Operand


@attrs.frozen(slots=False)
class Pattern:
    """The value is a string in which the regular expression is found."""

    expression: str


@attrs.frozen(slots=False)
class HasType:
    """The value has one of the types in TYPE_NAMES."""

    name: str


@attrs.frozen(slots=False)
class HasAnyKey:
    """The value is a mapping with at least one of the keys.

    `of` names where the keys come from (see `KeySource`); linking fills in the keys.
    """

    keys: tuple[str | int, ...]
    of: "KeySource | None" = None


@attrs.frozen(slots=False)
class KeySource:
    """Names that the registry knows: the fields of a section, or the arguments of a backend's call."""

    kind: str
    name: str


@attrs.frozen(slots=False)
class Contains:
    """The value is a list with at least one item that the matcher matches."""

    matcher: "Matcher"


@attrs.frozen(slots=False)
class OneOf:
    """At least one of the matchers matches."""

    matchers: tuple["Matcher", ...]


@attrs.frozen(slots=False)
class Every:
    """All of the matchers match."""

    matchers: tuple["Matcher", ...]


@attrs.frozen(slots=False)
class NotMatching:
    """The matcher does not match."""

    matcher: "Matcher"


Matcher: TypeAlias = (
    Unset
    | IsSet
    | Equals
    | Ordering
    | MultipleOf
    | Pattern
    | HasType
    | HasAnyKey
    | Contains
    | OneOf
    | Every
    | NotMatching
)


@attrs.frozen(slots=False)
class Test:
    """The value at a path matches."""

    __test__ = False

    path: str
    matcher: Matcher
    pointer: Pointer = attrs.field(default=(), eq=False, repr=False)


@attrs.frozen(slots=False)
class All:
    """Every condition holds; the empty one always does."""

    conditions: tuple["Condition", ...] = ()


@attrs.frozen(slots=False)
class AnyOf:
    """At least one condition holds."""

    conditions: tuple["Condition", ...] = ()


@attrs.frozen(slots=False)
class Not:
    """The condition does not hold."""

    condition: "Condition"


Condition: TypeAlias = Test | All | AnyOf | Not


def parse_condition(data: object, pointer: Pointer = ()) -> Condition:
    """Return the condition that plain YAML data states.

    Raises:
        ConditionError: when the data is no condition.
    """
    if not isinstance(data, Mapping):
        raise ConditionError("A condition is a mapping from parameter paths to what they must match.", pointer)
    parts = tuple(_parse_entry(key, value, (*pointer, key)) for key, value in data.items())
    return parts[0] if len(parts) == 1 else All(parts)


def _parse_entry(key: object, value: object, pointer: Pointer) -> Condition:
    if key == "not":
        return Not(parse_condition(value, pointer))
    if key in ("all", "any"):
        if not isinstance(value, list) or not value:
            raise ConditionError(f'"{key}" takes a list of conditions, with at least one.', pointer)
        parts = tuple(parse_condition(part, (*pointer, index)) for index, part in enumerate(value))
        return All(parts) if key == "all" else AnyOf(parts)
    if not isinstance(key, str):
        raise ConditionError(f"A parameter path is a string, not {key!r}.", pointer)
    return Test(key, parse_matcher(value, pointer), pointer)


def parse_matcher(data: object, pointer: Pointer = ()) -> Matcher:
    """Return the matcher that plain YAML data states.

    Raises:
        ConditionError: when the data is no matcher.
    """
    if data is None:
        return Unset()
    if isinstance(data, list):
        if not data:
            raise ConditionError("An empty list matches nothing.", pointer)
        return OneOf(tuple(parse_matcher(item, (*pointer, index)) for index, item in enumerate(data)))
    if isinstance(data, Mapping):
        if not data:
            raise ConditionError("An empty mapping of operators says nothing.", pointer)
        if set(data) == {"parameter"}:
            return Equals(_operand(data, pointer))
        parts = tuple(_parse_operator(name, value, (*pointer, name)) for name, value in data.items())
        return parts[0] if len(parts) == 1 else Every(parts)
    return Equals(data)


def _parse_operator(name: object, value: object, pointer: Pointer) -> Matcher:
    parse = _OPERATORS.get(name) if isinstance(name, str) else None
    if parse is None:
        raise ConditionError(f"There is no operator {name!r}; there are {', '.join(_OPERATORS)}.", pointer)
    return parse(value, pointer)


def _parse_set(value: object, pointer: Pointer) -> Matcher:
    if not isinstance(value, bool):
        raise ConditionError('"set" takes true or false.', pointer)
    return IsSet(value)


def _parse_const(value: object, pointer: Pointer) -> Matcher:
    return Unset() if value is None else Equals(_operand(value, pointer))


def _parse_enum(value: object, pointer: Pointer) -> Matcher:
    if not isinstance(value, list) or not value:
        raise ConditionError('"enum" takes a list of values, with at least one.', pointer)
    return OneOf(tuple(_parse_const(item, (*pointer, index)) for index, item in enumerate(value)))


def _parse_ordering(operator: str) -> Callable[[object, Pointer], Matcher]:
    return lambda value, pointer: Ordering(operator, _number(value, operator, pointer))


def _parse_multiple(value: object, pointer: Pointer) -> Matcher:
    factor = _number(value, "multiple_of", pointer)
    if not isinstance(factor, Reference) and float(factor) <= 0:
        raise ConditionError('"multiple_of" takes a number above 0.', pointer)
    return MultipleOf(factor)


def _parse_pattern(value: object, pointer: Pointer) -> Matcher:
    try:
        re.compile(value if isinstance(value, str) else "(")
    except re.error as error:
        raise ConditionError(f'"pattern" takes a regular expression: {error}.', pointer) from None
    return Pattern(str(value))


def _parse_type(value: object, pointer: Pointer) -> Matcher:
    if not isinstance(value, str) or value not in TYPE_NAMES:
        raise ConditionError(f'"type" takes one of {", ".join(TYPE_NAMES)}.', pointer)
    return HasType(value)


def _parse_keys(value: object, pointer: Pointer) -> Matcher:
    if isinstance(value, list) and value and all(type(key) in (str, int) for key in value):
        return HasAnyKey(tuple(value))
    if isinstance(value, Mapping) and len(value) == 1:
        [(kind, name)] = value.items()
        if kind in ("fields_of", "arguments_of") and isinstance(name, str):
            return HasAnyKey((), KeySource(kind, name))
    raise ConditionError(
        '"has_any_key" takes a list of keys, {fields_of: section} or {arguments_of: call}.',
        pointer,
    )


def _parse_contains(value: object, pointer: Pointer) -> Matcher:
    inner = parse_matcher(value, pointer)
    if any(isinstance(part, Unset | IsSet) for part in matchers_of(inner)):
        raise ConditionError('"contains" looks at items, which are never unset.', pointer)
    return Contains(inner)


def _number(value: object, operator: str, pointer: Pointer) -> Operand:
    operand = _operand(value, pointer)
    if isinstance(operand, Reference) or (isinstance(operand, int | float) and not isinstance(operand, bool)):
        return operand
    raise ConditionError(f'"{operator}" takes a number or {{parameter: path}}.', pointer)


def _operand(value: object, pointer: Pointer) -> Any:
    if isinstance(value, Mapping) and "parameter" in value:
        path = value["parameter"]
        if len(value) != 1 or not isinstance(path, str):
            raise ConditionError("A reference to another parameter is written {parameter: path}.", pointer)
        return Reference(path)
    return value


_OPERATORS: dict[str, Callable[[object, Pointer], Matcher]] = {
    "const": _parse_const,
    "enum": _parse_enum,
    **{operator: _parse_ordering(operator) for operator in ORDERINGS},
    "multiple_of": _parse_multiple,
    "pattern": _parse_pattern,
    "type": _parse_type,
    "not": lambda value, pointer: NotMatching(parse_matcher(value, pointer)),
    "set": _parse_set,
    "has_any_key": _parse_keys,
    "contains": _parse_contains,
}
OPERATORS = tuple(_OPERATORS)


def tests_of(condition: Condition) -> Iterator[Test]:
    """Yield the tests of a condition in the order in which they are written."""
    match condition:
        case Test():
            yield condition
        case Not(inner):
            yield from tests_of(inner)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from tests_of(part)


def matchers_of(matcher: Matcher) -> Iterator[Matcher]:
    """Yield a matcher and all matchers inside it."""
    yield matcher
    match matcher:
        case OneOf(parts) | Every(parts):
            for part in parts:
                yield from matchers_of(part)
        case NotMatching(inner) | Contains(inner):
            yield from matchers_of(inner)


def references_of(matcher: Matcher) -> Iterator[Reference]:
    """Yield the references to other parameters in a matcher."""
    for part in matchers_of(matcher):
        operands = attrs.astuple(part, recurse=False) if isinstance(part, Equals | Ordering | MultipleOf) else ()
        yield from (operand for operand in operands if isinstance(operand, Reference))


def paths_of(condition: Condition) -> tuple[str, ...]:
    """Return the paths that a condition reads, each once, in the order in which they are written."""
    found: dict[str, None] = {}
    for test in tests_of(condition):
        found[test.path] = None
        found.update((reference.path, None) for reference in references_of(test.matcher))
    return tuple(found)


def transform(
    condition: Condition,
    test: Callable[[Test], Condition],
    matcher: Callable[[Matcher], Matcher] = lambda matcher: matcher,
) -> Condition:
    """Return the condition with every innermost matcher, then every test, replaced by what the functions give."""
    match condition:
        case Test():
            return test(attrs.evolve(condition, matcher=_transform_matcher(condition.matcher, matcher)))
        case Not(inner):
            return Not(transform(inner, test, matcher))
        case All(parts):
            return All(tuple(transform(part, test, matcher) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(transform(part, test, matcher) for part in parts))


def _transform_matcher(matcher: Matcher, change: Callable[[Matcher], Matcher]) -> Matcher:
    match matcher:
        case OneOf(parts):
            return OneOf(tuple(_transform_matcher(part, change) for part in parts))
        case Every(parts):
            return Every(tuple(_transform_matcher(part, change) for part in parts))
        case NotMatching(inner):
            return NotMatching(_transform_matcher(inner, change))
        case Contains(inner):
            return Contains(_transform_matcher(inner, change))
    return change(matcher)
