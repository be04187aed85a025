"""A registry folder to a linked registry: read every file, structure every record, link, check; report all faults."""

import functools
import hashlib
import os
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs

from llem.diagnostics import Diagnostic, LlemError, Location, Report, Severity, did_you_mean
from llem.registry import records
from llem.registry.cache import cached
from llem.registry.model import Registry
from llem.registry.reading import Document, Pointer, ReadingError, read_file
from llem.registry.structuring import make_converter, structure


OVERRIDE = "override"
"""Key of a record that takes the place of an earlier registry's record of the same name."""


class RegistryError(LlemError):
    """A registry whose records do not fit together; carries every fault with its place."""


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


def packaged_registry() -> Path:
    """Return the folder of the registry that comes with llem: in the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_registry"
    return installed if installed.is_dir() else package.parent / "registry"


def registry_folders(*further: Path | str) -> tuple[Path, ...]:
    """Return the folders whose records count, the first the packaged registry, each adding to those before it.

    They come from installed packages (entry points of the group `llem.registries`, each naming a Python package that
    holds the records), from the environment variable LLEM_REGISTRY, and from the caller. One with a registry.yaml of
    its own is a whole registry: nothing before it counts.
    """
    named = filter(None, os.environ.get("LLEM_REGISTRY", "").split(os.pathsep))
    folders = [packaged_registry(), *_installed_folders(), *map(Path, named), *map(Path, further)]
    whole = [index for index, folder in enumerate(folders) if (folder / "registry.yaml").is_file()]
    return tuple(map(_relative, folders[whole[-1] if whole else 0 :]))


def _installed_folders() -> Iterator[Path]:
    for entry in sorted(metadata.entry_points(group="llem.registries"), key=lambda entry: entry.name):
        found = find_spec(entry.value)
        yield from map(Path, (found.submodule_search_locations or ()) if found is not None else ())


def load_registry(folder: Path | str | None = None) -> Registry:
    """Return the linked registry of all folders that count, and of one more; see `registry_folders`.

    It is read once in a process, and what the environment names is what it named then.

    Raises:
        RegistryError: when any record is wrong; it lists every fault with file, line and column.
    """
    return _load(None if folder is None else Path(folder).absolute())


@functools.cache
def _load(folder: Path | None) -> Registry:
    folders = registry_folders(*([folder] if folder is not None else []))
    return cached(folders, lambda: _build(folders))


def _build(folders: tuple[Path, ...]) -> Registry:
    registry, report = _check(folders)
    if registry is None:
        raise RegistryError(report)
    return registry


def check_registry(folder: Path | str | None = None) -> tuple[Registry | None, Report]:
    """Return the linked registry (None if it has faults) and the report of its faults; see `registry_folders`."""
    return _check(registry_folders(*([folder] if folder is not None else [])))


def _check(folders: tuple[Path, ...]) -> tuple[Registry | None, Report]:
    from llem.registry.integrity import find_faults
    from llem.registry.linking import link

    faults = Faults()
    sources = read_records(folders, faults)
    registry = None
    if not faults.unreadable_files and sources:
        registry, sources = link(sources, _fingerprint(faults.texts), faults)
    if registry is not None:
        find_faults(registry, sources, faults)
    return (None if faults.diagnostics else registry), faults.report(", ".join(map(str, folders)))


def _relative(path: Path) -> Path:
    """Return a path as seen from the working folder if it lies below, so that findings name it shortly."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) and path != here else path


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
    if not isinstance(data, dict) or len(data) != 1 or next(iter(data)) not in records.KINDS:
        known = did_you_mean(str(next(iter(data), "")), records.KINDS) if isinstance(data, dict) else ""
        kinds = f"The keys are {', '.join(records.KINDS)}."
        message = "a registry file holds one key, the kind of its records"
        faults.add("unknown-kind", message, document.key(()), known or kinds)
        return
    kind = next(iter(data))
    wanted = dict if kind in records.SINGLE else list
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
    items = [((kind,), content)] if kind in records.SINGLE else [((kind, i), item) for i, item in enumerate(content)]
    for pointer, item in items:
        overrides = False
        if kind in records.NAMES and isinstance(item, dict) and isinstance(item.get(OVERRIDE), bool):
            item = dict(item)  # noqa: PLW2901  # the rest of the record
            overrides = item.pop(OVERRIDE)
        record, failures = structure(item, records.KINDS[kind], converter)
        for failure in failures:
            find = document.key if failure.at_key else document.value
            faults.add(failure.code, failure.message, find((*pointer, *failure.pointer)), failure.resolution)
        if failures and isinstance(item, dict):
            named = {str(item.get(key)) for key in ("path", "id")}
            faults.unreadable_names |= named | {f"{scope}.{name}" for name in named if scope}
        if not failures:
            yield Source(kind, scope, record, document, pointer, overrides)


def _fingerprint(texts: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for _, text in sorted(texts.items()):
        digest.update(text.encode())
    return digest.hexdigest()
