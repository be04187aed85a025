"""`llem registry`: looking at the records, checking them, writing what is generated from them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from llem.cli.output import FINE, RUN_FAILED, WRONG_INPUT, counted, format_option, print_reports, registry_option


if TYPE_CHECKING:
    from llem.diagnostics import Report
    from llem.registry import Registry


@click.group()
def registry() -> None:
    """Look at the registry, check it, and write what is generated from it."""


@registry.command()
@registry_option
@click.option(
    "--prove",
    "proving",
    is_flag=True,
    help="Show also, over all configurations, that rules leave room for every value and that none is idle, needless or "
    "at odds with others. Needs the extra `prove`.",
)
@format_option
def check(form: str, proving: bool) -> int:  # noqa: FBT001  # a flag
    """Report every fault of the registry's records, with file, line and column."""
    from llem.config.schema import inexpressible_checks
    from llem.registry import check_registry

    found, report = check_registry()
    if proving and found is not None:
        return _check_by_proof(found, report, form)
    print_reports([report], form, lambda report: counted(report) if found is None else "no faults")
    if found is not None and form == "text":
        click.echo(
            f"{len(found.parameters)} parameters, {len(found.check_records())} rules and exclusions, "
            f"{len(found.skips)} needs, {len(found.capabilities)} capabilities, {len(found.backends)} backends"
        )
        for check in inexpressible_checks(found):
            click.echo(f"compares two fields, so editors cannot show it: {check.id}")
    return FINE if found is not None else WRONG_INPUT


def _check_by_proof(found: "Registry", report: "Report", form: str) -> int:
    import attrs

    try:
        from llem.verification.proof import prove
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
        raise click.UsageError("z3 is not installed; run: pip install 'llem[prove]'.") from None
    proof = prove(found)
    whole = attrs.evolve(report, diagnostics=proof.faults)
    print_reports([whole], form, lambda report: counted(report) if proof.faults else "no faults")
    if form == "text":
        click.echo(
            f"over all configurations: {proof.values} values, {proof.rules} rules and exclusions, "
            f"{proof.pairs} pairs of rules, {proof.effects} effects"
        )
    return WRONG_INPUT if proof.faults else FINE


@registry.command(name="list")
@click.option(
    "--kind", help="Only records of this kind: parameters, rules, needs, capabilities, presets, environments."
)
@click.option("--backend", help="Only what belongs to this backend, or to none (shared).")
@click.option("--parameter", metavar="PATH", help="Only what concerns this parameter.")
@registry_option
def list_(kind: str | None, backend: str | None, parameter: str | None) -> None:
    """List the records by kind, one line each."""
    from llem.config.explain import listing
    from llem.registry import load_registry

    lines = listing(load_registry(), kind, backend, parameter)
    if not lines:
        raise click.UsageError("Nothing matches; `llem registry list` without options lists everything.")
    for name, summary in lines:
        click.echo(f"{name:<46} {summary}")


@registry.command()
@click.argument("name")
@registry_option
def show(name: str) -> None:
    """Show everything that concerns a parameter or a rule, and the record as it is written."""
    from llem.config.explain import explain, record_text
    from llem.registry import load_registry

    found = load_registry()
    click.echo(explain(found, name))
    click.echo(f"\n{record_text(found, name)}")


@registry.command()
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with 2 if a file is not current.")
@registry_option
def build(only_check: bool) -> int:  # noqa: FBT001  # a flag
    """Write what is generated: in a checkout its schemas and type stubs, with a registry of your own its schemas.

    The schemas go into the folder schemas of the last registry, for the modelines of its files and of experiments.
    """
    from llem.build import stale_files, write_files
    from llem.registry import load_registry
    from llem.registry.folders import packaged_registry, registry_folders

    last = registry_folders()[-1].resolve()
    packaged = last == packaged_registry().resolve()
    root = last.parent if packaged else last
    if packaged and not (root / "pyproject.toml").is_file():
        raise click.UsageError(
            "Generated files are written in a checkout of llem, or with --registry; this one is installed."
        )
    found = load_registry()
    names = stale_files(found, root, stubs=packaged) if only_check else write_files(found, root, stubs=packaged)
    for name in names:
        click.echo(f"{'not current' if only_check else 'written'}: {name}")
    if not names:
        click.echo("everything is current")
    return WRONG_INPUT if names and only_check else FINE


