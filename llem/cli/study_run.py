"""Running studies at the terminal: progress while it runs, a summary when it is done."""

import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
import click

from llem import api
from llem.backends.errors import InputError
from llem.backends.measure import first_line
from llem.cli.output import FINE, RUN_FAILED
from llem.conditions.words import value_words
from llem.config.effective import fingerprint
from llem.files import write_whole
from llem.registry import load_registry
from llem.study.reading import read_condition
from llem.study.results import Spread, ended_otherwise, summaries
from llem.study.runner import Executor, LocalExecutor, Progress, planned_trials, run_trials
from llem.study.store import Store, StudyInfo, Trial


LARGEST_STUDY = 1_000_000
_MEASURED = {
    "throughput": ("tokens/s", 1),
    "latency": ("latency, s", 1),
    "joules_per_token": ("J/token", 1),
    "peak_bytes": ("peak, GiB", 2**30),
}
"""What the table shows of a measurement: its title, and the size of the unit."""
_WIDTH = 160
"""Columns of a table that is not printed on a terminal."""


def run_study(file: str, target: Path, environment: str | None, *, unique: bool, dry_run: bool, **filters: Any) -> int:
    """Begin a study, or go on with it where its store is there already."""
    grid = api.expand(file, environment)
    size = (grid.unique_count if unique else grid.count) * grid.study.record.repetitions
    if size > LARGEST_STUDY:
        reason = f"It has {size:,} trials; a store takes {LARGEST_STUDY:,}."
        raise InputError("too-large", "the study is too large to be run", reason, "Narrow it, or repeat less.")
    if not size:
        raise InputError("out-of-range", "the study has no trial", "Nothing is left of it.", "See llem study expand.")
    info = StudyInfo(
        grid.study.record.name or Path(file).stem,
        fingerprint({"study": attrs.asdict(grid.study.record), "base": _plain(grid.study.base), "unique": unique}),
        attrs.asdict(grid.study.record),
        grid.registry.fingerprint,
    )
    trials = planned_trials(grid, unique=unique)
    if target.exists():
        with _opened(target) as store:
            if store.info().fingerprint != info.fingerprint:
                reason = "Its base, its axes or its options were others when the store was begun."
                advice = "Name another file with --store, or go on with the old one by `llem study resume`."
                raise InputError("unwritable-output", f"{target} is the store of another study", reason, advice)
    elif dry_run:
        chosen = _chooser(filters["where"])
        listed = [Trial(number, *each, "waiting") for number, each in enumerate(trials, 1)]
        return _say_what_would_run([trial for trial in listed if chosen(trial)], filters["limit"])
    else:
        Store.create(target, info, trials).close()
    return resume_study(target, dry_run=dry_run, **filters)


def resume_study(
    target: Path,
    *,
    limit: int | None,
    where: str | None,
    only_failed: bool,
    dry_run: bool,
    jobs: int,
    executor: str,
    address: str | None,
) -> int:
    """Run what waits in a store."""
    chosen = _chooser(where)
    with _opened(target) as store:
        if dry_run:
            states = ["failed"] if only_failed else ["waiting", "running"]
            return _say_what_would_run([trial for trial in store.trials(*states) if chosen(trial)], limit)  # type: ignore[arg-type]
        with store.runner() as lock, _progress_bar() as report:
            if only_failed:
                failed = [trial.id for trial in store.trials("failed") if chosen(trial)]
                for trial in failed:
                    store.again(trial)
                chosen = lambda trial: trial.id in failed  # noqa: E731
            share = bool(store.info().record.get("share_model"))
            try:
                where_run = _ray(address) if executor == "ray" else LocalExecutor(jobs, (lock,), share_model=share)
                run_trials(store, where_run, chosen, limit, report)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(f"go on with: llem study resume {target}") from None
        counts = store.counts()
        click.echo(_counted(counts))
        if counts["waiting"] or counts["running"]:
            click.echo(f"Go on with: llem study resume {target}")
        click.echo(f"Look at it with: llem study report {target}")
        return RUN_FAILED if counts["failed"] else FINE


def _ray(address: str | None) -> Executor:
    if find_spec("ray") is None:
        raise InputError("missing-package", "Ray is not installed", "", "Run: pip install 'llem[ray]'.")
    from llem.study.ray_executor import RayExecutor

    try:
        return RayExecutor(load_registry(), address)
    except ConnectionError as error:
        reason = f"{first_line(error)}."
        raise InputError(
            "no-cluster", f"there is no Ray cluster at {address}", reason, "Start one: ray start --head."
        ) from None


@contextmanager
def _opened(path: Path) -> Iterator[Store]:
    store = Store.open(path)
    try:
        yield store
    except sqlite3.Error as error:
        reason = f"{first_line(error)}."
        raise InputError("unwritable-output", f"the store {path} cannot be used", reason) from None
    finally:
        store.close()


def _plain(values: Any) -> Any:
    from llem.registry.values import thaw

    return thaw(values)


