"""Records in words: everything that concerns a parameter, a rule, or the code of a finding."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from ruamel.yaml import YAML

from llem.conditions.syntax import paths_of
from llem.conditions.words import value_words, words
from llem.diagnostics import Diagnostic, LlemError, Report, Severity, did_you_mean
from llem.diagnostics.codes import CODES
from llem.registry.facts import nest
from llem.registry.integrity import example_values
from llem.registry.model import Check, Registry
from llem.registry.records import Evidence, Parameter
from llem.registry.values import thaw


@attrs.frozen
class Line:
    """One line of a group. `name` is that of another record, which it is about."""

    text: str
    name: str = ""


@attrs.frozen
class Group:
    """Lines under a heading; `code` is YAML that belongs below them."""

    heading: str
    lines: tuple[Line, ...] = ()
    code: str = ""


@attrs.frozen
class Explanation:
    """Everything that concerns a record: a headline, facts with their labels, and groups of lines."""

    name: str
    headline: str
    facts: tuple[tuple[str, str], ...] = ()
    groups: tuple[Group, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.headline
        if self.facts:
            yield ""
        for label, value in self.facts:
            yield f"{label:<10} {value}"
        for group in self.groups:
            yield f"\n{group.heading}"
            yield from (f"  {line.text}" for line in group.lines)
            if group.code:
                yield "\n".join(f"  {line}" for line in group.code.splitlines())


def explain(registry: Registry, name: str) -> str:
    """Return what a parameter, section, definition, rule or code is about.

    Raises:
        LlemError: when nothing has this name.
    """
    name = registry.redirects.get(name, name)
    checks = registry.check_records()
    if name in registry.parameters:
        return str(explain_parameter(registry, registry.parameters[name]))
    if name in registry.sections:
        return "\n".join(_section(registry, name))
    if name in registry.definitions:
        return f"{name}: {registry.definition_records[name].summary}\nholds while {words(registry.definitions[name])}"
    if name in checks:
        return str(explain_check(registry, name))
    needs = [skip for skip in registry.skips if name in (skip.id, *skip.keys)]
    if needs:
        return "\n".join(f"{skip.id}: {skip.reason}\nwhile {words(skip.when)}" for skip in needs)
    if name in CODES:
        return f"{name}: {CODES[name]}"
    raise unknown_name(name, [*registry.parameters, *registry.sections, *checks, *CODES])


def unknown_name(name: str, known: list[str]) -> LlemError:
    """Return the error for a name that nothing has, with the nearest one that there is."""
    by_field = [path for path in known if path.rpartition(".")[2] == name]
    advice = f'Did you mean "{by_field[0]}"?' if by_field else did_you_mean(name, known)
    message = f'there is no parameter, rule or code "{name}"'
    found = Diagnostic(
        code="unknown-code",
        severity=Severity.ERROR,
        message=message,
        resolution=advice or "`llem registry list` lists them all.",
    )
    return LlemError(Report((found,)))


def explain_parameter(registry: Registry, parameter: Parameter) -> Explanation:
    """Return everything that concerns a parameter."""
    path = parameter.path
    return Explanation(
        path,
        f"{path}: {parameter.summary}",
        tuple(_parameter_facts(parameter)),
        tuple(group for group in _parameter_groups(registry, parameter) if group.lines or group.code),
    )


def _parameter_facts(parameter: Parameter) -> Iterator[tuple[str, str]]:
    yield "type", _type(parameter)
    if parameter.default is not None:
        yield "default", value_words(parameter.default)
    if parameter.library_default is not None:
        yield "unset", f"left to the library: {value_words(parameter.library_default)}"
    if parameter.unit:
        yield "unit", parameter.unit
    if parameter.versions:
        yield "versions", parameter.versions
    if parameter.deprecation:
        yield "deprecated", f"since {parameter.deprecation.since}. {parameter.deprecation.reason}"


def _parameter_groups(registry: Registry, parameter: Parameter) -> Iterator[Group]:
    path = parameter.path
    yield Group("values", tuple(_choices(parameter)))
    yield Group("goes to", tuple(_targets(registry, path)))
    rules = [
        check
        for check in registry.check_records().values()
        if any(path in found.paths for found in registry.checks if found.id == check.id)
    ]
    yield Group("rules", tuple(Line(f"{check.severity} {check.id}: {check.title}", check.id) for check in rules))
    needs = [skip for skip in registry.skips if path in paths_of(skip.when)]
    yield Group("needs", tuple(Line(f"{' or '.join(skip.keys)}: {skip.reason}") for skip in needs))
    rows = [
        f"{capability.name} ({registry.backends[backend].name})"
        for capability in registry.capabilities.values()
        for backend, support in capability.support.items()
        if support.parameter == path
    ]
    yield Group("capabilities", tuple(map(Line, rows)))
    yield _evidence(parameter.evidence)
    shown = parameter.examples or tuple(parameter.choices or ()) or ((True,) if parameter.type == "boolean" else ())
    yield Group("example", code=yaml_text(nest(registry, {path: thaw(shown[0])})) if shown else "")


def _type(parameter: Parameter) -> str:
    bounds = [
        f"{label} {value_words(bound)}"
        for label, bound in (
            ("at least", parameter.minimum),
            ("above", parameter.exclusive_minimum),
            ("at most", parameter.maximum),
            ("below", parameter.exclusive_maximum),
        )
        if bound is not None
    ]
    return ", ".join([parameter.type, *bounds, *(["required"] if parameter.required else [])])


def _choices(parameter: Parameter) -> Iterator[Line]:
    for name, choice in (parameter.choices or {}).items():
        needs = f" ({choice.needs.reason})" if choice.needs and choice.needs.reason else ""
        retired = f" (deprecated since {choice.deprecation.since})" if choice.deprecation else ""
        retired += f" (versions {choice.versions})" if choice.versions else ""
        yield Line(f"{name:<18} {choice.summary}{needs}{retired}")
    for name, summary in (parameter.suggestions or {}).items():
        yield Line(f"{name:<18} {summary}")


def _targets(registry: Registry, path: str) -> Iterator[Line]:
    for target in registry.targets:
        if target.path == path:
            where = f"{target.backend} {target.call}" if target.backend else target.call
            condition = f", while {words(target.when)}" if target.when is not None else ""
            yield Line(f"{where}: {target.argument}{condition}")


def _section(registry: Registry, section: str) -> Iterator[str]:
    yield f"{section}: {registry.sections[section].summary}"
    for path in registry.fields[section].values():
        summary = registry.parameters[path].summary if path in registry.parameters else registry.sections[path].summary
        yield f"  {path:<38} {summary}"


def explain_check(registry: Registry, name: str) -> Explanation:
    """Return everything that concerns a rule or an exclusion."""
    checks = [check for check in registry.checks if check.id == name]
    groups: list[Group] = []
    if checks[0].record is not None:
        examples = checks[0].record.examples
        groups = [_evidence(checks[0].record.evidence)]
        groups += [
            Group(heading, code=_example(registry, listed[0], checks[0].backend))
            for heading, listed in (("wrong", examples.violate), ("right", examples.satisfy))
        ]
    return Explanation(
        name,
        f"{checks[0].severity} {name}: {checks[0].title}",
        tuple(_check_facts(registry, checks)),
        tuple(group for group in groups if group.lines or group.code),
    )


def _check_facts(registry: Registry, checks: list[Check]) -> Iterator[tuple[str, str]]:
    check = checks[0]
    yield "fires", " or ".join(dict.fromkeys(words(found.violation) for found in checks))
    if check.backend:
        yield "backend", registry.backends[check.backend].name
    yield "reason", check.reason
    yield "resolution", check.resolution
    if check.versions:
        yield "versions", check.versions
    if check.policy:
        yield "policy", "llem refuses this; the library would accept it"
    if check.effect is not None and check.effect.ignored:
        yield "ignored", ", ".join(check.effect.ignored)
    if check.effect is not None and check.effect.becomes:
        yield "becomes", ", ".join(f"{path} {value_words(value)}" for path, value in check.effect.becomes.items())


def _evidence(evidence: tuple[Evidence, ...]) -> Group:
    lines = []
    for seen in evidence:
        where = " ".join(part for part in (seen.library, seen.versions, seen.symbol, seen.file) if part)
        how = "" if seen.observed else " (read, not run)"
        lines.append(Line(f"{where}{how}" + (f": {seen.outcome}" if seen.outcome else "")))
    return Group("evidence", tuple(lines))


def _example(registry: Registry, example: Mapping[str, Any], backend: str) -> str:
    return yaml_text(nest(registry, example_values(registry, thaw(example), backend)))


def yaml_text(data: Mapping[str, Any]) -> str:
    """Return plain data as YAML."""
    stream = io.StringIO()
    YAML().dump(data, stream)
    return stream.getvalue().rstrip()


def listing(
    registry: Registry, kind: str | None, backend: str | None, parameter: str | None = None
) -> list[tuple[str, str]]:
    """Return name and summary of the records: of one kind, of one backend (or `shared`), that concern a parameter.

    Raises:
        LlemError: when there is no such parameter.
    """
    if parameter is not None and parameter not in registry.parameters:
        raise unknown_name(parameter, list(registry.parameters))
    kinds: dict[str, list[tuple[str, str, str]]] = {
        "parameters": [(path, found.summary, registry.section_of(path)) for path, found in registry.parameters.items()],
        "rules": [
            (check.id, f"{check.severity}: {check.title}", check.backend) for check in registry.check_records().values()
        ],
        "needs": [(key, skip.reason, skip.backend) for skip in registry.skips for key in skip.keys],
        "capabilities": [(found.id, found.name, "") for found in registry.capabilities.values()],
        "presets": [(found.id, found.summary, "") for found in registry.presets.values()],
        "environments": [(found.id, found.summary, "") for found in registry.environments.values()],
    }
    wanted = None if backend is None else "" if backend == "shared" else backend
    return [
        (name, summary)
        for group, rows in kinds.items()
        if kind in (None, group)
        for name, summary, scope in rows
        if wanted in (None, scope) and (parameter is None or name in _concerning(registry, parameter))
    ]


def _concerning(registry: Registry, parameter: str) -> set[str]:
    """Return the names of the records that a parameter decides, its own too."""
    rules = {check.id for check in registry.checks if parameter in check.paths}
    needs = {key for skip in registry.skips if parameter in paths_of(skip.when) for key in skip.keys}
    rows = {
        capability.id
        for capability in registry.capabilities.values()
        if any(support.parameter == parameter for support in capability.support.values())
    }
    section, _, name = parameter.rpartition(".")
    presets = {found.id for found in registry.presets.values() if found.section == section and name in found.values}
    return {parameter, *rules, *needs, *rows, *presets}


def record_text(registry: Registry, name: str) -> str:
    """Return a record as its file has it, behind its place; nothing for one that is derived."""
    name = registry.redirects.get(name, name)
    location = next((at for (_, found), at in registry.locations.items() if found == name), None)
    if location is None:
        return ""
    with open(location.file, encoding="utf-8") as file:  # noqa: PTH123
        lines = file.read().splitlines()
    first = location.line - 1
    margin = len(lines[first]) - len(lines[first].lstrip(" -"))
    last = first + 1
    while last < len(lines) and (not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) >= margin):
        last += 1
    return f"{location}\n" + "\n".join(lines[first:last]).rstrip()
