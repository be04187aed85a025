"""All that the records say, one line each, so that a review sees what a change of a record means."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from llem.conditions import syntax
from llem.conditions.words import words
from llem.diagnostics import Location
from llem.registry import Registry


UNSAID = frozenset(
    {"summary", "title", "reason", "resolution", "evidence", "formerly", "examples", "suggestions", "unit", "record"}
    | {"advice", "install", "trial", "implied_by", "stability", "path", "id", "class_name", "maps_to", "calls"}
)
"""What explains a record, names it, or says how it is held against the library."""


def said(value: Any) -> str:
    """Return a value of the linked registry in words: conditions as sentences, records without what is left to say."""
    if isinstance(value, syntax.Test | syntax.All | syntax.AnyOf | syntax.Not):
        return f"[{words(value)}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {said(part)}" for key, part in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(said, value)) + "]"
    if attrs.has(type(value)):
        return "{" + ", ".join(f"{name} {said(part)}" for name, part in told(value)) + "}"
    return str(value)


def told(record: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a record that say something."""
    for field in attrs.fields(type(record)):
        value = getattr(record, field.name)
        is_default = not isinstance(field.default, attrs.Factory) and value == field.default  # type: ignore[arg-type]
        if not (field.name in UNSAID or is_default or isinstance(value, Location) or value in ((), {}, None, "")):
            yield field.name, value


def line(kind: str, name: str, record: Any) -> str:
    return f"{kind} {name}: " + "; ".join(f"{field} {said(value)}" for field, value in told(record))


def test_everything_in_words(registry: Registry, golden: Callable[[str, str], None]) -> None:
    lines = [
        *(line("section", path, record) for path, record in registry.sections.items()),
        *(line("parameter", path, record) for path, record in registry.parameters.items()),
        *(f"definition {path}: {said(condition)}" for path, condition in registry.definitions.items()),
        *(line("definition", path, record) for path, record in registry.definition_records.items()),
        *(line("rule", check.id, check) for check in registry.checks),
        *(line("need", skip.id, skip) for skip in registry.skips),
        *(line("goes to", target.path, target) for target in registry.targets),
        *(line("preset", name, record) for name, record in registry.presets.items()),
        *(line("capability", name, record) for name, record in registry.capabilities.items()),
        *(line("environment", name, record) for name, record in registry.environments.items()),
        *(line("backend", name, record) for name, record in registry.backends.items()),
        *(
            line("call", f"{name}.{call.record.id}", call.record)
            for name, calls in registry.calls.items()
            for call in calls
        ),
    ]
    golden("registry.txt", "\n".join(lines) + "\n")
