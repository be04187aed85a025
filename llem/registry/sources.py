"""A registry folder to records: read every file, structure every record; what is faulty is noted and left out."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from llem.diagnostics import Diagnostic, Location, Report, Severity, did_you_mean
from llem.registry.composing import Pointer
from llem.registry.kinds import KINDS, NAMES, SINGLE
from llem.registry.reading import Document, ReadingError, read_file
from llem.registry.structuring import make_converter, structure


OVERRIDE = "override"
"""Key of a record that takes the place of an earlier registry's record of the same name."""


@attrs.frozen(eq=False)
class Source:
    """One record with the place it comes from. `scope` is the backend in whose folder it stands, or empty."""

    kind: str
    scope: str
    record: Any
    document: Document = attrs.field(repr=False)
    pointer: Pointer
    overrides: bool = False

    def location(self, pointer: Pointer = (), *, key: bool = False) -> Location | None:
        """Return where a part of the record stands."""
        find = self.document.key if key else self.document.value
        return find((*self.pointer, *pointer))

    def has(self, pointer: Pointer) -> bool:
        """Return whether the record writes something at a pointer."""
        return (*self.pointer, *pointer) in self.document.spans


class Faults:
    """Collects what is wrong with a registry."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.texts: dict[str, str] = {}
        self.unreadable_files = False
        self.unreadable_names: set[str] = set()

    def add(self, code: str, message: str, location: Location | None, resolution: str = "", **more: Any) -> None:
        """Note an error at a place."""
        found = Diagnostic(
            code=code,
            severity=Severity.ERROR,
            message=message,
            location=location,
            resolution=resolution,
            **more,
        )
        self.diagnostics.append(found)

    def is_unreadable(self, name: str, scope: str) -> bool:
        """Return whether a name may be that of a record whose own faults are noted already."""
        return bool({name, f"{scope}.{name}"} & self.unreadable_names)

    def report(self, subject: str) -> Report:
        """Return all faults in the order of files and lines."""

        def place(found: Diagnostic) -> tuple[str, int, int]:
            at = found.location
            return (at.file, at.line, at.column) if at else ("", 0, 0)

        return Report(tuple(sorted(self.diagnostics, key=place)), self.texts, subject)


def read_records(roots: tuple[Path, ...], faults: Faults) -> list[Source]:
    """Read and structure every record file below some folders; a faulty file or record is noted and left out."""
    documents: list[tuple[Path, Document]] = []
    for root in roots:
        paths = sorted(root.rglob("*.yaml"))
        if not paths:
            advice = "Name a folder with files of records in it; `llem init overlay` writes one."
            faults.add("no-registry", f"{root} holds no records", None, advice)
        documents += [(root, document) for path in paths for document in _read(path, faults)]
    scopes = {document.data["backend"].get("id") for _, document in documents if _kind(document) == "backend"}
    converter = make_converter()
    return [
        source
        for root, document in documents
        for source in _structure(document, _scope(document, root, scopes), converter, faults)
    ]


def _read(path: Path, faults: Faults) -> Iterator[Document]:
    try:
        document = read_file(path)
    except ReadingError as error:
        faults.diagnostics += error.report.diagnostics
        faults.texts |= error.report.sources
        faults.unreadable_files = True
        return
    faults.texts[document.file] = document.text
    data = document.data
    if not isinstance(data, dict) or len(data) != 1 or next(iter(data)) not in KINDS:
        known = did_you_mean(str(next(iter(data), "")), KINDS) if isinstance(data, dict) else ""
        kinds = f"The keys are {', '.join(KINDS)}."
        message = "a registry file holds one key, the kind of its records"
        faults.add("unknown-kind", message, document.key(()), known or kinds)
        return
    kind = next(iter(data))
    wanted = dict if kind in SINGLE else list
    if not isinstance(data[kind], wanted):
        shape = "a mapping" if wanted is dict else "a list of records"
        faults.add("wrong-type", f'"{kind}" takes {shape}', document.value((kind,)))
        return
    yield document


def _kind(document: Document) -> str:
    return str(next(iter(document.data)))


def _scope(document: Document, root: Path, backends: set[Any]) -> str:
    parts = Path(document.file).relative_to(root).parts
    return parts[0] if len(parts) > 1 and parts[0] in backends else ""


def _structure(document: Document, scope: str, converter: Any, faults: Faults) -> Iterator[Source]:
    kind = _kind(document)
    content = document.data[kind]
    items = [((kind,), content)] if kind in SINGLE else [((kind, i), item) for i, item in enumerate(content)]
    for pointer, item in items:
        overrides = False
        if kind in NAMES and isinstance(item, dict) and isinstance(item.get(OVERRIDE), bool):
            item = dict(item)  # noqa: PLW2901  # the rest of the record
            overrides = item.pop(OVERRIDE)
        record, failures = structure(item, KINDS[kind], converter)
        for failure in failures:
            find = document.key if failure.at_key else document.value
            faults.add(failure.code, failure.message, find((*pointer, *failure.pointer)), failure.resolution)
        if failures and isinstance(item, dict):
            named = {str(item.get(key)) for key in ("path", "id")}
            faults.unreadable_names |= named | {f"{scope}.{name}" for name in named if scope}
        if not failures:
            yield Source(kind, scope, record, document, pointer, overrides)


def fingerprint(texts: dict[str, str]) -> str:
    """Return a name of the content of all files."""
    digest = hashlib.sha256()
    for _, text in sorted(texts.items()):
        digest.update(text.encode())
    return digest.hexdigest()
