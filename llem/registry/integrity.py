"""What must hold in a registry beyond its links: values within their types, examples that agree with their rules."""

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier

from llem.conditions import Condition, syntax
from llem.conditions.evaluate import holds
from llem.diagnostics import Location, did_you_mean
from llem.environment import specifiers
from llem.registry.composing import Pointer
from llem.registry.facts import ConfigurationFacts, flatten
from llem.registry.model import Registry
from llem.registry.names import declared
from llem.registry.records import Examples, Parameter, Support, TypeSpec
from llem.registry.sources import Faults, Source
from llem.registry.values import problems


def find_faults(registry: Registry, sources: list[Source], faults: Faults) -> None:
    """Note every fault of a linked registry."""
    inspector = _Inspector(registry, faults)
    for source in sources:
        inspect = getattr(inspector, f"_{source.kind}", None)
        if inspect is not None:
            inspect(source)
        inspector.versions(source)
    inspector.selectors()


class _Inspector:
    """One method for each kind of record that needs a look."""

    def __init__(self, registry: Registry, faults: Faults) -> None:
        self.registry = registry
        self.faults = faults

    def selectors(self) -> None:
        if not any(found.choices_from == "backends" for found in self.registry.parameters.values()):
            self.faults.add("no-registry", "no parameter chooses the backend (`choices_from: backends`)", None)

    def versions(self, source: Source) -> None:
        """Note texts that give no range of versions."""
        for pointer, text in _version_texts(source):
            try:
                specifiers(text)
            except InvalidSpecifier:
                message = f'"{text}" is no version specifier'
                self.faults.add("wrong-type", message, source.location(pointer), 'Write for example ">=4.56,<6".')

    def _parameters(self, source: Source) -> None:
        record: Parameter = source.record
        path = declared(record.path, source.scope)
        section = path.rpartition(".")[0]
        if section and section not in self.registry.sections:
            message = f'there is no section "{section}"'
            self.faults.add(
                "unknown-path", message, source.location(("path",)), did_you_mean(section, self.registry.sections)
            )
        self._spec(record, source, ())
        self.value(path, record.default, source, ("default",))
        for index, example in enumerate(record.examples):
            self.value(path, example, source, ("examples", index))
        if not record.unmapped and not any(self.registry.reads(backend, path) for backend in self.registry.backends):
            message = f'nothing takes "{path}"'
            advice = "Give it `maps_to`, a record among the mappings, or `unmapped` with the reason."
            self.faults.add("unmapped-parameter", message, source.location(("path",)), advice)

    def _spec(self, spec: TypeSpec, source: Source, pointer: Pointer) -> None:
        derived = isinstance(spec, Parameter) and spec.choices_from
        if spec.type == "enum" and not spec.choices and not derived:
            self.faults.add("missing-key", "an enum has `choices`", source.location((*pointer, "type")))
        if spec.type == "union" and not spec.any_of:
            self.faults.add("missing-key", "a union has `any_of`", source.location((*pointer, "type")))
        for index, part in enumerate(spec.any_of):
            self._spec(part, source, (*pointer, "any_of", index))

    def _presets(self, source: Source) -> None:
        for name, value in source.record.values.items():
            path = f"{source.record.section}.{name}"
            if path not in self.registry.parameters:
                self.unknown(path, source, ("values", name))
            self.value(path, value, source, ("values", name), code="preset-value")

    def _definitions(self, source: Source) -> None:
        self.condition(self.registry.definitions[declared(source.record.path, source.scope)], source)

    def _rules(self, source: Source) -> None:
        self.checks_of(source)

    def _exclusions(self, source: Source) -> None:
        self.checks_of(source)

    def checks_of(self, source: Source) -> None:
        checks = [check for check in self.registry.checks if check.id == source.record.id]
        for check in checks:
            self.condition(check.violation, source)
        known = self.registry.check_records()
        for index, name in enumerate(source.record.implied_by):
            if name not in known:
                place = source.location(("implied_by", index))
                self.faults.add("unknown-rule", f'there is no rule "{name}"', place, did_you_mean(name, known))
        self.examples([check.violation for check in checks], source)

    def _skip_conditions(self, source: Source) -> None:
        conditions = [skip.when for skip in self.registry.skips if skip.id == source.record.id]
        for condition in conditions:
            self.condition(condition, source)
        if source.record.examples is not None:
            self.examples(conditions, source)

    def examples(self, conditions: list[Condition], source: Source) -> None:
        """Note where there is no example, or one of another verdict than the conditions have."""
        examples: Examples = source.record.examples
        for kind, listed in (("violate", examples.violate), ("satisfy", examples.satisfy)):
            if not listed:
                message = f"there is no example that {'violates' if kind == 'violate' else 'satisfies'} it"
                self.faults.add("missing-key", message, source.location(("examples", kind)))
            for index, example in enumerate(listed):
                self.example(conditions, example, source, ("examples", kind, index))

    def example(
        self, conditions: list[Condition], example: Mapping[str, Any], source: Source, pointer: Pointer
    ) -> None:
        """Note values outside their types, unknown paths, and a verdict that is not the stated one."""
        before = len(self.faults.diagnostics)
        written = example_values(self.registry, example, source.scope)
        if self.rests_on_unreadable(conditions, written, source.scope):
            return
        for path, value in written.items():
            step = next((key for key in example if path in (key, f"{source.scope}.{key}")), next(iter(example), ""))
            if path not in self.registry.parameters and path not in self.registry.sections:
                self.unknown(path, source, (*pointer, step))
            elif not (path in self.registry.sections and isinstance(value, Mapping)):
                self.value(path, value, source, (*pointer, step))
        if len(self.faults.diagnostics) > before:
            return
        facts = ConfigurationFacts(self.registry, written)
        fires = "violate" in pointer
        if any(holds(condition, facts) for condition in conditions) != fires:
            verdict = "is not caught" if fires else "is caught"
            message = f'"{source.record.id}" contradicts its own example, which {verdict} by it'
            self.faults.add("contradicted-example", message, source.location(pointer))

    def rests_on_unreadable(self, conditions: list[Condition], written: Mapping[str, Any], scope: str) -> bool:
        """Return whether a verdict would rest on a record whose own faults are noted already."""
        if not self.faults.unreadable_names:
            return False
        tests = [test for condition in conditions for test in syntax.tests_of(condition)]
        names = {*written, *(test.path for test in tests)}
        return any(self.faults.is_unreadable(name, scope) for name in names) or any(
            isinstance(test.matcher, syntax.HasAnyKey) for test in tests
        )

    def condition(self, condition: Condition, source: Source) -> None:
        """Note values in a condition that its parameters cannot have."""
        for test in syntax.tests_of(condition):
            parameter = self.registry.parameters.get(test.path)
            if parameter is not None and source.has(test.pointer):
                self.matcher(test.matcher, parameter.path, parameter, source.location(test.pointer))

    def matcher(self, matcher: syntax.Matcher, path: str, spec: TypeSpec, location: Location | None) -> None:
        """Note what in a matcher no value of a type can match."""
        match matcher:
            case syntax.Equals(value) if not isinstance(value, syntax.Reference):
                for found in problems(spec, value):
                    message = f'"{path}" cannot have this value: {found.message}'
                    self.faults.add("value-outside-type", message, location, found.resolution)
            case syntax.Ordering() | syntax.MultipleOf() if spec.type not in ("integer", "number", "union"):
                self.faults.add("value-outside-type", f'"{path}" is no number ({spec.type})', location)
            case syntax.Contains(inner):
                lists = [part for part in (spec, *spec.any_of) if part.type == "list"]
                if not lists:
                    self.faults.add("value-outside-type", f'"{path}" is no list ({spec.type})', location)
                elif lists[0].items is not None:
                    self.matcher(inner, path, lists[0].items, location)
            case syntax.NotMatching(inner):
                self.matcher(inner, path, spec, location)
            case syntax.OneOf(parts) | syntax.Every(parts):
                for part in parts:
                    self.matcher(part, path, spec, location)

    def value(self, path: str, value: Any, source: Source, pointer: Pointer, code: str = "value-outside-type") -> None:
        """Note what keeps a value from being one of a parameter's."""
        parameter = self.registry.parameters.get(path)
        if parameter is None or value is None:
            return
        for found in problems(parameter, value):
            message = f'"{path}" cannot have this value: {found.message}'
            self.faults.add(code, message, source.location((*pointer, *found.pointer)), found.resolution)

    def unknown(self, path: str, source: Source, pointer: Pointer) -> None:
        if self.faults.is_unreadable(path, source.scope):
            return
        known = did_you_mean(path, self.registry.parameters)
        self.faults.add("unknown-path", f'there is no parameter "{path}"', source.location(pointer, key=True), known)

    def _capabilities(self, source: Source) -> None:
        """Note capabilities claimed without the parameter that would give them."""
        for backend, support in source.record.support.items():
            if backend in self.registry.backends:
                self.support(backend, support, source, ("support", backend))
            else:
                message = f'there is no backend "{backend}"'
                advice = did_you_mean(backend, self.registry.backends)
                self.faults.add("unknown-path", message, source.location(("support", backend), key=True), advice)

    def _backend(self, source: Source) -> None:
        for name, support in source.record.capabilities.items():
            self.support(source.record.id, support, source, ("capabilities", name))

    def support(self, backend: str, support: Support, source: Source, pointer: Pointer) -> None:
        """Note a capability that rests on a parameter which the backend does not take."""
        if support.parameter not in {*self.registry.parameters, *self.registry.definitions}:
            self.unknown(str(support.parameter), source, (*pointer, "parameter"))
        elif not self.registry.takes(backend, support.parameter, support.value):
            message = f"{self.registry.backends[backend].name} does not take {support.parameter}"
            self.faults.add("dangling-mapping", message, source.location(pointer))

    def _mappings(self, source: Source) -> None:
        """Note values of an enumeration that a backend would drop in silence."""
        name = source.record.parameter
        parameter = self.registry.parameters.get(name)
        if not source.scope or parameter is None or not parameter.choices:
            return
        listed = [target.values for target in source.record.maps_to if target.values is not None]
        for choice in parameter.choices:
            if (
                listed
                and not any(choice in values for values in listed)
                and not self.refused(source.scope, name, choice)
            ):
                message = f'"{choice}" of {name} is neither translated nor refused by a rule'
                self.faults.add("dangling-mapping", message, source.location(("maps_to",)))

    def refused(self, backend: str, path: str, value: Any) -> bool:
        facts = ConfigurationFacts(self.registry, {self.registry.selector: backend, path: value})
        return any(
            check.severity == "error" and holds(check.violation, facts) for check in self.registry.checks_for(backend)
        )


def example_values(registry: Registry, example: Mapping[str, Any], scope: str) -> dict[str, Any]:
    """Return an example by absolute path, its backend chosen. Keys may leave out the name of the scope."""
    absolute: dict[str, Any] = {registry.selector: scope} if scope else {}
    for key, value in example.items():
        head = str(key).partition(".")[0]
        inside = scope and f"{scope}.{head}" in {*registry.parameters, *registry.sections}
        absolute[f"{scope}.{key}" if inside else str(key)] = value
    return flatten(registry, absolute)


def _version_texts(source: Source) -> Iterator[tuple[Pointer, str]]:
    for field in ("versions", "supported"):
        if text := getattr(source.record, field, ""):
            yield (field,), text
    for index, evidence in enumerate(getattr(source.record, "evidence", ())):
        yield ("evidence", index, "versions"), evidence.versions
    for name, choice in (getattr(source.record, "choices", None) or {}).items():
        yield ("choices", name, "versions"), choice.versions
