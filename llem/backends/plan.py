"""A validated configuration as the ordered library calls that carry it out."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

import attrs

from llem.backends.recipes import EMBEDDED
from llem.conditions.evaluate import holds
from llem.config.classes import Configuration
from llem.registry.backend_records import Key
from llem.registry.facts import ConfigurationFacts, flatten
from llem.registry.model import LinkedCall, LinkedTarget, Registry
from llem.registry.records import RUNNER
from llem.registry.values import normalise, thaw


@attrs.frozen
class ResultOf:
    """The result of an earlier call, or an attribute of it, standing as an argument."""

    call: str
    attribute: str = ""


@attrs.frozen
class Input:
    """Something that only the run has, such as a batch's token ids, standing as an argument."""

    name: str


EMBEDDED_MODEL = Input("embedded_model")


@attrs.frozen(kw_only=True)
class PlannedCall:
    """One call: a target, or a method of an earlier result, with its keyword arguments in order."""

    id: str
    summary: str
    phase: str
    target: str
    receiver: ResultOf | None
    arguments: Mapping[str, Any] = attrs.field(eq=attrs.cmp_using(eq=lambda a, b: dict(a) == dict(b)))
    assigns: ResultOf | None = None
    optional: bool = False
    sequences: tuple[str | int | Key, ...] = ()
    text: tuple[str | int | Key, ...] = ()
    tokens: tuple[str | int | Key, ...] = ()
    first_token: tuple[str | int | Key, ...] = ()

    @property
    def takes_inputs(self) -> bool:
        """Whether it is made once for each batch."""
        return any(isinstance(value, Input) and value != EMBEDDED_MODEL for value in self.arguments.values())

    @property
    def name(self) -> str:
        """What is called, as it is shown."""
        return f"<{self.receiver.call}>.{self.target}" if self.receiver else self.target


