"""`llem run`: progress while it runs, a table when it is done."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from pathlib import Path

import click

from llem import api
from llem.backends.errors import InputError
from llem.backends.measure import Progress
from llem.backends.result import Result, default_path
from llem.registry import load_registry


def run_file(file: str | None, output: Path | None, form: str) -> None:
    """Run a file, or the quickstart; write and show the result."""
    if file is None:
        with resources.as_file(resources.files("llem.examples") / "quickstart.yaml") as quickstart:
            config = api.load(quickstart)
    else:
        config = api.load(file)
    target = output
    if target is None and file is not None:
        target = default_path(api.plan(config).runner.get("output_folder"), datetime.now().astimezone())
    if target is not None:
        _check_writable(target)
    from llem.backends.run import run_config

    with progress_bar() as progress, _heeding_interrupts(progress) as heeding:
        result = run_config(load_registry(), config, heeding)
    if target is not None:
        result.write(target)
    if form == "json":
        import json

        click.echo(json.dumps(result.to_dict(), indent=2, ensure_ascii=False))
    else:
        _print_summary(result)
    if target is not None:
        click.echo(f"written: {target}", err=form == "json")
    elif form == "text":
        click.echo("Nothing was written: name a file to keep results, as in `llem run experiment.yaml`.")


def _check_writable(target: Path) -> None:
    """Refuse a target that cannot be written, before anything runs."""
    import os

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("unwritable-output", f"{target.parent} cannot be created", str(error.strerror)) from None
    if target.is_dir() or not os.access(target.parent, os.W_OK):
        reason = "It is a folder." if target.is_dir() else "Its folder cannot be written into."
        raise InputError("unwritable-output", f"{target} cannot be written", reason, "Name another file with -o.")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show on the terminal what is being done and how much of it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


@contextmanager
def _heeding_interrupts(progress: Progress) -> Iterator[Progress]:
    """Give a progress that ends an interrupted run, where a library swallowed the interrupt while it was imported."""
    interrupted: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        interrupted.append(number)
        raise KeyboardInterrupt

    def heed(what: str, done: int, total: int) -> None:
        if interrupted:
            raise KeyboardInterrupt
        progress(what, done, total)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, before)


def _print_summary(result: Result) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, title=f"{result.declared['model']} on {_device(result)}", title_justify="left")
    for name, value in _rows(result):
        table.add_row(name, value)
    console = Console()
    console.print(table)
    for sample in result.samples[:1]:
        console.print(f"prompt: {sample['prompt']}", markup=False, highlight=False)
        console.print(f"output: {sample['output']}", markup=False, highlight=False)
    for name, value in result.model_decoding.items():
        console.print(f"note: the model's own {name} = {value!r} was not taken", markup=False, highlight=False)
    for note in result.notes:
        console.print(f"note: {note}", markup=False, highlight=False)


def _device(result: Result) -> str:
    gpus = result.environment["gpus"]
    return f"{len(gpus)} x {gpus[0]['name']}" if gpus else f"{result.environment['cpus']} CPUs"


def _rows(result: Result) -> Iterator[tuple[str, str]]:
    first = result.time_to_first_token_seconds
    yield "prompts", f"{result.prompts} in {len(result.batches)} batches"
    yield "tokens", f"{result.input_tokens} in, {result.output_tokens} out"
    yield "throughput", f"{result.throughput_tokens_per_second:.1f} output tokens/s"
    yield (
        "latency of a batch",
        f"{result.latency_seconds['mean']:.3f} s (median {result.latency_seconds['median']:.3f} s)",
    )
    yield "time to first token", f"{first:.4f} s" if first is not None else "not seen"
    yield "loading", f"{result.load_seconds:.2f} s"
    if result.memory_estimate is not None:
        weights, cache = (_gib(result.memory_estimate[name]) for name in ("weights_bytes", "cache_bytes"))
        yield "memory, reckoned", f"weights {weights}, cache up to {cache}"
    yield "peak memory, process", _gib(result.process_peak_bytes)
    if result.gpu_peak_bytes is not None:
        yield "peak memory, GPU", _gib(result.gpu_peak_bytes)
    if result.energy is None:
        yield "energy", f"none: {result.energy_reason}"
    else:
        yield "energy", f"{result.energy['joules']:.1f} J ({result.energy['meter']})"


def _gib(size: int) -> str:
    return f"{size / 2**30:.2f} GiB"
