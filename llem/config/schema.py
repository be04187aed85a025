"""The JSON Schema of experiment files (draft-07), generated from the registry.

Keywords and encodings are those that editors, ajv in strict mode and python's jsonschema treat alike. A rule is one
member of `allOf`: its violation in `if`, the culprit forbidden in `then`, with the rule's own words as errorMessage.
It says what JSON Schema can say; comparisons of two fields are left to the evaluator.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llem.conditions.schema import (
    Alternative,
    Schema,
    always_written,
    at,
    condition_schema,
    expressible,
    properties_at,
    written,
)
from llem.conditions.syntax import All, Condition, Equals, Test
from llem.conditions.words import value_words
from llem.registry.model import Check, Registry
from llem.registry.records import Choice, Parameter, TypeSpec
from llem.registry.values import is_nullable


DRAFT = "http://json-schema.org/draft-07/schema#"

_TYPES = {"enum": "string", "mapping": "object", "list": "array"}
_KEYWORDS = {
    "minimum": "minimum",
    "exclusive_minimum": "exclusiveMinimum",
    "maximum": "maximum",
    "exclusive_maximum": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "min_items": "minItems",
    "max_items": "maxItems",
    "pattern": "pattern",
}


def experiment_schema(registry: Registry) -> Schema:
    """Return the schema of experiment files."""
    sections = {path: _object(registry, path) for path in registry.sections}
    root = _object(registry, "")
    return {
        "$schema": DRAFT,
        "title": "llem experiment",
        "description": "One measured run of one model.",
        **root,
        "allOf": [*_backend_gates(registry), *_rules(registry)],
        "definitions": sections,
    }


def part_schemas(registry: Registry) -> tuple[Schema, dict[str, Schema]]:
    """Return the schema of a part of an experiment, in which nothing is required, and the definitions it refers to.

    Paths may be written with dots.
    """

    def optional(section: str) -> Schema:
        return {name: value for name, value in _object(registry, section).items() if name != "required"}

    definitions = {path: optional(path) for path in registry.sections}
    definitions |= {backend: {"anyOf": [definitions[backend], {"type": "null"}]} for backend in registry.backends}
    part = optional("")
    part["properties"] |= {backend: {"$ref": f"#/definitions/{backend}"} for backend in registry.backends}
    part["properties"] |= {
        path: parameter_schema(parameter) for path, parameter in registry.parameters.items() if "." in path
    }
    return part, definitions


def _object(registry: Registry, section: str) -> Schema:
    fields = registry.fields[section]
    parameters = {name: registry.parameters.get(path) for name, path in fields.items()}
    required = [name for name, parameter in parameters.items() if parameter is not None and parameter.required]
    found: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _field(registry, path) for name, path in fields.items()},
    }
    if required:
        found["required"] = required
    if section:
        found = {"title": section, "description": registry.sections[section].summary, **found}
    return found


def _field(registry: Registry, path: str) -> Any:
    if path in registry.backends:
        return True
    parameter = registry.parameters.get(path)
    section = registry.sections.get(path)
    if section is None:
        assert parameter is not None
        return parameter_schema(parameter)
    reference: Schema = {"$ref": f"#/definitions/{path}"}
    if parameter is not None:
        return {"title": path, "description": parameter.summary, "anyOf": [parameter_schema(parameter), reference]}
    return {"anyOf": [reference, {"type": "null"}]} if section.nullable else reference


def parameter_schema(parameter: Parameter) -> Schema:
    """Return the schema of a parameter's values, with all that helps while writing one."""
    found: Schema = {"title": parameter.path, "description": _description(parameter)}
    found |= type_schema(parameter, nullable=is_nullable(parameter))
    if parameter.default is not None:
        found["default"] = parameter.default
    examples = [*(parameter.suggestions or {}), *parameter.examples]
    if examples:
        found["examples"] = list(dict.fromkeys(examples)) if parameter.type == "string" else examples
    if parameter.deprecation is not None:
        found["deprecationMessage"] = f"Deprecated since {parameter.deprecation.since}."
    return found


def _description(parameter: Parameter) -> str:
    parts = [parameter.summary]
    if parameter.unit:
        parts.append(f"In {parameter.unit}.")
    if parameter.default is None and parameter.library_default is not None:
        parts.append(f"Unset: {value_words(parameter.library_default)}.")
    return " ".join(parts)


