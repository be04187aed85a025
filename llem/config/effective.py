"""What a configuration really does: its values without those that the library ignores or would take anyway.

Two configurations with the same effective form are the same experiment.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from llem.conditions.evaluate import holds
from llem.conditions.values import same
from llem.config.classes import Configuration
from llem.environment import Environment
from llem.registry.facts import ConfigurationFacts, flatten, nest
from llem.registry.model import Registry
from llem.registry.records import Effect
from llem.registry.values import normalise, thaw


def effective_form(config: Configuration, environment: Environment | None = None) -> dict[str, Any]:
    """Return the effective form of a configuration, as the data of an experiment file.

    The environment gives the version of the backend's library; without one it is the newest.
    """
    registry = config._registry  # noqa: SLF001  # the class belongs to the registry
    written = flatten(registry, config.to_dict())
    values = effective_values(registry, written, environment)
    return nest(registry, {path: thaw(value) for path, value in values.items()})


def fingerprint(form: Mapping[str, Any]) -> str:
    """Return a name of an effective form: equal for configurations that are the same experiment."""
    with_text_keys = json.loads(json.dumps(form))  # a mapping may have numbers and texts as keys, which have no order
    return hashlib.sha256(json.dumps(with_text_keys, sort_keys=True).encode()).hexdigest()


def effective_values(
    registry: Registry, written: Mapping[str, Any], environment: Environment | None = None
) -> dict[str, Any]:
    """Return the values by path that decide what is run, out of what was written.

    Presets are written out. Dormant rules then remove or replace values until none of them changes anything, and
    values that would be the same if they were left out are left out.
    """
    values = _written_out(registry, written)
    backend = _facts(registry, values).given(registry.selector)
    version = environment.version_of(registry.backends[backend].library) if environment else None
    dormant = [check for check in registry.checks_for(backend, version) if check.effect is not None]
    for _ in range(len(registry.parameters)):
        before = dict(values)
        for path, record in registry.definition_records.items():
            if record.effective and holds(registry.definitions[path], _facts(registry, values)):
                _set(record.effective, values)
        for check in dormant:
            if check.effect is not None and holds(check.violation, _facts(registry, values)):
                _apply(check.effect, values)
        values = _without_defaults(registry, values)
        if values == before:
            return values
    raise RuntimeError("the effects of dormant rules never end")


def _facts(registry: Registry, values: Mapping[str, Any]) -> ConfigurationFacts:
    """Return the facts of values by path, sections that they stand in included."""
    return ConfigurationFacts(registry, flatten(registry, nest(registry, values)))


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
    for ignored in effect.ignored:
        for path in [found for found in values if found == ignored or found.startswith(f"{ignored}.")]:
            del values[path]
    _set(effect.becomes or {}, values)


def _set(changes: Mapping[str, Any], values: dict[str, Any]) -> None:
    for path, value in changes.items():
        if value is None:
            values.pop(path, None)
        else:
            values[path] = value


def _without_defaults(registry: Registry, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that would be others if they were left out.

    A value also says that its section is there; where a section may be null, the last of its values stay.
    """
    kept = {path: value for path, value in values.items() if not is_default(registry, path, value)}
    sections = {path.rpartition(".")[0] for path in kept}
    for path, value in values.items():
        section = path.rpartition(".")[0]
        found = registry.sections.get(section)
        if found is not None and found.nullable and section not in {*sections, *registry.backends}:
            kept[path] = value
    return kept


def is_default(registry: Registry, path: str, value: Any) -> bool:
    """Return whether a value is what a path stands for while nothing is written."""
    parameter = registry.parameters[path]
    otherwise = parameter.library_default if parameter.default is None else parameter.default
    return not parameter.required and same(thaw(value), otherwise)