def _chooser(where: str | None) -> Callable[[Trial], bool]:
    """Return whether a trial is wanted, by a condition in the registry's language."""
    if where is None:
        return lambda _: True
    registry = load_registry()
    condition = read_condition(where, "--where", registry)
    from llem.conditions.evaluate import holds
    from llem.registry.facts import ConfigurationFacts, flatten

    return lambda trial: holds(condition, ConfigurationFacts(registry, flatten(registry, trial.config)))


def _say_what_would_run(trials: list[Trial], limit: int | None) -> int:
    import json

    listed = trials[:limit]
    for trial in listed:
        click.echo(f"{trial.id}: {json.dumps(trial.config, ensure_ascii=False)}")
    click.echo(f"{len(listed):,} trials would be run; nothing was written.")
    return FINE


def _counted(counts: dict[Any, int]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in counts.items() if count) or "nothing to run"


@contextmanager
def _progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Show how far a study is; on no terminal, a line for each trial that has ended."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        shown = -1

        def report(progress: Progress) -> None:
            nonlocal shown
            words = progress_words(progress)
            bar.update(task, description=words, completed=progress.done, total=progress.total)
            if not console.is_terminal and progress.done != shown:
                shown = progress.done
                click.echo(f"{progress.done}/{progress.total} {words}", err=True)

        yield report


def progress_words(progress: Progress) -> str:
    """Return what is known beside the number of trials: failures, skips, and how long the rest should take."""
    parts = [f"{count} {name}" for name, count in (("failed", progress.failed), ("skipped", progress.skipped)) if count]
    if progress.seconds_left is not None:
        least, most = map(_duration, progress.seconds_left)
        parts.append(f"{least} left" if least == most else f"{least} to {most} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def print_report(path: Path) -> None:
    """Print what a store holds."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    with _opened(path) as store:
        click.echo(f"{store.info().name}: {_counted(store.counts())}")
        found = summaries(store, load_registry())
        others = ended_otherwise(store)
    if found:
        measured = {name: shown for name, shown in _MEASURED.items() if any(name in each.spreads for each in found)}
        table = Table(padding=(0, 1, 0, 0), box=SIMPLE)
        for name in _short_names(found[0].varying):
            table.add_column(name, overflow="fold")
        for title in ("trials", *(title for title, _ in measured.values())):
            table.add_column(title, no_wrap=True, justify="right")
        for each in found:
            values = ("unset" if value is None else value_words(value) for value in each.varying.values())
            table.add_row(
                *values,
                str(each.trials),
                *(_figure(each.spreads.get(name), unit) for name, (_, unit) in measured.items()),
            )
        Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)
        if any(each.trials > 1 for each in found):
            click.echo("± is half of the 95 % confidence interval of the mean.")
    for (state, code, reason), numbers in others.items():
        trials = f"{'trial' if len(numbers) == 1 else 'trials'} {', '.join(map(str, numbers))}"
        click.echo(f"{state}: {code}: {reason} ({trials})")


def write_report(path: Path, target: Path) -> None:
    """Write what a store holds as a page."""
    if find_spec("plotly") is None:
        raise InputError("missing-package", "the page needs plotly", "", "Run: pip install 'llem[study]'.")
    from llem.study.report import html_report

    with _opened(path) as store:
        _write(target, html_report(store, load_registry()))


def export_study(path: Path, target: Path | None) -> None:
    """Print a store as CSV, or write it as a file of the kind that its name says."""
    from llem.study.export import csv_lines, trial_table, write_parquet

    with _opened(path) as store:
        table = trial_table(store, load_registry())
    if target is not None and target.suffix == ".parquet":
        try:
            write_parquet(table, target)
        except OSError as error:
            raise InputError("unwritable-output", f"{target} cannot be written", str(error.strerror)) from None
        click.echo(f"written: {target}")
    elif target is not None:
        _write(target, "".join(csv_lines(table)))
    else:
        click.echo("".join(csv_lines(table)), nl=False)


def log_study(path: Path, uri: str) -> None:
    """Log a store's trials to MLflow, and say how many."""
    from llem.study.mlflow_export import export_to_mlflow

    with _opened(path) as store:
        logged, there = export_to_mlflow(store, load_registry(), uri)
    click.echo(f"logged: {logged} trials" + (f"; {there} were there already" if there else ""))


def _write(target: Path, text: str) -> None:
    try:
        write_whole(target, text)
    except OSError as error:
        raise InputError("unwritable-output", f"{target} cannot be written", str(error.strerror)) from None
    click.echo(f"written: {target}")


def _short_names(paths: Iterable[str]) -> list[str]:
    """Return the last steps of paths, where they tell them apart."""
    paths = list(paths)
    last = [path.rpartition(".")[2] for path in paths]
    return [name if last.count(name) == 1 else path for path, name in zip(paths, last, strict=True)]


def _figure(spread: Spread | None, unit: float) -> str:
    if spread is None:
        return ""
    return f"{spread.mean / unit:.4g}" + (f" ± {spread.half / unit:.2g}" if spread.half is not None else "")
