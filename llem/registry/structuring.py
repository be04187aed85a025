"""Plain data to record classes: one strict converter, and its failures as pointers and sentences."""

import types
from collections.abc import Callable, Mapping
from typing import Any, Literal, Union, get_args, get_origin

import attrs
import cattrs
from cattrs import AttributeValidationNote, BaseValidationError, ForbiddenExtraKeysError, IterableValidationNote
from cattrs.cols import mapping_structure_factory
from cattrs.gen import make_dict_structure_fn

from llem.diagnostics import did_you_mean
from llem.registry import records
from llem.registry.composing import Pointer


_NAMES = {bool: "true or false", int: "an integer", float: "a number", str: "a string"}


@attrs.frozen
class Failure:
    """What is wrong at a place in the data; `at_key` when the key is at fault rather than its value."""

    code: str
    pointer: Pointer
    message: str
    resolution: str = ""
    at_key: bool = False


def structure(data: object, cls: type, converter: cattrs.Converter) -> tuple[Any, list[Failure]]:
    """Return a record (None if it has failures) and everything that is wrong with its data."""
    try:
        return converter.structure(data, cls), []
    except BaseValidationError as error:
        return None, list(_flatten(error, ()))
    except (ValueError, TypeError) as error:
        return None, [Failure("wrong-type", (), str(error))]


def make_converter() -> cattrs.Converter:
    """Return the converter of records: unknown keys forbidden, nothing coerced, every failure collected."""
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    for primitive in (bool, int, float, str):
        converter.register_structure_hook(primitive, _strict)
    converter.register_structure_hook_func(lambda cls: cls in (records.ConditionData, records.Values), _mapping)
    texts = (records.PathText, records.CallId, records.BackendId)
    converter.register_structure_hook_func(lambda cls: cls in texts, lambda value, _: _strict(value, str))
    converter.register_structure_hook_func(_is_literal, _literal)
    converter.register_structure_hook_func(_is_union, lambda value, cls: _union(value, cls, converter))
    converter.register_structure_hook_func(_is_tuple, lambda value, cls: _tuple(value, cls, converter))
    converter.register_structure_hook_factory(
        attrs.has, lambda cls: _of_mapping(make_dict_structure_fn(cls, converter, _cattrs_forbid_extra_keys=True))
    )
    converter.register_structure_hook_factory(
        _is_mapping, lambda cls: _of_mapping(mapping_structure_factory(cls, converter))
    )
    return converter


def _of_mapping(inner: Callable[[Any, Any], Any]) -> Callable[[object, Any], Any]:
    """Return a hook that refuses what is no mapping before the inner one looks into it."""
    return lambda value, cls: inner(_mapping(value, cls), cls)


def _strict(value: object, cls: type) -> Any:
    fits = isinstance(value, (int, float) if cls is float else cls)
    if not fits or (isinstance(value, bool) and cls is not bool):
        raise TypeError(f"{_NAMES[cls]} is expected here, not {_describe(value)}")
    return float(value) if cls is float and isinstance(value, int) else value


def _mapping(value: object, _: type) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"a mapping is expected here, not {_describe(value)}")
    return value


def _literal(value: object, cls: Any) -> Any:
    allowed = get_args(cls)
    if value in allowed and type(value) in map(type, allowed):
        return value
    nearest = did_you_mean(str(value), map(str, allowed))
    raise TypeError(f"{_describe(value)} is not one of {', '.join(map(str, allowed))}. {nearest}".rstrip(". "))


def _is_mapping(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin is Mapping


def _is_union(cls: Any) -> bool:
    return get_origin(cls) in (Union, types.UnionType)


def _is_literal(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin is Literal


def _is_tuple(cls: Any) -> bool:
    return get_origin(cls) is tuple


def _tuple(value: object, cls: Any, converter: cattrs.Converter) -> tuple[Any, ...]:
    """Structure a list; where records are listed, one alone may be written without the list."""
    [item, _] = get_args(cls)
    if isinstance(value, Mapping) and attrs.has(item):
        value = [value]
    if not isinstance(value, list):
        raise TypeError(f"a list is expected here, not {_describe(value)}")
    return tuple(converter.structure(value, list[item]))  # type: ignore[valid-type]


def _union(value: object, cls: Any, converter: cattrs.Converter) -> Any:
    """Structure null as None, else as the alternative that the kind of the value points to."""
    members = [member for member in get_args(cls) if member is not types.NoneType]
    if value is None and len(members) < len(get_args(cls)):
        return None
    nested = [member for member in members if attrs.has(member) or _is_tuple(member)]
    plain = [member for member in members if member not in nested]
    chosen = nested if isinstance(value, Mapping | list) and nested else plain or nested
    if len(chosen) == 1:
        return converter.structure(value, chosen[0])
    if isinstance(value, tuple(chosen)) and not isinstance(value, bool):
        return value
    raise TypeError(f"{' or '.join(_NAMES[member] for member in chosen)} is expected here, not {_describe(value)}")


def _describe(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return repr(value)


def _flatten(error: BaseException, pointer: Pointer) -> Any:
    """Yield the failures of an exception group, each with the pointer that cattrs left in the notes."""
    if isinstance(error, ForbiddenExtraKeysError):
        yield from _unknown_keys(error, pointer)
    elif isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _flatten(part, (*pointer, *_step(part)))
    elif isinstance(error, KeyError):
        missing = str(error.args[0])
        yield Failure("missing-key", pointer[:-1], f'the key "{missing}" is missing', at_key=True)
    else:
        yield Failure("wrong-type", pointer, str(error))


def _unknown_keys(error: ForbiddenExtraKeysError, pointer: Pointer) -> Any:
    cls = error.cl
    known = [field.name for field in attrs.fields(cls)] if attrs.has(cls) else []
    for key in sorted(error.extra_fields, key=str):
        resolution = did_you_mean(str(key), known) or f"Known keys are {', '.join(known)}."
        yield Failure("unknown-key", (*pointer, key), f'unknown key "{key}"', resolution, at_key=True)


def _step(error: BaseException) -> Pointer:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return (note.name,)
        if isinstance(note, IterableValidationNote):
            return (note.index,)
    return ()
