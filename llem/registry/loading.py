"""The linked registry of all folders that count, kept between processes."""

import contextlib
import functools
import pickle
from collections.abc import Callable
from pathlib import Path

from llem.diagnostics import LlemError, Report
from llem.registry.cache import keep, kept
from llem.registry.folders import registry_folders, state_of
from llem.registry.model import Registry


class RegistryError(LlemError):
    """A registry whose records do not fit together; carries every fault with its place."""


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


def cached(folders: tuple[Path, ...], build: Callable[[], Registry]) -> Registry:
    """Return the registry of some folders, as it was kept if their state is the same, else built and kept.

    Raises:
        RegistryError: from building; nothing is kept then.
    """
    state = state_of(folders)
    content = kept("registries", state)
    if content is not None:
        with contextlib.suppress(Exception):  # whatever is wrong with it, the records are there
            return pickle.loads(content)  # type: ignore[no-any-return]  # noqa: S301  # the user's own folder
    registry = build()
    keep("registries", state, pickle.dumps(registry, protocol=5))
    return registry


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
