"""What was made of the registry, kept on disk, so that a start need not make it again.

An entry is named by what it was made of: what is stale is never found; what is damaged or cannot be written is made
again in silence. Entries are written whole. The folder is the user's own, as trusted as their home.
"""

import contextlib
import zlib
from pathlib import Path

from llem.files import cache_folder, write_whole_bytes


_KEPT = 8
"""Entries of a kind that stay when a further one is written."""
_END = b"\n\n"


def kept(kind: str, key: bytes) -> bytes | None:
    """Return what was kept under a key, or None."""
    entry = _entry(kind, key)
    if entry is None:
        return None
    try:
        named, checksum, content = entry.read_bytes().split(_END, 2)
    except (OSError, ValueError):
        return None
    return content if named == key and checksum == _checksum(content) else None


def keep(kind: str, key: bytes, content: bytes) -> None:
    """Keep something under a key, where that can be done."""
    entry = _entry(kind, key)
    if entry is None:
        return
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        write_whole_bytes(entry, _END.join([key, _checksum(content), content]))
        for old in sorted(entry.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
            old.unlink(missing_ok=True)


def _entry(kind: str, key: bytes) -> Path | None:
    folder = cache_folder()
    return folder / kind / f"{zlib.crc32(key):08x}" if folder is not None else None  # it needs no OpenSSL


def _checksum(content: bytes) -> bytes:
    return f"{zlib.crc32(content):08x} {len(content)}".encode()
