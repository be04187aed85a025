"""Tests of values against their types, as generated Python: whether a value is of a type, written in an ordinary way.

What is not ordinary may be valid: 2.0 for an integer, or null. `llem.registry.values` decides, and says what is wrong.
"""

import ast
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

from immutabledict import immutabledict

from llem.conditions.generate import call, constant, function, has_class, joined, load
from llem.conditions.values import VOCABULARY
from llem.registry.records import TypeSpec
from llem.registry.values import freeze, normalise, problems, takes_integer_keys


Check = Callable[[Any], Any]
"""From a value to its normal form, or to None where it is not of the type, or not ordinary."""

NAMES = {**VOCABULARY, "freeze": freeze, "frozen": immutabledict}
"""What the expressions call by name."""

_ORDINARY = 2**30 - 1
"""Larger integers are not ordinary: Python compares them more slowly."""
_SCALARS = ("boolean", "integer", "number", "string", "enum")


def is_ordinary(spec: TypeSpec, variable: str, names: dict[str, Any]) -> ast.expr:
    """Return whether a variable holds an ordinary value of a type; add to `names` what is not in NAMES.

    It assigns what `form_variable` names.
    """
    value = load(variable)
    tests: list[ast.expr] = []
    match spec.type:
        case "boolean":
            tests = [
                joined(ast.Or(), [ast.Compare(value, [ast.Is()], [ast.Constant(truth)]) for truth in (True, False)])
            ]
        case "integer" | "number":
            tests = [_is_number(spec, variable)]
        case "string" | "enum":
            tests = [_is_text(spec, variable)]
        case "list" | "mapping":
            parts = _list_tests if spec.type == "list" else _mapping_tests
            tests = list(parts(spec, variable, names))
        case "union" if _is_plain(spec):
            tests = [joined(ast.Or(), [is_ordinary(alternative, variable, names) for alternative in spec.any_of])]
        case "union":
            tests = [_is_not_none(_kept(f"{variable}_form", _union_value(spec, variable, names)))]
    return joined(ast.And(), tests)


def form_variable(spec: TypeSpec, variable: str) -> str:
    """Return the variable with the value as conditions see it, once `is_ordinary` holds of the one in `variable`."""
    return variable if spec.type in _SCALARS or _is_plain(spec) else f"{variable}_form"


def normal_form(spec: TypeSpec, variable: str) -> ast.expr | None:
    """Return the normal form of the ordinary value that a variable holds; None where it is the value itself."""
    if spec.type == "number":
        return ast.IfExp(has_class(variable, "float"), load(variable), call("float", load(variable)))
    form = form_variable(spec, variable)
    return None if form == variable else load(form)


def check_of(spec: TypeSpec) -> Check:
    """Return the check of a type."""
    names: dict[str, Any] = dict(NAMES)
    return function(["value"], checked(spec, names), names)


def checked(spec: TypeSpec, names: dict[str, Any]) -> ast.expr:
    """Return the normal form of what the variable `value` holds, or None where that is not ordinary."""
    return _checked(spec, "value", names)


def _checked(spec: TypeSpec, variable: str, names: dict[str, Any], otherwise: ast.expr | None = None) -> ast.expr:
    form = normal_form(spec, variable) or load(variable)
    return ast.IfExp(is_ordinary(spec, variable, names), form, otherwise or ast.Constant(None))


def _is_plain(spec: TypeSpec) -> bool:
    """Return whether each ordinary value is its own normal form."""
    if spec.type == "union":
        return all(map(_is_plain, spec.any_of))
    return spec.type in _SCALARS and spec.type != "number"


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
    further: list[ast.expr] = [
        ast.Compare(load(variable), [operator], [ast.Constant(bound)])
        for operator, bound in exclusive
        if bound is not None
    ]
    if spec.multiple_of is not None:
        further.append(call("is_multiple", load(variable), ast.Constant(spec.multiple_of)))
    return joined(ast.And(), [kinds, *further])


def _is_within(variable: str, kind: str, low: float, high: float) -> ast.expr:
    within = ast.Compare(ast.Constant(low), [ast.LtE(), ast.LtE()], [load(variable), ast.Constant(high)])
    return joined(ast.And(), [has_class(variable, kind), within])


