"""The measured loop: baseline, load, warm-up, batches. One function for one process; another that runs several."""

import contextlib
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from llem.backends.energy import Energy, Meter, find_meter, idle_watts
from llem.backends.errors import OUT_OF_MEMORY, RunError, is_a
from llem.backends.executor import Batch, Executor, Keeper, make_executor
from llem.backends.plan import Plan
from llem.backends.prompts import token_prompts
from llem.backends.settings import RunnerSettings


SAMPLES = 3

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@attrs.frozen(kw_only=True)
class Measurement:
    """What one run measured. Memory in bytes, times in seconds; `span_seconds` is the whole measured part."""

    batches: tuple[Batch, ...]
    samples: tuple[tuple[str, str], ...]
    load_seconds: float
    warmup_prompts: int
    span_seconds: float
    process_peak_bytes: int
    gpu_peak_bytes: int | None
    energy: Energy | None
    energy_reason: str
    notes: tuple[str, ...]
    model_decoding: Mapping[str, Any]
    """What the model's own files say of decoding."""


def measure(
    plan: Plan,
    settings: RunnerSettings,
    embedded_folder: Path,
    progress: Progress,
    *,
    share: slice = slice(None),
    ready: Callable[[], Any] = lambda: None,
    keeper: Keeper | None = None,
) -> Measurement:
    """Carry out a plan in this process and measure it.

    `share` selects the prompts of this process among several; `ready` is called between warm-up and measurement;
    `keeper` has what was loaded before, and keeps what is loaded now.
    """
    meter, no_energy = find_meter(settings.energy_meter)
    baseline = None
    if meter is not None and settings.baseline:
        progress("measuring idle power", 0, 1)
        baseline = idle_watts(meter, settings.baseline_seconds)
    with _executor(plan, settings, embedded_folder, keeper) as (executor, is_loaded):
        progress("loading the model", 0, 1)
        begin = time.perf_counter()
        if not is_loaded:
            executor.prepare()
        load_seconds = time.perf_counter() - begin
        everything = token_prompts(settings, executor)
        mine = everything[share] or everything[:1]
        warmed = warm_up(executor, mine, settings, progress) if settings.warmup else 0
        if meter is not None and meter.measures_gpu and settings.warmup:
            progress("waiting for temperatures to settle", 0, 1)
            time.sleep(settings.thermal_wait_seconds)
        ready()
        executor.begin_measurement()
        batches, span, joules = _batches(executor, mine, meter, progress)
        tokens = sum(batch.output_tokens for batch in batches)
        return Measurement(
            batches=tuple(attrs.evolve(batch, texts=()) for batch in batches),
            samples=tuple(_samples(executor, mine, batches)),
            load_seconds=load_seconds,
            warmup_prompts=warmed,
            span_seconds=span,
            process_peak_bytes=executor.peak_bytes(),
            gpu_peak_bytes=executor.device_peak_bytes,
            energy=Energy.of(meter, joules, span, tokens, baseline) if meter is not None else None,
            energy_reason=no_energy,
            notes=(*_shortfall(settings, len(everything)), *executor.notes, *([_SHARED] if is_loaded else [])),
            model_decoding=executor.model_decoding,
        )


_SHARED = "An earlier trial of this process had loaded the model."


@contextlib.contextmanager
def _executor(
    plan: Plan, settings: RunnerSettings, embedded_folder: Path, keeper: Keeper | None
) -> Iterator[tuple[Executor, bool]]:
    """Give an executor, and whether it has loaded what the plan loads; it is kept where all goes well."""
    kept = keeper.take(plan, settings) if keeper is not None else None
    executor = kept or make_executor(plan, settings, embedded_folder)
    try:
        yield executor, kept is not None
    except BaseException:
        executor.close()
        raise
    if keeper is None:
        executor.close()
    else:
        keeper.keep(plan, executor)


def _batches(
    executor: Executor, prompts: list[list[int]], meter: Meter | None, progress: Progress
) -> tuple[list[Batch], float, float]:
    """Return the measured batches, the seconds from the first's begin to the last's end, and the energy in joules."""
    groups = list(_groups(prompts, executor.batch_size or len(prompts)))
    batches = []
    if meter is not None:
        meter.start()
    begin = time.perf_counter()
    for index, group in enumerate(groups):
        progress("generating", index, len(groups))
        batches.append(executor.generate(group, decode=index == 0))
    span = time.perf_counter() - begin
    joules = meter.stop() if meter is not None else 0.0
    progress("generating", len(groups), len(groups))
    return batches, span, joules


