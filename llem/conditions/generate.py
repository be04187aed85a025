"""Conditions as expressions of Python's syntax tree: no text of a record is ever compiled.

What is known when an expression is made is decided at once, by `llem.conditions.evaluate`; what is left asks
variables. A property test holds the expressions to that module.
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from llem.conditions import syntax
from llem.conditions.evaluate import Facts, is_number, matches, matches_value, same


_COMPARE: dict[str, type[ast.cmpop]] = {
    "minimum": ast.GtE,
    "exclusive_minimum": ast.Gt,
    "maximum": ast.LtE,
    "exclusive_maximum": ast.Lt,
}


@attrs.define
class Expressions:
    """Makes expressions over variables, each of which holds the value, not null, that is written for a path.

    `variables` has their names by path, `numbers` the names of those that certainly hold numbers, `facts` whatever
    else conditions ask, `names` what the expressions refer to.
    """

    variables: Mapping[str, str]
    facts: Facts
    numbers: frozenset[str] = frozenset()
    names: dict[str, Any] = attrs.field(
        factory=lambda: {"same": same, "is_number": is_number, "contains": _contains, "matches": _matches}
    )

    def of(self, condition: syntax.Condition) -> ast.expr:
        """Return what is true while a condition holds: a constant, where no variable decides it."""
        match condition:
            case syntax.Test(path, matcher):
                asked = [path, *(other.path for other in syntax.references_of(matcher))]
                if not any(other in self.variables for other in asked):
                    return ast.Constant(matches(matcher, path, self.facts))
                return self._matching(path, matcher)
            case syntax.All(parts):
                return joined(ast.And(), map(self.of, parts))
            case syntax.AnyOf(parts):
                return joined(ast.Or(), map(self.of, parts))
            case syntax.Not(inner):
                return negated(self.of(inner))

    def constant(self, value: Any) -> ast.expr:
        """Return an expression for a value."""
        if value is None or isinstance(value, bool | int | float | str):
            return ast.Constant(value)
        name = f"constant_{len(self.names)}"
        self.names[name] = value
        return load(name)

    def _matching(self, path: str, matcher: syntax.Matcher) -> ast.expr:
        match matcher:
            case syntax.OneOf(parts):
                return joined(ast.Or(), [self._matching(path, part) for part in parts])
            case syntax.Every(parts):
                return joined(ast.And(), [self._matching(path, part) for part in parts])
            case syntax.NotMatching(inner):
                return negated(self._matching(path, inner))
            case syntax.Unset() if path in self.variables:
                return ast.Constant(value=False)
            case syntax.IsSet(wanted) if path in self.variables:
                return ast.Constant(wanted)
            case syntax.Unset() | syntax.IsSet():
                return ast.Constant(matches(matcher, path, self.facts))
        return self._of_value(self._operand(syntax.Reference(path)), matcher)

    def _of_value(self, value: ast.expr, matcher: syntax.Matcher) -> ast.expr:
        match matcher:
            case syntax.Equals(bool() as expected):
                return ast.Compare(value, [ast.Is()], [ast.Constant(expected)])
            case syntax.Equals(str() as expected):
                return ast.Compare(value, [ast.Eq()], [ast.Constant(expected)])
            case syntax.Equals(expected):
                other = self._operand(expected)
                if self._is_number(value) and self._is_number(other):
                    return ast.Compare(value, [ast.Eq()], [other])
                return call("same", value, other)
            case syntax.Ordering(name, bound):
                other = self._operand(bound)
                numbers = [call("is_number", side) for side in (value, other) if not self._is_number(side)]
                return joined(ast.And(), [*numbers, ast.Compare(value, [_COMPARE[name]()], [other])])
            case syntax.Pattern(expression):
                found = call(self.constant(re.compile(expression).search), value)
                is_text = ast.Compare(ast.Attribute(value, "__class__", ast.Load()), [ast.Is()], [load("str")])
                return joined(ast.And(), [is_text, ast.Compare(found, [ast.IsNot()], [ast.Constant(None)])])
            case syntax.Contains(syntax.Equals(expected)):
                return call("contains", value, self._operand(expected))
        others = {other.path for other in syntax.references_of(matcher)}
        known = ast.Dict([ast.Constant(path) for path in others], [self._operand(syntax.Reference(p)) for p in others])
        return call("matches", self.constant(matcher), value, known)

    def _operand(self, operand: Any) -> ast.expr:
        if not isinstance(operand, syntax.Reference):
            return self.constant(operand)
        name = self.variables.get(operand.path)
        return load(name) if name is not None else self.constant(self.facts.effective(operand.path))

    def _is_number(self, expression: ast.expr) -> bool:
        match expression:
            case ast.Constant(value):
                return is_number(value)
            case ast.Name(name):
                return name in self.numbers
        return False


def _contains(value: Any, item: Any) -> bool:
    return isinstance(value, list | tuple) and any(same(found, item) for found in value)


def _matches(matcher: syntax.Matcher, value: Any, others: Mapping[str, Any]) -> bool:
    return matches_value(matcher, value, others.__getitem__)


_HELPERS: dict[str, Any] = {"same": same, "is_number": is_number, "contains": _contains, "matches": _matches}


def joined(operator: ast.And | ast.Or, parts: Any) -> ast.expr:
    """Return expressions joined, without those that decide nothing; none at all are true for `and`."""
    neutral = isinstance(operator, ast.And)
    left: list[ast.expr] = []
    for part in parts:
        if not isinstance(part, ast.Constant):
            left.append(part)
        elif bool(part.value) is not neutral:
            return ast.Constant(not neutral)
    if not left:
        return ast.Constant(neutral)
    return ast.BoolOp(operator, left) if len(left) > 1 else left[0]


def negated(expression: ast.expr) -> ast.expr:
    """Return the negation of an expression."""
    if isinstance(expression, ast.Constant):
        return ast.Constant(not expression.value)
    return ast.UnaryOp(ast.Not(), expression)


def load(name: str) -> ast.expr:
    """Return the value of a variable."""
    return ast.Name(name, ast.Load())


def call(function: str | ast.expr, *arguments: ast.expr) -> ast.expr:
    """Return the call of a function, or of what a name stands for."""
    return ast.Call(load(function) if isinstance(function, str) else function, list(arguments), [])


def has_class(name: str, kind: str) -> ast.expr:
    """Return whether the class of what a name stands for is the one that another stands for, and no other."""
    return ast.Compare(ast.Attribute(load(name), "__class__", ast.Load()), [ast.Is()], [load(kind)])


def function(
    parameters: Sequence[str], body: ast.expr | Sequence[ast.stmt], names: Mapping[str, Any]
) -> Callable[..., Any]:
    """Return the function of positional parameters with a body, or with an expression as its value.

    In it, names stand for objects.
    """
    tree = ast.parse("def generated(): pass")
    made = tree.body[0]
    assert isinstance(made, ast.FunctionDef)
    made.args.posonlyargs = [ast.arg(name) for name in parameters]
    made.body = [ast.Return(body)] if isinstance(body, ast.expr) else list(body)
    known = dict(names)
    exec(compile(ast.fix_missing_locations(tree), "<generated>", "exec"), known)  # noqa: S102  # built of nodes
    return known["generated"]  # type: ignore[no-any-return]
