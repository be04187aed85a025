"""The one reader of YAML and JSON files: plain data with the position of every key and value.

YAML 1.2 with the core schema, so that editors and llem agree on what a scalar is. Data only: tags are refused, and
size, depth and the number of nodes (aliases counted where they are used) are limited.
"""

import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from llem.diagnostics import Diagnostic, Location, Related, Report, Severity


MAX_BYTES = 2**20
MAX_DEPTH = 64
MAX_NODES = 25_000

Pointer = tuple[str | int, ...]

_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOLEAN = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INTEGER = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_MAX_DIGITS = 1000


@attrs.frozen
class Document:
    """The plain data of one file. `spans` maps a pointer to where its key and its value stand."""

    file: str
    text: str = attrs.field(repr=False)
    data: Any
    spans: dict[Pointer, tuple[Location, Location]] = attrs.field(repr=False)

    def key(self, pointer: Pointer) -> Location | None:
        """Return where a key stands (a list item: the item), or its nearest parent that stands in the file."""
        return self._nearest(pointer, 0)

    def value(self, pointer: Pointer) -> Location | None:
        """Return where a value stands, or the key of its nearest parent that stands in the file."""
        return self._nearest(pointer, 1)

    def _nearest(self, pointer: Pointer, part: int) -> Location | None:
        if pointer in self.spans:
            return self.spans[pointer][part]
        while pointer:
            pointer = pointer[:-1]
            if pointer in self.spans:
                return self.spans[pointer][0]
        return None


class ReadingError(Exception):
    """A file that cannot be read as data; carries what was found, with the text as far as there is one."""

    def __init__(self, file: str, text: str, diagnostics: list[Diagnostic]) -> None:
        super().__init__(file)
        self.report = Report(tuple(diagnostics), {file: text}, file)


def read_file(path: Path | str) -> Document:
    """Read a YAML file, a JSON file or, for "-", standard input.

    Raises:
        ReadingError: when the file cannot be read or is not a mapping or list of plain data.
    """
    name = "<stdin>" if str(path) == "-" else str(path)
    try:
        raw = sys.stdin.buffer.read(MAX_BYTES + 1) if name == "<stdin>" else _read_bytes(Path(path))
    except OSError as error:
        raise _failure(name, "", "unreadable-file", f"{name} cannot be read", _why_unreadable(error)) from None
    if len(raw) > MAX_BYTES:
        size = f"The limit is {MAX_BYTES // 2**20} MiB."
        raise _failure(name, "", "too-large", f"{name} is too large to be a configuration", size)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        reason = f"Byte {error.start} (line {line}) is 0x{raw[error.start]:02x}, which cannot stand there in UTF-8."
        raise _failure(
            name, "", "wrong-encoding", f"{name} is not UTF-8 text", reason, "Save the file as UTF-8.", line=line
        ) from None
    return read_text(text, name)


