"""The commands. What a command needs is imported when it runs, so that each starts as fast as it can."""

import importlib
from pathlib import Path

import click

from llem import __version__
from llem.cli.output import FINE, SKIPPED, WRONG_INPUT, counted, format_option, print_reports, registry_option
from llem.diagnostics import LlemError, Report, Severity


class _Group(click.Group):
    """Imports the commands below a group when they are asked for."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, from the module of its name if it is a group of its own."""
        if cmd_name in _GROUPS:
            found: click.Command = getattr(importlib.import_module(f"llem.cli.{cmd_name}"), cmd_name)
            return found
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted([*super().list_commands(ctx), *_GROUPS])


_GROUPS = ("registry", "study")


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="llem")
def root() -> None:
    r"""Will this LLM-inference configuration run, and will it do what it says?

    \b
    llem validate experiment.yaml   what is wrong with it, in milliseconds, without a GPU
    llem plan experiment.yaml       the library calls that it stands for
    llem run experiment.yaml        run it and measure; without a file, a quick look
    llem study expand study.yaml    the valid experiments of a sweep
    llem explain pytorch.num_beams  what a parameter or a rule is about

    Exit codes: 0 fine, 1 the run failed, 2 the input is wrong, 3 skipped because the machine lacks something,
    130 interrupted.
    """


@root.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--on", "environment", metavar="ENV", help="Check against a machine too: here, a profile, or a file.")
@click.option(
    "--with",
    "packages",
    multiple=True,
    metavar="NAME==VERSION",
    help="Check against this version of a library, as in transformers==4.57.3.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "dormant"]),
    default="error",
    show_default=True,
    help="The least severity that makes the exit code 2.",
)
@click.option(
    "--fix", "fixes", is_flag=True, help="First set or remove the values that findings say to; comments stay."
)
@registry_option
@format_option
def validate(
    files: tuple[str, ...],
    environment: str | None,
    packages: tuple[str, ...],
    fail_on: str,
    fixes: bool,  # noqa: FBT001  # a flag
    form: str,
) -> int:  # a flag
    r"""Say everything that is wrong with experiment or study FILES (YAML or JSON; - is standard input).

    \b
    llem validate experiment.yaml
    llem validate experiment.yaml --fix
    llem validate *.yaml --format github
    llem validate experiment.yaml --on h100-80gb --with transformers==4.57.3
    """
    from llem.config.quick_maker import keep_code
    from llem.registry import load_registry
    from llem.validation import find_environment, judge

    known = load_registry()
    machine = find_environment(known, environment, dict(map(_package, packages)))
    if fixes:
        _fix(files)
    reports = [_as_study(file, judge(file, machine, known)) for file in files]
    severities = list(Severity)
    fatal = severities[: severities.index(Severity(fail_on)) + 1]
    print_reports(reports, form, _verdict)
    keep_code(known)
    if any(report.of(severity) for report in reports for severity in fatal):
        return WRONG_INPUT
    return SKIPPED if any(report.skipped for report in reports) else FINE


def _as_study(file: str, report: Report) -> Report:
    """Return the report on a study where a file has a study's keys instead of an experiment's."""
    keys = {found.path for found in report.errors if found.code == "unknown-key"}
    if not keys & {"base", "sweep", "groups", "experiments"} or file == "-":
        return report
    from llem.registry import load_registry
    from llem.study.reading import read_study

    try:
        read_study(file, load_registry())
    except LlemError as error:
        return error.report
    return Report(subject=file)


def _package(text: str) -> tuple[str, str]:
    from packaging.version import InvalidVersion, Version

    name, _, version = text.partition("==")
    try:
        Version(version)
    except InvalidVersion:
        raise click.UsageError(
            f'--with takes a name and a version, as in transformers==4.57.3, not "{text}".'
        ) from None
    return name, version


