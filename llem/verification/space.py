"""All configurations of one backend, as unknowns of an SMT solver."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import z3

from llem.conditions import Condition, syntax
from llem.conditions.solver import FALSE, TRUE, Case, Formula, Slot, both, either, formula_of
from llem.conditions.values import is_number
from llem.config.introspection import test_values
from llem.registry.facts import flatten, nest
from llem.registry.integrity import example_values
from llem.registry.model import Registry
from llem.registry.records import Parameter
from llem.registry.values import key_of, problems


_NUMBERS = ("integer", "number")
_OTHER = "another text"


class Space:
    """What a backend's configurations may write: `typed` holds of those whose values are of their types."""

    def __init__(self, registry: Registry, backend: str) -> None:
        self.registry = registry
        self.backend = backend
        self._mentioned = mentioned_values(registry)
        self._asked = {path for check in registry.checks_for(backend) for path in check.paths}
        self._typed: list[Formula] = []
        self.paths = tuple(path for path in registry.parameters if self._belongs(path))
        self.sections = {path: z3.Bool(f"section {path}") for path in registry.sections}
        self.unknowns: dict[str, z3.ArithRef] = {}
        self.written = {path: tuple(self._written(registry.parameters[path])) for path in self.paths}
        self._slots: dict[str, Slot] = {}
        for path in self.paths:
            for section in registry.sections:
                if path.startswith(f"{section}."):
                    self._typed.append(z3.Implies(self.is_written(path), self.sections[section]))
            if path in registry.sections:  # it is either a value or a section
                self._typed.append(z3.Not(z3.And(self.is_written(path), self.sections[path])))
            if registry.parameters[path].required:
                section = self.sections.get(path.rpartition(".")[0], TRUE)
                self._typed.append(z3.Implies(section, self.is_written(path)))
        self.typed = both(self._typed)

    def _belongs(self, path: str) -> bool:
        section = self.registry.section_of(path)
        own = section == self.backend or (not section and self.registry.reads(self.backend, path))
        return own or path in self._asked

    def after(self, changes: Mapping[str, Any]) -> Callable[[str], Slot]:
        """Return what may stand at each path once some have other values, None where they have none."""

        def slot(path: str) -> Slot:
            before = self.slot(path)
            if path not in changes:
                return before
            value = changes[path]
            return Slot([] if value is None else [(TRUE, value)], before.given, before.library)

        return slot

    def _written(self, parameter: Parameter) -> Iterator[Case]:
        """Yield the values that may be written for a parameter, each with when it is."""
        path = parameter.path
        if path == self.registry.selector:
            yield TRUE, self.backend
            return
        if parameter.type in _NUMBERS:
            make = z3.Int if parameter.type == "integer" else z3.Real
            number = self.unknowns[path] = make(path)
            is_written = z3.Bool(f"written {path}")
            self._typed += [z3.Implies(is_written, formula) for formula in _bounds(parameter, number)]
            yield is_written, number
        else:
            choice = self.unknowns[path] = z3.Int(f"choice {path}")
            values = self.values(path)
            self._typed.append(z3.And(choice >= -1, choice < len(values)))
            yield from ((choice == place, value) for place, value in enumerate(values))
        if parameter.nullable:
            yield z3.Bool(f"null {path}"), None

    def values(self, path: str) -> list[Any]:
        """Return the values of a parameter that is no number: all of an enumeration, else those that tell apart."""
        parameter = self.registry.parameters[path]
        found = list(test_values(parameter))
        if parameter.choices is None and parameter.type != "boolean":
            found += self._mentioned.get(path, ())
            found += [_OTHER, [_OTHER], {_OTHER: 1}]
        fitting = [value for value in found if not any(problems(parameter, value))]
        return list({repr(key_of(value)): value for value in fitting}.values())

    def is_written(self, path: str) -> Formula:
        """Return when a parameter has a value of its own."""
        return either(formula for formula, _ in self.written[path])

    def takes(self, path: str, value: Any) -> Formula:
        """Return when a value is written."""
        return either(_is(formula, found, value) for formula, found in self.written[path])

    def takes_null(self, path: str) -> Formula:
        """Return when null is written, or nothing where that says the same."""
        found = [formula for formula, value in self.written[path] if value is None]
        return found[0] if found else z3.Not(self.is_written(path))

    def slot(self, path: str) -> Slot:
        """Return what may stand at a path."""
        if path not in self._slots:
            self._slots[path] = self._make_slot(path)
        return self._slots[path]

    def _make_slot(self, path: str) -> Slot:
        parameter = self.registry.parameters.get(path)
        is_section = path in self.registry.sections
        section: list[Case] = [(self.sections[path], {})] if is_section else []
        if parameter is None:
            return Slot(section)
        given = list(self._given(path))
        if parameter.default is not None:
            given.append((TRUE, parameter.default))
        return Slot([*self.written.get(path, ()), *section], given, parameter.library_default)

    def _given(self, path: str) -> Iterator[Case]:
        """Yield the values that presets give."""
        section, _, name = path.rpartition(".")
        chooser = self.registry.preset_parameters.get(section)
        for formula, value in self.written.get(chooser or "", ()):
            preset = self.registry.presets.get(value)
            if preset is not None and name in preset.values:
                yield formula, preset.values[name]

    def formula(self, condition: Condition) -> Formula:
        """Return when a condition holds."""
        return formula_of(condition, self.slot)

    def data(self, model: z3.ModelRef) -> dict[str, Any]:
        """Return the configuration that the solver found, as the data of an experiment."""
        found: dict[str, Any] = {}
        for section, is_there in self.sections.items():
            if z3.is_true(model.eval(is_there)):
                found[section] = {}
        for path, cases in self.written.items():
            for formula, value in cases:
                if z3.is_true(model.eval(formula)):
                    found[path] = _plain(model, value)
        return nest(self.registry, found)


