"""Strategies for configurations: valid ones, any within their types, and such as break one rule.

A valid configuration is built from parts that are valid by themselves, each added only while the whole stays valid, so
that nothing drawn is thrown away.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from llem.conditions.evaluate import holds
from llem.config.evaluation import evaluate
from llem.config.introspection import test_values
from llem.config.waking import woken_checks
from llem.diagnostics import Severity
from llem.registry import Registry, load_registry
from llem.registry.facts import ConfigurationFacts, flatten, nest, overlap
from llem.registry.integrity import example_values
from llem.registry.values import is_nullable, normalise


MODEL = "embedded"
_MOST_PARTS = 8
_MOST_HELP = 3
"""So many other values a value may need beside it."""

Values = Mapping[str, Any]
"""Values by absolute path."""


def configs(
    *, backend: str | None = None, valid: bool = True, registry: Registry | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Experiment data, as a file has it.

    Args:
        backend: Only for this backend; without one, for each.
        valid: Without errors; warnings and values that change nothing may occur. Otherwise every value is of its
            type, and rules may be broken.
        registry: The packaged one when left out.

    Raises:
        ValueError: when there is no such backend.
    """
    registry = registry or load_registry()
    if backend is not None and backend not in registry.backends:
        raise ValueError(f'there is no backend "{backend}"; there are {", ".join(registry.backends)}')
    return _configs(registry, (backend,) if backend else tuple(registry.backends), valid=valid)


