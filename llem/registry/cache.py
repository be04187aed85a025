"""Linked registries on disk, so that a start need not read and check the records again.

An entry is named by the content of the records and the code that links them: what is stale is never found, what is
damaged or cannot be written is built again in silence. The folder is the user's own, as trusted as their home.
"""

import contextlib
import hashlib
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

from llem.files import cache_folder, write_whole_bytes
from llem.registry.model import Registry


_KEPT = 8
"""Entries that stay when a further one is written."""

_PACKAGE = Path(__file__).resolve().parent.parent
_CODE = ("registry", "conditions", "environment", "diagnostics")
"""Packages whose classes and functions decide what a linked registry is."""


def cached(folders: tuple[Path, ...], build: Callable[[], Registry]) -> Registry:
    """Return the registry of some folders, from the cache if it is there, else built and kept.

    Raises:
        RegistryError: from building; nothing is kept then.
    """
    entry = cache_folder() / "registries" / f"{_key(folders)}.pickle"
    with contextlib.suppress(Exception):  # whatever is wrong with an entry, the records are there
        found = pickle.loads(entry.read_bytes())  # noqa: S301  # the user's own folder
        if isinstance(found, Registry):
            return found
    registry = build()
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        write_whole_bytes(entry, pickle.dumps(registry, protocol=5))
        for old in sorted(entry.parent.glob("*.pickle"), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
            old.unlink(missing_ok=True)
    return registry


def _key(folders: tuple[Path, ...]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for name in _CODE:
        for path in sorted((_PACKAGE / name).glob("*.py")):
            state = path.stat()
            digest.update(f"{path} {state.st_mtime_ns} {state.st_size}\n".encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            digest.update(f"{path}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
