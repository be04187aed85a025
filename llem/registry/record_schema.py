"""JSON Schemas (draft-07) of record files, generated from the record classes and the registry's own names.

Conditions complete the paths and values that exist, mappings the calls of the backends.
"""

import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from llem.conditions.syntax import OPERATORS, TYPE_NAMES
from llem.registry import records
from llem.registry.kinds import KINDS, NAMES, SINGLE
from llem.registry.model import Registry
from llem.registry.sources import OVERRIDE


Schema = dict[str, Any]

_DRAFT = "http://json-schema.org/draft-07/schema#"
_PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string"}
_OPERATOR_HELP = {
    "const": "The value is this one.",
    "enum": "The value is one of these.",
    "minimum": "The value is at least this.",
    "exclusive_minimum": "The value is above this.",
    "maximum": "The value is at most this.",
    "exclusive_maximum": "The value is below this.",
    "multiple_of": "The value is a multiple of this.",
    "pattern": "The regular expression is found in the value.",
    "type": "The value has this type.",
    "not": "The value does not match this.",
    "set": "The value was written (true), or was not.",
    "contains": "The list has an item that matches this.",
    "has_any_key": "The mapping has one of these keys: a list, {fields_of: section} or {arguments_of: call}.",
}


def record_schema(kind: str, registry: Registry) -> Schema:
    """Return the schema of the files that hold one kind of record."""
    builder = _Builder(registry)
    record = builder.of(KINDS[kind])
    if kind in NAMES:
        name = record["$ref"].rpartition("/")[2]
        words = "Take the place of the record of this name in an earlier registry."
        builder.definitions[name]["properties"][OVERRIDE] = {"type": "boolean", "description": words}
    content = record if kind in SINGLE else {"type": "array", "items": record}
    return {
        "$schema": _DRAFT,
        "title": f"llem registry: {kind}",
        "description": (KINDS[kind].__doc__ or "").split("\n")[0],
        "type": "object",
        "additionalProperties": False,
        "required": [kind],
        "properties": {kind: content},
        "definitions": dict(sorted(builder.definitions.items())),
    }


def condition_schema(registry: Registry) -> tuple[Schema, dict[str, Schema]]:
    """Return the schema of conditions on experiments, and the definitions that it refers to."""
    builder = _Builder(registry)
    return builder.condition(), builder.definitions


class _Builder:
    """Turns types into schemas; classes become definitions, each once."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.definitions: dict[str, Schema] = {}

    def of(self, annotation: Any) -> Schema:
        special = _SPECIAL.get(annotation)
        if special is not None:
            return dict(special(self))
        if annotation in _PLAIN:
            return {"type": _PLAIN[annotation]}
        if attrs.has(annotation):
            return self.reference(annotation.__name__.strip("_"), lambda: self.record(annotation))
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (Union, types.UnionType):
            return self.union([member for member in arguments if member is not types.NoneType])
        if origin is tuple:
            return self.listing(arguments[0])
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1]) or True}
        return {}

    def reference(self, name: str, build: Any) -> Schema:
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = build()
        return {"$ref": f"#/definitions/{name}"}

    def union(self, members: list[Any]) -> Schema:
        if set(members) == {int, float}:
            return {"type": "number"}
        return self.of(members[0]) if len(members) == 1 else {"anyOf": [self.of(member) for member in members]}

    def listing(self, item: Any) -> Schema:
        """Return the schema of a list; one record alone may stand without the list."""
        found: Schema = {"type": "array", "items": self.of(item)}
        return {"anyOf": [self.of(item), found]} if attrs.has(item) else found

    def record(self, cls: type) -> Schema:
        hints = get_type_hints(cls)
        properties, required = {}, []
        for field in attrs.fields(cls):
            properties[field.name] = self.field(self.of(hints[field.name]), field)
            if field.default is attrs.NOTHING:
                required.append(field.name)
        summary = (cls.__doc__ or "").split("\n")[0]
        found: Schema = {"title": cls.__name__.strip("_").lower(), "description": summary, "type": "object"}
        found |= {"additionalProperties": False, "properties": properties}
        return found | ({"required": required} if required else {})

    def field(self, schema: Schema, field: Any) -> Schema:
        """Return a field's schema with its description, which may not stand beside a reference."""
        words = {"title": field.name, "description": field.metadata["doc"]}
        return words | ({"allOf": [schema]} if "$ref" in schema else schema)

    def paths(self) -> list[str]:
        """Return every path, in full and as its backend's folder may write it."""
        registry = self.registry
        full = [*registry.parameters, *registry.definitions, *registry.sections]
        short = [path.partition(".")[2] for path in full if registry.section_of(path) and "." in path]
        return list(dict.fromkeys([*full, *short]))

    def path(self) -> Schema:
        return self.reference("path", lambda: {"type": "string", "examples": self.paths()})

    def call(self) -> Schema:
        calls = [call.id for backend in self.registry.backends.values() for call in backend.calls]
        return self.reference(
            "call", lambda: {"type": "string", "examples": list(dict.fromkeys([*calls, records.RUNNER]))}
        )

    def condition(self) -> Schema:
        return self.reference("condition", self._condition)

    def _condition(self) -> Schema:
        here: Schema = {"$ref": "#/definitions/condition"}
        several: Schema = {"type": "array", "minItems": 1, "items": here}
        words: Schema = {
            "all": {"description": "Every one of these conditions holds.", **several},
            "any": {"description": "At least one of these conditions holds.", **several},
            "not": {"description": "This condition does not hold.", "allOf": [here]},
        }
        return {
            "title": "condition",
            "description": "Paths and what they must match, all of it.",
            "type": "object",
            "additionalProperties": False,
            "properties": words | {path: self.test(path) for path in self.paths()},
        }

    def test(self, path: str) -> Schema:
        matcher = self.reference("matcher", self._matcher)
        candidates = [path, *(f"{backend}.{path}" for backend in self.registry.backends)]
        parameters = [self.registry.parameters[found] for found in candidates if found in self.registry.parameters]
        values: list[Any] = [choice for parameter in parameters for choice in parameter.choices or {}]
        if any(parameter.type == "boolean" for parameter in parameters) or path in self.registry.definitions:
            values += [True, False]
        summary = parameters[0].summary if parameters else "A section or a definition."
        options = [{"enum": list(dict.fromkeys(values))}, matcher] if values else [matcher]
        return {"title": path, "description": summary, "anyOf": options}

    def _matcher(self) -> Schema:
        here: Schema = {"$ref": "#/definitions/matcher"}
        operators: Schema = {name: {"description": _OPERATOR_HELP[name]} for name in OPERATORS}
        operators["set"]["type"] = "boolean"
        operators["type"]["enum"] = list(TYPE_NAMES)
        operators["not"]["allOf"] = [here]
        operators["contains"]["allOf"] = [here]
        operators["parameter"] = {"description": "The value of this other parameter.", "allOf": [self.path()]}
        mapping: Schema = {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": operators}
        plain = [{"type": name} for name in ("null", "boolean", "number", "string")]
        return {"title": "matcher", "anyOf": [*plain, {"type": "array", "minItems": 1, "items": here}, mapping]}


_SPECIAL: dict[Any, Any] = {
    records.ConditionData: _Builder.condition,
    records.PathText: _Builder.path,
    records.CallId: _Builder.call,
    records.BackendId: lambda _: {"type": "string"},
    records.Values: lambda _: {"type": "object"},
}
