"""What changed between two registries, and what of it breaks configurations that were valid."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from llem.conditions.words import value_words, words
from llem.registry.model import Check, Registry
from llem.registry.records import Parameter, TypeSpec


_LOWER = ("minimum", "exclusive_minimum", "min_length", "min_items")
_UPPER = ("maximum", "exclusive_maximum", "max_items")
_OTHER = ("pattern", "multiple_of")


@attrs.frozen
class Change:
    """One change of a record. It is breaking where a valid configuration may have become invalid, or mean another."""

    kind: str
    name: str
    what: str
    breaking: bool = False


def compare(old: Registry, new: Registry) -> list[Change]:
    """Return the changes from one registry to another, those that break first, each part in the order of records."""
    changes = [
        *_members("backend", old.backends, new.backends),
        *_members("section", old.sections, new.sections),
        *_members("parameter", old.parameters, new.parameters),
        *(
            change
            for path in old.parameters.keys() & new.parameters.keys()
            for change in _parameter(old.parameters[path], new.parameters[path])
        ),
        *_checks(old, new),
        *_members("preset", old.presets, new.presets),
        *_values("preset", old.presets, new.presets, "values"),
        *_members("capability", old.capabilities, new.capabilities),
        *_members("environment", old.environments, new.environments),
    ]
    order = {name: index for index, name in enumerate((*old.parameters, *new.parameters))}
    return sorted(changes, key=lambda change: (not change.breaking, order.get(change.name, -1)))


def _members(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    yield from (Change(kind, name, "removed", breaking=True) for name in old if name not in new)
    for name, record in new.items():
        if name not in old:
            required = isinstance(record, Parameter) and record.required
            yield Change(kind, name, "added, and required" if required else "added", breaking=required)


def _values(kind: str, old: Mapping[str, Any], new: Mapping[str, Any], field: str) -> Iterator[Change]:
    for name in old:
        if name in new and getattr(old[name], field) != getattr(new[name], field):
            yield Change(kind, name, "gives other values", breaking=True)


def _parameter(old: Parameter, new: Parameter) -> Iterator[Change]:
    for what in _narrowed(old, new):
        yield Change("parameter", old.path, what, breaking=True)
    for what in _narrowed(new, old, before="is now", now="was"):
        yield Change("parameter", old.path, f"allows more: {what}")
    if new.required and not old.required:
        yield Change("parameter", old.path, "is required now", breaking=True)
    if old.nullable and not new.nullable:
        yield Change("parameter", old.path, "no longer takes null", breaking=True)
    if old.default != new.default:
        what = f"its default was {value_words(old.default)} and is now {value_words(new.default)}"
        yield Change("parameter", old.path, what, breaking=True)
    if old.maps_to != new.maps_to:
        yield Change("parameter", old.path, "goes to other arguments of the library", breaking=True)
    if old.versions != new.versions:
        what = f'versions were "{old.versions}" and are now "{new.versions}"'
        yield Change("parameter", old.path, what, breaking=True)
    if new.deprecation is not None and old.deprecation is None:
        yield Change("parameter", old.path, f"is deprecated since {new.deprecation.since}")


def _narrowed(old: TypeSpec, new: TypeSpec, before: str = "was", now: str = "is now") -> Iterator[str]:
    """Yield in what a type no longer takes what it took."""
    gone = "is gone" if now == "is now" else "is new"
    if old.type != new.type and (old.type, new.type) != ("integer", "number"):
        yield f"its type {before} {old.type} and {now} {new.type}"
        return
    yield from _bounds(old, new, before, now)
    if old.choices is not None and new.choices is not None:
        yield from (f'"{choice}" {gone}' for choice in old.choices if choice not in new.choices)
    for field in ("items", "keys", "values"):
        first, second = getattr(old, field), getattr(new, field)
        if second is not None:
            inner = ["are restricted"] if first is None else _narrowed(first, second, before, now)
            yield from (f"its {field}: {what}" for what in inner)
    for alternative in old.any_of:
        if not any(not list(_narrowed(alternative, other)) for other in new.any_of):
            yield f"one of its types {gone}: {alternative.type}"


def _bounds(old: TypeSpec, new: TypeSpec, before: str, now: str) -> Iterator[str]:
    for fields, narrower in ((_LOWER, 1), (_UPPER, -1)):
        for field in fields:
            first, second = getattr(old, field), getattr(new, field)
            if second is not None and (first is None or (second - first) * narrower > 0):
                yield f"its {field} {before} {value_words(first)} and {now} {value_words(second)}"
    for field in _OTHER:
        first, second = getattr(old, field), getattr(new, field)
        if second is not None and first != second:
            yield f"its {field} {before} {value_words(first)} and {now} {value_words(second)}"


def _checks(old: Registry, new: Registry) -> Iterator[Change]:
    earlier, later = old.check_records(), new.check_records()
    for name, check in earlier.items():
        if name not in later and name not in new.redirects:
            yield Change("rule", name, f"removed; it was {_article(check.severity)}")
    renamed = {current: former for former, current in new.redirects.items() if former in earlier}
    for name, check in later.items():
        before = earlier.get(name) or earlier.get(renamed.get(name, ""))
        if before is None:
            yield Change("rule", name, f"added: {_article(check.severity)}", breaking=check.severity == "error")
            continue
        if before.severity != check.severity:
            what = f"was {_article(before.severity)} and is now {_article(check.severity)}"
            yield Change("rule", name, what, breaking=check.severity == "error")
        was, now = (_violations(registry, found) for registry, found in ((old, before), (new, check)))
        if was != now:
            yield Change("rule", name, f"fires while {now}; before, while {was}", breaking=check.severity == "error")


def _violations(registry: Registry, check: Check) -> str:
    return ", or ".join(words(found.violation) for found in registry.checks if found.id == check.id)


def _article(severity: str) -> str:
    return {"error": "an error", "warning": "a warning"}.get(severity, severity)
