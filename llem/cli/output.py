"""Printing reports, and the exit codes."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence

import click

from llem.diagnostics import LlemError, Report, Severity


FINE, RUN_FAILED, WRONG_INPUT, SKIPPED = 0, 1, 2, 3

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How findings are printed.",
)


def _use_registry(_context: click.Context, _parameter: click.Parameter, folders: tuple[str, ...]) -> None:
    """Let registry folders count for this process and those that it starts."""
    if folders:
        os.environ["LLEM_REGISTRY"] = os.pathsep.join([*filter(None, [os.environ.get("LLEM_REGISTRY")]), *folders])


registry_option = click.option(
    "--registry",
    type=click.Path(file_okay=False, exists=True),
    multiple=True,
    metavar="DIR",
    expose_value=False,
    is_eager=True,
    callback=_use_registry,
    help="A folder of records that add to the registry, as LLEM_REGISTRY does; may be given again.",
)


def print_reports(reports: Sequence[Report], form: str, verdict: Callable[[Report], str]) -> None:
    """Print reports on standard output; as text, each report ends with a line that sums it up."""
    if form != "text":
        from llem.diagnostics import machine

        renderers = {"json": machine.render_json, "sarif": machine.render_sarif, "github": machine.render_github}
        text = renderers[form](reports)
        if text:
            click.echo(text)
        return
    from llem.diagnostics.text import render_text

    for report in reports:
        if report.diagnostics:
            click.echo(render_text([report], colour=_colour(sys.stdout)) + "\n")
        click.echo(f"{report.subject}: {verdict(report)}")


def counted(report: Report) -> str:
    """Return how many findings of each severity a report has."""
    numbers = Counter(found.severity for found in report.diagnostics)
    plural = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.NOTE: "notes"}
    return ", ".join(
        f"{numbers[severity]} {plural.get(severity, severity) if numbers[severity] > 1 else severity}"
        for severity in Severity
        if numbers[severity]
    )


def say_errors(error: LlemError) -> int:
    """Print an error on standard error; return its exit code."""
    from llem.diagnostics.text import render_text

    click.echo(render_text([error.report], colour=_colour(sys.stderr)), err=True)
    names = {cls.__name__ for cls in type(error).__mro__}
    if "SkippedError" in names:
        return SKIPPED
    return RUN_FAILED if "RunError" in names and "InputError" not in names else WRONG_INPUT


def _colour(stream: object) -> bool:
    return "NO_COLOR" not in os.environ and bool(getattr(stream, "isatty", bool)())