@attrs.frozen(kw_only=True)
class Plan:
    """The calls of one run in order, and the arguments of llem's own runner.

    Each call's keyword arguments are also attributes: `load_kwargs`, `generate_kwargs` and so on; empty where the
    plan does not make the call.
    """

    backend: str
    runs_with: str | None
    calls: tuple[PlannedCall, ...]
    runner: Mapping[str, Any]
    effective: Mapping[str, tuple[Any, str]] = attrs.field(repr=False)
    known_calls: frozenset[str] = attrs.field(repr=False)

    def kwargs(self, call: str) -> dict[str, Any]:
        """Return the keyword arguments of a call; empty where the plan does not make it.

        Raises:
            KeyError: when the backend has no such call.
        """
        if call not in self.known_calls:
            raise KeyError(call)
        return next((dict(found.arguments) for found in self.calls if found.id == call), {})

    def __getattr__(self, name: str) -> dict[str, Any]:
        if name.endswith("_kwargs") and not name.startswith("_"):
            try:
                return self.kwargs(name.removesuffix("_kwargs"))
            except KeyError:
                pass
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def to_python(self) -> str:
        """Return a script that makes the same calls without llem, and prints what it generates."""
        from llem.backends.script import to_python

        return to_python(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        calls = [
            {
                "id": call.id,
                "target": call.name,
                "arguments": {name: plain(value) for name, value in call.arguments.items()},
            }
            for call in self.calls
        ]
        return {"backend": self.backend, "calls": calls, "runner": thaw(self.runner)}


def plain(value: Any) -> Any:
    """Return an argument as plain data; references as the records write them."""
    if isinstance(value, ResultOf):
        return {"result_of": value.call} | ({"attribute": value.attribute} if value.attribute else {})
    return {"input": value.name} if isinstance(value, Input) else thaw(value)


def loading_calls(plan: Plan) -> list[PlannedCall]:
    """Return the calls before the warm-up that make what generates, or change it; the others prepare values for it."""
    prepare = [call for call in plan.calls if call.phase == "prepare"]
    receivers = [call.receiver.call for call in plan.calls if call.takes_inputs and call.receiver is not None]
    found: set[str] = set()
    further = set(receivers)
    while further - found:
        found |= further
        for call in prepare:
            changed = [place.call for place in (call.assigns, call.receiver) if place is not None]
            if call.id in found or not found.isdisjoint(changed):
                read = [value.call for value in call.arguments.values() if isinstance(value, ResultOf)]
                further |= {call.id, *changed, *read}
    return [call for call in prepare if call.id in found]


def loading_key(plan: Plan) -> str:
    """Return what tells apart the calls that load: plans with the same one may go on with the same model."""
    calls = ([call.id, repr(sorted(call.arguments.items()))] for call in loading_calls(plan))
    return json.dumps([plan.backend, *calls])


def make_plan(registry: Registry, config: Configuration) -> Plan:
    """Return the plan of a configuration. A value that is null is not passed."""
    facts = ConfigurationFacts(registry, _written(registry, config))
    backend = facts.given(registry.selector)
    calls: list[PlannedCall] = []
    for call in registry.calls[backend]:
        if call.when is None or holds(call.when, facts):
            calls.append(_planned(registry, backend, call, facts, [made.id for made in calls]))
    return Plan(
        backend=backend,
        runs_with=registry.backends[backend].runs_with,
        calls=tuple(calls),
        runner=dict(_arguments(registry, backend, RUNNER, facts)),
        effective={path: facts.lookup(path) for path in _paths_that_apply(registry, backend)},
        known_calls=frozenset(call.record.id for call in registry.calls[backend]),
    )


def _written(registry: Registry, config: Configuration) -> dict[str, Any]:
    return {
        path: normalise(registry.parameters[path], value)
        if path in registry.parameters and not _is_section(registry, path, value)
        else value
        for path, value in flatten(registry, config.to_dict()).items()
    }


def _is_section(registry: Registry, path: str, value: Any) -> bool:
    return path in registry.sections and isinstance(value, Mapping)


def _paths_that_apply(registry: Registry, backend: str) -> Iterator[str]:
    return (path for path in registry.parameters if registry.section_of(path) in ("", backend))


def _planned(
    registry: Registry, backend: str, call: LinkedCall, facts: ConfigurationFacts, earlier: list[str]
) -> PlannedCall:
    record = call.record
    arguments = {
        name: constant_argument(value, earlier)
        for name, value in record.arguments.items()
        if name not in call.conditions or holds(call.conditions[name], facts)
    }
    arguments = {name: value for name, value in arguments.items() if value is not None}
    for name, value in _arguments(registry, backend, record.id, facts):
        _put(arguments, name.split("."), value)
    if record.spreads is not None:
        arguments |= facts.given(record.spreads) or {}
    assigns = record.assigns
    return PlannedCall(
        id=record.id,
        summary=record.summary,
        phase=record.phase,
        target=record.target or record.name,
        receiver=_first(record.method_of, earlier) if record.method_of else None,
        arguments=arguments,
        assigns=_first(assigns.result_of, earlier, assigns.attribute) if assigns else None,
        optional=record.optional,
        sequences=record.sequences,
        text=record.text,
        tokens=record.tokens,
        first_token=record.first_token,
    )


def _put(arguments: dict[str, Any], steps: list[str], value: Any) -> None:
    """Set an argument; further steps lead into a mapping that is the argument."""
    *outer, name = steps
    for step in outer:
        arguments = arguments.setdefault(step, {})
    arguments[name] = value


def constant_argument(value: Any, earlier: list[str]) -> Any:
    """Return a constant argument of a record; a result is that of the first named call in the plan, None if none is."""
    if isinstance(value, Mapping) and "result_of" in value:
        return _first(value["result_of"], earlier, value.get("attribute", ""))
    if isinstance(value, Mapping) and "input" in value:
        return Input(value["input"])
    return value


def _first(calls: Any, earlier: list[str], attribute: str = "") -> ResultOf | None:
    candidates = (calls,) if isinstance(calls, str) else calls
    found = next((call for call in candidates if call in earlier), None)
    return ResultOf(found, attribute) if found else None


def _arguments(registry: Registry, backend: str, call: str, facts: ConfigurationFacts) -> Iterator[tuple[str, Any]]:
    for target in registry.targets_for(backend):
        if target.call == call and (target.when is None or holds(target.when, facts)):
            value = _value(registry, target, facts)
            if value is not None:
                yield target.argument, value


def _value(registry: Registry, target: LinkedTarget, facts: ConfigurationFacts) -> Any:
    definition = registry.definitions.get(target.path)
    value = facts.given(target.path) if definition is None else holds(definition, facts)
    if value is None or (target.values is not None and value not in target.values):
        return None
    if target.values is not None:
        return target.values[value]
    return _TRANSLATIONS[target.translate](str(value)) if target.translate else value


def _location(model: str) -> Any:
    return EMBEDDED_MODEL if model == EMBEDDED else model


def _folder(model: str) -> Any:
    return str(PurePath(model).parent) if model.endswith(".gguf") else _location(model)


_TRANSLATIONS: dict[str, Callable[[str], Any]] = {
    "location": _location,
    "folder": _folder,
    "file_name": lambda model: PurePath(model).name,
}
