"""The canonical form of registry files: the keys of each record in one order. Comments and values stay as written."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from llem.registry.kinds import KINDS, NAMES, SINGLE
from llem.registry.reading import Document
from llem.registry.sources import OVERRIDE


_FIRST = (
    *("id", "path", "parameter", "symbol", "arguments", OVERRIDE, "severity", "fails", "type", "choices"),
    *("choices_from", "suggestions"),
    *(
        "when",
        "require",
        "forbid",
        "mutually",
        "parameters",
        "excluded_while",
        "needs",
        "advisory",
        "effect",
        "culprit",
    ),
    *("policy", "title", "reason", "resolution", "fix"),
)
_LAST = (
    *("unit", "summary", "maps_to", "unmapped", "gpus", "memory_gib", "packages"),
    *("formerly", "versions", "deprecation", "evidence", "examples"),
)


def key_order(kind: str) -> list[str]:
    """Return the keys of a kind's records in canonical order: what it is, what it says, where it can be seen."""
    names = [field.name for field in attrs.fields(KINDS[kind])]
    names += [OVERRIDE] if kind in NAMES else []
    middle = [name for name in names if name not in _FIRST + _LAST]
    return [name for name in (*_FIRST, *middle, *_LAST) if name in names]


def formatted(document: Document) -> str:
    """Return the text of a registry file with the keys of its block-style records in canonical order.

    A comment above a key moves with it.
    """
    lines = document.text.splitlines(keepends=True)
    for kind, content in document.data.items():
        if kind not in KINDS or kind in SINGLE or not isinstance(content, list):
            continue
        order = {name: index for index, name in enumerate(key_order(kind))}
        for index, record in enumerate(content):
            if isinstance(record, Mapping) and record:
                _reorder(lines, document, (kind, index), list(record), order)
    return "".join(lines)


def _reorder(
    lines: list[str], document: Document, pointer: tuple[Any, ...], keys: list[str], order: dict[str, int]
) -> None:
    """Put the lines of a record's keys into order, in place."""
    wanted = sorted(keys, key=lambda key: order.get(key, len(order)))
    places = [document.spans[(*pointer, key)][0] for key in keys]
    rows = [place.line - 1 for place in places]
    if wanted == keys or len(set(rows)) < len(rows) or len({place.column for place in places}) > 1:
        return
    indent = places[0].column - 1
    starts = [rows[0], *(_with_comments(lines, row, indent) for row in rows[1:])]
    last = max(row for row in _rows_of(document, (*pointer, keys[-1])))
    ends = [*starts[1:], last + 1]
    dash = lines[rows[0]][:indent]
    parts = {key: lines[start:end] for key, start, end in zip(keys, starts, ends, strict=True)}
    parts[keys[0]][0] = " " * indent + parts[keys[0]][0][indent:]
    moved = [line for key in wanted for line in parts[key]]
    if moved[0].strip().startswith("#") or not moved[-1].endswith("\n"):
        return  # a comment between the dash and the first key has no place
    moved[0] = dash + moved[0][indent:]
    lines[starts[0] : ends[-1]] = moved


def _with_comments(lines: list[str], row: int, indent: int) -> int:
    """Return the row where the comments that stand above a key begin."""
    while lines[row - 1].startswith(" " * indent + "#"):
        row -= 1
    return row


def _rows_of(document: Document, pointer: tuple[Any, ...]) -> Iterator[int]:
    for found, places in document.spans.items():
        if found[: len(pointer)] == pointer:
            yield from (place.line - 1 for place in places)


def record_text(kind: str, record: Mapping[str, Any]) -> str:
    """Return a record as an item of a file's list: a line for each key, nested values in braces."""
    order = {name: index for index, name in enumerate(key_order(kind))}
    keys = sorted(record, key=lambda key: order.get(key, len(order)))
    lines = [f"{key}: {_inline(record[key])}" for key in keys]
    return "".join(f"  {'-' if index == 0 else ' '} {line}\n" for index, line in enumerate(lines))


class _Representer(SafeRepresenter):
    """Quotes each text that does not begin with a letter or digit: plain, `?x` would be read as a key."""

    def represent_str(self, data: str) -> Any:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if data[:1].isalnum() else '"')


_Representer.add_representer(str, _Representer.represent_str)


def _inline(value: Any) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # None or a boolean
    yaml.width = 10**6
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue().removesuffix("...\n").strip("\n")
