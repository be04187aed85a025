"""Tests of values against their types, as generated Python: whether a value is of a type, written in an ordinary way.

What is not ordinary may be valid: 2.0 for an integer, or null. `llem.registry.values` decides, and says what is wrong.
"""

import ast
import math
import sys
from collections.abc import Callable
from typing import Any

from immutabledict import immutabledict

from llem.conditions.generate import call, function, has_class, joined, load
from llem.registry.records import TypeSpec
from llem.registry.values import integer_key, normalise, problems, takes_integer_keys


Check = Callable[[Any], Any]
"""From a value to its normal form, or to None where it is not of the type, or not ordinary."""

_ORDINARY = 2**30 - 1
"""Larger integers are not ordinary: Python compares them more slowly."""


def is_ordinary(spec: TypeSpec, variable: str, names: dict[str, Any]) -> ast.expr:
    """Return whether a variable holds an ordinary value of a type; add to `names` what the expression refers to.

    Where lists and mappings have another normal form, the variable holds that afterwards.
    """
    value = load(variable)
    if spec.type == "boolean":
        return joined(ast.Or(), [ast.Compare(value, [ast.Is()], [ast.Constant(truth)]) for truth in (True, False)])
    if spec.type in ("integer", "number") and spec.multiple_of is None:
        return _is_number(spec, variable)
    if spec.type == "string" and spec.pattern is None:
        is_long = ast.Compare(call("len", value), [ast.GtE()], [ast.Constant(spec.min_length)])
        return joined(ast.And(), [has_class(variable, "str"), *([is_long] if spec.min_length is not None else [])])
    if spec.type == "enum" and spec.pattern is None:
        choices = f"choices_{len(names)}"
        names[choices] = frozenset(name for name, choice in (spec.choices or {}).items() if not choice.deprecation)
        is_choice = ast.Compare(value, [ast.In()], [load(choices)])
        return joined(ast.And(), [has_class(variable, "str"), is_choice])
    if _is_plain(spec):
        return joined(ast.Or(), [is_ordinary(alternative, variable, names) for alternative in spec.any_of])
    names[f"check_{variable}"] = _check_of_parts(spec)
    checked = ast.NamedExpr(ast.Name(variable, ast.Store()), call(f"check_{variable}", value))
    return ast.Compare(checked, [ast.IsNot()], [ast.Constant(None)])


def normal_form(spec: TypeSpec, variable: str) -> ast.expr | None:
    """Return the normal form of the ordinary value that a variable holds; None where it is the value itself."""
    value = load(variable)
    if spec.type == "number":
        return ast.IfExp(has_class(variable, "float"), value, call("float", value))
    return None if _is_plain(spec) else value


def _is_plain(spec: TypeSpec) -> bool:
    """Return whether an expression can tell the ordinary values, each of which is its own normal form."""
    if spec.type == "union":
        return all(map(_is_plain, spec.any_of))
    needs_more = spec.pattern is not None or spec.multiple_of is not None
    return spec.type in ("boolean", "integer", "string", "enum") and not needs_more


def check_of(spec: TypeSpec) -> Check:
    """Return the check of a type."""
    names: dict[str, Any] = {}
    form = normal_form(spec, "value") or load("value")
    return function(["value"], ast.IfExp(is_ordinary(spec, "value", names), form, ast.Constant(None)), names)


def _is_number(spec: TypeSpec, variable: str) -> ast.expr:
    """Return `value.__class__ is int and 1 <= value <= 64`, with the bounds of a type; numbers may be integers too."""
    low = max(-_ORDINARY, math.ceil(-_ORDINARY if spec.minimum is None else spec.minimum))
    high = min(_ORDINARY, math.floor(_ORDINARY if spec.maximum is None else spec.maximum))
    as_integer = _is_within(variable, "int", low, high)
    if spec.type == "integer":
        kinds = as_integer
    else:
        least = -sys.float_info.max if spec.minimum is None else float(spec.minimum)
        most = sys.float_info.max if spec.maximum is None else float(spec.maximum)
        kinds = joined(ast.Or(), [_is_within(variable, "float", least, most), as_integer])
    exclusive = [(ast.Gt(), spec.exclusive_minimum), (ast.Lt(), spec.exclusive_maximum)]
    further = [
        ast.Compare(load(variable), [operator], [ast.Constant(bound)])
        for operator, bound in exclusive
        if bound is not None
    ]
    return joined(ast.And(), [kinds, *further])


def _is_within(variable: str, kind: str, low: float, high: float) -> ast.expr:
    within = ast.Compare(ast.Constant(low), [ast.LtE(), ast.LtE()], [load(variable), ast.Constant(high)])
    return joined(ast.And(), [has_class(variable, kind), within])


def _check_of_parts(spec: TypeSpec) -> Check:
    if spec.type == "list" and spec.items is not None:
        return _list_check(spec, check_of(spec.items))
    if spec.type == "mapping" and spec.values is not None:
        key = check_of(spec.keys or TypeSpec(type="string"))
        return _mapping_check(key, check_of(spec.values), takes_integers=takes_integer_keys(spec))
    if spec.type == "union" and len({_kind(alternative) for alternative in spec.any_of}) == len(spec.any_of):
        return _union_check([check_of(alternative) for alternative in spec.any_of])
    return lambda value: None if value is None or any(problems(spec, value)) else normalise(spec, value)


def _list_check(spec: TypeSpec, item: Check) -> Check:
    least = spec.min_items or 0
    most = sys.maxsize if spec.max_items is None else spec.max_items

    def check(value: Any) -> Any:
        if value.__class__ not in (list, tuple) or not least <= len(value) <= most:
            return None
        items = tuple(map(item, value))
        return None if None in items else items

    return check


def _mapping_check(key: Check, part: Check, *, takes_integers: bool) -> Check:
    def check(value: Any) -> Any:
        if value.__class__ is not dict:
            return None
        found = {}
        for name, content in value.items():
            normal_key = key(integer_key(name) if takes_integers else name)
            found[normal_key] = normal = part(content)
            if normal_key is None or normal is None:
                return None
        return immutabledict(found)

    return check


def _union_check(alternatives: list[Check]) -> Check:
    def check(value: Any) -> Any:
        for alternative in alternatives:
            found = alternative(value)
            if found is not None:
                return found
        return None

    return check


def _kind(spec: TypeSpec) -> str:
    """Return what a type's values have in common that no value of another kind has."""
    return {"integer": "number", "enum": "string"}.get(spec.type, spec.type)