def _is_text(spec: TypeSpec, variable: str) -> ast.expr:
    tests = [has_class(variable, "str")]
    if spec.type == "enum":
        current = frozenset(name for name, choice in (spec.choices or {}).items() if not choice.deprecation)
        tests.append(ast.Compare(load(variable), [ast.In()], [constant(current)]))
    if spec.min_length is not None:
        tests.append(ast.Compare(call("len", load(variable)), [ast.GtE()], [ast.Constant(spec.min_length)]))
    if spec.pattern is not None:
        tests.append(call("has_pattern", load(variable), ast.Constant(spec.pattern)))
    return joined(ast.And(), tests)


def _list_tests(spec: TypeSpec, variable: str, names: dict[str, Any]) -> Iterator[ast.expr]:
    value, form = load(variable), f"{variable}_form"
    kinds = ast.Tuple([load("list"), load("tuple")], ast.Load())
    yield ast.Compare(ast.Attribute(value, "__class__", ast.Load()), [ast.In()], [kinds])
    if spec.min_items is not None:
        yield ast.Compare(call("len", value), [ast.GtE()], [ast.Constant(spec.min_items)])
    if spec.max_items is not None:
        yield ast.Compare(call("len", value), [ast.LtE()], [ast.Constant(spec.max_items)])
    if spec.items is None:
        yield _is_not_none(_kept(form, call("freeze", value)))
    else:
        yield _has_no_none(_kept(form, call("tuple", _each(spec.items, f"{variable}_item", value, names))))


def _mapping_tests(spec: TypeSpec, variable: str, names: dict[str, Any]) -> Iterator[ast.expr]:
    key, part, parts = f"{variable}_key", f"{variable}_part", f"{variable}_parts"
    yield has_class(variable, "dict")
    written = key
    normal_key = _checked(spec.keys or TypeSpec(type="string"), key, names)
    if takes_integer_keys(spec):
        written = f"{key}_written"
        is_key = _is_not_none(_kept(key, call("integer_key", load(written))))
        normal_key = ast.IfExp(is_key, normal_key, ast.Constant(None))
    normal_part = call("freeze", load(part)) if spec.values is None else _checked(spec.values, part, names)
    target = ast.Tuple([ast.Name(written, ast.Store()), ast.Name(part, ast.Store())], ast.Store())
    items = call(ast.Attribute(load(variable), "items", ast.Load()))
    made = ast.DictComp(normal_key, normal_part, [ast.comprehension(target, items, [], 0)])
    yield _has_no_none(_kept(parts, made))
    if spec.values is not None:
        yield _has_no_none(call(ast.Attribute(load(parts), "values", ast.Load())))
    yield _is_not_none(_kept(f"{variable}_form", call("frozen", load(parts))))


def _union_value(spec: TypeSpec, variable: str, names: dict[str, Any]) -> ast.expr:
    """Return the normal form by the first alternative that fits, or None; where kinds differ, at most one can."""
    if len({_kind(alternative) for alternative in spec.any_of}) < len(spec.any_of):
        names[f"check_{variable}"] = lambda value: None if any(problems(spec, value)) else normalise(spec, value)
        return call(f"check_{variable}", load(variable))
    found: ast.expr = ast.Constant(None)
    for alternative in reversed(spec.any_of):
        found = _checked(alternative, variable, names, found)
    return found


def _kind(spec: TypeSpec) -> str:
    """Return what a type's values have in common that no value of another kind has."""
    return {"integer": "number", "enum": "string"}.get(spec.type, spec.type)


def _each(spec: TypeSpec, item: str, parts: ast.expr, names: dict[str, Any]) -> ast.expr:
    """Return the list of parts in normal form, with None for those that are not ordinary."""
    each = ast.comprehension(ast.Name(item, ast.Store()), parts, [], 0)
    return ast.ListComp(_checked(spec, item, names), [each])


def _kept(variable: str, value: ast.expr) -> ast.expr:
    """Return a value that a variable holds from then on."""
    return ast.NamedExpr(ast.Name(variable, ast.Store()), value)


def _is_not_none(value: ast.expr) -> ast.expr:
    return ast.Compare(value, [ast.IsNot()], [ast.Constant(None)])


def _has_no_none(values: ast.expr) -> ast.expr:
    return ast.Compare(ast.Constant(None), [ast.NotIn()], [values])
