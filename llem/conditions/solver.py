"""Conditions as formulas of an SMT solver (z3), over every configuration at once.

What may stand at a path is a number, as unknown of the solver, or one of some values. A property test holds the
formulas to `llem.conditions.evaluate`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import z3

from llem.conditions import syntax
from llem.conditions.evaluate import matches_value
from llem.conditions.values import is_number


Formula: TypeAlias = z3.BoolRef
Case: TypeAlias = tuple[Formula, Any]
"""A condition, and the value that stands while it holds: plain, or a number that the solver is to find."""

TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)


@attrs.frozen(eq=False)
class Slot:
    """What may stand at a path: `written` values, each while its formula holds, else `given` ones, else `library`.

    The formulas of `written` exclude one another and those of `given` are tried in order; None is no value.
    """

    written: Sequence[Case]
    given: Sequence[Case] = ()
    library: Any = None

    @property
    def is_set(self) -> Formula:
        """Whether a value other than null is written."""
        return either(formula for formula, value in self.written if value is not None)

    def cases(self, *, effective: bool) -> Iterator[Case]:
        """Yield the values that may be given, or effective, each with when it is; they exclude one another."""
        before: list[Formula] = []
        for formula, value in [*self.written, *self.given]:
            yield both([formula, *map(z3.Not, before)]), value
            before.append(formula)
        yield both(map(z3.Not, before)), self.library if effective else None


def both(formulas: Any) -> Formula:
    """Return the formula that all of some hold."""
    found = list(formulas)
    return z3.And(found) if len(found) != 1 else found[0]


def either(formulas: Any) -> Formula:
    """Return the formula that one of some holds."""
    found = list(formulas)
    return z3.Or(found) if len(found) != 1 else found[0]


def formula_of(condition: syntax.Condition, slots: Callable[[str], Slot]) -> Formula:
    """Return the formula that a condition holds, given what may stand at each path."""
    match condition:
        case syntax.Test(path, matcher):
            return _matching(matcher, path, slots)
        case syntax.All(parts):
            return both(formula_of(part, slots) for part in parts)
        case syntax.AnyOf(parts):
            return either(formula_of(part, slots) for part in parts)
        case syntax.Not(inner):
            return z3.Not(formula_of(inner, slots))


def _matching(matcher: syntax.Matcher, path: str, slots: Callable[[str], Slot]) -> Formula:
    match matcher:
        case syntax.Unset():
            return either(formula for formula, value in slots(path).cases(effective=False) if value is None)
        case syntax.IsSet(wanted):
            return slots(path).is_set if wanted else z3.Not(slots(path).is_set)
        case syntax.OneOf(parts):
            return either(_matching(part, path, slots) for part in parts)
        case syntax.Every(parts):
            return both(_matching(part, path, slots) for part in parts)
        case syntax.NotMatching(inner):
            return z3.Not(_matching(inner, path, slots))
    others = list(dict.fromkeys(other.path for other in syntax.references_of(matcher)))
    found = []
    for formula, value in _effective(slots(path)):
        for formulas, values in _together([_effective(slots(other)) for other in others]):
            known = dict(zip(others, values, strict=True))
            found.append(both([formula, *formulas, _of_value(matcher, value, known)]))
    return either(found)


def _effective(slot: Slot) -> list[Case]:
    return list(slot.cases(effective=True))


def _together(cases: list[list[Case]]) -> Iterator[tuple[list[Formula], list[Any]]]:
    if not cases:
        yield [], []
        return
    for formula, value in cases[0]:
        for formulas, values in _together(cases[1:]):
            yield [formula, *formulas], [value, *values]


def _of_value(matcher: syntax.Matcher, value: Any, known: Mapping[str, Any]) -> Formula:  # noqa: C901  # as its model
    """Return whether a value matches; the values of other paths are known, or unknown numbers too."""
    used = [known[other.path] for other in syntax.references_of(matcher)]
    if not any(isinstance(found, z3.ArithRef) for found in (value, *used)):
        return z3.BoolVal(matches_value(matcher, value, known.__getitem__))
    if isinstance(matcher, syntax.Contains):
        items = value if isinstance(value, list | tuple) else ()
        return either(_of_value(matcher.matcher, item, known) for item in items)

    def resolve(operand: Any) -> Any:
        return known[operand.path] if isinstance(operand, syntax.Reference) else operand

    match matcher:
        case syntax.Equals(expected):
            other = resolve(expected)
            return value == other if _is_number(value) and _is_number(other) else FALSE
        case syntax.Ordering(name, bound):
            other = resolve(bound)
            return _COMPARE[name](value, other) if _is_number(value) and _is_number(other) else FALSE
        case syntax.MultipleOf(factor):
            other = resolve(factor)
            if not (_is_number(value) and _is_number(other)):
                return FALSE
            return z3.And(_real(other) > 0, z3.IsInt(_real(value) / _real(other)))
        case syntax.HasType("integer"):
            return z3.IsInt(_real(value))
        case syntax.HasType(name):
            return z3.BoolVal(name == "number")
        case syntax.OneOf(parts):
            return either(_of_value(part, value, known) for part in parts)
        case syntax.Every(parts):
            return both(_of_value(part, value, known) for part in parts)
        case syntax.NotMatching(inner):
            return z3.Not(_of_value(inner, value, known))
    return FALSE


_COMPARE: dict[str, Callable[[Any, Any], Formula]] = {
    "minimum": lambda value, bound: value >= bound,
    "exclusive_minimum": lambda value, bound: value > bound,
    "maximum": lambda value, bound: value <= bound,
    "exclusive_maximum": lambda value, bound: value < bound,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, z3.ArithRef) or is_number(value)


def _real(value: Any) -> z3.ArithRef:
    if isinstance(value, z3.ArithRef):
        return z3.ToReal(value) if value.is_int() else value
    return z3.RealVal(value)
