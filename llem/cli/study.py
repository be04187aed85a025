"""`llem study`: the commands on sweeps."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llem.cli.output import registry_option


if TYPE_CHECKING:
    from llem.study.grid import Grid


@click.group()
def study() -> None:
    """Sweeps: expand a study into its valid experiments, run them all, look at the results."""


@study.command()
@click.argument("file")
@click.option("--on", "environment", metavar="ENV", help="Leave out what a machine lacks: here, a profile, or a file.")
@click.option(
    "--as",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="text: how many, and why others are left out; json: each experiment on a line; csv: what varies.",
)
@click.option("--unique", is_flag=True, help="One experiment for each effective form.")
@click.option("--limit", type=click.IntRange(min=1), help="Show this many at most.")
@click.option("--sample", type=click.IntRange(min=1), help="Draw this many, uniformly at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample.")
@registry_option
def expand(
    file: str,
    environment: str | None,
    form: str,
    unique: bool,  # noqa: FBT001  # a flag
    limit: int | None,
    sample: int | None,
    seed: int,
) -> None:
    r"""Show what a study FILE stands for: how many experiments are valid, and why others are not.

    \b
    llem study expand study.yaml
    llem study expand study.yaml --on h100-80gb
    llem study expand study.yaml --as json --unique > experiments.jsonl
    llem study expand study.yaml --as csv --sample 100
    """
    import itertools
    import json

    from llem.api import expand as expanded

    grid = expanded(file, environment)
    if form == "text":
        _print_counts(grid)
        return
    if sample is not None and unique:
        raise click.UsageError("Draw a --sample, or list what is --unique.")
    found = iter(grid.sample(sample, seed)) if sample is not None else grid.unique() if unique else iter(grid)
    configs = itertools.islice(found, limit)
    if form == "json":
        for config in configs:
            click.echo(json.dumps(config.to_dict(), ensure_ascii=False))
        return
    from llem.study.export import grid_lines

    for line in grid_lines(grid, configs):
        click.echo(line, nl=False)


_filters = (
    click.option("--limit", type=click.IntRange(min=1), help="Run this many trials at most, now."),
    click.option("--where", metavar="CONDITION", help="Run only trials for which it holds, as {precision: fp16}."),
    click.option("--only-failed", is_flag=True, help="Run again what failed, and nothing else."),
    click.option("--dry-run", is_flag=True, help="Say what would be run, and write nothing."),
    click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Trials at the same time."),
    click.option(
        "--executor", type=click.Choice(["local", "ray"]), default="local", show_default=True, help="Where trials run."
    ),
    click.option("--address", help="An existing Ray cluster, instead of one of this machine.", metavar="HOST:PORT"),
    registry_option,
)


def _filtered(command: Callable[..., object]) -> Callable[..., object]:
    for option in reversed(_filters):
        command = option(command)
    return command


@study.command()
@click.argument("file")
@click.option("--store", type=click.Path(path_type=Path), help="The store, instead of the study's name with .sqlite.")
@click.option("--on", "environment", metavar="ENV", help="Leave out what a machine lacks: here, a profile, or a file.")
@click.option("--unique", is_flag=True, help="Run one experiment for each effective form.")
@_filtered
def run(file: str, store: Path | None, environment: str | None, unique: bool, **filters: Any) -> int:  # noqa: FBT001  # a flag
    r"""Run every trial of a study FILE, each in a process of its own, and keep the results in a store.

    What is interrupted goes on with `llem study resume`; a trial that is reported done is never run again. Several
    runners may work on one store.

    \b
    llem study run study.yaml --dry-run
    llem study run study.yaml
    llem study run study.yaml --executor ray --address auto
    llem study run study.yaml --where '{pytorch.batch_size: {minimum: 4}}' --limit 10
    """
    from llem.cli.study_run import run_study

    return run_study(file, store or Path(file).with_suffix(".sqlite"), environment, unique=unique, **filters)


@study.command()
@click.argument("store", type=click.Path(path_type=Path))
@_filtered
def resume(store: Path, **filters: Any) -> int:
    r"""Go on with the study in a STORE: run what waits, and what a runner that is gone had begun.

    \b
    llem study resume study.sqlite
    llem study resume study.sqlite --only-failed
    """
    from llem.cli.study_run import resume_study

    return resume_study(store, **filters)


@study.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write a page with figures instead.")
@registry_option
def report(store: Path, page: Path | None) -> None:
    r"""Show what a STORE holds: trials by state, what each experiment measured, and why others were not.

    The page needs nothing but itself: throughput against energy or latency with the Pareto front, the effect of each
    parameter, a heat map of the two that matter most, and the tables. A store may be looked at while it is worked on.

    \b
    llem study report study.sqlite
    llem study report study.sqlite --html study.html
    """
    from llem.cli.study_run import print_report, write_report

    if page is None:
        print_report(store)
    else:
        write_report(store, page)


@study.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file: Parquet by .parquet, else CSV.")
@click.option("--mlflow", "uri", metavar="URI", help="Log the trials to MLflow instead, each once.")
@registry_option
def export(store: Path, output: Path | None, uri: str | None) -> None:
    r"""Print a STORE as CSV: a row for each trial, a column for each parameter that varies and for each measurement.

    \b
    llem study export study.sqlite > trials.csv
    llem study export study.sqlite -o trials.parquet
    llem study export study.sqlite --mlflow sqlite:///mlflow.db
    """
    from llem.cli.study_run import export_study, log_study

    if uri is not None and output is not None:
        raise click.UsageError("Write a file with -o, or log to --mlflow.")
    if uri is not None:
        log_study(store, uri)
    else:
        export_study(store, output)


def _print_counts(grid: "Grid") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False)
    table.add_row("combinations", f"{grid.combinations:,}")
    table.add_row("valid", f"{grid.valid:,}")
    if grid.environment is not None:
        table.add_row(f"that {grid.environment.name} can run", f"{grid.count:,}")
    table.add_row("different, once ignored values are left out", f"{grid.unique_count:,}")
    repetitions = grid.study.record.repetitions
    if repetitions > 1:
        table.add_row(f"trials, with {repetitions} repetitions", f"{grid.count * repetitions:,}")
    console = Console()
    console.print(table)
    for title, reasons in (("left out", grid.excluded), ("skipped", grid.skipped)):
        for name, found in sorted(reasons.items(), key=lambda item: -item[1].count):
            click.echo(f"{title}: {found.count:,} by {name}: {found.reason}")
    if len(grid.excluded) + len(grid.skipped) > 1:
        click.echo("A combination counts under each of its reasons.")
