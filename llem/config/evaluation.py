"""A configuration against the registry: every problem at once, each with its path, place, reason and resolution."""

from collections.abc import Mapping
from typing import Any

from llem.config.judge import Findings, Judge
from llem.diagnostics import Diagnostic, Severity
from llem.environment import Environment
from llem.registry.model import Registry
from llem.registry.reading import Document


def evaluate(
    registry: Registry,
    data: Any,
    *,
    document: Document | None = None,
    environment: Environment | None = None,
) -> Findings:
    """Return everything that an experiment's data has wrong or worth saying.

    Without an environment only advice is given on what a machine needs.
    """
    judge = Judge(registry, document)
    if not isinstance(data, Mapping):
        judge.not_a_mapping(data)
        return judge.findings()
    judge.walk("", data)
    judge.conclude(environment)
    return judge.findings()


def evaluate_fragment(registry: Registry, data: Any, document: Document | None = None) -> Findings:
    """Return what a part of an experiment has wrong by itself: unknown keys and values outside their types."""
    judge = Judge(registry, document, whole=False)
    if isinstance(data, Mapping):
        judge.walk("", data)
    else:
        judge.not_a_mapping(data)
    return judge.findings()


def machine_findings(
    registry: Registry, backend: str, written: Mapping[str, Any], environment: Environment | None
) -> tuple[Diagnostic, ...]:
    """Return which of some written values a backend does not take, or its version in an environment does not have."""
    judge = Judge(registry, None)
    judge.written = dict(written)
    judge.unsupported(backend)
    version = judge.version(backend, environment)
    if version is not None:
        judge.versions(backend, version)
    return tuple(found for found in judge.diagnostics if found.severity is Severity.ERROR)


def evaluate_section(registry: Registry, section: str, data: Mapping[str, Any]) -> Findings:
    """Return what one section's data has wrong, as far as the section alone decides it."""
    judge = Judge(registry, None)
    if section in registry.backends:
        judge.written[registry.selector] = section
    judge.written[section] = data
    judge.walk(section, data)
    judge.check(section=section)
    return judge.findings()