def warm_up(executor: Executor, prompts: list[list[int]], settings: RunnerSettings, progress: Progress) -> int:
    """Generate until warm: a fixed number of prompts, or until the latency settles; return the number of prompts."""
    target = settings.warmup_most if settings.warmup_until_stable else settings.warmup_prompts
    size = min(executor.batch_size or len(prompts), target)
    latencies: list[float] = []
    done = 0
    while done < target and not _settled(latencies, done, settings):
        progress("warming up", done, target)
        group = [prompts[(done + index) % len(prompts)] for index in range(min(size, target - done))]
        latencies.append(_warm_batch(executor, group))
        done += len(group)
    return done


def _warm_batch(executor: Executor, group: list[list[int]]) -> float:
    try:
        return executor.generate(group, decode=False).latency_seconds
    except Exception as error:
        if is_a(error, *OUT_OF_MEMORY) or not executor.fall_back_to_uncompiled(first_line(error)):
            raise
        return executor.generate(group, decode=False).latency_seconds


def _settled(latencies: list[float], done: int, settings: RunnerSettings) -> bool:
    window = latencies[-settings.warmup_window :]
    if not settings.warmup_until_stable or done < settings.warmup_least or len(window) < settings.warmup_window:
        return False
    return statistics.stdev(window) / statistics.fmean(window) < settings.warmup_threshold


def _groups(prompts: list[list[int]], size: int) -> Iterator[list[list[int]]]:
    return (prompts[start : start + size] for start in range(0, len(prompts), size))


def _samples(executor: Executor, prompts: list[list[int]], batches: list[Batch]) -> Iterator[tuple[str, str]]:
    each = max(1, len(batches[0].texts) // batches[0].prompts)  # sequences of one prompt stand together
    for ids, text in list(zip(prompts, batches[0].texts[::each], strict=False))[:SAMPLES]:
        yield executor.decode(ids), text


def _shortfall(settings: RunnerSettings, available: int) -> Iterator[str]:
    wanted = settings.synthetic_count or settings.prompt_count
    if wanted is not None and available < wanted:
        yield f"{wanted} prompts were asked for, the dataset has {available}."


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its class where there is none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def measure_in_processes(
    plan: Plan, settings: RunnerSettings, embedded_folder: Path, progress: Progress
) -> list[Measurement]:
    """Carry out a plan in several processes that share the prompts, each with a GPU of its own where there are GPUs.

    They start to measure together, and the first measures the energy of all.

    Raises:
        RunError: when one of them fails.
    """
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(settings.processes)
    results: Any = context.Queue()
    workers = [
        context.Process(target=_work, args=(index, plan, settings, embedded_folder, barrier, results), daemon=True)
        for index in range(settings.processes)
    ]
    for worker in workers:
        worker.start()
    found: dict[int, Measurement] = {}
    try:
        while len(found) < len(workers):
            progress("waiting for the processes", len(found), len(workers))
            index, result = _next_result(results, workers)
            if isinstance(result, str):
                raise RunError("failed", f"process {index} of {len(workers)} failed", result)
            found[index] = result
    finally:
        for worker in workers:
            worker.terminate()
    return [found[index] for index in sorted(found)]


def _next_result(results: Any, workers: list[Any]) -> tuple[int, Any]:
    import queue

    while True:
        try:
            return results.get(timeout=1)  # type: ignore[no-any-return]
        except queue.Empty:
            for index, worker in enumerate(workers):
                if worker.exitcode not in (None, 0):
                    return index, f"It ended with exit code {worker.exitcode}."


def _work(index: int, plan: Plan, settings: RunnerSettings, embedded_folder: Path, barrier: Any, results: Any) -> None:
    os.environ["CUDA_VISIBLE_DEVICES"] = _visible_device(index)
    if index:
        settings = attrs.evolve(settings, energy_meter=None)
    share = slice(index, None, settings.processes)
    try:
        quiet: Progress = lambda *_: None  # noqa: E731
        results.put((index, measure(plan, settings, embedded_folder, quiet, share=share, ready=barrier.wait)))
    except Exception as error:  # noqa: BLE001  # whatever it is, the parent tells it
        results.put((index, first_line(error)))


def _visible_device(index: int) -> str:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return visible.split(",")[index] if visible and "," in visible else str(index)
