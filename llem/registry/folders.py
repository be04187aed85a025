"""Which registry folders count, and what tells their state from others. Every start of the command looks here."""

import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from llem.registry.cache import keep, kept


_PACKAGE = Path(__file__).resolve().parent.parent
_CODE = ("config", "registry", "conditions", "environment", "diagnostics")
"""Packages whose classes and functions decide what is made of the records."""


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
    state = "\n".join(f"{entry} {found.st_mtime_ns}" for entry in sys.path if (found := _stat(entry)) is not None)
    content = kept("installed", state.encode())
    if content is not None:
        return [Path(os.fsdecode(name)) for name in content.split(b"\0") if name]
    folders = list(_named_by_packages())
    keep("installed", state.encode(), b"\0".join(map(os.fsencode, folders)))
    return folders


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116  # hundreds of them are looked at in each start
    except OSError:
        return None


def _named_by_packages() -> Iterator[Path]:
    from importlib import metadata
    from importlib.util import find_spec

    for entry in sorted(metadata.entry_points(group="llem.registries"), key=lambda entry: entry.name):
        found = find_spec(entry.value)
        yield from map(Path, (found.submodule_search_locations or ()) if found is not None else ())


def state_of(folders: tuple[Path, ...]) -> bytes:
    """Return what tells the content of some folders, and the code that reads them, from any other."""
    lines = [sys.version.replace("\n", " ")]
    for name in _CODE:
        for path in _files(_PACKAGE / name, ".py"):
            found = os.stat(path)  # noqa: PTH116  # hundreds of them are looked at in each start
            lines.append(f"{path} {found.st_mtime_ns} {found.st_size}")
    for folder in folders:
        for path in _files(folder, ".yaml"):
            with open(path, "rb") as file:  # noqa: PTH123  # as above
                content = file.read()
            lines.append(f"{path} {len(content)} {zlib.crc32(content):08x} {zlib.adler32(content):08x}")
    return "\n".join(lines).encode()


def _files(folder: Path, suffix: str) -> list[str]:
    """Return the files below a folder."""
    return sorted(
        os.path.join(place, name)  # noqa: PTH118  # as above
        for place, _, names in os.walk(folder)
        for name in names
        if name.endswith(suffix)
    )


def _relative(path: Path) -> Path:
    """Return a path as seen from the working folder if it lies below, so that findings name it shortly."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) and path != here else path
