"""Which registry folders count, and the linked registry of all of them, kept in a cache between processes."""

import contextlib
import functools
import json
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from llem.diagnostics import LlemError, Report
from llem.files import cache_folder, write_whole_bytes
from llem.registry.cache import cached
from llem.registry.model import Registry


class RegistryError(LlemError):
    """A registry whose records do not fit together; carries every fault with its place."""


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


def _installed_folders() -> list[Path]:
    """Return the folders that installed packages name.

    To look through all packages takes longer than a verdict, so that what was found is kept until one is installed.
    """
    state = [[entry, stat.st_mtime_ns] for entry in sys.path if (stat := _stat(Path(entry))) is not None]
    name = zlib.crc32(repr(sys.path).encode())
    kept = cache_folder() / "installed" / f"{name:08x}.json"
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["state"] == state:
            return list(map(Path, found["folders"]))
    folders = list(_named_by_packages())
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole_bytes(kept, json.dumps({"state": state, "folders": list(map(str, folders))}).encode())
    return folders


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _named_by_packages() -> Iterator[Path]:
    from importlib import metadata
    from importlib.util import find_spec

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
    from llem.registry.sources import Faults, fingerprint, read_records

    faults = Faults()
    sources = read_records(folders, faults)
    registry = None
    if not faults.unreadable_files and sources:
        registry, sources = link(sources, fingerprint(faults.texts), faults)
    if registry is not None:
        find_faults(registry, sources, faults)
    return (None if faults.diagnostics else registry), faults.report(", ".join(map(str, folders)))


def _relative(path: Path) -> Path:
    """Return a path as seen from the working folder if it lies below, so that findings name it shortly."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) and path != here else path
