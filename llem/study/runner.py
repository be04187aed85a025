"""Runs the trials of a store to the end: claims one, has it executed, writes how it ended, and goes on."""

import itertools
import math
import random
import statistics
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

import attrs

from llem.backends.plan import loading_key, make_plan
from llem.config.classes import Configuration
from llem.study.grid import Grid
from llem.study.store import Outcome, Store, Trial
from llem.study.trial import TrialProcess, kill_running, run_trial


class Executor(Protocol):
    """Where trials are executed."""

    @property
    def capacity(self) -> int:
        """How many trials it takes at once."""

    def start(self, config: Mapping[str, Any], time_limit: float | None) -> "Future[Outcome]":
        """Begin a trial."""

    def stop(self) -> None:
        """End what is running."""


class LocalExecutor:
    """Executes trials on this machine, a process for each; with `share_model`, for those in a row that end well.

    What a process has loaded it keeps for the next trial that loads the same.
    """

    def __init__(self, capacity: int = 1, inherited: tuple[int, ...] = (), *, share_model: bool = False) -> None:
        self._capacity = capacity
        self._inherited = inherited
        self._threads = ThreadPoolExecutor(capacity)
        self._share_model = share_model
        self._mine = threading.local()

    @property
    def capacity(self) -> int:
        """As many as it was made for."""
        return self._capacity

    def start(self, config: Mapping[str, Any], time_limit: float | None) -> "Future[Outcome]":
        """Begin a trial, in a process of its own or in that of the trial before it."""
        if self._share_model:
            return self._threads.submit(self._run_next, config, time_limit)
        return self._threads.submit(run_trial, config, time_limit, self._inherited)

    def _run_next(self, config: Mapping[str, Any], time_limit: float | None) -> Outcome:
        process: TrialProcess = getattr(self._mine, "process", None) or TrialProcess(self._inherited)
        self._mine.process = None
        outcome = process.run(config, time_limit)
        if outcome.state == "failed":
            process.end()
        else:
            self._mine.process = process
        return outcome

    def stop(self) -> None:
        """Kill the trials' processes."""
        kill_running()
        self._threads.shutdown(cancel_futures=True)


@attrs.frozen
class Progress:
    """How far a runner is. `seconds_left` is a range that the rest should take; None before two trials have ended."""

    done: int
    total: int
    failed: int
    skipped: int
    running: int
    seconds_left: tuple[float, float] | None


def planned_trials(grid: Grid, *, unique: bool = False) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the trials of a study in the order that it asks for: each configuration with its repetition's number."""
    record = grid.study.record
    repetitions = range(1, record.repetitions + 1)
    in_a_row = record.share_model and record.order != "shuffled"

    def configs() -> Iterator[dict[str, Any]]:
        found: Iterable[Configuration] = grid.unique() if unique else grid
        return (config.to_dict() for config in (_by_loading(grid, found) if in_a_row else found))

    if record.order == "interleaved":
        yield from ((config, repetition) for repetition in repetitions for config in configs())
        return
    pairs = ((config, repetition) for config in configs() for repetition in repetitions)
    if record.order == "shuffled":
        shuffled = list(pairs)
        random.Random(record.seed).shuffle(shuffled)  # noqa: S311  # not for secrets
        yield from shuffled
    else:
        yield from pairs


def _by_loading(grid: Grid, configs: Iterable[Configuration]) -> Iterator[Configuration]:
    """Yield configurations so that those that load the same follow one another, the first of each in their order."""
    groups: dict[str, list[Configuration]] = {}
    for config in configs:
        groups.setdefault(loading_key(make_plan(grid.registry, config)), []).append(config)
    return itertools.chain.from_iterable(groups.values())


def run_trials(
    store: Store,
    executor: Executor,
    chosen: Callable[[Trial], bool] = lambda _: True,
    limit: int | None = None,
    report: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Run the waiting trials of a store, those that are chosen, until none is left or `limit` have ended.

    Another runner may be at work on the same store: a trial is run by whoever claims it first. What a runner that is
    gone had claimed is run again.
    """
    record = store.info().record
    time_limit, retries = record["time_limit"], record["retries"]
    running: dict[Future[Outcome], Trial] = {}
    started = 0
    took: list[float] = store.seconds()
    try:
        while True:
            store.free_abandoned()
            waiting = [trial for trial in store.trials("waiting") if chosen(trial)]
            for trial in waiting:
                if limit is not None and started >= limit:
                    break
                if store.claim(trial.id):
                    started += 1
                    running[executor.start(trial.config, time_limit)] = trial
                    report(_progress(store, len(running), took, executor.capacity))
                if len(running) >= executor.capacity:
                    _finish_some(store, running, retries, took)
                    report(_progress(store, len(running), took, executor.capacity))
            if not running and (not waiting or (limit is not None and started >= limit)):
                return
            while running:
                _finish_some(store, running, retries, took)
                report(_progress(store, len(running), took, executor.capacity))
    finally:
        executor.stop()


def _finish_some(store: Store, running: "dict[Future[Outcome], Trial]", retries: int, took: list[float]) -> None:
    ended, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in ended:
        trial = running.pop(future)
        error = future.exception()
        reason = f"It could not be executed: {type(error).__name__}."
        lost = Outcome(state="failed", code="not-executed", reason=reason, log=str(error))
        outcome = future.result() if error is None else lost
        store.finish(trial.id, outcome)
        took.append(outcome.seconds)
        if outcome.state == "failed" and trial.attempts < retries:
            store.again(trial.id)


def _progress(store: Store, running: int, took: list[float], capacity: int) -> Progress:
    counts = store.counts()
    ended = counts["done"] + counts["failed"] + counts["skipped"]
    left = counts["waiting"] + counts["running"]
    return Progress(
        done=ended,
        total=ended + left,
        failed=counts["failed"],
        skipped=counts["skipped"],
        running=running,
        seconds_left=time_left(took, left, capacity),
    )


def time_left(took: Iterable[float], left: int, capacity: int = 1) -> tuple[float, float] | None:
    """Return the range of seconds that the remaining trials should take, judging from those that have ended.

    Two standard errors to each side: of the mean that is estimated, and of the sum that is yet to come. None while
    fewer than two have ended.
    """
    seconds = list(took)
    if len(seconds) < 2:
        return None
    mean, spread = statistics.fmean(seconds), statistics.stdev(seconds)
    error = 2 * spread * math.sqrt(left * left / len(seconds) + left)
    return max(0.0, left * mean - error) / capacity, (left * mean + error) / capacity
