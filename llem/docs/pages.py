"""The registry as Markdown pages: parameters by group, rules by backend, capabilities, versions and machines."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from llem.conditions.words import words
from llem.config.explain import Explanation, Group, explain_check, explain_parameter
from llem.registry.model import Registry


_SHARED = "shared"
_LEGEND = {
    "error": "The library fails, or does not do what is written. llem refuses it.",
    "warning": "It runs, and is probably not meant.",
    "dormant": "It runs, and changes nothing, or something else than is written.",
}


def pages(registry: Registry) -> dict[str, str]:
    """Return the Markdown of every page by its path in the site."""
    places = _places(registry)
    found = {"capabilities.md": _capabilities(registry, places), "compatibility.md": _compatibility(registry, places)}
    for page, paths in _groups(registry).items():
        entries = (_entry(explain_parameter(registry, registry.parameters[path]), places) for path in paths)
        found[page] = f"# {_title(registry, page)}\n\n" + "\n".join(entries)
    for backend in (_SHARED, *registry.backends):
        names = [name for name, check in registry.check_records().items() if (check.backend or _SHARED) == backend]
        if names:
            intro = "".join(f"- **{severity}**: {meaning}\n" for severity, meaning in _LEGEND.items())
            entries = (_entry(explain_check(registry, name), places) for name in names)
            found[_rules_page(backend)] = f"# Rules: {_backend_name(registry, backend)}\n\n{intro}\n" + "\n".join(
                entries
            )
    return found


def _groups(registry: Registry) -> dict[str, list[str]]:
    """Return the pages of parameters: those of one file of records share one."""
    found: dict[str, list[str]] = {}
    for path in registry.parameters:
        backend = registry.section_of(path) or _SHARED
        place = registry.locations.get(("parameters", path))
        group = Path(place.file).stem if place else "others"
        found.setdefault(f"parameters/{backend}-{group}.md", []).append(path)
    return found


def _title(registry: Registry, page: str) -> str:
    backend, _, group = Path(page).stem.partition("-")
    name = _backend_name(registry, backend)
    return name if group == "parameters" else f"{name}: {group}"


def _backend_name(registry: Registry, backend: str) -> str:
    return registry.backends[backend].name if backend in registry.backends else "All backends"


def _rules_page(backend: str) -> str:
    return f"rules/{backend or _SHARED}.md"


def _places(registry: Registry) -> dict[str, str]:
    """Return the page and anchor of every parameter and rule."""
    found = {path: f"{page}#{path}" for page, paths in _groups(registry).items() for path in paths}
    rules = {name: _rules_page(check.backend) for name, check in registry.check_records().items()}
    return found | {name: f"{page}#{name}" for name, page in rules.items()}


def _entry(explanation: Explanation, places: Mapping[str, str]) -> str:
    """Return a record as a part of a page, one folder deep."""
    subject, _, summary = explanation.headline.partition(": ")
    severity = subject.removesuffix(explanation.name).strip()
    lead = f"**{severity}**: " if severity else ""
    parts = [f"## `{explanation.name}` {{ #{explanation.name} }}", lead + _text(summary)]
    if explanation.facts:
        parts.append("".join(f"- {label}: {_text(value)}\n" for label, value in explanation.facts))
    parts += (_group(group, places) for group in explanation.groups)
    return "\n\n".join(parts) + "\n"


def _group(group: Group, places: Mapping[str, str]) -> str:
    lines = "".join(f"- {_linked(line.text, line.name, places)}\n" for line in group.lines)
    code = f"```yaml\n{group.code}\n```\n" if group.code else ""
    if group.heading == "evidence":
        return '??? quote "Evidence"\n\n' + "".join(f"    {line}\n" for line in lines.splitlines())
    return f"**{group.heading.capitalize()}**\n\n{lines}{code}"


def _linked(text: str, name: str, places: Mapping[str, str]) -> str:
    if name not in places:
        first, gap, rest = text.partition("  ")  # a value and its meaning, in columns
        return f"`{first}`: {_text(rest.strip())}" if gap else _text(text)
    before, _, after = text.partition(name)
    return f"{_text(before)}[`{name}`](../{places[name]}){_text(after)}"


def _text(text: str) -> str:
    """Return text in which nothing is taken for markup."""
    for sign in "\\`*_{}[]<>#|":
        text = text.replace(sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign])
    return text


def _table(head: list[str], rows: Iterator[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]) + "\n"


def _capabilities(registry: Registry, places: Mapping[str, str]) -> str:
    def cell(support: Any) -> str:
        if support is None:
            return "no"
        shown = _text(support.text) or "yes"
        return f"[{shown}]({places[support.parameter]})" if support.parameter in places else shown

    rows = (
        [_text(found.name), *(cell(found.support.get(backend)) for backend in registry.backends)]
        for found in registry.capabilities.values()
    )
    head = ["", *(backend.name for backend in registry.backends.values())]
    return (
        f"# Capabilities\n\nWhat each backend has. A cell leads to the parameter that gives it.\n\n{_table(head, rows)}"
    )


def _compatibility(registry: Registry, places: Mapping[str, str]) -> str:
    libraries = _table(
        ["Library", "Supported", "Newest that was held against the records"],
        ([backend.library, f"`{backend.supported}`", backend.newest] for backend in registry.backends.values()),
    )
    versions = _table(["What", "Versions", ""], _versioned(registry, places))
    needs = _table(
        ["While", "It needs"],
        ([_text(words(skip.when)), _text(skip.reason)] for skip in registry.skips),
    )
    return (
        f"# Compatibility\n\n{libraries}\n## By version of the library\n\n{versions}\n"
        f"## By machine\n\nWhat a GPU, or an installed package, decides. "
        f"`llem validate FILE --on PROFILE` asks a machine.\n\n{needs}"
    )


def _versioned(registry: Registry, places: Mapping[str, str]) -> Iterator[list[str]]:
    for path, parameter in registry.parameters.items():
        if parameter.versions:
            yield [f"[`{path}`]({places[path]})", f"`{parameter.versions}`", "parameter"]
        for name, choice in (parameter.choices or {}).items():
            if choice.versions:
                yield [f"[`{path}`]({places[path]}) = `{name}`", f"`{choice.versions}`", "value"]
    for name, check in registry.check_records().items():
        if check.versions:
            yield [f"[`{name}`]({places[name]})", f"`{check.versions.replace('|', chr(92) + '|')}`", check.severity]
