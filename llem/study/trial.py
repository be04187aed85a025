"""One trial in a process of its own: a crash, a kill or a hang costs this trial and no other.

The process reads the configuration as a line of JSON on standard input, and answers with one on standard output. When
standard input ends, whoever asked is gone, and the process ends itself with all that it has started.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from llem.study.store import Outcome


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
    begin = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "llem.study.trial"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=inherited,
            cwd=folder if folder is not None and Path(folder).is_dir() else None,
            start_new_session=True,
        )
        _RUNNING.add(process)
        hung = threading.Event()

        def end() -> None:
            hung.set()
            _kill(process)

        timer = threading.Timer(time_limit or 0, end)
        if time_limit is not None:
            timer.start()
        try:
            answer = _ask(process, config)
        finally:
            timer.cancel()
            _kill(process)
            _RUNNING.discard(process)
        seconds = time.monotonic() - begin
        tail = _tail(log)
    if hung.is_set():
        reason = f"It took longer than its time limit of {time_limit:g} seconds."
        return Outcome(state="failed", seconds=seconds, code="time-limit", reason=reason, log=tail)
    try:
        told = json.loads(answer)
    except ValueError:
        return Outcome(state="failed", seconds=seconds, code="crashed", reason=_death(process.returncode), log=tail)
    return Outcome(seconds=seconds, log="" if told["state"] == "done" else tail, **told)


_RUNNING: set["subprocess.Popen[bytes]"] = set()


def kill_running() -> None:
    """End every trial that this process has started."""
    for process in list(_RUNNING):
        _kill(process)


def _ask(process: "subprocess.Popen[bytes]", config: Mapping[str, Any]) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):  # it may end before it listens; its exit code tells
        process.stdin.write(json.dumps(config, ensure_ascii=False).encode() + b"\n")
        process.stdin.flush()
    answer = process.stdout.read()
    process.wait()
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    return answer


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
    """Be the process of a trial."""
    line = sys.stdin.buffer.readline()
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    outcome = _outcome(json.loads(line))
    answer.write(json.dumps(outcome, ensure_ascii=False))
    answer.flush()
    os._exit(0)  # libraries may hang in their own endings


def _outcome(config: Mapping[str, Any]) -> dict[str, Any]:
    from llem.backends.errors import SkippedError
    from llem.backends.run import run_config
    from llem.config.classes import experiment_class
    from llem.diagnostics import LlemError
    from llem.registry import load_registry

    registry = load_registry()
    try:
        result = run_config(registry, experiment_class(registry).from_dict(config))
    except LlemError as error:
        print(error, file=sys.stderr)  # the log
        state = "skipped" if isinstance(error, SkippedError) else "failed"
        found = error.report.diagnostics[0]
        return {"state": state, "code": found.code, "reason": f"{found.message}. {found.reason}".strip()}
    return {"state": "done", "result": result.to_dict()}


def _end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
