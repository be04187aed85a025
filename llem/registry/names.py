"""Names in a registry: what is defined where, and how a record's relative paths and conditions become absolute."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from llem.conditions import Condition, ConditionError, parse_condition, syntax
from llem.conditions.syntax import All, Equals, HasAnyKey, Not, Pointer, Reference, Test
from llem.diagnostics import Related, did_you_mean
from llem.registry import backend_records, records
from llem.registry.kinds import NAMES
from llem.registry.sources import OVERRIDE, Faults, Source


_NAMESPACES = dict.fromkeys(("rules", "exclusions", "skip_conditions"), "rules")
"""Kinds whose names may not clash with one another's."""


class Names:
    """Every path and id that the records define. Faults in their use are noted, and reading goes on."""

    def __init__(self, sources: list[Source], backend_order: Sequence[str], faults: Faults) -> None:
        self.faults = faults
        self.sources = list(self._overridden(sources))
        self.seen: dict[tuple[str, str], Source] = {}
        backends = self._collect("backend")
        order = [*(name for name in backend_order if name in backends), *backends]
        self.backends: dict[str, backend_records.Backend] = {name: backends[name] for name in order}
        self.sections: dict[str, records.Section] = self._collect("sections", key="path")
        self.sections |= {backend.id: _backend_section(backend) for backend in self.backends.values()}
        self.presets: dict[str, records.Preset] = self._collect("presets")
        self.capabilities: dict[str, records.Capability] = self._with_support(self._collect("capabilities"))
        self.environments: dict[str, records.EnvironmentRecord] = self._collect("environments")
        self.definition_records: dict[str, records.Definition] = self._collect("definitions", key="path")
        self.parameters = {
            path: self._with_choices(attrs.evolve(record, path=path))
            for path, record in self._collect("parameters", key="path").items()
        }
        self._collect(*_NAMESPACES)
        self.definitions: dict[str, Condition] = {}
        for path in self.definition_records:
            source = self.seen["definitions", path]
            self.definitions[path] = self.condition(source.record.holds, source, ("holds",))

    def of(self, *kinds: str) -> Iterator[Source]:
        """Yield the records of some kinds."""
        return (source for source in self.sources if source.kind in kinds)

    def _overridden(self, sources: list[Source]) -> list[Source]:
        """Return the records that count: one that overrides stands in the place of the earlier one of its name."""
        standing: list[Source] = []
        places: dict[tuple[str, str], int] = {}
        for source in sources:
            if source.kind not in NAMES:
                standing.append(source)
                continue
            key = NAMES[source.kind]
            name = getattr(source.record, key)
            name = name if key == "id" else declared(name, source.scope)
            place = (_NAMESPACES.get(source.kind, source.kind), name)
            if not source.overrides:
                places.setdefault(place, len(standing))
                standing.append(source)
            elif place in places:
                standing[places[place]] = source
            else:
                known = [known for kind, known in places if kind == place[0]]
                message = f'"{name}" overrides nothing: no earlier registry has it'
                advice = did_you_mean(name, known) or "Remove `override: true` to add it."
                self.faults.add("nothing-to-override", message, source.location((OVERRIDE,), key=True), advice)
        return standing

    def _with_support(self, capabilities: dict[str, records.Capability]) -> dict[str, records.Capability]:
        """Return the capabilities with those backends that say themselves that they have them."""
        for backend in self.backends.values():
            source = self.seen["backend", backend.id]
            for name, support in backend.capabilities.items():
                if name not in capabilities:
                    message = f'there is no capability "{name}"'
                    at = source.location(("capabilities", name), key=True)
                    self.faults.add("unknown-path", message, at, did_you_mean(name, capabilities))
                    continue
                found = capabilities[name]
                capabilities[name] = attrs.evolve(found, support={**found.support, backend.id: support})
        return capabilities

    def _collect(self, *kinds: str, key: str = "id") -> dict[str, Any]:
        """Return the records of some kinds by name; a name used twice is a fault that points to both places."""
        found: dict[str, Any] = {}
        for source in self.of(*kinds):
            name = getattr(source.record, key)
            name = name if key == "id" else declared(name, source.scope)
            first = self.seen.setdefault((_NAMESPACES.get(source.kind, source.kind), name), source)
            if first is source:
                found[name] = source.record
                continue
            other = first.location((key,))
            message = f'"{name}" is defined twice, here and at {other}'
            related = (Related("first defined here", location=other),)
            self.faults.add(
                "duplicate-id",
                message,
                source.location((key,)),
                "Rename or remove one of them; to replace a record of another registry write `override: true`.",
                related=related,
            )
        return found

    def _with_choices(self, record: records.Parameter) -> records.Parameter:
        """Return a parameter with the choices that other records give it."""
        if record.choices_from is None:
            return record
        named: Mapping[str, Any] = self.backends if record.choices_from == "backends" else self.presets
        return attrs.evolve(
            record, choices={name: records.Choice(summary=found.summary) for name, found in named.items()}
        )

    def resolve(self, path: str, scope: str) -> str | None:
        """Return the absolute form of a path, or None where there is no such path."""
        for candidate in (f"{scope}.{path}" if scope else path, path):
            if candidate in self.parameters or candidate in self.sections or candidate in self.definition_records:
                return candidate
        return None

    def path(self, path: str, source: Source, pointer: Pointer) -> str:
        """Return the absolute form of a path; an unknown one is noted as a fault and given back as it is."""
        found = self.resolve(path, source.scope)
        if found is None and not self.faults.is_unreadable(path, source.scope):
            known = [*self.parameters, *self.sections, *self.definition_records]
            known += [name.removeprefix(f"{source.scope}.") for name in known if source.scope]
            message = f'there is no parameter "{path}"'
            self.faults.add("unknown-path", message, source.location(pointer, key=True), did_you_mean(path, known))
        return found or path

    def condition(self, data: Any, source: Source, pointer: Pointer) -> Condition:
        """Return a parsed condition with absolute paths, definitions put in their place; faults are noted."""
        try:
            parsed = parse_condition(data)
        except ConditionError as error:
            self.faults.add("not-a-condition", error.message, source.location((*pointer, *error.pointer)))
            return All()
        return syntax.transform(
            parsed,
            lambda test: self._test(test, source, (*pointer, *test.pointer)),
            lambda matcher: self._matcher(matcher, source, pointer),
        )

    def _test(self, test: Test, source: Source, pointer: Pointer) -> Condition:
        path = self.path(test.path, source, pointer)
        if path not in self.definitions:
            return Test(path, test.matcher, pointer)
        holds = self.definitions[path]
        if test.matcher not in (Equals(True), Equals(False)):
            message = f'"{path}" is a definition: it is true or false'
            self.faults.add("value-outside-type", message, source.location(pointer))
        return holds if test.matcher == Equals(True) else Not(holds)

    def _matcher(self, matcher: syntax.Matcher, source: Source, pointer: Pointer) -> syntax.Matcher:
        if isinstance(matcher, HasAnyKey) and matcher.of is not None:
            return HasAnyKey(self._keys(matcher.of, source, pointer), matcher.of)
        references: Any = {
            field.name: Reference(self.path(value.path, source, pointer))
            for field in attrs.fields(type(matcher))
            if isinstance(value := getattr(matcher, field.name), Reference)
        }
        return attrs.evolve(matcher, **references)

    def _keys(self, of: syntax.KeySource, source: Source, pointer: Pointer) -> tuple[str, ...]:
        if of.kind == "arguments_of":
            found = list(self._arguments(of.name, source.scope))
        else:
            paths = [path.rpartition(".") for path in (*self.parameters, *self.sections)]
            found = [name for section, _, name in paths if section == of.name]
        if not found:
            self.faults.add("unknown-path", f'"{of.name}" has none', source.location(pointer))
        return tuple(dict.fromkeys(found))

    def _arguments(self, call: str, scope: str) -> Iterator[str]:
        """Yield the arguments that llem itself gives to a call: constants, and where parameters go."""
        for found in self.backends[scope].calls if scope else ():
            if found.id == call:
                yield from found.arguments
        for source in (*self.of("parameters"), *self.of("mappings")):
            if source.scope == scope:
                yield from (
                    target.argument.partition(".")[0] for target in source.record.maps_to if target.call == call
                )


def declared(path: str, scope: str) -> str:
    """Return the absolute path that a record of a backend's folder declares."""
    return path if not scope or path.startswith(f"{scope}.") else f"{scope}.{path}"


def _backend_section(backend: backend_records.Backend) -> records.Section:
    return records.Section(path=backend.id, class_name=backend.class_name, summary=backend.summary, nullable=True)
