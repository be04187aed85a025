"""Values as YAML data, and what conditions and types ask of them. It imports the standard library only."""

import functools
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any


_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "mapping": (Mapping,),
    "list": (list, tuple),
}
_MOST_DIGITS = 18
"""So many digits are never above the largest integer."""


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


def is_list(value: Any) -> bool:
    """Return whether a value is a list, frozen or not."""
    return isinstance(value, list | tuple)


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


def has_pattern(value: Any, expression: str) -> bool:
    """Return whether a value is a string in which a regular expression is found."""
    return isinstance(value, str) and _search(expression)(value) is not None


@functools.cache
def _search(expression: str) -> Callable[[str], Any]:
    return re.compile(expression).search


def has_any_key(value: Any, keys: Iterable[Any]) -> bool:
    """Return whether a value is a mapping with one of some keys."""
    return isinstance(value, Mapping) and any(key in value for key in keys)


def integer_key(key: Any) -> Any:
    """Return the key of a mapping that takes integers: digits become one, so that JSON keeps it."""
    is_digits = isinstance(key, str) and key.isdigit() and key.isascii() and len(key) <= _MOST_DIGITS
    return int(key) if is_digits else key


VOCABULARY: Mapping[str, Any] = {
    function.__name__: function
    for function in (same, is_number, is_list, is_multiple, has_type, has_pattern, has_any_key, integer_key)
}
"""What generated code calls by name."""
