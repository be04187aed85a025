"""Verdicts of llem beside those of the library, for one configuration: they agree, or how they do not."""

import enum
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from llem.conditions.evaluate import holds
from llem.config.effective import effective_values
from llem.config.evaluation import evaluate
from llem.config.judge import Findings
from llem.environment import Environment
from llem.registry.facts import ConfigurationFacts, flatten, nest
from llem.registry.model import Registry
from llem.verification.outcome import Outcome
from llem.verification.trial import Trials


class Kind(enum.StrEnum):
    """How the two verdicts stand to each other."""

    RUNS = "accepted, and it runs"
    FAILS = "rejected, and it fails"
    DORMANT = "dormant, and it changes nothing"
    POLICY = "rejected by policy"
    WARNED_FAILS = "accepted with a warning, and it fails"
    NOT_JUDGED = "not judged: it depends on the model or on what this machine lacks"
    ACCEPTED_FAILS = "accepted, but it fails"
    REJECTED_RUNS = "rejected, but it runs"
    NOT_DORMANT = "dormant, but it changes the output"
    CHANGED = "accepted, but the library silently changes a value"
    UNRELIABLE = "the same configuration gives different output"

    @property
    def agrees(self) -> bool:
        """Whether llem is right."""
        return self in (Kind.RUNS, Kind.FAILS, Kind.DORMANT, Kind.POLICY, Kind.WARNED_FAILS, Kind.NOT_JUDGED)


@attrs.frozen
class Judgement:
    """The two verdicts on one configuration."""

    kind: Kind
    data: Mapping[str, Any]
    codes: tuple[str, ...] = ()
    outcome: Outcome = attrs.field(factory=Outcome)
    unreported: tuple[str, ...] = ()


def judge(
    registry: Registry, trials: Trials, machine: Environment, data: Mapping[str, Any], *, run: bool = False
) -> Judgement:
    """Return whether llem's verdict on a configuration is the library's.

    What the machine lacks, and what depends on the model, is not judged. With `run`, what the library's checks accept
    is run too.
    """
    findings = evaluate(registry, data, environment=machine)
    codes = tuple(dict.fromkeys(found.code for found in findings.diagnostics))
    errors = {found.code for found in findings.diagnostics if found.severity == "error"}
    if any(found.severity == "skipped" for found in findings.diagnostics):
        return Judgement(Kind.NOT_JUDGED, data, codes)
    checks = registry.check_records()
    if errors:
        if all(code == "not-in-this-version" or (code in checks and checks[code].policy) for code in errors):
            return Judgement(Kind.POLICY, data, codes)
        outcome = trials.try_data(data)
        if outcome.fields:  # only judged so far
            outcome = trials.run_data(data)
        return Judgement(Kind.REJECTED_RUNS if outcome.ran else Kind.FAILS, data, codes, outcome)
    if _model_decides(registry, findings):
        return Judgement(Kind.NOT_JUDGED, data, codes)
    plain = nest(registry, effective_values(registry, flatten(registry, data), machine))
    dormant = any(found.severity == "dormant" for found in findings.diagnostics)
    warned = any(getattr(checks[code].record, "fails", False) for code in codes if code in checks)
    kind, outcome = _of_accepted(trials.try_data, data, plain, dormant=dormant, warned=warned)
    if run and kind.agrees and outcome.fields:
        kind, outcome = _of_accepted(trials.run_data, data, plain, dormant=dormant, warned=warned)
    unreported = () if findings.diagnostics else outcome.warnings
    return Judgement(kind, data, codes, outcome, unreported)


def _of_accepted(
    attempt: Callable[[Mapping[str, Any]], Outcome],
    data: Mapping[str, Any],
    plain: Mapping[str, Any],
    *,
    dormant: bool,
    warned: bool,
) -> tuple[Kind, Outcome]:
    """Return how the library stands to a configuration that llem accepts, whose effective form is `plain`."""
    outcome = attempt(data)
    if not outcome.ran:
        return (Kind.WARNED_FAILS if warned else Kind.ACCEPTED_FAILS), outcome
    effective = attempt(plain)
    if not effective.is_like(outcome):
        return (Kind.NOT_DORMANT if attempt(data).is_like(outcome) else Kind.UNRELIABLE), outcome
    if effective.changed:
        return Kind.CHANGED, effective
    return (Kind.DORMANT if dormant else Kind.RUNS), outcome


def _model_decides(registry: Registry, findings: Findings) -> bool:
    facts = ConfigurationFacts(registry, findings.values)
    backend = facts.given(registry.selector)
    return any(skip.depends_on_model and holds(skip.when, facts) for skip in registry.skips_for(backend))
