"""`llem registry verify` and `drift`: the records beside an installed library."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from llem.cli.run import progress_bar
from llem.files import write_whole
from llem.registry import Registry, load_registry
from llem.registry.folders import packaged_registry
from llem.verification.coverage import Drift, drifts, look_at, proposal
from llem.verification.run import Verification


def verify_and_print(
    library: str, configurations: int, seed: int, jobs: int, run_every: int, output: Path | None, *, record: bool
) -> bool:
    """Verify, print the table, write what is asked for; return whether llem and the library agree."""
    from llem.verification.run import verify

    registry = load_registry()
    backend = _backend_of(registry, library)
    with progress_bar() as progress:
        found = verify(
            registry,
            backend,
            configurations=configurations,
            seed=seed,
            jobs=jobs,
            run_every=run_every,
            progress=progress,
        )
    _print_table(found)
    for path in (output, _record_path(found) if record else None):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps(found.to_dict(), indent=2) + "\n")
            click.echo(f"written: {path}")
    return found.agrees


def _backend_of(registry: Registry, library: str) -> str:
    for backend in registry.backends.values():
        if library in (backend.library, backend.id):
            if not backend.covers:
                raise click.UsageError(f"Nothing of {library} can be held against its records yet.")
            return backend.id
    raise click.UsageError(f"No backend is made of {library}.")


def _print_table(found: Verification) -> None:
    from rich.console import Console
    from rich.table import Table

    beside = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    table = Table(show_header=False, title=f"{found.library} {found.version} ({beside})", title_justify="left")
    for name, value in _rows(found):
        table.add_row(name, value)
    console = Console()
    console.print(table)
    for replay in found.replays:
        if not replay.agrees:
            kind = "violating" if replay.fires else "satisfying"
            what = replay.judgement.kind.value if replay.caught == replay.fires else "the rule does not see it so"
            click.echo(f"{replay.rule}, {kind} example: {what}: {replay.judgement.outcome.error}")
            click.echo(f"  {json.dumps(replay.judgement.data)}")
    for judgement in found.disagreements:
        click.echo(f"{judgement.kind.value}: {judgement.outcome.error}")
        click.echo(f"  {json.dumps(judgement.data)}")


def _rows(found: Verification) -> Iterator[tuple[str, str]]:
    rules = {replay.rule for replay in found.replays}
    wrong = {replay.rule for replay in found.replays if not replay.agrees}
    yield "rules replayed", f"{len(rules)}, with {len(found.replays)} examples"
    yield "rules that disagree", str(len(wrong))
    yield "configurations tried", str(sum(found.tried.values()))
    for kind, count in sorted(found.tried.items(), key=lambda row: -row[1]):
        yield f"  {kind}", str(count)
    yield "warnings of the library that llem does not have", str(sum(found.unreported.values()))


def _record_path(found: Verification) -> Path:
    """Return where the registry keeps what was seen of a version."""
    return packaged_registry() / "evidence" / found.backend / f"{found.version}.json"


def print_drift(library: str, *, record: bool) -> bool:
    """Print how the library differs from the records, with records proposed; return whether it does not."""
    registry = load_registry()
    backend = _backend_of(registry, library)
    seen = look_at(registry, backend)
    found = drifts(registry, backend, seen)
    calls = {coverage.symbol: coverage.call for coverage in registry.backends[backend].covers}
    for drift in found:
        click.echo(f"{drift.symbol} ({drift.version}): {'as recorded' if drift.is_none else ''}".rstrip(": "))
        for line in _drift_lines(drift):
            click.echo(f"  {line}")
        if drift.added:
            click.echo(proposal(drift, calls[drift.symbol] or "generate"))
    if record:
        path = packaged_registry() / "evidence" / backend / "arguments.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(seen.to_dict(), indent=1, default=lambda _: None) + "\n")
        click.echo(f"written: {path}")
    return all(drift.is_none for drift in found)


def _drift_lines(drift: Drift) -> Iterator[str]:
    for name, default in drift.added.items():
        yield f"added: {name} = {default!r}"
    for name in drift.removed:
        yield f"removed: {name}"
    for name, (recorded, actual) in drift.changed.items():
        yield f"changed: {name} is {actual!r} by default, recorded is {recorded!r}"
