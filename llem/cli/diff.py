"""`llem registry diff`: what changed between two registries."""

import io
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

import attrs
import click

from llem.registry import Registry, load_registry
from llem.registry.diff import compare


_FOLDER = "registry"
"""Where the records stand in a checkout of llem."""


def print_changes(old: str, new: str | None, form: str) -> bool:
    """Print the changes; return whether one of them breaks configurations."""
    changes = compare(_registry(old), load_registry() if new is None else _registry(new))
    if form == "json":
        click.echo(json.dumps([attrs.asdict(change) for change in changes], indent=2))
    for breaking, title in ((True, "breaking"), (False, "compatible")) if form == "text" else ():
        found = [change for change in changes if change.breaking == breaking]
        if found:
            click.echo(f"{title}:")
        for change in found:
            click.echo(f"  {change.kind} {change.name}: {change.what}")
    if not changes and form == "text":
        click.echo("no changes")
    return any(change.breaking for change in changes)


def _registry(name: str) -> Registry:
    """Return the registry of a folder or of a git revision.

    Raises:
        UsageError: when it is neither.
        RegistryError: when its records do not fit together.
    """
    if Path(name).is_dir():
        return load_registry(name)
    command = ["git", "archive", "--", name, _FOLDER]
    archive = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # arguments, no shell
    if archive.returncode:
        raise click.UsageError(f"{name} is neither a folder nor a git revision with a folder {_FOLDER}.")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        return load_registry(Path(folder) / _FOLDER)
