"""Applies the fixes that findings carry to the text of a file. Only the values change: comments and layout stay."""

import json
import re
from collections.abc import Mapping
from typing import Any

import attrs

from llem.conditions.words import value_words
from llem.config.evaluation import evaluate
from llem.config.judge import Findings
from llem.diagnostics import Diagnostic, Location
from llem.registry.composing import Pointer
from llem.registry.model import Registry
from llem.registry.reading import Document, ReadingError, read_text
from llem.registry.values import thaw


_PLAIN = re.compile(r"[A-Za-z_][\w-]*\Z")


@attrs.frozen
class Fixed:
    """A text with fixes applied, and the findings that they resolved."""

    text: str
    resolved: tuple[Diagnostic, ...] = ()


def fix_document(registry: Registry, document: Document) -> Fixed:
    """Return the text of an experiment file with every fix applied that leaves no new error behind."""
    resolved: list[Diagnostic] = []
    tried: set[tuple[str, str]] = set()
    findings = evaluate(registry, document.data, document=document)
    while found := _next_fixable(findings, tried):
        tried.add((found.code, found.path))
        changed = apply_fix(document, found.fix or {})
        if changed is None:
            continue
        judged = evaluate(registry, changed.data, document=changed)
        if _errors(judged) <= _errors(findings) and found.code not in {other.code for other in judged.diagnostics}:
            document, findings = changed, judged
            resolved.append(found)
    return Fixed(document.text, tuple(resolved))


def _next_fixable(findings: Findings, tried: set[tuple[str, str]]) -> Diagnostic | None:
    return next(
        (found for found in findings.diagnostics if found.fix and (found.code, found.path) not in tried),
        None,
    )


def _errors(findings: Findings) -> int:
    return sum(found.severity == "error" for found in findings.diagnostics)


def apply_fix(document: Document, fix: Mapping[str, Any]) -> Document | None:
    """Return a document with values set by path (None removes), or None where its layout does not allow it."""
    for path, value in fix.items():
        pointer = tuple(path.split("."))
        wanted = _changed(document.data, pointer, value)
        text = _removed(document, pointer) if value is None else _with(document, pointer, thaw(value))
        try:
            document = read_text(text, document.file)
        except ReadingError:
            return None
        if document.data != wanted:
            return None
    return document


def change_words(fix: Mapping[str, Any]) -> str:
    """Return what a fix does, in words."""
    return ", ".join(
        f"removed {path}" if value is None else f"set {path} to {value_words(value)}" for path, value in fix.items()
    )


def _changed(data: Any, pointer: Pointer, value: Any) -> Any:
    """Return data with a value set, or removed together with the sections that this leaves empty."""
    name, *rest = pointer
    changed = dict(data or {})
    if rest:
        changed[name] = _changed(changed.get(name), tuple(rest), value)
    elif value is not None:
        changed[name] = value
    if (value is None and not rest) or changed.get(name) == {}:
        changed.pop(name, None)
    return changed


def _with(document: Document, pointer: Pointer, value: Any) -> str:
    """Return the text with a value set: replaced where it stands, otherwise beside its siblings."""
    if pointer in document.spans:
        return _replace(document, document.spans[pointer][1], _inline(document, value))
    *_, name = pointer
    parent = pointer[:-1]
    siblings = [other for other in document.spans if other[:-1] == parent and len(other) == len(pointer)]
    if not siblings:
        return _with(document, parent, {name: value})
    entry = f"{_word(document, name)}: {_inline(document, value)}"
    first = document.spans[siblings[0]][0]
    if _is_flow(document, parent):
        return _replace(document, _start(first), f"{entry}, ")
    line_start = attrs.evolve(first, column=1, end_line=first.line, end_column=1)
    return _replace(document, line_start, f"{' ' * (first.column - 1)}{entry}\n")


def _removed(document: Document, pointer: Pointer) -> str:
    """Return the text without a key and its value, and without the sections that this leaves empty."""
    if pointer not in document.spans:
        return document.text
    parent = pointer[:-1]
    alone = sum(other[:-1] == parent and len(other) == len(pointer) for other in document.spans) == 1
    if alone and parent:
        return _removed(document, parent)
    key = document.spans[pointer][0]
    begin, end = _offset(document.text, key.line, key.column), _end(document, pointer)
    before, after = document.text[:begin], document.text[end:]
    if not _is_flow(document, parent):
        last = document.text.find("\n", end) + 1 or len(document.text)
        return document.text[: _offset(document.text, key.line, 1)] + document.text[last:]
    following = re.match(r"\s*,\s*", after)
    if following:
        return before + after[following.end() :]
    return re.sub(r",\s*\Z", "", before) + after


def _end(document: Document, pointer: Pointer) -> int:
    """Return where a value ends: behind its last scalar, and behind the brace of a flow mapping."""
    inside = [span[1] for other, span in document.spans.items() if other[: len(pointer)] == pointer]
    last = max(_offset(document.text, span.end_line, span.end_column) for span in inside)
    closing = re.match(r"\s*\}", document.text[last:]) if _is_flow(document, pointer) else None
    return last + (closing.end() if closing else 0)


def _is_flow(document: Document, pointer: Pointer) -> bool:
    start = document.spans[pointer][1]
    return document.text[_offset(document.text, start.line, start.column) :].startswith("{")


def _start(location: Location) -> Location:
    return attrs.evolve(location, end_line=location.line, end_column=location.column)


def _replace(document: Document, span: Location, new: str) -> str:
    begin = _offset(document.text, span.line, span.column)
    end = _offset(document.text, span.end_line, span.end_column)
    return document.text[:begin] + new + document.text[end:]


def _offset(text: str, line: int, column: int) -> int:
    lines = text.splitlines(keepends=True)
    return sum(map(len, lines[: line - 1])) + column - 1


def _inline(document: Document, value: Any) -> str:
    """Return a value as it is written in one line."""
    if isinstance(value, Mapping):
        parts = [f"{_word(document, name)}: {_inline(document, part)}" for name, part in value.items()]
        return f"{{{', '.join(parts)}}}"
    return _word(document, value) if isinstance(value, str) else json.dumps(value)


def _word(document: Document, text: Any) -> str:
    """Return a string without quotes where YAML reads it as one all the same."""
    plain = _PLAIN.match(text) and text.lower() not in ("true", "false", "null")
    return text if plain and not document.file.endswith(".json") else json.dumps(text)
