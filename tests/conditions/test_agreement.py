"""One meaning: what evaluation says of a condition, generated code, the solver, columns and JSON Schema say too."""

import functools
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from llem.conditions import Condition, parse_condition, syntax
from llem.conditions.columns import holds_in_rows
from llem.conditions.evaluate import holds
from llem.conditions.generate import Expressions, function
from llem.config.columns import _Table
from llem.config.tables import read_column
from llem.registry import load_registry
from llem.registry.facts import ConfigurationFacts, flatten
from llem.registry.values import normalise
from llem.testing import conditions, configs
from llem.verification.space import Space


REGISTRY = load_registry()
BACKENDS = list(REGISTRY.backends)


def written(data: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration's values by path as evaluation has them."""
    found = flatten(REGISTRY, data)
    is_value = {path: path in REGISTRY.parameters and not isinstance(value, dict) for path, value in found.items()}
    is_value |= {path: True for path in found if path in REGISTRY.parameters and path not in REGISTRY.sections}
    return {
        path: normalise(REGISTRY.parameters[path], value) if is_value[path] else value for path, value in found.items()
    }


def without_nulls(data: dict[str, Any]) -> dict[str, Any]:
    found = {name: without_nulls(value) if isinstance(value, dict) else value for name, value in data.items()}
    return {name: value for name, value in found.items() if value is not None and value != {}}


def by_generated_code(condition: Condition, values: dict[str, Any]) -> bool:
    plain = {path: value for path, value in values.items() if path not in REGISTRY.sections and value is not None}
    names = {path: f"value_{number}" for number, path in enumerate(plain)}
    known = {path: value for path, value in values.items() if path not in plain}
    expressions = Expressions(names, ConfigurationFacts(REGISTRY, known))
    return bool(function(list(names.values()), expressions.of(condition), expressions.names)(*plain.values()))


def by_columns(condition: Condition, values: dict[str, Any]) -> bool:
    """Return what a table of one row says. In tables null is what is not written, so that there are none here."""
    columns = {path: [value] for path, value in values.items() if path not in REGISTRY.sections and value is not None}
    table = _Table(REGISTRY, {path: read_column(column) for path, column in columns.items()}, 1, None)
    return bool(holds_in_rows(condition, table._truth))


@functools.cache
def space(backend: str) -> Space:
    return Space(REGISTRY, backend)


def by_solver(condition: Condition, values: dict[str, Any]) -> bool:
    """Return what follows from the solver's facts of a configuration, which are all there are."""
    room = space(values[REGISTRY.selector])
    solver = z3.Solver()
    for path in room.paths:
        if path == REGISTRY.selector:
            continue
        value = values.get(path)
        is_plain = value is not None and path not in REGISTRY.sections
        nothing = room.takes_null(path) if path in values and value is None else z3.Not(room.is_written(path))
        solver.add(room.takes(path, value) if is_plain else nothing)
    for path, is_there in room.sections.items():
        solver.add(is_there if path in values else z3.Not(is_there))
    formula = room.formula(condition)
    found = solver.check(formula), solver.check(z3.Not(formula))
    assert found in ((z3.sat, z3.unsat), (z3.unsat, z3.sat))
    return found[0] == z3.sat


def asks_of_sections(condition: Condition) -> bool:
    return any(path in REGISTRY.sections for path in syntax.paths_of(condition))


@settings(max_examples=600)
@given(st.data(), st.sampled_from(BACKENDS))
def test_drawn_conditions(data: st.DataObject, backend: str) -> None:
    condition = parse_condition(data.draw(conditions(backend=backend)))
    drawn = data.draw(configs(backend=backend, valid=False))
    values = written(drawn)
    expected = holds(condition, ConfigurationFacts(REGISTRY, values))
    assert by_generated_code(condition, values) == expected
    if asks_of_sections(condition):
        return
    if all(path in space(backend).written for path in syntax.paths_of(condition)):
        assert by_solver(condition, values) == expected
    values = written(without_nulls(drawn))
    assert by_columns(condition, values) == holds(condition, ConfigurationFacts(REGISTRY, values))


@pytest.mark.parametrize("backend", BACKENDS)
@settings(max_examples=40)
@given(data=st.data())
def test_the_conditions_of_rules(data: st.DataObject, backend: str) -> None:
    """All of them, of one configuration at a time."""
    values = written(without_nulls(data.draw(configs(backend=backend, valid=False))))
    facts = ConfigurationFacts(REGISTRY, values)
    for check in REGISTRY.checks_for(backend):
        expected = holds(check.violation, facts)
        assert by_generated_code(check.violation, values) == expected, check.id
        assert by_columns(check.violation, values) == expected, check.id
