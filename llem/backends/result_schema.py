"""The JSON Schema of result files (draft-07), from the classes that they are made of."""

import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from llem.backends.result import FORMAT, UNWRITTEN, Result
from llem.config.schema import DRAFT


Schema = dict[str, Any]

_PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string", types.NoneType: "null"}


def result_schema() -> Schema:
    """Return the schema of result files."""
    found = _record(Result)
    found["properties"]["format"]["const"] = FORMAT
    return {"$schema": DRAFT, "title": "llem result", "description": str(Result.__doc__), **found}


def _record(cls: type) -> Schema:
    hints = get_type_hints(cls)
    fields = [field for field in attrs.fields(cls) if field.name not in UNWRITTEN]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in fields],
        "properties": {field.name: _field(field, hints[field.name]) for field in fields},
    }


def _field(field: Any, annotation: Any) -> Schema:
    described = {"description": field.metadata["doc"]} if field.metadata else {}
    return described | _of(annotation, field.metadata.get("shape"))


def _of(annotation: Any, shape: type | None = None) -> Schema:
    if annotation in _PLAIN:
        return {"type": _PLAIN[annotation]}
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_of(part, shape) for part in arguments]}
    if origin is tuple:
        return {"type": "array", "items": _of(arguments[0], shape)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if shape is not None:
            return _record(shape)
        return {"type": "object"} | ({} if arguments[1] is Any else {"additionalProperties": _of(arguments[1])})
    return {}