@registry.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit with 2 if a file is not in order.")
@registry_option
def fmt(files: tuple[Path, ...], only_check: bool) -> int:  # noqa: FBT001  # a flag
    """Put the keys of records into canonical order, in FILES or in the registry in use; comments stay with them."""
    from llem.cli.edit import format_files

    changed = list(format_files(files, only_check=only_check))
    for file in changed:
        click.echo(f"{'not in order' if only_check else 'written'}: {file}")
    if not changed:
        click.echo("everything is in order")
    return WRONG_INPUT if changed and only_check else FINE


@registry.command()
@click.option("--output", "-o", type=click.Path(path_type=Path), default=Path("site"), show_default=True)
@registry_option
def docs(output: Path) -> None:
    """Write the reference site: every parameter and rule, the capabilities, guides; with a search."""
    from llem.docs.site import build_site
    from llem.registry import load_registry

    try:
        build_site(load_registry(), output)
    except ImportError as error:
        raise click.UsageError(f"The site needs MkDocs: pip install 'llem[docs]' ({error}).") from None
    click.echo(f"written: {output}/index.html")


@registry.command()
@click.argument("kind")
@click.argument("fields", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--backend", help="The backend that the record belongs to; left out: all of them.")
@click.option("--to", "file", type=click.Path(path_type=Path), help="The file that it is appended to.")
@registry_option
def new(kind: str, fields: tuple[str, ...], backend: str | None, file: Path | None) -> None:
    r"""Append a record of a KIND to the registry; what it must have and is not given is asked for.

    Values are YAML. Nothing stays written if the registry has faults with it.

    \b
    llem registry new environments id=our-node 'gpus={count: 4, name: H100, compute_capability: 9.0, memory_gib: 80}'
    llem registry new parameters --backend vllm path=swap_space type=number summary='GiB of swap.'
    """
    from llem.cli.edit import add_record

    click.echo(f"written: {add_record(kind, fields, backend or '', file)}")


@registry.command()
@click.argument("old")
@click.argument("new", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def diff(old: str, new: str | None, form: str) -> int:
    r"""Say what changed from registry OLD to NEW, and what of it breaks configurations that were valid.

    Each is a folder or a git revision of the checkout one is in; NEW is the registry in use when it is left out.
    Exits with 1 where something breaks.

    \b
    llem registry diff v0.1
    llem registry diff main~3 main
    llem registry diff old-llem/registry new-llem/registry
    """
    from llem.cli.diff import print_changes

    return RUN_FAILED if print_changes(old, new, form) else FINE


against_option = click.option(
    "--against", "library", required=True, help="The installed library, by the name of its distribution."
)


@registry.command()
@against_option
@registry_option
@click.option("--configurations", "-n", default=500, show_default=True, help="Random configurations to judge.")
@click.option("--seed", default=0, show_default=True, help="Seed of the random configurations.")
@click.option("--jobs", "-j", default=1, show_default=True, help="Processes that judge.")
@click.option(
    "--run-every",
    default=0,
    metavar="N",
    help="Where the library judges without running: run every Nth configuration that it accepts.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write what was seen as JSON.")
@click.option("--record", is_flag=True, help="Write it into the evidence of the packaged registry too.")
def verify(
    library: str,
    configurations: int,
    seed: int,
    jobs: int,
    run_every: int,
    output: Path | None,
    record: bool,  # noqa: FBT001  # a flag
) -> int:
    """Hold the records against an installed library: every rule's examples, and random configurations.

    Exits with 1 where llem's verdict is not the library's.
    """
    from llem.cli.verification import verify_and_print

    agrees = verify_and_print(library, configurations, seed, jobs, run_every, output, record=record)
    return FINE if agrees else RUN_FAILED


@registry.command()
@against_option
@click.option("--record", is_flag=True, help="Keep what the library takes among the registry's evidence.")
@registry_option
def drift(library: str, record: bool) -> int:  # noqa: FBT001  # a flag
    """Show what an installed library takes and the records do not know, or the other way round; propose records."""
    from llem.cli.verification import print_drift

    return FINE if print_drift(library, record=record) else RUN_FAILED
