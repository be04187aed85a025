"""Conditions as expressions of Python's syntax tree: no text of a record is ever compiled.

What is known when an expression is made is decided at once, by `llem.conditions.evaluate`; what is left asks
variables. A property test holds the expressions to that module.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from llem.conditions import syntax
from llem.conditions.evaluate import Facts, matches
from llem.conditions.values import VOCABULARY, is_number


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
    names: dict[str, Any] = attrs.field(factory=lambda: dict(VOCABULARY))

    def of(self, condition: syntax.Condition) -> ast.expr:
        """Return what is true while a condition holds: a constant, where no variable decides it."""
        match condition:
            case syntax.Test(path, matcher):
                asked = [path, *(other.path for other in syntax.references_of(matcher))]
                if not any(map(self.is_open, asked)):
                    return ast.Constant(matches(matcher, path, self.facts))
                return self._matching(path, matcher)
            case syntax.All(parts):
                return joined(ast.And(), map(self.of, parts))
            case syntax.AnyOf(parts):
                return joined(ast.Or(), map(self.of, parts))
            case syntax.Not(inner):
                return negated(self.of(inner))

    def is_open(self, path: str) -> bool:
        """Return whether variables decide what a path stands for."""
        return path in self.variables

    def is_set(self, path: str) -> ast.expr:
        """Return what is true while a value other than null is written for a path."""
        return ast.Constant(path in self.variables or self.facts.is_set(path))

    def is_unset(self, path: str) -> ast.expr:
        """Return what is true while nothing gives a path a value but what the library does."""
        return ast.Constant(path not in self.variables and self.facts.given(path) is None)

    def value(self, path: str) -> ast.expr:
        """Return the effective value of a path."""
        name = self.variables.get(path)
        return load(name) if name is not None else self.constant(self.facts.effective(path))

    def constant(self, value: Any) -> ast.expr:
        """Return an expression for a value."""
        if value is None or isinstance(value, bool | int | float | str):
            return constant(value)
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
            case syntax.Unset():
                return self.is_unset(path)
            case syntax.IsSet(wanted):
                return self.is_set(path) if wanted else negated(self.is_set(path))
        return self._of_value(self.value(path), matcher)

    def _of_value(self, value: ast.expr, matcher: syntax.Matcher, depth: int = 0) -> ast.expr:  # noqa: C901, PLR0912  # one for each kind
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
                return self._of_numbers(value, other, ast.Compare(value, [_COMPARE[name]()], [other]))
            case syntax.MultipleOf(factor):
                other = self._operand(factor)
                is_positive = ast.Compare(other, [ast.Gt()], [ast.Constant(0)])
                return self._of_numbers(value, other, is_positive, call("is_multiple", value, other))
            case syntax.Pattern(expression):
                return call("has_pattern", value, ast.Constant(expression))
            case syntax.HasType(name):
                return call("has_type", value, ast.Constant(name))
            case syntax.HasAnyKey(keys):
                return call("has_any_key", value, constant(tuple(keys)))
            case syntax.Contains(inner):
                name = f"item_{depth}"
                each = ast.comprehension(ast.Name(name, ast.Store()), value, [], 0)
                found = ast.GeneratorExp(self._of_value(load(name), inner, depth + 1), [each])
                return joined(ast.And(), [call("is_list", value), call("any", found)])
            case syntax.OneOf(parts):
                return joined(ast.Or(), [self._of_value(value, part, depth) for part in parts])
            case syntax.Every(parts):
                return joined(ast.And(), [self._of_value(value, part, depth) for part in parts])
            case syntax.NotMatching(inner):
                return negated(self._of_value(value, inner, depth))
        raise TypeError(f"not a matcher of values: {matcher!r}")

    def _of_numbers(self, left: ast.expr, right: ast.expr, *tests: ast.expr) -> ast.expr:
        """Return tests of two values that hold of numbers only."""
        asked = [call("is_number", side) for side in (left, right) if not self._is_number(side)]
        return joined(ast.And(), [*asked, *tests])

    def _operand(self, operand: Any) -> ast.expr:
        return self.value(operand.path) if isinstance(operand, syntax.Reference) else self.constant(operand)

    def _is_number(self, expression: ast.expr) -> bool:
        match expression:
            case ast.Constant(value):
                return is_number(value)
            case ast.Name(name):
                return name in self.numbers
        return False


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


def constant(value: Any) -> ast.expr:
    """Return a value that code can hold: a scalar, or a tuple or frozen set of such."""
    return ast.Constant(value)


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
