"""Trials in processes of their own: a crash, a kill or a hang costs one trial and no other.

A process reads a configuration as a line of JSON on standard input, and answers with one on standard output. When
standard input ends, whoever asked is gone, and the process ends itself with all that it has started.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from llem.study.store import Outcome


if TYPE_CHECKING:
    from llem.backends.executor import Keeper


LOG_BYTES = 4000


def run_trial(
    config: Mapping[str, Any],
    time_limit: float | None = None,
    inherited: tuple[int, ...] = (),
    folder: str | None = None,
) -> Outcome:
    """Run a configuration in a new process and return how that ended. Never raises for what the trial does.

    Args:
        config: The data of an experiment file.
        time_limit: Seconds after which the process is killed.
        inherited: File descriptors that the process keeps open for as long as it lives.
        folder: Where it runs, if there is such a folder; relative paths start there.
    """
    process = TrialProcess(inherited, folder)
    try:
        return process.run(config, time_limit)
    finally:
        process.end()


class TrialProcess:
    """A process that runs trials one after another, as long as none of them fails; see `run_trial`."""

    def __init__(self, inherited: tuple[int, ...] = (), folder: str | None = None) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "llem.study.trial"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            pass_fds=inherited,
            cwd=folder if folder is not None and Path(folder).is_dir() else None,
            start_new_session=True,
        )
        _RUNNING.add(self._process)

    def run(self, config: Mapping[str, Any], time_limit: float | None = None) -> Outcome:
        """Run a configuration and return how that ended."""
        begin = time.monotonic()
        hung = threading.Event()

        def end() -> None:
            hung.set()
            _kill(self._process)

        timer = threading.Timer(time_limit or 0, end)
        if time_limit is not None:
            timer.start()
        try:
            answer = self._ask(config)
        finally:
            timer.cancel()
        seconds = time.monotonic() - begin
        if hung.is_set():
            reason = f"It took longer than its time limit of {time_limit:g} seconds."
            return Outcome(state="failed", seconds=seconds, code="time-limit", reason=reason, log=_tail(self._log))
        try:
            told = json.loads(answer)
        except ValueError:
            reason = _death(self._process.wait())
            return Outcome(state="failed", seconds=seconds, code="crashed", reason=reason, log=_tail(self._log))
        return Outcome(seconds=seconds, log="" if told["state"] == "done" else _tail(self._log), **told)

    def _ask(self, config: Mapping[str, Any]) -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it may end before it listens; its exit code tells
            self._process.stdin.write(json.dumps(config, ensure_ascii=False).encode() + b"\n")
            self._process.stdin.flush()
        return self._process.stdout.readline()

    def end(self) -> None:
        """End the process, and all that it has started."""
        _kill(self._process)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._log.close()
        _RUNNING.discard(self._process)


_RUNNING: set["subprocess.Popen[bytes]"] = set()


def kill_running() -> None:
    """End every trial that this process has started."""
    for process in list(_RUNNING):
        _kill(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _tail(log: BinaryIO) -> str:
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - LOG_BYTES))
    return log.read().decode("utf-8", "replace")


def _death(code: int) -> str:
    if code >= 0:
        return f"Its process ended with exit code {code} and no result."
    name = signal.Signals(-code).name
    perhaps = " Perhaps the system was out of memory." if name == "SIGKILL" else ""
    return f"Its process was ended by {name}.{perhaps}"


def main() -> None:
    """Be the process of trials: answer each line of standard input with one."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    keeper = None
    while True:
        line = lines.get()
        if keeper is None:
            from llem.backends.executor import Keeper

            keeper = Keeper()
        answers.write(json.dumps(_outcome(json.loads(line), keeper), ensure_ascii=False) + "\n")
        answers.flush()


def _outcome(config: Mapping[str, Any], keeper: "Keeper") -> dict[str, Any]:
    from llem.backends.errors import SkippedError
    from llem.backends.run import run_config
    from llem.config.classes import experiment_class
    from llem.diagnostics import LlemError
    from llem.registry import load_registry

    registry = load_registry()
    try:
        result = run_config(registry, experiment_class(registry).from_dict(config), keeper=keeper)
    except LlemError as error:
        print(error, file=sys.stderr)  # the log
        state = "skipped" if isinstance(error, SkippedError) else "failed"
        found = error.report.diagnostics[0]
        return {"state": state, "code": found.code, "reason": f"{found.message}. {found.reason}".strip()}
    return {"state": "done", "result": result.to_dict()}


def _listen(lines: "queue.SimpleQueue[bytes]") -> None:
    """Hand on what is asked; when nothing more can be, end this process and all that it has started."""
    for line in sys.stdin.buffer:
        lines.put(line)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
