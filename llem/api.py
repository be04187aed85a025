"""What `import llem` offers, each a few lines over the rooms."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from llem.backends.model_files import notes_of_model
from llem.config.classes import Configuration, ValidationError, experiment_class
from llem.config.effective import effective_form
from llem.config.evaluation import evaluate
from llem.config.fix import fix_document
from llem.config.shapes import shapes_of
from llem.diagnostics import Diagnostic, LlemError, Location, Report, Severity, did_you_mean
from llem.environment import Environment, Gpu
from llem.files import write_whole
from llem.registry import Registry, load_registry
from llem.registry.reading import Document, ReadingError, read_file
from llem.registry.records import EnvironmentRecord
from llem.registry.structuring import make_converter, structure


if TYPE_CHECKING:
    from llem.backends.memory import MemoryEstimate
    from llem.backends.plan import Plan
    from llem.backends.result import Result
    from llem.config.columns import Verdicts
    from llem.study.grid import Grid


@attrs.define(hash=False)
class ValidationReport(Report):
    """A report on a configuration; `config` is the configuration when there is no error."""

    config: Configuration | None = attrs.field(default=None, kw_only=True)


def validate(
    source: Mapping[str, Any] | Path | str,
    environment: Environment | Path | str | None = None,
    *,
    registry: Registry | None = None,
) -> ValidationReport:
    """Return everything that is wrong with a configuration, or worth saying of it. Never raises for a bad one.

    Args:
        source: A mapping, or a YAML or JSON file; "-" is standard input.
        environment: None judges the configuration alone, and of a mapping without a look at the model's files; "here"
            adds what this machine lacks, the name of a profile or a file what that machine lacks.
        registry: The packaged one when left out.

    Raises:
        LlemError: when the environment, which is not part of the configuration, is unknown.
    """
    registry = registry or load_registry()
    if environment is None and source.__class__ is dict:
        judged = shapes_of(registry).judge(source)
        if judged is not None:
            config, diagnostics = judged
            return ValidationReport(diagnostics, config=config)
    machine = find_environment(registry, environment)
    document: Document | None = None
    data: Any = source
    if not isinstance(source, Mapping):
        try:
            document = read_file(source)
        except ReadingError as error:
            return ValidationReport(error.report.diagnostics, error.report.sources, error.report.subject)
        data = document.data
    alone = document is None and machine is None
    findings = evaluate(registry, data, document=document, environment=machine)
    config = experiment_class(registry).from_findings(data, findings) if findings.ok else None
    report = findings.report(document, document.file if document else "")
    notes = notes_of_model(registry, config) if config is not None and not alone else []
    if config is not None and machine is not None:
        from llem.backends.memory import memory_warnings

        notes += memory_warnings(registry, config, machine)
    if document is not None:
        notes = [attrs.evolve(note, location=document.value((note.path,))) for note in notes]
    return ValidationReport((*report.diagnostics, *notes), report.sources, report.subject, config=config)


def validate_many(
    table: Any, environment: Environment | Path | str | None = None, *, registry: Registry | None = None
) -> "Verdicts":
    """Return what is wrong with each row of a table of configurations; fast where rows share values.

    Args:
        table: A mapping from paths to columns, or a frame of pandas, polars or Arrow; None is what is not written.
        environment: Gives the version of the backend's library; without one it is the newest.
        registry: The packaged one when left out.

    Raises:
        ValidationError: when a column is no parameter, or the columns differ in length.
        ImportError: when numpy is not installed, which the extra `study` brings.
    """
    from llem.config.columns import evaluate_columns

    registry = registry or load_registry()
    return evaluate_columns(registry, table, find_environment(registry, environment))


def load(source: Mapping[str, Any] | Path | str, *, registry: Registry | None = None) -> Configuration:
    """Return the configuration of a mapping or file.

    Raises:
        ValidationError: carries the report with everything that is wrong.
    """
    report = validate(source, registry=registry)
    if report.config is None:
        raise ValidationError(report)
    return report.config


def read(file: Path | str) -> Document:
    """Return the plain data of a YAML or JSON file, with the place of every value.

    Raises:
        LlemError: when the file cannot be read as data.
    """
    try:
        return read_file(file)
    except ReadingError as error:
        raise LlemError(error.report) from None


def fix(file: Path | str, *, registry: Registry | None = None) -> tuple[Diagnostic, ...]:
    """Apply the fixes that the findings of an experiment file carry, in place; return the findings that it resolved.

    Raises:
        LlemError: when the file cannot be read as data.
        OSError: when it cannot be written.
    """
    document = read(file)
    fixed = fix_document(registry or load_registry(), document)
    if fixed.resolved:
        write_whole(Path(file), fixed.text)
    return fixed.resolved


def plan(config: Configuration) -> "Plan":
    """Return the ordered library calls that carry out a configuration."""
    from llem.backends.plan import make_plan

    return make_plan(config._registry, config)  # noqa: SLF001  # the class belongs to the registry


def effective(config: Configuration, environment: Environment | None = None) -> dict[str, Any]:
    """Return what a configuration really does: without what the library ignores, or would do anyway.

    Configurations with the same effective form are the same experiment. The environment gives the version of the
    library; without one it is the newest.
    """
    return effective_form(config, environment)


def estimate_memory(config: Configuration) -> "MemoryEstimate | None":
    """Return what a configuration takes of memory at the least; None where the model's files are not here."""
    from llem.backends import memory

    return memory.estimate_memory(config._registry, config)  # noqa: SLF001


def run(config: Configuration) -> "Result":
    """Carry out a configuration on this machine and return what was measured.

    Raises:
        RunError: when the run fails; InputError when something that the configuration names is not there.
        SkippedError: when this machine lacks what the configuration needs.
    """
    from llem.backends.run import run_config

    return run_config(config._registry, config)  # noqa: SLF001


def expand(
    study: Mapping[str, Any] | Path | str,
    environment: Environment | Path | str | None = None,
    *,
    registry: Registry | None = None,
) -> "Grid":
    """Return the valid experiments of a study, counted and not yet built.

    Args:
        study: A mapping, or a YAML or JSON file.
        environment: What the study calls `on` when left out; without that, nothing is skipped.
        registry: The packaged one when left out.

    Raises:
        ValidationError: with everything that is wrong with the study.
    """
    from llem.study.grid import Grid
    from llem.study.reading import read_study

    registry = registry or load_registry()
    found = read_study(study, registry)
    return Grid(registry, found, find_environment(registry, environment or found.record.on or None))


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
        advice = did_you_mean(str(wanted), names) or f"There are {', '.join(names)}, or a YAML file."
        raise ValidationError(_single("unknown-environment", f'there is no environment "{wanted}"', advice))
    return _read_environment(Path(wanted))


def environment_of(record: EnvironmentRecord) -> Environment:
    """Return the facts that a profile states."""
    gpus = record.gpus
    each = (Gpu(gpus.name, gpus.compute_capability, gpus.memory_gib),) * gpus.count if gpus else ()
    return Environment(record.id, each, record.packages, memory_gib=record.memory_gib)


def _read_environment(path: Path) -> Environment:
    document = read(path)
    record, failures = structure(document.data, EnvironmentRecord, make_converter())
    if failures:
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
