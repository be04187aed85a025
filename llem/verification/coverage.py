"""What the installed library takes, against what the records say it takes."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from llem.backends.engine import Worker, interpreter
from llem.backends.run import machine_for
from llem.backends.settings import RunnerSettings
from llem.registry.backend_records import Coverage
from llem.registry.model import Registry
from llem.verification.arguments import arguments_of, is_public


@attrs.frozen
class Drift:
    """How a class or function of the installed library differs from the records.

    `added` holds arguments that no record knows, with their defaults; `removed` those that records pass and the
    library does not take; `changed` those whose default is another, with the recorded and the actual one.
    """

    symbol: str
    version: str
    added: Mapping[str, Any]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[Any, Any]]

    @property
    def is_none(self) -> bool:
        """Whether the records and the library agree."""
        return not (self.added or self.removed or self.changed)


@attrs.frozen
class Seen:
    """The arguments that a backend's classes and functions take: by symbol, name to default, null where unknown.

    `versions` are those of the packages that the symbols are of, `how` says where this was seen.
    """

    versions: Mapping[str, str]
    how: str
    arguments: Mapping[str, Mapping[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """Return it as a file keeps it."""
        return attrs.asdict(self)


def look_at(registry: Registry, backend: str) -> Seen:
    """Return what the installed library of a backend takes.

    Raises:
        RunError: when it is not installed.
    """
    record = registry.backends[backend]
    settings = RunnerSettings(max_input_tokens=1)
    machine = machine_for(registry, backend, record.packages, settings)
    with contextlib.ExitStack() as stack:
        look: Callable[[str], dict[str, Any]] = arguments_of
        if record.runs_with == "engine":
            worker = stack.enter_context(contextlib.closing(Worker(interpreter(backend, settings), Path())))
            look = lambda symbol: worker.ask("parameters", symbol=symbol)  # noqa: E731
        arguments = {coverage.symbol: look(coverage.symbol) for coverage in record.covers}
    packages = {symbol.partition(".")[0] for symbol in arguments}
    versions = {package: str(machine.version_of(package)) for package in sorted(packages)}
    return Seen(versions, "the signatures of the installed library", arguments)


def drifts(registry: Registry, backend: str, seen: Seen) -> list[Drift]:
    """Return how each class or function that a backend covers differs from its records."""
    return [_drift(registry, backend, coverage, seen) for coverage in registry.backends[backend].covers]


def _drift(registry: Registry, backend: str, coverage: Coverage, seen: Seen) -> Drift:
    actual = {name: value for name, value in seen.arguments[coverage.symbol].items() if is_public(name)}
    passed = set(_passed(registry, backend, coverage))
    left_out = {name for record in registry.left_out if record.symbol == coverage.symbol for name in record.arguments}
    defaults = dict(_defaults(registry, backend, coverage))
    changed = {
        name: (defaults[name], actual[name])
        for name in defaults.keys() & actual.keys()
        if actual[name] is not None and actual[name] != defaults[name]
    }
    return Drift(
        symbol=coverage.symbol,
        version=seen.versions[coverage.symbol.partition(".")[0]],
        added={name: value for name, value in actual.items() if name not in passed | left_out},
        removed=tuple(sorted((passed | left_out) - actual.keys() - set(_inputs(registry, backend, coverage)))),
        changed=changed,
    )


def _passed(registry: Registry, backend: str, coverage: Coverage) -> Iterator[str]:
    """Yield the arguments that llem passes to the call: from parameters, and constants."""
    yield from (
        target.argument.partition(".")[0] for target in registry.targets_for(backend) if target.call == coverage.call
    )
    for call in registry.calls[backend]:
        if call.record.id == coverage.call:
            yield from call.record.arguments


def _inputs(registry: Registry, backend: str, coverage: Coverage) -> Iterator[str]:
    """Yield arguments of a call that are no options of the covered class: its inputs and earlier results."""
    for call in registry.calls[backend]:
        if call.record.id == coverage.call:
            yield from (name for name, value in call.record.arguments.items() if isinstance(value, Mapping))


def _defaults(registry: Registry, backend: str, coverage: Coverage) -> Iterator[tuple[str, Any]]:
    for target in registry.targets_for(backend):
        parameter = registry.parameters.get(target.path)
        if target.call != coverage.call or parameter is None or target.values is not None:
            continue
        is_own = registry.section_of(target.path) == backend  # whose null means: what the library does
        if parameter.default is None and (is_own or parameter.library_default is not None):
            yield target.argument, parameter.library_default


_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "mapping", list: "list"}


def proposal(drift: Drift, call: str) -> str:
    """Return YAML of parameter records for the arguments that the library has added, to be completed by hand."""
    blocks = []
    library = drift.symbol.partition(".")[0]
    for name, default in drift.added.items():
        lines = [f"  - path: {name}", f"    type: {_TYPES.get(type(default), 'string')}"]
        if default is not None and type(default) in _TYPES:
            lines.append(f"    library_default: {str(default).lower() if isinstance(default, bool) else default}")
        lines += [
            "    summary: What it does.",
            f"    maps_to: {{call: {call}, argument: {name}}}",
            f"    evidence: [{{library: {library}, symbol: {drift.symbol}, versions: '=={drift.version}'}}]",
        ]
        blocks.append("\n".join(lines))
    return "parameters:\n" + "\n\n".join(blocks) if blocks else ""
