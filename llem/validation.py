"""The verdict on a file or a mapping, with or without a machine: findings, and the configuration they are about."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from llem.config.evaluation import evaluate
from llem.diagnostics import Diagnostic, LlemError, Location, Report, Severity, did_you_mean
from llem.environment import Environment, Gpu
from llem.registry import Registry
from llem.registry.reading import Document, ReadingError, read_file


if TYPE_CHECKING:
    from llem.config.classes import Configuration
    from llem.registry.records import EnvironmentRecord


@attrs.define(hash=False)
class ValidationReport(Report):
    """A report on a configuration; `config` is the configuration when there is no error."""

    _config: "Configuration | Callable[[], Configuration] | None" = attrs.field(
        default=None, kw_only=True, eq=False, repr=False
    )

    @property
    def config(self) -> "Configuration | None":
        """The configuration; None where something is wrong. It is made when it is first asked for."""
        if callable(self._config):
            self._config = self._config()
        return self._config

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the configuration itself, not what makes it."""
        return _report, (self.diagnostics, self.sources, self.subject, self.config)


def _report(
    diagnostics: tuple[Diagnostic, ...], sources: Mapping[str, str], subject: str, config: "Configuration | None"
) -> ValidationReport:
    return ValidationReport(diagnostics, sources, subject, config=config)


def judge(source: Mapping[str, Any] | Path | str, machine: Environment | None, registry: Registry) -> ValidationReport:
    """Return everything that is wrong with a configuration, or worth saying of it; of a file, with places."""
    document: Document | None = None
    data: Any = source
    if not isinstance(source, Mapping):
        try:
            document = read_file(source)
        except ReadingError as error:
            return ValidationReport(error.report.diagnostics, error.report.sources, error.report.subject)
        data = document.data
    findings = evaluate(registry, data, document=document, environment=machine)
    report = findings.report(document, document.file if document else "")

    def make() -> "Configuration":
        from llem.config.classes import experiment_class

        return experiment_class(registry).from_findings(data, findings)

    notes: list[Diagnostic] = []
    if findings.ok and (document is not None or machine is not None):
        from llem.backends.model_files import notes_of_model

        backend = findings.values.get(registry.selector, registry.parameters[registry.selector].default)
        notes += notes_of_model(registry, backend, findings.values[registry.model_path])
    if findings.ok and machine is not None:
        from llem.backends.memory import memory_warnings

        notes += memory_warnings(registry, make(), machine)
    if document is not None:
        notes = [attrs.evolve(note, location=document.value((note.path,))) for note in notes]
    config: Any = None
    if findings.ok:
        config = make() if document is None else make  # a mapping is the caller's, who may change it
    return ValidationReport((*report.diagnostics, *notes), report.sources, report.subject, config=config)


def read(file: Path | str) -> Document:
    """Return the plain data of a YAML or JSON file, with the place of every value.

    Raises:
        LlemError: when the file cannot be read as data.
    """
    try:
        return read_file(file)
    except ReadingError as error:
        raise LlemError(error.report) from None


def find_environment(
    registry: Registry,
    wanted: Environment | Path | str | None,
    packages: Mapping[str, str] | None = None,
) -> Environment | None:
    """Return the environment that `here`, the name of a profile or a file stands for.

    `packages` gives versions of distributions by name, which count instead of those that the environment has.

    Raises:
        LlemError: when there is no such profile or file, or the file states no environment.
    """
    found = _named_environment(registry, wanted)
    if not packages:
        return found
    return (found or Environment("with the given versions", gpus=None)).with_packages(packages)


def _named_environment(registry: Registry, wanted: Environment | Path | str | None) -> Environment | None:
    if wanted is None or isinstance(wanted, Environment):
        return wanted
    if str(wanted) == "here":
        from llem.environment.probe import here

        return here()
    profile = registry.environments.get(str(wanted))
    if profile is not None:
        return environment_of(profile)
    if Path(wanted).suffix not in (".yaml", ".yml", ".json"):
        names = ["here", *registry.environments]
        from llem.config.classes import ValidationError

        advice = did_you_mean(str(wanted), names) or f"There are {', '.join(names)}, or a YAML file."
        raise ValidationError(_single("unknown-environment", f'there is no environment "{wanted}"', advice))
    return _read_environment(Path(wanted))


def environment_of(record: "EnvironmentRecord") -> Environment:
    """Return the facts that a profile states."""
    gpus = record.gpus
    each = (Gpu(gpus.name, gpus.compute_capability, gpus.memory_gib),) * gpus.count if gpus else ()
    return Environment(record.id, each, record.packages, memory_gib=record.memory_gib)


def _read_environment(path: Path) -> Environment:
    from llem.registry.records import EnvironmentRecord
    from llem.registry.structuring import make_converter, structure

    document = read(path)
    record, failures = structure(document.data, EnvironmentRecord, make_converter())
    if failures:
        from llem.config.classes import ValidationError

        found = [
            Diagnostic(
                code=failure.code,
                severity=Severity.ERROR,
                message=failure.message,
                resolution=failure.resolution,
                location=(document.key if failure.at_key else document.value)(failure.pointer),
            )
            for failure in failures
        ]
        raise ValidationError(Report(tuple(found), {document.file: document.text}, document.file))
    return environment_of(record)


def _single(code: str, message: str, resolution: str, location: Location | None = None) -> Report:
    found = Diagnostic(code=code, severity=Severity.ERROR, message=message, resolution=resolution, location=location)
    return Report((found,))
