"""The fields of the packaged registry and the nine rules of the requirements, as one would write them with other tools.

The fields are made from the registry, so that every peer has all of them: what a tool does with a model does not depend
on who typed it. The rules are written by hand.
"""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Union

import attrs
import cattrs
import fastjsonschema
import jsonschema
import jsonschema_rs
import msgspec
from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from llem.config.schema import experiment_schema
from llem.registry import load_registry
from llem.registry.records import Parameter, TypeSpec


REGISTRY = load_registry()
PYTHON = {"boolean": bool, "string": str, "integer": int, "number": float}
BOUNDS = {"ge": "minimum", "gt": "exclusive_minimum", "le": "maximum", "lt": "exclusive_maximum"}

Validate = Callable[[dict[str, Any]], Any]


def bounds(parameter: Parameter) -> dict[str, Any]:
    found = {short: getattr(parameter, name) for short, name in {**BOUNDS, "min_length": "min_length"}.items()}
    return {short: bound for short, bound in found.items() if bound is not None}


def type_of(spec: TypeSpec) -> Any:
    if spec.type == "enum":
        return Literal[tuple(spec.choices or ())]
    if spec.type == "list":
        return list[type_of(spec.items) if spec.items else Any]  # type: ignore[misc]
    if spec.type == "mapping":
        return dict[Any, Any]
    if spec.type == "union":
        return Union[tuple(type_of(part) for part in spec.any_of)]  # noqa: UP007  # made at run time
    return PYTHON[spec.type]


def broken_in_pytorch(found: Any) -> str:
    """Return which of the rules on the pytorch section is broken."""
    if found.load_in_4bit and found.load_in_8bit:
        return "4-bit and 8-bit quantization exclude one another"
    if (found.torch_compile_mode or found.torch_compile_backend) and found.torch_compile is not True:
        return "torch_compile options need torch_compile"
    options = (found.bnb_4bit_compute_dtype, found.bnb_4bit_quant_type, found.bnb_4bit_use_double_quant)
    if any(option is not None for option in options) and found.load_in_4bit is not True:
        return "4-bit options need load_in_4bit"
    if found.cache_implementation is not None and found.use_cache is False:
        return "a cache strategy needs a cache"
    return ""


def broken(found: Any, names: Any) -> str:
    """Return which of the rules on a whole experiment is broken."""
    for name in ("pytorch", "vllm", "tensorrt"):
        if getattr(found, name) is not None and name != found.backend:
            return "a section of another backend"
    if found.backend == "tensorrt" and found.precision == "fp32":
        return "TensorRT-LLM runs at lower precision"
    if found.lora is not None and (found.lora.adapter_id is None) == (found.lora.adapter_path is None):
        return "exactly one of adapter_id and adapter_path"
    if found.passthrough_kwargs and not names.isdisjoint(found.passthrough_kwargs):
        return "a field of its own"
    return ""


def with_pydantic() -> Validate:
    """Pydantic models with validators after them."""

    def check_pytorch(self: Any) -> Any:
        if message := broken_in_pytorch(self):
            raise ValueError(message)
        return self

    def check(self: Any) -> Any:
        if message := broken(self, names):
            raise ValueError(message)
        return self

    def model(section: str) -> type[BaseModel]:
        fields: dict[str, Any] = {}
        for name, path in REGISTRY.fields[section].items():
            parameter = REGISTRY.parameters.get(path)
            inner = REGISTRY.sections.get(path)
            if parameter is None and inner is not None:
                made = model(path)
                fields[name] = (made | None, None) if inner.nullable else (made, made())
            elif parameter is not None:
                kind = Any if inner is not None else type_of(parameter)
                optional = kind if parameter.default is not None else kind | None
                default = ... if parameter.required else parameter.default
                fields[name] = (kind if parameter.required else optional, Field(default, **bounds(parameter)))
        checks: dict[str, Any] = {"pytorch": {"rules": check_pytorch}, "": {"rules": check}}
        validators = {name: model_validator(mode="after")(found) for name, found in checks.get(section, {}).items()}
        config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
        return create_model(section or "Experiment", __config__=config, __validators__=validators, **fields)

    names = frozenset(REGISTRY.fields[""])
    return model("").model_validate


