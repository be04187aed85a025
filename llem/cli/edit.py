"""`llem registry fmt` and `new`: registry files are put in order, and records appended."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import click

from llem.build import schema_for
from llem.cli.init import SCHEMAS, modeline
from llem.diagnostics import LlemError
from llem.files import write_whole
from llem.registry import RegistryError, check_registry, load_registry
from llem.registry.folders import registry_folders
from llem.registry.formatting import formatted, record_text
from llem.registry.kinds import KINDS, SINGLE
from llem.registry.reading import ReadingError, read_text
from llem.validation import read


def format_files(files: tuple[Path, ...], *, only_check: bool) -> Iterator[Path]:
    """Yield the files that were not in order; unless they are only checked, they are now.

    Raises:
        LlemError: when a file cannot be read.
    """
    for file in files or sorted(registry_folders()[-1].rglob("*.yaml")):
        document = read(file)
        text = formatted(document) if isinstance(document.data, dict) else document.text
        if text != document.text:
            if not only_check:
                write_whole(file, text)
            yield file


def add_record(kind: str, fields: tuple[str, ...], backend: str, file: Path | None) -> Path:
    """Append a record and return the file; missing fields are asked for.

    Raises:
        UsageError: when there is no such kind or backend, or a field has no value.
        RegistryError: when the registry has faults with the record, which is then not written.
    """
    if kind not in KINDS or kind in SINGLE:
        schema_for(load_registry(), kind)  # raises, and says what there is, for a name that is none
        raise click.UsageError(f"There is one {kind} file; write it by hand.")
    if backend and backend not in load_registry().backends:
        raise click.UsageError(f"There is no backend {backend}; there are {', '.join(load_registry().backends)}.")
    record = dict(map(_field, fields))
    for field in attrs.fields(KINDS[kind]):
        if field.default is attrs.NOTHING and field.name not in record:
            answer = click.prompt(f"{field.name}: {field.metadata['doc']}\n{field.name}")
            record |= [_field(f"{field.name}={answer}")]
    target = file or _home(kind, backend)
    before = target.read_text(encoding="utf-8") if target.exists() else None
    text = before.rstrip("\n") + "\n\n" if before is not None else f"{_modeline(target, kind)}{kind}:\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, text + record_text(kind, record))
    _, report = check_registry()
    if report.diagnostics:
        target.unlink() if before is None else write_whole(target, before)
        raise RegistryError(report)
    return target


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f'A field is written as key=value, not "{text}".')
    try:
        return name, read_text(f"{name}: {value}\n", f"{name}=").data[name]
    except ReadingError as error:
        raise LlemError(error.report) from None


def _modeline(file: Path, kind: str) -> str:
    """Return the first line of a new file of the last registry; empty where its schemas were not built."""
    folder = registry_folders()[-1].resolve()
    for schemas in (folder / SCHEMAS, folder.parent / SCHEMAS):
        schema = schemas / "registry" / f"{kind}.json"
        if schema.is_file():
            return modeline(schema, file.resolve())
    return ""


def _home(kind: str, backend: str) -> Path:
    """Return the file of the last registry that records of a kind and backend are appended to."""
    folder = registry_folders()[-1] / (backend or ("shared" if (registry_folders()[-1] / "shared").is_dir() else ""))
    return folder / f"{kind}.yaml"
