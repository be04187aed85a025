"""Linked registries on disk, so that a start need not read and check the records again.

An entry is named by the content of the records and the code that links them: what is stale is never found, what is
damaged or cannot be written is built again in silence. The folder is the user's own, as trusted as their home.
"""

import contextlib
import pickle
import sys
import zlib
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
    key = _key(folders)
    entry = cache_folder() / "registries" / f"{zlib.crc32(key):08x}.pickle"
    with contextlib.suppress(Exception):  # whatever is wrong with an entry, the records are there
        named, content = entry.read_bytes().split(_END, 1)
        found = pickle.loads(content) if named == key else None  # noqa: S301  # the user's own folder
        if isinstance(found, Registry):
            return found
    registry = build()
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        write_whole_bytes(entry, key + _END + pickle.dumps(registry, protocol=5))
        for old in sorted(entry.parent.glob("*.pickle"), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
            old.unlink(missing_ok=True)
    return registry


_END = b"\n\n"


def _key(folders: tuple[Path, ...]) -> bytes:
    """Return the files that decide, each with what tells its content from others. A checksum that needs no OpenSSL."""
    lines = [sys.version.replace("\n", " ")]
    for name in _CODE:
        for path in sorted((_PACKAGE / name).glob("*.py")):
            state = path.stat()
            lines.append(f"{path} {state.st_mtime_ns} {state.st_size}")
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            content = path.read_bytes()
            lines.append(f"{path} {len(content)} {zlib.crc32(content):08x} {zlib.adler32(content):08x}")
    return "\n".join(lines).encode()
