"""The JSON Schema of study files (draft-07), generated from the registry."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

import attrs

from llem.config.schema import DRAFT, parameter_schema, part_schemas
from llem.registry.model import Registry
from llem.registry.record_schema import condition_schema
from llem.registry.records import Parameter
from llem.study.records import ALL, Order, Range, StudyRecord


Schema = dict[str, Any]

_NUMBERS: Schema = {"type": "number"}


def study_schema(registry: Registry) -> Schema:
    """Return the schema of study files. What rules say of combinations is left to the expansion."""
    part, definitions = part_schemas(registry)
    condition, of_conditions = condition_schema(registry)
    here: Schema = {"$ref": "#/definitions/part"}
    shapes: Mapping[str, Schema] = {
        "name": {"type": "string"},
        "base": {"anyOf": [{"type": "string"}, here]},
        "sweep": {
            "type": "object",
            "additionalProperties": False,
            "properties": {path: _axis(parameter) for path, parameter in registry.parameters.items()},
        },
        "groups": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"anyOf": [here, {"type": "null"}]},
            },
        },
        "experiments": {"type": "array", "items": here},
        "exclude": {"type": "array", "items": condition},
        "repetitions": {"type": "integer", "minimum": 1},
        "order": {"enum": list(get_args(Order))},
        "seed": {"type": "integer"},
        "on": {"type": "string", "examples": ["here", *registry.environments]},
        "time_limit": {"type": ["number", "null"], "exclusiveMinimum": 0},
        "retries": {"type": "integer", "minimum": 0},
        "share_model": {"type": "boolean"},
    }
    return {
        "$schema": DRAFT,
        "title": "llem study",
        "description": str(StudyRecord.__doc__),
        "type": "object",
        "additionalProperties": False,
        "properties": _described(StudyRecord, shapes.__getitem__),
        "definitions": {**definitions, **of_conditions, "part": part, "range": _range()},
    }


def _described(cls: type, shape: Callable[[str], Schema]) -> Schema:
    return {
        field.name: {"title": field.name, "description": field.metadata["doc"], **shape(field.name)}
        for field in attrs.fields(cls)
    }


def _range() -> Schema:
    return {
        "title": "range",
        "description": str(Range.__doc__),
        "type": "object",
        "additionalProperties": False,
        "required": ["minimum", "maximum"],
        "properties": _described(Range, lambda _: _NUMBERS),
    }


def _axis(parameter: Parameter) -> Schema:
    """Return the schema of an axis: values, `all` where there are choices, a range where there are numbers."""
    whole = parameter_schema(parameter)
    described = {name: whole.pop(name) for name in ("title", "description")}
    whole.pop("default", None)
    item = whole if _takes_null(whole) else {"anyOf": [whole, {"type": "null"}]}
    options: list[Schema] = [{"type": "array", "minItems": 1, "items": item}]
    if parameter.type in ("enum", "boolean"):
        options.append({"const": ALL})
    if any(part.type in ("integer", "number") for part in (parameter, *parameter.any_of)):
        options.append({"$ref": "#/definitions/range"})
    return {**described, "anyOf": options}


def _takes_null(schema: Schema) -> bool:
    types = schema.get("type", [])
    return "null" in (types if isinstance(types, list) else [types])
