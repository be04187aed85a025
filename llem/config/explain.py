"""Records in words: everything that concerns a parameter, a rule, or the code of a finding."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML

from llem.conditions.syntax import paths_of
from llem.conditions.words import value_words, words
from llem.diagnostics import Diagnostic, LlemError, Report, Severity, did_you_mean
from llem.diagnostics.codes import CODES
from llem.registry.facts import nest
from llem.registry.integrity import example_values
from llem.registry.model import Check, Registry
from llem.registry.records import Evidence, Examples, Parameter
from llem.registry.values import thaw


def explain(registry: Registry, name: str) -> str:
    """Return what a parameter, section, definition, rule or code is about.

    Raises:
        LlemError: when nothing has this name.
    """
    name = registry.redirects.get(name, name)
    checks = registry.check_records()
    if name in registry.parameters:
        return "\n".join(_parameter(registry, registry.parameters[name]))
    if name in registry.sections:
        return "\n".join(_section(registry, name))
    if name in registry.definitions:
        return f"{name}: {registry.definition_records[name].summary}\nholds while {words(registry.definitions[name])}"
    if name in checks:
        return "\n".join(_check(registry, [check for check in registry.checks if check.id == name]))
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


def _parameter(registry: Registry, parameter: Parameter) -> Iterator[str]:
    path = parameter.path
    yield f"{path}: {parameter.summary}"
    yield ""
    yield f"type       {_type(parameter)}"
    if parameter.default is not None:
        yield f"default    {value_words(parameter.default)}"
    if parameter.library_default is not None:
        yield f"unset      left to the library: {value_words(parameter.library_default)}"
    if parameter.unit:
        yield f"unit       {parameter.unit}"
    if parameter.versions:
        yield f"versions   {parameter.versions}"
    if parameter.deprecation:
        yield f"deprecated since {parameter.deprecation.since} {parameter.deprecation.reason}"
    yield from _choices(parameter)
    yield from _targets(registry, path)
    yield from _concerns(registry, path)
    yield from _evidence(parameter.evidence)
    if parameter.examples:
        yield "\nexample"
        yield _indented(yaml_text(nest(registry, {path: thaw(parameter.examples[0])})))


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


def _choices(parameter: Parameter) -> Iterator[str]:
    for name, choice in (parameter.choices or {}).items():
        needs = f" ({choice.needs.reason})" if choice.needs and choice.needs.reason else ""
        retired = f" (deprecated since {choice.deprecation.since})" if choice.deprecation else ""
        yield f"  {name:<18} {choice.summary}{needs}{retired}"
    for name, summary in (parameter.suggestions or {}).items():
        yield f"  {name:<18} {summary}"


def _targets(registry: Registry, path: str) -> Iterator[str]:
    lines = []
    for target in registry.targets:
        if target.path == path:
            where = f"{target.backend} {target.call}" if target.backend else target.call
            condition = f", while {words(target.when)}" if target.when is not None else ""
            lines.append(f"  {where}: {target.argument}{condition}")
    if lines:
        yield "\ngoes to"
        yield from lines


def _concerns(registry: Registry, path: str) -> Iterator[str]:
    rules = [
        check
        for check in registry.check_records().values()
        if any(path in found.paths for found in registry.checks if found.id == check.id)
    ]
    if rules:
        yield "\nrules"
        yield from (f"  {check.severity} {check.id}: {check.title}" for check in rules)
    needs = [skip for skip in registry.skips if path in paths_of(skip.when)]
    if needs:
        yield "\nneeds"
        yield from (f"  {' or '.join(skip.keys)}: {skip.reason}" for skip in needs)
    rows = [
        f"  {capability.name} ({registry.backends[backend].name})"
        for capability in registry.capabilities.values()
        for backend, support in capability.support.items()
        if support.parameter == path
    ]
    if rows:
        yield "\ncapabilities"
        yield from rows


def _section(registry: Registry, section: str) -> Iterator[str]:
    yield f"{section}: {registry.sections[section].summary}"
    for path in registry.fields[section].values():
        summary = registry.parameters[path].summary if path in registry.parameters else registry.sections[path].summary
        yield f"  {path:<38} {summary}"


def _check(registry: Registry, checks: list[Check]) -> Iterator[str]:
    check = checks[0]
    yield f"{check.severity} {check.id}: {check.title}"
    yield ""
    yield f"fires      {' or '.join(dict.fromkeys(words(found.violation) for found in checks))}"
    if check.backend:
        yield f"backend    {registry.backends[check.backend].name}"
    yield f"reason     {check.reason}"
    yield f"resolution {check.resolution}"
    if check.policy:
        yield "policy     llem refuses this; the library would accept it"
    if check.effect is not None and check.effect.ignored:
        yield f"ignored    {', '.join(check.effect.ignored)}"
    if check.record is not None:
        yield from _evidence(check.record.evidence)
        yield from _examples(registry, check.record.examples, check.backend)


def _evidence(evidence: tuple[Evidence, ...]) -> Iterator[str]:
    if evidence:
        yield "\nevidence"
    for seen in evidence:
        where = " ".join(part for part in (seen.library, seen.versions, seen.symbol, seen.file) if part)
        how = "" if seen.observed else " (read, not run)"
        yield f"  {where}{how}" + (f": {seen.outcome}" if seen.outcome else "")


def _examples(registry: Registry, examples: Examples, backend: str) -> Iterator[str]:
    for head, listed in (("\nwrong", examples.violate), ("right", examples.satisfy)):
        yield head
        yield _indented(yaml_text(nest(registry, example_values(registry, thaw(listed[0]), backend))))


def yaml_text(data: Mapping[str, Any]) -> str:
    """Return plain data as YAML."""
    stream = io.StringIO()
    YAML().dump(data, stream)
    return stream.getvalue().rstrip()


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def listing(registry: Registry, kind: str | None, backend: str | None) -> list[tuple[str, str]]:
    """Return name and summary of the records, of one kind and backend (or `shared`) if given."""
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
        if wanted in (None, scope)
    ]


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
