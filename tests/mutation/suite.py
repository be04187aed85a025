"""The tests, collected once, run against registries that are not the packaged one; each run in a process of its own."""

import contextlib
import gc
import io
import os
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from llem.registry import Registry, load_registry, loading


TESTS = Path(__file__).resolve().parent.parent
FILES = (
    "verification/test_evidence.py",
    "verification/test_agreement.py::test_every_argument_of_the_library_is_known",
    "config/test_findings.py",
    "config/test_introspection.py",
    "config/test_versions.py",
    "config/test_backend_configs.py",
    "backends/test_plan.py",
    "backends/test_memory.py",
    "registry/test_records.py",
    "registry/test_meaning.py",
)
"""Those that look at the packaged records, and need neither chance nor another process."""
SNAPSHOT = "test_meaning.py"
"""Shows any change, and says of none whether it is right: it is asked last."""
SLOW = 0.3
"""Tests that take more seconds are left out."""
PATIENCE = 300
"""Seconds that the tests of one registry may take."""

Task = tuple[Any, Callable[[], str | None]]
"""What is judged, and what judges it in a process of its own: the name of what fails, or None."""


class Suite:
    """A plugin of pytest that calls `work` with itself, in the place of running the tests that were collected."""

    def __init__(self, work: Callable[["Suite"], None]) -> None:
        self._work = work
        self._items: list[pytest.Item] = []
        self._original = load_registry()
        self._kills: Counter[str] = Counter()

    @classmethod
    def run(cls, work: Callable[["Suite"], None]) -> int:
        """Collect the tests and do the work; return pytest's exit code."""
        os.environ["OMP_NUM_THREADS"] = "1"  # a process is forked, which threads do not survive
        arguments = ["-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:randomly", "-o", "addopts=", "-q"]
        arguments += ["--import-mode=importlib", "--strict-markers", f"--rootdir={TESTS.parent}"]
        return int(pytest.main([*arguments, *(str(TESTS / file) for file in FILES)], plugins=[cls(work)]))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests once, to see which are fast and pass; then do the work."""
        for item in session.items:
            if any("llem.registry" in type(value).__module__ for value in _parameters(item)):
                continue  # what it looks at was taken from the packaged registry before
            begin = time.perf_counter()
            if self._passes(item) and time.perf_counter() - begin < SLOW:
                self._items.append(item)
        print(f"{len(self._items)} of {len(session.items)} tests")
        self._work(self)
        return True

    def first_failure(self, registry: Registry, record: str) -> str | None:
        """Return the test that fails for a registry, those first that failed for others; the process is spoilt then.

        Tests of one record are left out where it is not the one that is changed.
        """
        others = {*registry.parameters, *registry.sections, *registry.check_records()} - {record}
        _replace(self._original, registry)
        renewed: set[str] = set()
        for item in sorted(self._items, key=lambda item: (SNAPSHOT in item.nodeid, -self._kills[item.nodeid])):
            if any(isinstance(value, str) and value in others for value in _parameters(item)):
                continue
            module = item.getparent(pytest.Module).obj  # type: ignore[union-attr]
            try:
                if module.__name__ not in renewed:
                    renewed.add(module.__name__)
                    module.__spec__.loader.exec_module(module)
            except Exception:  # noqa: BLE001  # a module that cannot be imported fails too
                return f"{module.__file__}"
            if not self._passes(item):
                return item.nodeid
        return None

    def judge(self, tasks: Sequence[Task], processes: int) -> Iterator[tuple[Any, str | None]]:
        """Yield what is judged, with what fails for it, as processes come to an end."""
        gc.collect()
        gc.freeze()  # so that processes share what is there
        running: dict[int, tuple[Any, int, float]] = {}
        waiting = list(reversed(tasks))
        while waiting or running:
            while waiting and len(running) < processes:
                subject, judge = waiting.pop()
                pipe, process = _started(judge)
                running[pipe] = (subject, process, time.monotonic())
            ready, _, _ = select.select(list(running), [], [], 1.0)
            late = [pipe for pipe, (_, _, begin) in running.items() if time.monotonic() - begin > PATIENCE]
            for pipe in {*ready, *late}:
                subject, process, _ = running.pop(pipe)
                if pipe in ready:
                    with os.fdopen(pipe) as file:
                        said = file.read()
                else:
                    os.kill(process, signal.SIGKILL)
                    os.close(pipe)
                    said = ""
                os.waitpid(process, 0)
                if said.startswith("!"):
                    raise RuntimeError(said)
                self._kills[said] += 1
                yield subject, said or None

    def _passes(self, item: pytest.Item) -> bool:
        with contextlib.redirect_stdout(io.StringIO()):
            reports = runtestprotocol(item, log=False, nextitem=None)
        return all(report.passed for report in reports)


def _parameters(item: pytest.Item) -> list[Any]:
    return list(getattr(getattr(item, "callspec", None), "params", {}).values())


def _started(judge: Callable[[], str | None]) -> tuple[int, int]:
    """Start a process that judges; return the pipe in which it says what fails, and its id."""
    read, write = os.pipe()
    process = os.fork()
    if process:
        os.close(write)
        return read, process
    try:
        said = judge() or ""
    except BaseException:  # noqa: BLE001  # the parent raises it
        said = f"!{traceback.format_exc()}"
    os.write(write, said.encode())
    os._exit(0)


def _replace(original: Registry, registry: Registry) -> None:
    """Let a registry take the place of the packaged one in this process."""
    loading._load = lambda folder: registry  # type: ignore[assignment]
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType):
            for name, value in list(vars(module).items()):
                if value is original:
                    setattr(module, name, registry)
