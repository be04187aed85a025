"""Values against their types: what is wrong with one, and its normal form as a frozen Python value."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
from immutabledict import immutabledict

from llem.conditions.values import has_type, integer_key, is_multiple, is_number
from llem.conditions.words import value_words
from llem.diagnostics import did_you_mean
from llem.registry.composing import Pointer
from llem.registry.records import Parameter, TypeSpec


LARGEST_INTEGER = 2**63 - 1

_EXPECTED = {
    "boolean": "true or false",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "enum": "a string",
    "mapping": "a mapping",
    "list": "a list",
}


@attrs.frozen
class Problem:
    """What is wrong with a value; `pointer` leads from the value to the part at fault."""

    code: str
    message: str
    resolution: str = ""
    pointer: Pointer = ()


def problems(spec: TypeSpec, value: Any) -> Iterator[Problem]:
    """Yield everything that keeps a value (not null) from being of a type."""
    if spec.type == "union":
        yield from _union_problems(spec, value)
        return
    if not has_type(value, "string" if spec.type == "enum" else spec.type):
        yield Problem("wrong-type", f"expected {_EXPECTED[spec.type]}, not {_described(value)}", _convert(spec, value))
        return
    if is_number(value):
        yield from _number_problems(spec, value)
    elif isinstance(value, str):
        yield from _string_problems(spec, value)
    elif isinstance(value, Mapping):
        yield from _mapping_problems(spec, value)
    elif isinstance(value, list | tuple):
        yield from _list_problems(spec, value)


def _union_problems(spec: TypeSpec, value: Any) -> Iterator[Problem]:
    found = [list(problems(alternative, value)) for alternative in spec.any_of]
    if all(found):
        close = [parts for parts in found if parts[0].code != "wrong-type"]
        expected = " or ".join(_EXPECTED[alternative.type] for alternative in spec.any_of)
        yield from close[0] if close else [Problem("wrong-type", f"expected {expected}, not {_described(value)}")]


def _number_problems(spec: TypeSpec, value: float) -> Iterator[Problem]:
    if abs(value) > LARGEST_INTEGER and isinstance(value, int):
        yield Problem("out-of-range", "this integer is too large", "Integers have at most 64 bits.")
        return
    if not math.isfinite(value):
        message = f"{value} is not a finite number"
        yield Problem("not-finite", message, "Not-a-number and infinities are never accepted.")
        return
    bounds: list[tuple[float | None, Callable[[float], bool], str]] = [
        (spec.minimum, lambda bound: value >= bound, "at least"),
        (spec.exclusive_minimum, lambda bound: value > bound, "above"),
        (spec.maximum, lambda bound: value <= bound, "at most"),
        (spec.exclusive_maximum, lambda bound: value < bound, "below"),
        (spec.multiple_of, lambda bound: is_multiple(value, bound), "a multiple of"),
    ]
    for bound, within, words in bounds:
        if bound is not None and not within(bound):
            message = f"{value_words(value)} is out of range: it must be {words} {value_words(bound)}"
            yield Problem("out-of-range", message, _range(spec))


def _range(spec: TypeSpec) -> str:
    if spec.minimum is None or spec.maximum is None:
        return ""
    return f"The range is {value_words(spec.minimum)} to {value_words(spec.maximum)}."


def _string_problems(spec: TypeSpec, value: str) -> Iterator[Problem]:
    if spec.min_length is not None and len(value) < spec.min_length:
        yield Problem("out-of-range", f"expected at least {spec.min_length} character{'s'[: spec.min_length > 1]}")
    if spec.pattern is not None and not re.search(spec.pattern, value):
        yield Problem("pattern-mismatch", f"{value!r} does not match /{spec.pattern}/")
    if spec.type == "enum" and value not in (spec.choices or {}):
        choices = list(spec.choices or {})
        nearest = did_you_mean(value, choices)
        yield Problem("not-a-choice", f'"{value}" is not one of {", ".join(choices)}', nearest)


def _mapping_problems(spec: TypeSpec, value: Mapping[Any, Any]) -> Iterator[Problem]:
    if spec.keys is None:
        yield from (
            Problem("wrong-type", f"expected a string as key, not {_described(key)}", "Quote the key.", (key,))
            for key in value
            if not isinstance(key, str)
        )
    else:
        for key in value:
            yield from (attrs.evolve(found, pointer=(key,)) for found in problems(spec.keys, _key(spec, key)))
    yield from _part_problems(spec.values, value.items())


def _list_problems(spec: TypeSpec, value: list[Any] | tuple[Any, ...]) -> Iterator[Problem]:
    least, most = spec.min_items, spec.max_items
    if least is not None and len(value) < least:
        yield Problem("out-of-range", f"expected at least {least} items, not {len(value)}")
    if most is not None and len(value) > most:
        yield Problem("out-of-range", f"expected at most {most} items, not {len(value)}")
    yield from _part_problems(spec.items, enumerate(value))


def _part_problems(spec: TypeSpec | None, parts: Any) -> Iterator[Problem]:
    for step, part in parts:
        if spec is not None and part is None:
            yield Problem("wrong-type", "expected a value, not null", "", (step,))
        elif spec is not None:
            yield from (attrs.evolve(found, pointer=(step, *found.pointer)) for found in problems(spec, part))


def _described(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value) if isinstance(value, str) else value_words(value)
    return f"the string {text}" if isinstance(value, str) else text


def _convert(spec: TypeSpec, value: Any) -> str:
    """Return the advice to unquote, where the string holds what was wanted."""
    if isinstance(value, str) and spec.type in ("integer", "number") and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return f"Remove the quotes: {value}."
    if (
        isinstance(value, str)
        and spec.type == "boolean"
        and value.lower() in ("true", "false", "yes", "no", "on", "off")
    ):
        return f"Write {'true' if value.lower() in ('true', 'yes', 'on') else 'false'}."
    return ""


def normalise(spec: TypeSpec, value: Any) -> Any:
    """Return a valid value as its type has it: numbers as floats, integers as ints, collections frozen."""
    if value is None:
        return None
    if spec.type == "union":
        fitting = next(alternative for alternative in spec.any_of if not any(problems(alternative, value)))
        return normalise(fitting, value)
    if spec.type == "number":
        return float(value)
    if spec.type == "integer":
        return int(value)
    if spec.type == "list":
        return tuple(normalise(spec.items, item) if spec.items else freeze(item) for item in value)
    if spec.type == "mapping":
        return immutabledict(
            (_key(spec, key), normalise(spec.values, part) if spec.values else freeze(part))
            for key, part in value.items()
        )
    return value


def _key(spec: TypeSpec, key: Any) -> Any:
    return integer_key(key) if takes_integer_keys(spec) else key


def takes_integer_keys(spec: TypeSpec) -> bool:
    """Return whether a mapping may have integers as keys."""
    return spec.keys is not None and "integer" in (spec.keys.type, *(part.type for part in spec.keys.any_of))


def freeze(value: Any) -> Any:
    """Return plain data as hashable data."""
    if isinstance(value, Mapping):
        return immutabledict((key, freeze(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(freeze, value))
    return value


def key_of(value: Any) -> Any:
    """Return a hashable key: equal for values that are equal as YAML data, so that true is not 1."""
    if isinstance(value, Mapping):
        return frozenset((key, key_of(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(key_of, value))
    return (type(value) is bool, value)


def thaw(value: Any) -> Any:
    """Return frozen data as plain data that JSON can hold."""
    if isinstance(value, Mapping):
        return {key: thaw(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(part) for part in value]
    return value


def is_nullable(parameter: Parameter) -> bool:
    """Return whether null may be written for a parameter."""
    return parameter.nullable or (parameter.default is None and not parameter.required)
