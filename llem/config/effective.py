"""What a configuration really does: its values without those that the library ignores or would take anyway.

Two configurations with the same effective form are the same experiment.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from llem.conditions.evaluate import holds, same
from llem.config.classes import Configuration
from llem.registry.facts import ConfigurationFacts, flatten, nest
from llem.registry.model import Registry
from llem.registry.records import Effect
from llem.registry.values import normalise, thaw


def effective_form(config: Configuration) -> dict[str, Any]:
    """Return the effective form of a configuration, as the data of an experiment file."""
    registry = config._registry  # noqa: SLF001  # the class belongs to the registry
    written = flatten(registry, config.to_dict())
    return nest(registry, {path: thaw(value) for path, value in effective_values(registry, written).items()})


def effective_fingerprint(config: Configuration) -> str:
    """Return a name of the effective form: equal for configurations that are the same experiment."""
    return hashlib.sha256(json.dumps(effective_form(config), sort_keys=True).encode()).hexdigest()


def effective_values(registry: Registry, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by path that decide what is run, out of what was written.

    Presets are written out. Dormant rules then remove or replace values until none of them changes anything, and
    values that would be the same if they were left out are left out.
    """
    values = _written_out(registry, written)
    backend = ConfigurationFacts(registry, values).given(registry.selector)
    dormant = [check for check in registry.checks_for(backend) if check.effect is not None]
    for _ in range(len(registry.parameters)):
        before = dict(values)
        for check in dormant:
            if check.effect is not None and holds(check.violation, ConfigurationFacts(registry, values)):
                _apply(check.effect, values)
        values = _without_defaults(registry, values)
        if values == before:
            return values
    raise RuntimeError("the effects of dormant rules never end")


def _written_out(registry: Registry, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return written values and those of presets, each as its type has it; presets and sections are gone."""
    facts = ConfigurationFacts(registry, written)
    values = {}
    for path, parameter in registry.parameters.items():
        value, origin = facts.lookup(path)
        is_section = path in registry.sections and isinstance(value, Mapping)
        if origin in ("written", "preset") and parameter.choices_from != "presets" and not is_section:
            values[path] = normalise(parameter, value)
    return values


def _apply(effect: Effect, values: dict[str, Any]) -> None:
    for path in effect.ignored:
        values.pop(path, None)
    for path, value in (effect.becomes or {}).items():
        if value is None:
            values.pop(path, None)
        else:
            values[path] = value


def _without_defaults(registry: Registry, values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {}
    for path, value in values.items():
        parameter = registry.parameters[path]
        otherwise = parameter.library_default if parameter.default is None else parameter.default
        if parameter.required or not same(thaw(value), otherwise):
            kept[path] = value
    return kept
