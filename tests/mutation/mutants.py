"""Small wrong changes of records: what a slip of an editor's hand would make of them."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from llem.registry.composing import Pointer
from llem.registry.kinds import NAMES
from llem.registry.sources import Source


UNJUDGED = frozenset(
    {
        "path",
        "id",
        "name",
        "class_name",
        "formerly",
        "summary",
        "title",
        "reason",
        "resolution",
        "text",
        "culprit",
        "fix",
    }
    | {"evidence", "examples", "suggestions", "unit", "stability", "advice", "install", "trial", "covers", "test_model"}
    | {"section_mismatch", "runner", "policy", "fails", "implied_by"}
)
"""What names or explains a record, or says how it is held against the library: no verdict and no call rests on it."""
BOUNDS = frozenset(
    {"minimum", "exclusive_minimum", "maximum", "exclusive_maximum", "multiple_of"}
    | {"min_length", "min_items", "max_items", "pattern"}
)
CONDITIONS = ("when", "require", "holds", "excluded_while", "every_gpu")
OPTIONAL = frozenset(
    {"default", "library_default", "versions", "deprecation", "translate", "effect", "effective"}
    | {"needs", "compute_capability", "gpus", "package"}
)
"""What a record may leave out."""
SEVERITIES = ("error", "warning", "dormant")
ALWAYS = {"model": {"set": True}}
"""A condition that every experiment meets."""
_DROPPED = object()


@attrs.frozen
class Mutant:
    """One change of one record: the source's number, what is changed, and the record's data afterwards."""

    number: int
    record: str
    what: str
    data: Any = attrs.field(repr=False)

    @property
    def name(self) -> str:
        """What identifies it."""
        return f"{self.record}: {self.what}"


@attrs.frozen
class Change:
    """One change of a part of a record: where, in which words, and what stands there then."""

    pointer: Pointer
    words: str
    value: Any


def record_name(source: Source) -> str:
    """Return the name of a record: its kind, and what identifies it there."""
    found = getattr(source.record, NAMES.get(source.kind, ""), "") or getattr(source.record, "id", "")
    is_told = f"{found}.".startswith(f"{source.scope}.") or not source.scope
    scope = "" if is_told else f"{source.scope}."
    return f"{source.kind} {scope}{found}".strip()


def data_of(source: Source) -> Any:
    """Return a record's data as it is written."""
    data = source.document.data
    for step in source.pointer:
        data = data[step]
    return data


def digest(source: Source) -> str:
    """Return what tells the meaning of a record from any other; words that explain it do not count."""
    text = json.dumps(_meaning(data_of(source)), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _meaning(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _meaning(value) for key, value in data.items() if key not in UNJUDGED or key in _TOLD}
    return [_meaning(item) for item in data] if isinstance(data, list) else data


_TOLD = ("path", "id", "examples")
"""What no mutant changes, and yet tells whether one is noticed."""


def mutants_of(number: int, source: Source) -> Iterator[Mutant]:
    """Yield the mutants of one record."""
    data = data_of(source)
    for change in _of_mapping(data, ()):
        yield Mutant(number, record_name(source), change.words, _changed(data, change.pointer, change.value))


def _changed(data: Any, pointer: Pointer, value: Any) -> Any:
    """Return data with another value at a pointer, or without it."""
    step, *rest = pointer
    copy = dict(data) if isinstance(data, Mapping) else list(data)
    if rest:
        copy[step] = _changed(data[step], tuple(rest), value)
    elif value is _DROPPED:
        del copy[step]
    else:
        copy[step] = value
    return copy


def _of_mapping(data: Mapping[Any, Any], pointer: Pointer) -> Iterator[Change]:
    """Yield the changes of a record, or of a part that has the fields of one."""
    for key, value in data.items():
        if key not in UNJUDGED:
            yield from _of_field(str(key), value, (*pointer, key))


def _of_field(key: str, value: Any, pointer: Pointer) -> Iterator[Change]:  # noqa: C901  # a table of what fields mean
    where = ".".join(map(str, pointer))
    if key in CONDITIONS and isinstance(value, Mapping):
        yield Change(pointer, f"{where} negated", {"not": value})
        if len(value) == 1:
            yield Change(pointer, f"{where} always holds", ALWAYS)
        yield from _of_condition(value, pointer)
    elif key in BOUNDS:
        yield Change(pointer, f"{where} dropped", _DROPPED)
        if isinstance(value, int | float):
            step = (1 if isinstance(value, int) else 0.125) * (-1 if "max" in key else 1)
            yield Change(pointer, f"{where} tightened", value + step)
            yield Change(pointer, f"{where} loosened", value - step)
    elif key == "severity":
        for other in SEVERITIES:
            if other != value:
                yield Change(pointer, f"{where} {other}", other)
    elif key in ("choices", "support", "capabilities"):
        yield from _of_members(key, value, pointer)
    elif key in ("mutually", "parameters", "ignored"):
        for place, item in enumerate(value):
            if len(value) > (2 if key == "mutually" else 1):
                yield Change((*pointer, place), f"{where} without {item}", _DROPPED)
    elif key == "argument":
        yield Change(pointer, f"{where} renamed", f"{value}_mutant")
    else:
        if key in OPTIONAL:
            yield Change(pointer, f"{where} dropped", _DROPPED)
        yield from _of_value(key, value, pointer)


def _of_members(key: str, members: Mapping[str, Any], pointer: Pointer) -> Iterator[Change]:
    """Yield the changes of a mapping from names to records: one is dropped, one changes, one is too many."""
    where = ".".join(map(str, pointer))
    for name, part in members.items():
        yield Change((*pointer, name), f"{where}.{name} dropped", _DROPPED)
        if isinstance(part, Mapping):
            yield from _of_mapping(part, (*pointer, name))
    if key == "choices":
        yield Change((*pointer, "mutant"), f"{where}.mutant added", {"summary": "What no library knows."})


def _of_value(key: str, value: Any, pointer: Pointer) -> Iterator[Change]:
    if isinstance(value, bool | int | float) or key in ("default", "library_default"):
        yield Change(pointer, f"{'.'.join(map(str, pointer))} changed", _other(value))
    elif isinstance(value, Mapping):
        yield from _of_mapping(value, pointer)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            if isinstance(item, Mapping):
                yield from _of_mapping(item, (*pointer, place))


def _of_condition(data: Any, pointer: Pointer) -> Iterator[Change]:
    """Yield the changes within a condition: an entry or value is dropped, a bound or truth is another one."""
    where = ".".join(map(str, pointer))
    parts = list(data.items()) if isinstance(data, Mapping) else list(enumerate(data))
    for key, value in parts:
        if len(parts) > 1:
            yield Change((*pointer, key), f"{where}.{key} dropped", _DROPPED)
        if isinstance(value, Mapping | list):
            yield from _of_condition(value, (*pointer, key))
        elif isinstance(value, bool | int | float):
            yield Change((*pointer, key), f"{where}.{key} changed", _other(value))


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + (1 if isinstance(value, int) else 0.125)
        case str():
            return f"{value}_mutant"
        case list():
            return value[:-1] if value else ["mutant"]
        case Mapping():
            return {"mutant": "mutant"} if not value else dict(list(value.items())[:-1])
    return "mutant"