def violations_of(rule: str, *, registry: Registry | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Experiment data that breaks a rule, and no other error rule, where its own examples allow that.

    Raises:
        ValueError: when there is no such rule, or it holds for older versions of the library alone.
    """
    registry = registry or load_registry()
    if rule not in registry.check_records():
        raise ValueError(f'there is no rule "{rule}"')
    _violating(registry, rule)
    return _violations(registry, rule)


@functools.cache
def _configs(registry: Registry, backends: tuple[str, ...], *, valid: bool) -> st.SearchStrategy[dict[str, Any]]:
    def of(backend: str) -> st.SearchStrategy[dict[str, Any]]:
        parts = _parts(registry, backend)
        several = _several(parts.of(valid=valid), _MOST_PARTS)
        return several.map(lambda drawn: parts.join(parts.base, drawn, keep_valid=valid))

    return st.one_of([of(backend) for backend in backends])


@functools.cache
def _violations(registry: Registry, rule: str) -> st.SearchStrategy[dict[str, Any]]:
    def of(backend: str, values: Values) -> st.SearchStrategy[dict[str, Any]]:
        parts = _parts(registry, backend)
        paths = registry.check_records()[rule].paths
        others = [part for part in parts.of(valid=True) if not any(overlap(part.path, path) for path in paths)]
        base = parts.part(registry.model_path, {**parts.base.values, **values})
        several = _several(others, _MOST_PARTS // 2)
        return several.map(lambda drawn: parts.join(base, drawn, keep_valid=True, keep_finding=rule))

    return st.one_of([of(backend, values) for backend, values in _violating(registry, rule)])


def _several(parts: Sequence["_Part"], most: int) -> st.SearchStrategy[list["_Part"]]:
    """Draw parts, each parameter's once; by their places, since hypothesis shows what it draws from."""
    if not parts:
        return st.just([])
    places = st.lists(st.integers(0, len(parts) - 1), max_size=most, unique_by=lambda place: parts[place].path)
    return places.map(lambda drawn: [parts[place] for place in drawn])


@attrs.frozen
class _Part:
    """Values by path, one of which is drawn for its own sake; and the same as what is written, normal and flat."""

    path: str
    values: Values
    written: Values


@functools.cache
def _violating(registry: Registry, rule: str) -> tuple[tuple[str, Values], ...]:
    """Return a rule's examples of what breaks it, with their backend: those that break nothing else, if there are."""
    check = registry.check_records()[rule]
    found: dict[bool, list[tuple[str, Values]]] = {True: [], False: []}
    for backend in [check.backend] if check.backend else registry.backends:
        base = _parts(registry, backend).base.values
        for values in _examples(registry, rule):
            diagnostics = evaluate(registry, nest(registry, {**base, **values})).diagnostics
            if any(one.code == rule for one in diagnostics):
                others = {one.code for one in diagnostics if one.severity is Severity.ERROR} - {rule}
                found[not others].append((backend, values))
    if not any(found.values()):
        raise ValueError(f"{rule} finds nothing in the newest version; it holds for {check.versions}")
    return tuple(found[True] or found[False])


def _examples(registry: Registry, rule: str) -> Iterator[Values]:
    check = registry.check_records()[rule]
    if check.record is None:  # the rule on sections of other backends
        yield {path: {} for path in registry.backends if path in check.paths}
    for example in check.record.examples.violate if check.record is not None else ():
        values = example_values(registry, example, check.backend)
        yield {path: value for path, value in values.items() if path != registry.selector}


@functools.cache
def _parts(registry: Registry, backend: str) -> "_Parts":
    return _Parts(registry, backend)


@attrs.frozen(eq=False)
class _Parts:
    """The parts that configurations of a backend are built from."""

    registry: Registry
    backend: str
    _known: dict[bool, list[_Part]] = attrs.field(factory=dict, init=False)

    @functools.cached_property
    def base(self) -> _Part:
        """What every configuration has: a model with which nothing is wrong, if there is one among the examples."""
        path = self.registry.model_path
        models = [MODEL, *(example[path] for example in self._satisfying if path in example)]
        bases = [self.part(path, {path: model, self.registry.selector: self.backend}) for model in models]
        return next((base for base in bases if not any(self._errors(base.written))), bases[0])

    def part(self, path: str, values: Values) -> _Part:
        """Return a part."""
        written = flatten(self.registry, nest(self.registry, values))
        return _Part(path, values, {found: self._normal(found, value) for found, value in written.items()})

    def _normal(self, path: str, value: Any) -> Any:
        parameter = self.registry.parameters.get(path)
        is_section = path in self.registry.sections and isinstance(value, Mapping)
        return value if parameter is None or is_section else normalise(parameter, value)

    def of(self, *, valid: bool) -> list[_Part]:
        """Return the parts: each value of each parameter, or what is valid, with what it needs beside it."""
        if valid not in self._known:
            singles = [self.part(path, {path: value}) for path in self._paths() for value in self._values(path)]
            self._known[valid] = list(filter(None, map(self._helped, singles))) if valid else singles
        return self._known[valid]

    def _paths(self) -> Iterator[str]:
        for path in self.registry.parameters:
            section = self.registry.section_of(path)
            is_read = section == self.backend or (not section and self.registry.reads(self.backend, path))
            if is_read and path not in (self.registry.model_path, self.registry.selector):
                yield path

    def _values(self, path: str) -> list[Any]:
        parameter = self.registry.parameters[path]
        found = [value for value in test_values(parameter) if value is not None]
        return [*found, None] if is_nullable(parameter) else found

    def _helped(self, part: _Part) -> _Part | None:
        """Return a part that is valid, with what it needs beside it; None where that is not found."""
        broken = self._broken(part)
        for _ in range(_MOST_HELP):
            if not broken:
                return part
            helped = (self.part(part.path, values) for values in self._help(part.path, part.values, broken))
            better = next((found for found in helped if len(self._broken(found)) < len(broken)), None)
            if better is None:
                return None
            part, broken = better, self._broken(better)
        return None if broken else part

    def _broken(self, part: _Part) -> list[str]:
        return list(self._errors({**self.base.written, **part.written}))

    def _help(self, path: str, values: Values, broken: list[str]) -> Iterator[Values]:
        """Yield values with others beside them: of a rule's fix, of examples, or of what the rule looks at."""
        checks = [found for code in broken if (found := self.registry.check_records().get(code))]
        for check in checks:
            if check.fix and path not in check.fix and None not in check.fix.values():
                yield {**values, **check.fix}
        for example in self._satisfying:
            if path in example and example[path] == values[path]:
                yield {**example, **values}
        for check in checks:
            for other in check.paths:
                if other in self.registry.parameters and other not in values and other != self.registry.selector:
                    yield from ({**values, other: value} for value in self._values(other)[:2])

    @functools.cached_property
    def _satisfying(self) -> list[Values]:
        return [
            {found: value for found, value in values.items() if found not in self.registry.sections}
            for check in self.registry.checks_for(self.backend)
            for example in (check.record.examples.satisfy if check.record is not None else ())
            if (values := example_values(self.registry, example, check.backend))
        ]

    def join(self, base: _Part, more: list[_Part], *, keep_valid: bool, keep_finding: str = "") -> dict[str, Any]:
        """Return a base with further parts: those that break nothing that the base keeps, and keep a finding."""
        values, written = dict(base.values), dict(base.written)
        broken = set(self._errors(written)) if keep_valid else set()
        for part in more:
            if any(overlap(path, found) and path != found for path in part.values for found in values):
                continue  # a value and a section of the same name
            candidate = {**written, **part.written}
            if not keep_valid or (set(self._errors(candidate)) <= broken and self._finds(keep_finding, candidate)):
                values.update(part.values)
                written = candidate
        return nest(self.registry, values)

    def _finds(self, rule: str, written: Values) -> bool:
        return not rule or any(
            check.id == rule and holds(check.violation, facts)
            for facts in [ConfigurationFacts(self.registry, written)]
            for check in woken_checks(self.registry, self.backend, None, facts)
        )

    def _errors(self, written: Values) -> Iterator[str]:
        """Yield the ids of the error rules that values of their types break, and the paths that are missing."""
        facts = ConfigurationFacts(self.registry, written)
        for check in woken_checks(self.registry, self.backend, None, facts):
            if check.severity == "error" and holds(check.violation, facts):
                yield check.id
        for section, needed in self.registry.required.items():
            if needed and (not section or isinstance(written.get(section), Mapping)):
                yield from (path for _, path in needed if written.get(path) is None)
