"""What `import llem` offers, each a few lines over the rooms."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llem.config.classes import Configuration, ValidationError
from llem.config.shapes import shapes_of
from llem.diagnostics import Diagnostic
from llem.environment import Environment
from llem.registry import Registry, load_registry
from llem.validation import ValidationReport, find_environment, judge, read


if TYPE_CHECKING:
    from llem.backends.memory import MemoryEstimate
    from llem.backends.plan import Plan
    from llem.backends.result import Result
    from llem.config.columns import Verdicts
    from llem.study.grid import Grid


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
    return judge(source, find_environment(registry, environment), registry)


def validate_many(
    table: Any, environment: Environment | Path | str | None = None, *, registry: Registry | None = None
) -> "Verdicts":
    """Return what is wrong with each row of a table of configurations; fastest for frames of polars and Arrow.

    Args:
        table: A mapping from paths to columns (arrays of numpy, series, anything of Arrow's, lists), or a frame of
            pandas, polars or Arrow; None is what is not written.
        environment: Gives the version of the backend's library; without one it is the newest.
        registry: The packaged one when left out.

    Raises:
        ValidationError: when a column is no parameter, or the columns differ in length.
        ImportError: when numpy or polars is not installed; the extra `study` brings both.
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


def fix(file: Path | str, *, registry: Registry | None = None) -> tuple[Diagnostic, ...]:
    """Apply the fixes that the findings of an experiment file carry, in place; return the findings that it resolved.

    Raises:
        LlemError: when the file cannot be read as data.
        OSError: when it cannot be written.
    """
    from llem.config.fix import fix_document
    from llem.files import write_whole

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
    from llem.config.effective import effective_form

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
