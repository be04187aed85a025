"""YAML or JSON text to plain data, with the span of every key and value.

YAML 1.2 with the core schema, so that editors and llem agree on what a scalar is. Data only: tags are refused, and
size, depth and the number of nodes (aliases counted where they are used) are limited. Every start of the command needs
this, so that it imports nothing but the parser.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML, events


MAX_BYTES = 2**20
MAX_DEPTH = 64
MAX_NODES = 25_000

Pointer = tuple[str | int, ...]
Span = tuple[int, int, int, int]
"""Line and column of the start, and of the end, which is exclusive; all count from 1."""

_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOLEAN = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INTEGER = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_MAX_DIGITS = 1000


class Fault(Exception):  # noqa: N818  # most are kept, not raised
    """What keeps a text from being plain data; `first` is another place that belongs to it."""

    def __init__(
        self, code: str, message: str, reason: str, resolution: str, span: Span, first: Span | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.resolution = resolution
        self.span = span
        self.first = first


class Composer:
    """Builds plain data out of a text. `spans` then maps a pointer to the spans of its key and of its value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: dict[Pointer, tuple[Span, Span]] = {}
        self.faults: list[Fault] = []
        self._anchors: dict[str, list[Any]] = {}
        self._nodes = 0
        self._literal_strings = False

    def compose(self, *, is_json: bool = False) -> Any:
        """Return the data, as far as there are no `faults` then.

        Raises:
            Fault: where no data can be told, after which nothing can be read.
            ruamel.yaml.error.YAMLError: where the text is not YAML.
        """
        self._literal_strings = is_json
        stream = YAML(typ="safe", pure=True).parse(self.text.replace("\t", " ") if is_json else self.text)
        started = False
        data = None
        self.spans[()] = (_START, _START)
        for event in stream:
            if not isinstance(event, events.NodeEvent):
                continue
            if started:
                raise Fault(
                    "several-documents",
                    "the file holds more than one document",
                    "One file is one document.",
                    'Put what follows "---" into a file of its own.',
                    _span(event),
                )
            started = True
            self.spans[()] = (_span(event), _span(event))
            data = self._node(event, stream, (), 0)
        return data

    def _node(self, event: Any, stream: Iterator[Any], pointer: Pointer, depth: int) -> Any:
        self._count(event, depth)
        if isinstance(event, events.AliasEvent):
            return self._alias(event, pointer)
        tag = getattr(event, "ctag", None)
        if tag is not None and str(tag) != "None":
            raise Fault(
                "yaml-tag",
                f"the tag {tag} is not allowed",
                "A configuration is plain data; tags would let it construct objects.",
                "Remove the tag.",
                _span(event),
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
            raise Fault("too-deep", "the file is nested too deeply", reason, "", _span(event))
        if self._nodes > MAX_NODES:
            reason = f"At most {MAX_NODES} values are read, each alias counted where it is used."
            raise Fault("too-large", "the file holds too many values", reason, "", _span(event))

    def _alias(self, event: Any, pointer: Pointer) -> Any:
        if event.anchor not in self._anchors:
            raise Fault(
                "yaml-syntax",
                f"the alias *{event.anchor} stands for nothing",
                f"No value before it, or around it, is complete and carries the anchor &{event.anchor}.",
                "",
                _span(event),
            )
        replayed = iter(self._anchors[event.anchor])
        return self._node(next(replayed), replayed, pointer, len(pointer))

    def _sequence(self, stream: Iterator[Any], pointer: Pointer, depth: int) -> list[Any]:
        items: list[Any] = []
        for event in stream:
            if isinstance(event, events.SequenceEndEvent):
                break
            inner = (*pointer, len(items))
            span = _span(event)
            self.spans.setdefault(inner, (span, span))
            items.append(self._node(event, stream, inner, depth + 1))
        return items

    def _mapping(self, stream: Iterator[Any], pointer: Pointer, depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for event in stream:
            if isinstance(event, events.MappingEndEvent):
                break
            span = _span(event)
            key = self._key(event, stream, pointer, depth)
            value_event = next(stream)
            inner = (*pointer, key)
            if key in found:
                self._duplicate(key, span, self.spans[inner][0])
                self._node(value_event, stream, (*inner, "duplicate"), depth + 1)
                continue
            self.spans[inner] = (span, _value_span(value_event, span))
            found[key] = self._node(value_event, stream, inner, depth + 1)
        return found

    def _key(self, event: Any, stream: Iterator[Any], pointer: Pointer, depth: int) -> Any:
        key = self._node(event, stream, (*pointer, "key"), depth + 1)
        if isinstance(key, list | dict):
            reason = "A key is a word or a number."
            raise Fault("yaml-syntax", "a list or mapping is used as a key", reason, "", _span(event))
        if key == "<<" and event.implicit[0]:
            self.faults.append(
                Fault(
                    "yaml-syntax",
                    'the merge key "<<" is not part of YAML 1.2',
                    "llem and editors would read different values.",
                    "Write the values out.",
                    _span(event),
                )
            )
        return key

    def _duplicate(self, key: Any, span: Span, first: Span) -> None:
        self.faults.append(
            Fault(
                "duplicate-key",
                f'the key "{key}" is written twice',
                "Only one of the two values could count.",
                "Remove one of them.",
                span,
                first,
            )
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
            raise Fault("out-of-range", "this integer is too large", reason, "", _span(event))
        prefixes = {"0o": 8, "0x": 16}
        return int(text, prefixes.get(text[:2], 10))

    def _finite(self, number: float, event: Any) -> float:
        if not math.isfinite(number):
            self.faults.append(
                Fault(
                    "not-finite",
                    f"{event.value} is not a finite number",
                    "Not-a-number and infinities are never accepted.",
                    "",
                    _span(event),
                )
            )
            return 0.0
        return number


def _recording(stream: Iterator[Any], recorded: list[Any]) -> Iterator[Any]:
    for event in stream:
        recorded.append(event)
        yield event


_START: Span = (1, 1, 1, 2)


def _span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return start.line + 1, start.column + 1, end.line + 1, end.column + 1


def _value_span(event: Any, key: Span) -> Span:
    """Return where a value stands; one that is left out stands at its key, not where the parser noticed."""
    found = _span(event)
    is_empty = found[:2] == found[2:]
    return key if is_empty and found[0] > key[0] else found