def _fix(files: tuple[str, ...]) -> None:
    from llem.api import fix
    from llem.config.fix import change_words

    if "-" in files:
        raise click.UsageError("Standard input cannot be fixed in place; name a file.")
    for file in files:
        try:
            resolved = fix(file)
        except LlemError:
            continue  # the report says why it cannot be read
        except OSError as error:
            raise click.UsageError(f"{file} cannot be written: {error.strerror}.") from None
        for found in resolved:
            click.echo(f"{file}: {change_words(found.fix or {})} ({found.code})", err=True)


def _verdict(report: Report) -> str:
    if not report.ok:
        return counted(report)
    words = "skipped on this machine" if report.skipped else "valid"
    return f"{words} ({counted(report)})" if report.diagnostics else words


@root.command()
@click.argument("file")
@click.option(
    "--as",
    "form",
    type=click.Choice(["text", "json", "python", "effective"]),
    default="text",
    show_default=True,
    help="python: a script that makes the same calls without llem; effective: the experiment without what is ignored.",
)
@registry_option
def plan(file: str, form: str) -> None:
    """Show the ordered library calls that an experiment FILE stands for."""
    import json

    from llem.api import effective, load
    from llem.api import plan as planned
    from llem.backends.show import plan_text
    from llem.config.explain import yaml_text

    config = load(file)
    if form == "effective":
        click.echo(yaml_text(effective(config)))
        return
    found = planned(config)
    if form == "python":
        click.echo(found.to_python(), nl=False)
    else:
        click.echo(json.dumps(found.to_dict(), indent=2) if form == "json" else plan_text(found))


@root.command()
@click.argument("file", required=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The result's file, instead of one named by time."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@registry_option
def run(file: str | None, output: Path | None, form: str) -> None:
    r"""Run an experiment FILE on this machine and measure it.

    The result is one JSON file. Without FILE, a tiny model that llem builds itself runs for a moment, and the result
    is only shown.

    \b
    llem run
    llem run experiment.yaml -o result.json
    llem run experiment.yaml --format json | jq .throughput_tokens_per_second
    """
    from llem.cli.run import run_file

    run_file(file, output, form)


@root.command()
@click.argument("name")
@click.argument("file", required=False)
@click.option("--why", "asks_why", is_flag=True, help="Say why the rule NAME does or does not fire on FILE.")
@registry_option
def explain(name: str, file: str | None, asks_why: bool) -> None:  # noqa: FBT001  # a flag
    r"""Explain a parameter, a rule, or the code of a finding.

    \b
    llem explain pytorch.attn_implementation
    llem explain pytorch.one-bitsandbytes-width
    llem explain --why pytorch.one-bitsandbytes-width experiment.yaml
    """
    from llem.config.explain import explain as explained
    from llem.registry import load_registry

    if asks_why != (file is not None):
        raise click.UsageError("A file is named together with --why.")
    if file is None:
        click.echo(explained(load_registry(), name))
        return
    from llem.config.why import why
    from llem.validation import read

    click.echo(why(load_registry(), name, read(file)))


@root.command()
@click.argument("kind", default="experiment")
@registry_option
def schema(kind: str) -> None:
    """Print a JSON Schema: of experiment, study or result files, or of registry files of a KIND such as rules."""
    from llem.build import schema_for, schema_text
    from llem.registry import load_registry

    click.echo(schema_text(schema_for(load_registry(), kind)), nl=False)


@root.command()
@click.argument("what", type=click.Choice(["experiment", "study", "overlay"]), default="experiment")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@registry_option
def init(what: str, path: Path | None) -> None:
    r"""Write a commented experiment, study or registry overlay, with a modeline for editors. Nothing is overwritten.

    \b
    llem init                          experiment.yaml and schemas/experiment.json
    llem init experiment first.yaml
    llem init study                    study.yaml: a sweep over many experiments
    llem init overlay ours             records that add to the registry: --registry ours
    """
    from llem.cli.init import init_file, init_overlay

    written = (
        init_overlay(path or Path("registry")) if what == "overlay" else init_file(what, path or Path(f"{what}.yaml"))
    )
    for file in written:
        click.echo(f"written: {file}")


@root.command()
@registry_option
def doctor() -> None:
    """Show what this machine has: GPUs, packages, meters, and the backends that run here."""
    from llem.cli.doctor import print_machine

    print_machine()
