"""The state of a study: one SQLite file, in which each trial stands with its configuration, state and result.

Written ahead and synchronised at each commit, so that what is reported done survives a crash and a power loss. A
runner holds a lock on a file of its own beside the store for as long as it, or a trial of its, lives: what it had
claimed is free again exactly when that lock is.
"""

import fcntl
import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

import attrs

from llem.backends.errors import InputError


State = Literal["waiting", "running", "done", "failed", "skipped"]
STATES: tuple[State, ...] = ("waiting", "running", "done", "failed", "skipped")
FORMAT = 1
_APPLICATION = 0x6C6C656D  # "llem"
_SCHEMA = """
CREATE TABLE study (name TEXT, fingerprint TEXT, record TEXT, registry TEXT, created TEXT) STRICT;
CREATE TABLE trials (
    id INTEGER PRIMARY KEY,
    config TEXT NOT NULL,
    repetition INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    runner TEXT,
    started TEXT,
    seconds REAL,
    code TEXT,
    reason TEXT,
    log TEXT,
    result TEXT
) STRICT;
CREATE INDEX trials_by_state ON trials (state, id);
"""


@attrs.frozen
class Trial:
    """One run of one experiment of a study. `id` is its place in the order; `config` the data of an experiment file.

    `attempts` counts how often it has ended, however that was.
    """

    id: int
    config: Mapping[str, Any]
    repetition: int
    state: State
    attempts: int = 0
    seconds: float | None = None
    code: str | None = None
    reason: str | None = None
    log: str | None = None
    result: Mapping[str, Any] | None = None


@attrs.frozen(kw_only=True)
class Outcome:
    """How a trial ended: with a result, or with a code and a reason; `log` is the end of what it printed."""

    state: State
    seconds: float = 0.0
    code: str = ""
    reason: str = ""
    log: str = ""
    result: Mapping[str, Any] | None = None


@attrs.frozen
class StudyInfo:
    """What a store is about: the study file's name, its fingerprint, its record, and that of the registry."""

    name: str
    fingerprint: str
    record: Mapping[str, Any]
    registry: str