def _read_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _why_unreadable(error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return "It is a folder; name a file in it."
    if isinstance(error, FileNotFoundError):
        return "There is no such file."
    return f"{error.strerror or error}."


def read_text(text: str, file: str) -> Document:
    """Read YAML text, or JSON when the file's name ends in .json.

    Raises:
        ReadingError: as `read_file`.
    """
    is_json = file.endswith(".json")
    source = text.replace("\t", " ") if is_json else text
    composer = _Composer(file, text)
    try:
        data = composer.compose(source, literal_strings=is_json)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise composer.failure(*_syntax_words(error, text, line), composer.point(line, column)) from None
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        problem = str(getattr(error, "reason", "it cannot be parsed")).rstrip(".") + "."
        raise composer.failure("yaml-syntax", "this is not YAML", problem, "", composer.point(line, 1)) from None
    if composer.problems:
        raise ReadingError(file, text, composer.problems)
    return Document(file, text, data, composer.spans)


def _syntax_words(error: MarkedYAMLError, text: str, line: int) -> tuple[str, str, str, str]:
    lines = text.splitlines()
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    reason = " ".join(str(part) for part in (error.problem, error.context) if part)
    if "\t" in source[: len(source) - len(source.lstrip())] or "'\\t'" in reason:
        return (
            "yaml-syntax",
            "a tab is used for indentation",
            "YAML indents with spaces only.",
            "Replace the tab by spaces.",
        )
    return "yaml-syntax", "this is not YAML", reason[:1].upper() + reason[1:] + ".", ""


def _failure(
    file: str, text: str, code: str, message: str, reason: str, resolution: str = "", line: int = 1
) -> ReadingError:
    location = Location(file, line, 1, line, 2)
    found = Diagnostic(
        code=code,
        severity=Severity.ERROR,
        message=message,
        reason=reason,
        resolution=resolution,
        location=location,
    )
    return ReadingError(file, text, [found])


class _Composer:
    """Builds plain data and spans out of parser events."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.spans: dict[Pointer, tuple[Location, Location]] = {}
        self.problems: list[Diagnostic] = []
        self._anchors: dict[str, list[Any]] = {}
        self._nodes = 0
        self._literal_strings = False

    def compose(self, source: str, *, literal_strings: bool) -> Any:
        self._literal_strings = literal_strings
        stream = YAML(typ="safe", pure=True).parse(source)
        started = False
        data = None
        self.spans[()] = (self.point(1, 1), self.point(1, 1))
        for event in stream:
            if not isinstance(event, events.NodeEvent):
                continue
            if started:
                raise self.failure(
                    "several-documents",
                    "the file holds more than one document",
                    "One file is one document.",
                    'Put what follows "---" into a file of its own.',
                    self._location(event),
                )
            started = True
            self.spans[()] = (self._location(event), self._location(event))
            data = self._node(event, stream, (), 0)
        return data

    def point(self, line: int, column: int) -> Location:
        return Location(self.file, line, column, line, column + 1)

    def failure(self, code: str, message: str, reason: str, resolution: str, location: Location) -> ReadingError:
        self._problem(code, message, reason, resolution, location)
        return ReadingError(self.file, self.text, self.problems)

    def _problem(
        self,
        code: str,
        message: str,
        reason: str,
        resolution: str,
        location: Location,
        related: tuple[Related, ...] = (),
    ) -> None:
        self.problems.append(
            Diagnostic(
                code=code,
                severity=Severity.ERROR,
                message=message,
                reason=reason,
                resolution=resolution,
                location=location,
                related=related,
            )
        )

    def _location(self, event: Any) -> Location:
        start, end = event.start_mark, event.end_mark
        return Location(self.file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _value_location(self, event: Any, key: Location) -> Location:
        """Return where a value stands; one that is left out stands at its key, not where the parser noticed."""
        found = self._location(event)
        is_empty = (found.line, found.column) == (found.end_line, found.end_column)
        return key if is_empty and found.line > key.line else found

    def _node(self, event: Any, stream: Iterator[Any], pointer: Pointer, depth: int) -> Any:
        self._count(event, depth)
        if isinstance(event, events.AliasEvent):
            return self._alias(event, pointer)
        tag = getattr(event, "ctag", None)
        if tag is not None and str(tag) != "None":
            raise self.failure(
                "yaml-tag",
                f"the tag {tag} is not allowed",
                "A configuration is plain data; tags would let it construct objects.",
                "Remove the tag.",
                self._location(event),
            )
        recorded = [event]
        source = _recording(stream, recorded) if event.anchor else stream
        value = self._content(event, source, pointer, depth)
        if event.anchor:
            self._anchors[event.anchor] = recorded
        return value

    def _content(self, event: Any, stream: Iterator[Any], pointer: Pointer, depth: int) -> Any:
        if isinstance(event, events.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, events.SequenceStartEvent):
            return self._sequence(stream, pointer, depth)
        return self._mapping(stream, pointer, depth)

    def _count(self, event: Any, depth: int) -> None:
        self._nodes += 1
        if depth > MAX_DEPTH:
            reason = f"At most {MAX_DEPTH} levels are read."
            raise self.failure("too-deep", "the file is nested too deeply", reason, "", self._location(event))
        if self._nodes > MAX_NODES:
            reason = f"At most {MAX_NODES} values are read, each alias counted where it is used."
            raise self.failure("too-large", "the file holds too many values", reason, "", self._location(event))

    def _alias(self, event: Any, pointer: Pointer) -> Any:
        if event.anchor not in self._anchors:
            raise self.failure(
                "yaml-syntax",
                f"the alias *{event.anchor} stands for nothing",
                f"No value before it, or around it, is complete and carries the anchor &{event.anchor}.",
                "",
                self._location(event),
            )
        replayed = iter(self._anchors[event.anchor])
        return self._node(next(replayed), replayed, pointer, len(pointer))

    def _sequence(self, stream: Iterator[Any], pointer: Pointer, depth: int) -> list[Any]:
        items: list[Any] = []
        for event in stream:
            if isinstance(event, events.SequenceEndEvent):
                break
            inner = (*pointer, len(items))
            location = self._location(event)
            self.spans.setdefault(inner, (location, location))
            items.append(self._node(event, stream, inner, depth + 1))
        return items

    def _mapping(self, stream: Iterator[Any], pointer: Pointer, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for event in stream:
            if isinstance(event, events.MappingEndEvent):
                break
            location = self._location(event)
            key = self._key(event, stream, pointer, depth)
            value_event = next(stream)
            inner = (*pointer, key)
            if key in found:
                self._duplicate(key, location, self.spans[inner][0])
                self._node(value_event, stream, (*inner, "duplicate"), depth + 1)
                continue
            self.spans[inner] = (location, self._value_location(value_event, location))
            found[key] = self._node(value_event, stream, inner, depth + 1)
        return found

    def _key(self, event: Any, stream: Iterator[Any], pointer: Pointer, depth: int) -> Any:
        key = self._node(event, stream, (*pointer, "key"), depth + 1)
        if isinstance(key, list | dict):
            reason = "A key is a word or a number."
            raise self.failure("yaml-syntax", "a list or mapping is used as a key", reason, "", self._location(event))
        if key == "<<" and event.implicit[0]:
            self._problem(
                "yaml-syntax",
                'the merge key "<<" is not part of YAML 1.2',
                "llem and editors would read different values.",
                "Write the values out.",
                self._location(event),
            )
        return key

    def _duplicate(self, key: Any, location: Location, first: Location) -> None:
        self._problem(
            "duplicate-key",
            f'the key "{key}" is written twice',
            "Only one of the two values could count.",
            "Remove one of them.",
            location,
            (Related("first written here", location=first),),
        )

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            return self._string(event)
        if _NULL.match(text):
            return None
        if _BOOLEAN.match(text):
            return text[0] in "tT"
        if _INTEGER.match(text):
            return self._integer(text, event)
        if _FLOAT.match(text):
            return self._finite(float(text), event)
        if _NOT_FINITE.match(text):
            return self._finite(math.nan, event)
        return text

    def _string(self, event: Any) -> str:
        text: str = event.value
        if self._literal_strings:
            # JSON pairs surrogate escapes, YAML does not: the JSON decoder reads the same span.
            span = self.text[event.start_mark.index : event.end_mark.index]
            try:
                text = str(json.loads(span))
            except ValueError:
                return text
        return text

    def _integer(self, text: str, event: Any) -> int:
        if len(text) > _MAX_DIGITS:
            reason = f"It has {len(text)} digits."
            raise self.failure("out-of-range", "this integer is too large", reason, "", self._location(event))
        prefixes = {"0o": 8, "0x": 16}
        return int(text, prefixes.get(text[:2], 10))

    def _finite(self, number: float, event: Any) -> float:
        if not math.isfinite(number):
            self._problem(
                "not-finite",
                f"{event.value} is not a finite number",
                "Not-a-number and infinities are never accepted.",
                "",
                self._location(event),
            )
            return 0.0
        return number


def _recording(stream: Iterator[Any], recorded: list[Any]) -> Iterator[Any]:
    for event in stream:
        recorded.append(event)
        yield event
