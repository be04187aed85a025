"""Where llem keeps files of its own, and writing files whole or not at all."""

import os
from pathlib import Path


def user_cache() -> Path | None:
    """Return the user's folder for what can be made or fetched again; None for a user without a home."""
    named = os.environ.get("XDG_CACHE_HOME")
    try:
        return Path(named) if named else Path.home() / ".cache"
    except RuntimeError:
        return None


def cache_folder() -> Path | None:
    """Return where llem keeps what it can build again: LLEM_CACHE, or `llem` in the user's cache; None without one."""
    named = os.environ.get("LLEM_CACHE")
    if named:
        return Path(named)
    cache = user_cache()
    return cache / "llem" if cache is not None else None


def write_whole(path: Path, text: str) -> None:
    """Write UTF-8 text; the file appears, or changes, whole or not at all. An existing file keeps its mode.

    Raises:
        OSError: when the folder cannot be written into.
    """
    write_whole_bytes(path, text.encode("utf-8"))


def write_whole_bytes(path: Path, content: bytes) -> None:
    """Write bytes as `write_whole` writes text."""
    import tempfile

    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.chmod(mode)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
