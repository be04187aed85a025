"""The one reader of YAML and JSON files: plain data with the position of every key and value."""

import sys
from pathlib import Path
from typing import Any

import attrs
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from llem.diagnostics import Diagnostic, Location, Related, Report, Severity
from llem.registry.composing import MAX_BYTES, Composer, Fault, Pointer


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
    composer = Composer(text)
    try:
        data = composer.compose(is_json=file.endswith(".json"))
    except Fault as fault:
        composer.faults.append(fault)
    except YAMLError as error:
        composer.faults.append(_syntax_fault(error, text))
    if composer.faults:
        raise ReadingError(file, text, [_diagnostic(fault, file) for fault in composer.faults])
    spans = {
        pointer: (Location(file, *key), Location(file, *value)) for pointer, (key, value) in composer.spans.items()
    }
    return Document(file, text, data, spans)


def _diagnostic(fault: Fault, file: str) -> Diagnostic:
    return Diagnostic(
        code=fault.code,
        severity=Severity.ERROR,
        message=fault.message,
        reason=fault.reason,
        resolution=fault.resolution,
        location=Location(file, *fault.span),
        related=(Related("first written here", location=Location(file, *fault.first)),) if fault.first else (),
    )


def _syntax_fault(error: YAMLError, text: str) -> Fault:
    if not isinstance(error, MarkedYAMLError):
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        problem = str(getattr(error, "reason", "it cannot be parsed")).rstrip(".") + "."
        return Fault("yaml-syntax", "this is not YAML", problem, "", (line, 1, line, 2))
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Fault("yaml-syntax", *_syntax_words(error, text, line), (line, column, line, column + 1))


def _syntax_words(error: MarkedYAMLError, text: str, line: int) -> tuple[str, str, str]:
    """Return the message, the reason and what to do."""
    lines = text.splitlines()
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    reason = " ".join(str(part) for part in (error.problem, error.context) if part)
    if "\t" in source[: len(source) - len(source.lstrip())] or "'\\t'" in reason:
        return (
            "a tab is used for indentation",
            "YAML indents with spaces only.",
            "Replace the tab by spaces.",
        )
    return "this is not YAML", reason[:1].upper() + reason[1:] + ".", ""


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
