"""Conditions as Python functions, made from their syntax trees through `ast`: no text of a record is ever compiled.

A function takes two mappings by path: what was written, and what is in force (written values over a preset's, null
only where null overrides a default). A property test holds it to `llem.conditions.evaluate`.
"""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from llem.conditions import syntax
from llem.conditions.evaluate import is_number, matches_value, same


Truth: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]

_COMPARE: dict[str, type[ast.cmpop]] = {
    "minimum": ast.GtE,
    "exclusive_minimum": ast.Gt,
    "maximum": ast.LtE,
    "exclusive_maximum": ast.Lt,
}


@attrs.define
class Generator:
    """Makes functions. `defaults` are llem's values where nothing is in force, `library` what the library then does."""

    defaults: Mapping[str, Any]
    library: Mapping[str, Any]
    _names: dict[str, Any] = attrs.field(factory=dict, init=False)

    def any_of(self, conditions: Iterable[syntax.Condition]) -> Truth:
        """Return a function that says whether at least one of the conditions holds."""
        self._names = {
            "same": same,
            "is_number": is_number,
            "matches": lambda matcher, value, in_force: matches_value(
                matcher, value, lambda path: in_force.get(path, self._effective(path))
            ),
        }
        body = _boolean(ast.Or(), [self._condition(condition) for condition in conditions])
        return function(["written", "in_force"], body, self._names)

    def _effective(self, path: str) -> Any:
        default = self.defaults.get(path)
        return default if default is not None else self.library.get(path)

    def _condition(self, condition: syntax.Condition) -> ast.expr:
        match condition:
            case syntax.Test(path, matcher):
                return self._test(path, matcher)
            case syntax.All(parts):
                return _boolean(ast.And(), [self._condition(part) for part in parts])
            case syntax.AnyOf(parts):
                return _boolean(ast.Or(), [self._condition(part) for part in parts])
            case syntax.Not(inner):
                return ast.UnaryOp(ast.Not(), self._condition(inner))

    def _test(self, path: str, matcher: syntax.Matcher) -> ast.expr:
        match matcher:
            case syntax.Unset():
                return _compare(self._lookup("in_force", path, self.defaults.get(path)), ast.Is(), ast.Constant(None))
            case syntax.IsSet(wanted):
                operator = ast.IsNot() if wanted else ast.Is()
                return _compare(self._lookup("written", path, None), operator, ast.Constant(None))
            case syntax.OneOf(parts):
                return _boolean(ast.Or(), [self._test(path, part) for part in parts])
            case syntax.Every(parts):
                return _boolean(ast.And(), [self._test(path, part) for part in parts])
            case syntax.NotMatching(inner):
                return ast.UnaryOp(ast.Not(), self._test(path, inner))
        return self._of_value(self._lookup("in_force", path, self._effective(path)), matcher)

    def _of_value(self, value: ast.expr, matcher: syntax.Matcher) -> ast.expr:
        match matcher:
            case syntax.Equals(bool() as expected):
                return _compare(value, ast.Is(), ast.Constant(expected))
            case syntax.Equals(str() as expected):
                return _compare(value, ast.Eq(), ast.Constant(expected))
            case syntax.Equals(expected):
                return _call("same", value, self._operand(expected))
            case syntax.Ordering(name, bound):
                kept = ast.NamedExpr(ast.Name("value", ast.Store()), value)
                tests = [_call("is_number", kept)]
                if isinstance(bound, syntax.Reference):
                    other = ast.NamedExpr(ast.Name("other", ast.Store()), self._operand(bound))
                    tests.append(_call("is_number", other))
                    limit: ast.expr = ast.Name("other", ast.Load())
                else:
                    limit = ast.Constant(bound)
                tests.append(_compare(ast.Name("value", ast.Load()), _COMPARE[name](), limit))
                return _boolean(ast.And(), tests)
        return _call("matches", self._name(matcher), value, ast.Name("in_force", ast.Load()))

    def _operand(self, operand: Any) -> ast.expr:
        if isinstance(operand, syntax.Reference):
            return self._lookup("in_force", operand.path, self._effective(operand.path))
        return self._name(operand)

    def _lookup(self, mapping: str, path: str, default: Any) -> ast.expr:
        get = ast.Attribute(ast.Name(mapping, ast.Load()), "get", ast.Load())
        more = [] if default is None else [self._name(default)]
        return ast.Call(get, [ast.Constant(path), *more], [])

    def _name(self, value: Any) -> ast.expr:
        if isinstance(value, bool | int | float | str):
            return ast.Constant(value)
        name = f"constant_{len(self._names)}"
        self._names[name] = value
        return ast.Name(name, ast.Load())


def function(parameters: Sequence[str], body: ast.expr, names: dict[str, Any]) -> Callable[..., Any]:
    """Return the function of positional parameters whose value is an expression, in which names stand for objects."""
    arguments = ast.arguments(
        posonlyargs=[ast.arg(name) for name in parameters], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    return eval(compile(tree, "<generated>", "eval"), names)  # type: ignore[no-any-return]  # noqa: S307  # built of nodes


def _boolean(operator: ast.boolop, parts: list[ast.expr]) -> ast.expr:
    """Return the parts joined; none at all are true for `and`, false for `or`."""
    if len(parts) > 1:
        return ast.BoolOp(operator, parts)
    return parts[0] if parts else ast.Constant(isinstance(operator, ast.And))


def _compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [operator], [right])


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
