"""Why a rule did or did not fire: its condition, test by test, with the values of one configuration."""

from collections.abc import Iterator, Mapping

from llem.conditions import Condition, syntax
from llem.conditions.evaluate import holds
from llem.conditions.words import value_words, words
from llem.config.evaluation import evaluate
from llem.config.explain import unknown_name
from llem.registry.facts import ConfigurationFacts
from llem.registry.model import Check, Registry
from llem.registry.reading import Document


_INDENT = "    "


def why(registry: Registry, check: str, document: Document) -> str:
    """Return why a rule or exclusion fires or does not fire on a file.

    Raises:
        LlemError: when no rule has this id.
    """
    check = registry.redirects.get(check, check)
    checks = [found for found in registry.checks if found.id == check]
    if not checks:
        raise unknown_name(check, list(registry.check_records()))
    if not isinstance(document.data, Mapping):
        return f"{check} was not judged: {document.file} is no mapping."
    findings = evaluate(registry, document.data, document=document)
    facts = ConfigurationFacts(registry, findings.values)
    backend = facts.given(registry.selector)
    if checks[0].backend not in ("", backend):
        return f"{check} applies while {registry.selector} is {checks[0].backend}; it is {value_words(backend)}."
    if any(found.code == check for found in findings.diagnostics):
        verdict = "fires on"
    elif any(holds(found.violation, facts) for found in checks):
        verdict = "was not judged, since a value that it reads is invalid, in"
    else:
        verdict = "does not fire on"
    blocks = ["\n".join(_lines(found, facts, document)) for found in checks]
    return "\n".join(
        [f"{check} {verdict} {document.file}. It fires while all of this holds:", "\n\nor\n\n".join(blocks)]
    )


def _lines(check: Check, facts: ConfigurationFacts, document: Document) -> Iterator[str]:
    violation = check.violation
    parts = violation.conditions if isinstance(violation, syntax.All) else (violation,)
    for part in parts:
        yield from _condition(part, facts, document, "")


def _condition(condition: Condition, facts: ConfigurationFacts, document: Document, indent: str) -> Iterator[str]:
    mark = "yes" if holds(condition, facts) else "no"
    head = f"{indent}{mark:<4}"
    match condition:
        case syntax.Test(path, _):
            yield f"{head}{words(condition)}   ({_value(path, facts, document)})"
        case syntax.Not(inner):
            yield f"{head}not:"
            yield from _condition(inner, facts, document, indent + _INDENT)
        case syntax.All(parts):
            yield f"{head}all of:"
            for part in parts:
                yield from _condition(part, facts, document, indent + _INDENT)
        case syntax.AnyOf(parts):
            yield f"{head}any of:"
            for part in parts:
                yield from _condition(part, facts, document, indent + _INDENT)


def _value(path: str, facts: ConfigurationFacts, document: Document) -> str:
    value, origin = facts.lookup(path)
    shown = "a mapping" if isinstance(value, Mapping) else value_words(value)
    if origin == "written":
        location = document.key(tuple(path.split(".")))
        return f"{shown}, line {location.line}" if location else shown
    return {
        "": "nothing gives it",
        "default": f"{shown}, by default",
        "preset": f"{shown}, by the preset",
        "library": f"unset; the library takes {shown}",
    }[origin]