def with_msgspec() -> Validate:
    """Structs of msgspec, whose constraints stand in the types, and checks after them."""

    def struct(section: str) -> Any:
        fields: list[Any] = []
        for name, path in REGISTRY.fields[section].items():
            parameter = REGISTRY.parameters.get(path)
            inner = REGISTRY.sections.get(path)
            if parameter is None and inner is not None:
                made = struct(path)
                fields.append((name, made | None, None) if inner.nullable else (name, made, made()))
            elif parameter is not None:
                kind = Any if inner is not None else _annotated(parameter)
                is_optional = parameter.default is None and not parameter.required
                kind = kind | None if is_optional and kind is not Any else kind
                fields.append((name, kind) if parameter.required else (name, kind, parameter.default))
        return msgspec.defstruct(
            section.replace(".", "_") or "Experiment", fields, frozen=True, kw_only=True, forbid_unknown_fields=True
        )

    def validate(data: dict[str, Any]) -> Any:
        found = msgspec.convert(data, root)
        if message := (found.pytorch is not None and broken_in_pytorch(found.pytorch)) or broken(found, names):
            raise ValueError(message)
        return found

    root = struct("")
    names = frozenset(REGISTRY.fields[""])
    return validate


def _annotated(parameter: Parameter) -> Any:
    kind = type_of(parameter)
    found = bounds(parameter)
    return Annotated[kind, msgspec.Meta(**found)] if found and parameter.type != "union" else kind


def with_attrs() -> Validate:
    """Frozen attrs classes with validators, structured by cattrs, and checks after them."""

    def made(section: str) -> type:
        fields: dict[str, Any] = {}
        for name, path in REGISTRY.fields[section].items():
            parameter = REGISTRY.parameters.get(path)
            inner = REGISTRY.sections.get(path)
            if parameter is None and inner is not None:
                cls = made(path)
                kind: Any = cls | None if inner.nullable else cls  # type: ignore[operator]
                default: Any = None if inner.nullable else attrs.Factory(cls)
                fields[name] = attrs.field(default=default, type=kind, kw_only=True)
            elif parameter is not None:
                fields[name] = _attribute(parameter, inner is not None)
        return attrs.make_class(section.replace(".", "_") or "Experiment", fields, frozen=True)

    def validate(data: dict[str, Any]) -> Any:
        found = converter.structure(data, root)
        if message := (found.pytorch is not None and broken_in_pytorch(found.pytorch)) or broken(found, names):
            raise ValueError(message)
        return found

    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_structure_hook_func(lambda cls: cls in _PLAIN or not attrs.has(cls), lambda value, _: value)
    for cls_hook in (bool, int, float, str):
        converter.register_structure_hook(cls_hook, lambda value, _: value)
    root = made("")
    _register(converter, root)
    names = frozenset(REGISTRY.fields[""])
    return validate


_PLAIN = (bool, int, float, str, Any)


def _register(converter: cattrs.Converter, root: type) -> None:
    """Let optional classes be structured as classes."""
    for field in attrs.fields(root):
        options = [part for part in getattr(field.type, "__args__", ()) if attrs.has(part)]
        for cls in options:
            converter.register_structure_hook(
                field.type, lambda value, _, cls=cls: None if value is None else converter.structure(value, cls)
            )
            _register(converter, cls)


def _attribute(parameter: Parameter, is_open: bool) -> Any:  # of this file alone
    validators: list[Any] = []
    of = attrs.validators
    if not is_open and parameter.type in PYTHON:
        validators.append(of.instance_of((int, float) if parameter.type == "number" else PYTHON[parameter.type]))
        validators += [getattr(of, short)(bound) for short, bound in bounds(parameter).items() if short in BOUNDS]
        validators += [of.min_len(parameter.min_length)] if parameter.min_length is not None else []
    elif parameter.type == "enum":
        validators.append(of.in_(frozenset(parameter.choices or ())))
    together = of.and_(*validators) if validators else None
    if together is not None and parameter.default is None and not parameter.required:
        together = of.optional(together)
    default = attrs.NOTHING if parameter.required else parameter.default
    return attrs.field(default=default, validator=together, type=Any, kw_only=True)


def with_schemas() -> Mapping[str, Validate]:
    """The generated JSON Schema, which says less than the rules, in three validators; nothing is made."""
    schema = json.loads(json.dumps(experiment_schema(REGISTRY)))
    plain = jsonschema.Draft7Validator(schema)
    fast = fastjsonschema.compile(schema, use_default=False)
    rust = jsonschema_rs.validator_for(schema)
    return {"jsonschema": plain.validate, "fastjsonschema": fast, "jsonschema-rs": rust.validate}