def type_schema(spec: TypeSpec, *, nullable: bool = False) -> Schema:
    """Return the schema of a type's values."""
    if spec.type == "union":
        alternatives = [type_schema(part) for part in spec.any_of]
        return {"anyOf": [*alternatives, {"type": "null"}] if nullable else alternatives}
    name = _TYPES.get(spec.type, spec.type)
    found: Schema = {"type": [name, "null"] if nullable else name}
    if spec.type == "enum":
        found |= _enumeration(spec.choices or {}, nullable=nullable)
    found |= {keyword: value for field, keyword in _KEYWORDS.items() if (value := getattr(spec, field)) is not None}
    if spec.items is not None:
        found["items"] = type_schema(spec.items)
    if spec.values is not None:
        found["additionalProperties"] = type_schema(spec.values)
    return found


def _enumeration(choices: Mapping[str, Choice], *, nullable: bool) -> Schema:
    values: list[Any] = list(choices)
    texts = [_choice_text(choice) for choice in choices.values()]
    if nullable:
        values.append(None)
        texts.append("Unset.")
    return {"enum": values, "enumDescriptions": texts}


def _choice_text(choice: Choice) -> str:
    needs = f" {choice.needs.reason}." if choice.needs and choice.needs.reason else ""
    retired = f" Deprecated since {choice.deprecation.since}." if choice.deprecation else ""
    return choice.summary + needs + retired


def _backend_gates(registry: Registry) -> Iterator[Schema]:
    """Yield what lets editors offer the chosen backend's section and no other."""
    default = registry.parameters[registry.selector].default
    for backend in registry.backends:
        chosen: Schema = {"properties": {registry.selector: {"const": backend}}}
        if backend != default:
            chosen["required"] = [registry.selector]
        section = {"anyOf": [{"$ref": f"#/definitions/{backend}"}, {"type": "null"}]}
        yield {"if": chosen, "then": {"properties": {backend: section}}}


def _rules(registry: Registry) -> Iterator[Schema]:
    for check in schema_checks(registry):
        yield from _rule(check, applicable(registry, check), _Documents(registry))


def schema_checks(registry: Registry) -> Iterator[Check]:
    """Yield the checks that the schema holds: errors that compare no two fields."""
    return (check for check in _errors(registry) if expressible(check.violation))


def inexpressible_checks(registry: Registry) -> Iterator[Check]:
    """Yield the errors that JSON Schema cannot say."""
    return (check for check in _errors(registry) if not expressible(check.violation))


def _errors(registry: Registry) -> Iterator[Check]:
    return (check for check in registry.checks if check.severity == "error" and registry.in_force(check))


def applicable(registry: Registry, check: Check) -> Condition:
    """Return a check's violation, with the backend that it applies to."""
    if not check.backend:
        return check.violation
    return All((Test(registry.selector, Equals(check.backend)), check.violation))


def _rule(check: Check, violation: Condition, documents: "_Documents") -> Iterator[Schema]:
    """Yield the rule once for each parameter that may be the written culprit."""
    certain = always_written(violation, documents)
    case = condition_schema(violation, documents)
    message = f"{check.reason} {check.resolution}".strip()
    earlier: list[Schema] = []
    for culprit in check.culprits:
        here = [] if culprit in certain else [written(culprit, documents)]
        conditions = [case, *earlier, *here]
        yield {
            "$comment": check.id,
            "if": conditions[0] if len(conditions) == 1 else {"allOf": conditions},
            "then": properties_at(culprit, False, errorMessage=message),
        }
        if culprit in certain:
            return
        earlier.append({"not": written(culprit, documents)})


class _Documents:
    """What experiment files that leave a path out stand for."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def alternatives(self, path: str) -> Sequence[Alternative]:
        parameter = self._registry.parameters.get(path)
        if parameter is None:
            return [Alternative(None, None, None)]
        section, _, name = path.rpartition(".")
        given = {
            preset.id: preset.values[name]
            for preset in self._registry.presets.values()
            if preset.section == section and name in preset.values
        }
        chosen_at = self._registry.preset_parameters.get(section, "")
        found = [Alternative(at(chosen_at, {"const": preset}), value, value) for preset, value in given.items()]
        effective = parameter.default if parameter.default is not None else parameter.library_default
        guard = {"not": at(chosen_at, {"enum": list(given)})} if given else None
        return [*found, Alternative(guard, parameter.default, effective)]

    def null_is_value(self, path: str) -> bool:
        parameter = self._registry.parameters.get(path)
        return parameter is not None and parameter.nullable