class Store:
    """An open store. Several processes may use one at the same time; readers never wait."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._runner: str | None = None
        self._lock: int | None = None

    @classmethod
    def create(cls, path: Path, info: StudyInfo, trials: Iterable[tuple[Mapping[str, Any], int]]) -> Self:
        """Write a new store with its trials, each a configuration and the number of its repetition.

        The file appears whole or not at all.

        Raises:
            InputError: when the file is there, or cannot be written.
        """
        partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.partial")
        try:
            connection = sqlite3.connect(partial, isolation_level=None)
            try:
                connection.executescript(_SCHEMA)
                connection.execute("BEGIN")
                row = (info.name, info.fingerprint, json.dumps(info.record), info.registry, _now())
                connection.execute("INSERT INTO study VALUES (?, ?, ?, ?, ?)", row)
                rows = ((json.dumps(config, ensure_ascii=False), repetition) for config, repetition in trials)
                connection.executemany("INSERT INTO trials (config, repetition) VALUES (?, ?)", rows)
                connection.execute("COMMIT")
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {FORMAT}")
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
            os.link(partial, path)  # unlike a rename, this fails where the file is there already
        except FileExistsError:
            raise InputError(
                "unwritable-output", f"{path} is there already", "", "Resume it, or name another."
            ) from None
        except (OSError, sqlite3.Error) as error:
            raise InputError("unwritable-output", f"{path} cannot be written", f"{error}.") from None
        finally:
            partial.unlink(missing_ok=True)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a store.

        Raises:
            InputError: when there is none, or the file is no store that this llem reads.
        """
        if not path.is_file():
            advice = "Begin with `llem study run`."
            raise InputError("unreadable-file", f"there is no store {path}", "There is no such file.", advice)
        connection = sqlite3.connect(path, isolation_level=None, timeout=60)
        try:
            [application] = connection.execute("PRAGMA application_id").fetchone()
            [version] = connection.execute("PRAGMA user_version").fetchone()
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.DatabaseError as error:
            raise InputError("unreadable-file", f"{path} is no store of a study", f"{error}.") from None
        if application != _APPLICATION:
            raise InputError("unreadable-file", f"{path} is no store of a study", "It is another SQLite file.")
        if version != FORMAT:
            reason = f"Its format is {version}; this llem writes {FORMAT}."
            raise InputError("unreadable-file", f"{path} cannot be read by this llem", reason)
        return cls(path, connection)

    def close(self) -> None:
        """Close the store."""
        self._connection.close()

    def info(self) -> StudyInfo:
        """Return what the store is about."""
        name, fingerprint, record, registry = self._connection.execute(
            "SELECT name, fingerprint, record, registry FROM study"
        ).fetchone()
        return StudyInfo(name, fingerprint, json.loads(record), registry)

    def counts(self) -> dict[State, int]:
        """Return how many trials are in each state."""
        found = dict(self._connection.execute("SELECT state, count(*) FROM trials GROUP BY state"))
        return {state: found.get(state, 0) for state in STATES}

    def seconds(self) -> list[float]:
        """Return how long each trial took that has ended."""
        rows = self._connection.execute("SELECT seconds FROM trials WHERE seconds IS NOT NULL ORDER BY id")
        return [seconds for (seconds,) in rows]

    def trials(self, *states: State) -> Iterator[Trial]:
        """Yield the trials in some states (none: in all) in their order."""
        wanted = states or STATES
        marks = ", ".join("?" * len(wanted))
        columns = "id, config, repetition, state, attempts, seconds, code, reason, log, result"
        query = f"SELECT {columns} FROM trials WHERE state IN ({marks}) ORDER BY id"  # noqa: S608  # question marks
        for row in self._connection.execute(query, wanted):
            found = dict(zip(columns.split(", "), row, strict=True))
            result = json.loads(found["result"]) if found["result"] else None
            yield Trial(**{**found, "config": json.loads(found["config"]), "result": result})

    @contextmanager
    def runner(self) -> Iterator[int]:
        """Be a runner that claims trials; gives the descriptor of the lock, which the trials' processes inherit.

        What is still claimed in the end is given back.
        """
        name = uuid.uuid4().hex
        file = self._lock_file(name)
        self._lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._runner = name
        try:
            yield self._lock
        finally:
            self._connection.execute(
                "UPDATE trials SET state = 'waiting', runner = NULL WHERE state = 'running' AND runner = ?", (name,)
            )
            file.unlink(missing_ok=True)
            os.close(self._lock)
            self._runner = self._lock = None

    def _lock_file(self, runner: str) -> Path:
        return self.path.with_name(f"{self.path.name}.runner-{runner}")

    def free_abandoned(self) -> int:
        """Give back what runners had claimed that are gone; return how many trials that were."""
        rows = self._connection.execute("SELECT DISTINCT runner FROM trials WHERE state = 'running'").fetchall()
        return sum(self._free(runner) for (runner,) in rows if runner != self._runner)

    def _free(self, runner: str) -> int:
        file = self._lock_file(runner)
        try:
            lock = os.open(file, os.O_RDWR)
        except FileNotFoundError:
            lock = None
        try:
            if lock is not None:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0  # it, or one of its trials, is alive
        else:
            query = "UPDATE trials SET state = 'waiting', runner = NULL WHERE state = 'running' AND runner = ?"
            freed = self._connection.execute(query, (runner,)).rowcount
            file.unlink(missing_ok=True)
            return freed
        finally:
            if lock is not None:
                os.close(lock)

    def claim(self, trial: int) -> bool:
        """Claim a waiting trial for this runner; return whether it is now this runner's, and nobody else's."""
        query = "UPDATE trials SET state = 'running', runner = ?, started = ? WHERE id = ? AND state = 'waiting'"
        return self._connection.execute(query, (self._runner, _now(), trial)).rowcount == 1

    def finish(self, trial: int, outcome: Outcome) -> None:
        """Write how a trial of this runner ended; once this returns, it stays written."""
        query = (
            "UPDATE trials SET state = ?, attempts = attempts + 1, runner = NULL, seconds = ?, code = ?, reason = ?, "
            "log = ?, result = ? "
            "WHERE id = ? AND state = 'running' AND runner = ?"
        )
        result = json.dumps(outcome.result, ensure_ascii=False) if outcome.result is not None else None
        row = (outcome.state, outcome.seconds, outcome.code, outcome.reason, outcome.log, result, trial, self._runner)
        self._connection.execute(query, row)

    def again(self, trial: int) -> None:
        """Let a finished trial wait again."""
        query = "UPDATE trials SET state = 'waiting' WHERE id = ? AND state IN ('failed', 'skipped')"
        self._connection.execute(query, (trial,))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
