"""`llem init`: a commented file to begin with, and the schemas that its modeline points to."""

import os
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from llem.backends.errors import InputError
from llem.build import schema_for, schema_text, write_files
from llem.files import write_whole
from llem.registry import load_registry


SCHEMAS = "schemas"


def init_file(kind: str, target: Path) -> Iterator[Path]:
    """Write an experiment or a study, and its schema; yield what was written.

    Raises:
        InputError: when a file is there already, or cannot be written.
    """
    _refuse_existing(target)
    schema = target.parent / SCHEMAS / f"{kind}.json"
    yield _write(schema, schema_text(schema_for(load_registry(), kind)))
    yield _write(target, _pointing_to(resources.files("llem.examples") / f"{kind}.yaml", schema, target))


def init_overlay(folder: Path) -> Iterator[Path]:
    """Write a folder of records that add to the registry, and the schemas of every kind; yield what was written.

    Raises:
        InputError: when a file is there already, or cannot be written.
    """
    examples = [entry for entry in (resources.files("llem.examples") / "overlay").iterdir() if entry.is_file()]
    for example in examples:
        _refuse_existing(folder / example.name)
    for example in examples:
        target = folder / example.name
        schema = folder / SCHEMAS / "registry" / f"{target.stem}.json"
        yield _write(target, _pointing_to(example, schema, target))
    write_files(load_registry(folder), folder, stubs=False)
    yield folder / SCHEMAS


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise InputError("unwritable-output", f"{path} is there already", "", "Name another, or remove it first.")


def _pointing_to(example: Traversable, schema: Path, target: Path) -> str:
    """Return the text of an example with a modeline that finds the schema from the target's place."""
    _, _, text = example.read_text(encoding="utf-8").partition("\n")
    return modeline(schema, target) + text


def modeline(schema: Path, target: Path) -> str:
    """Return the first line of a file that tells editors its schema."""
    return f"# yaml-language-server: $schema={Path(os.path.relpath(schema, target.parent)).as_posix()}\n"


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise InputError("unwritable-output", f"{path} cannot be written", str(error.strerror)) from None
    return path
