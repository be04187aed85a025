"""Which conditions a configuration can make true: those of a registry that its values wake, and no others."""

import functools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from llem.conditions import Condition, syntax
from llem.conditions.evaluate import holds
from llem.registry.facts import ConfigurationFacts
from llem.registry.model import Check, Registry, Skip


if TYPE_CHECKING:
    from packaging.version import Version


class Waking:
    """Tells, of some conditions, which can hold once certain paths have values.

    A condition that does not hold while nothing but the backend is written holds only if some part of it does that did
    not: the paths of that part wake it. `always` has the numbers of those that no path needs to wake.
    """

    def __init__(self, conditions: Sequence[Condition], alone: ConfigurationFacts, selector: str) -> None:
        self.woken_by: dict[str, list[int]] = {}
        self.always: list[int] = []
        for number, condition in enumerate(conditions):
            paths = waking_paths(condition, alone, selector)
            for path in paths or ():
                self.woken_by.setdefault(path, []).append(number)
            if paths is None:
                self.always.append(number)

    def woken(self, paths: Iterable[str]) -> list[int]:
        """Return the numbers, in order, of the conditions that can hold once the paths have values."""
        found = set(self.always)
        for path in paths:
            found.update(self.woken_by.get(path, ()))
        return sorted(found)


def waking_paths(
    condition: Condition, alone: ConfigurationFacts, selector: str, *, wanted: bool = True
) -> frozenset[str] | None:
    """Return paths of which one must have a value before a condition is as wanted; None where it may be without."""
    match condition:
        case syntax.Not(inner):
            return waking_paths(inner, alone, selector, wanted=not wanted)
        case syntax.Test():
            paths = frozenset(syntax.paths_of(condition))
            return None if selector in paths or holds(condition, alone) is wanted else paths
    found = [waking_paths(part, alone, selector, wanted=wanted) for part in condition.conditions]
    if isinstance(condition, syntax.All) is wanted:  # each part must be as wanted: any one of them tells
        return min((paths for paths in found if paths is not None), key=len, default=None)
    return None if any(paths is None for paths in found) else frozenset().union(*(paths for paths in found if paths))


def woken_checks(registry: Registry, backend: str, version: "Version | None", facts: ConfigurationFacts) -> list[Check]:
    """Return the checks of a backend that a configuration may violate."""
    waking = _of_checks(registry, backend, version)
    checks = registry.checks_for(backend, version)
    return [checks[number] for number in waking.woken(facts.paths)]


def woken_skips(registry: Registry, backend: str, facts: ConfigurationFacts) -> list[Skip]:
    """Return the needs of a backend that a configuration may have."""
    skips = registry.skips_for(backend)
    return [skips[number] for number in _of_skips(registry, backend).woken(facts.paths)]


@functools.cache
def _of_checks(registry: Registry, backend: str, version: "Version | None") -> Waking:
    conditions = [check.violation for check in registry.checks_for(backend, version)]
    return Waking(conditions, alone(registry, backend), registry.selector)


@functools.cache
def _of_skips(registry: Registry, backend: str) -> Waking:
    return Waking([skip.when for skip in registry.skips_for(backend)], alone(registry, backend), registry.selector)


def alone(registry: Registry, backend: str) -> ConfigurationFacts:
    """Return the facts of a configuration that writes nothing but its backend."""
    return ConfigurationFacts(registry, {registry.selector: backend})