def _is(formula: Formula, found: Any, value: Any) -> Formula:
    """Return when a case holds, and is of a certain value."""
    if isinstance(found, z3.ArithRef):
        return z3.And(formula, found == value) if is_number(value) else FALSE
    return formula if key_of(found) == key_of(value) else FALSE


def _bounds(parameter: Parameter, number: z3.ArithRef) -> Iterator[Formula]:
    if parameter.minimum is not None:
        yield number >= parameter.minimum
    if parameter.exclusive_minimum is not None:
        yield number > parameter.exclusive_minimum
    if parameter.maximum is not None:
        yield number <= parameter.maximum
    if parameter.exclusive_maximum is not None:
        yield number < parameter.exclusive_maximum


def _plain(model: z3.ModelRef, value: Any) -> Any:
    if not isinstance(value, z3.ArithRef):
        return value
    found = model.eval(value, model_completion=True)
    return found.as_long() if z3.is_int(found) else float(found.as_fraction())


def mentioned_values(registry: Registry) -> Mapping[str, list[Any]]:
    """Return by path the values that conditions and examples mention: they are what rules tell apart."""
    found: dict[str, list[Any]] = {}
    conditions = [*(check.violation for check in registry.checks), *(skip.when for skip in registry.skips)]
    for condition in conditions:
        for test in syntax.tests_of(condition):
            found.setdefault(test.path, []).extend(_values_of(test.matcher))
    for check in registry.check_records().values():
        examples = check.record.examples if check.record is not None else None
        for example in (*examples.violate, *examples.satisfy) if examples is not None else ():
            values = example_values(registry, example, check.backend)
            for path, value in flatten(registry, nest(registry, values)).items():
                found.setdefault(path, []).append(value)
    return found


def _values_of(matcher: syntax.Matcher) -> Iterator[Any]:
    for part in syntax.matchers_of(matcher):
        if isinstance(part, syntax.Equals) and not isinstance(part.value, syntax.Reference):
            yield part.value
        if isinstance(part, syntax.HasAnyKey):
            yield from ({key: 1} for key in part.keys[:2])
