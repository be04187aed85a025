"""The quick way through evaluation: configurations of which nothing is to be said, at a cost of what they write.

Every value has a check made from its type; every path wakes the rules that its value can violate, and no others, as
one function generated from their conditions. Where anything is found, or is not simple, `evaluate` looks instead: it
says what is wrong, and a property test holds this module to it.
"""

import ast
import functools
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from llem.conditions import Condition, syntax
from llem.conditions.evaluate import holds
from llem.conditions.generate import Generator, Truth, function
from llem.config.classes import Configuration, classes, experiment_class
from llem.config.evaluation import Findings
from llem.registry.facts import ConfigurationFacts
from llem.registry.model import Registry
from llem.registry.records import TypeSpec
from llem.registry.values import LARGEST_INTEGER, freeze, is_nullable, normalise, problems


class _NotQuickError(Exception):
    """Evaluation has to look."""


@functools.cache
def quick_path(registry: Registry) -> "QuickPath":
    """Return the quick way through a registry; what it needs of it is made when it is needed."""
    return QuickPath(registry)


class QuickPath:
    """Makes configurations of data of which evaluation would say nothing."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._class = experiment_class(registry)
        self._sections = {section: _Fields(registry, section) for section in registry.fields}
        self._wakes = _Wakes(registry)
        self._default = registry.parameters[registry.selector].default
        self._presets = frozenset(registry.preset_parameters.values())

    def accept(self, data: Any) -> Configuration | None:
        """Return the configuration, or None where there is an error, a warning or anything else to say."""
        in_force: dict[str, Any] = {}
        try:
            made = self._make("", data, in_force)
            written = in_force
            if not self._presets.isdisjoint(in_force):
                in_force = self._with_presets(made, written)
            wakes = self._wakes[in_force.get(self._registry.selector, self._default)]
            for path in in_force:
                wake = wakes[path]
                if wake is not None and wake(written, in_force):
                    return None
            return None if wakes.always(written, in_force) else made
        except (_NotQuickError, TypeError, OverflowError):
            return None

    def _make(self, section: str, data: Any, in_force: dict[str, Any]) -> Configuration:
        if data.__class__ is not dict:
            raise _NotQuickError
        known = self._sections[section]
        for name in known.required:
            if name not in data:
                raise _NotQuickError
        fields = known.defaults.copy()
        kept: dict[str, Any] = {}
        for name, value in data.items():
            path, check, holds_fields, null = known[name]
            if value is None:
                if null == "refused":
                    raise _NotQuickError
                if null == "a value":
                    in_force[path] = fields[name] = None
                kept[name] = None
            elif holds_fields and value.__class__ is dict:
                in_force[path] = value
                fields[name] = inner = self._make(path, value, in_force)
                kept[name] = inner._written  # noqa: SLF001  # its own class
            else:
                normal = check(value)
                if normal is None:
                    raise _NotQuickError
                in_force[path] = fields[name] = normal
                kept[name] = value if value.__class__ in _SCALARS else freeze(value)
        fields["_written"] = kept
        made = object.__new__(known.cls)
        made.__dict__.update(fields)
        return made

    def _with_presets(self, made: Configuration, written: dict[str, Any]) -> dict[str, Any]:
        """Return what is in force below presets, and put their values into the sections."""
        in_force = dict(written)
        for section, path in self._registry.preset_parameters.items():
            preset = self._registry.presets.get(written.get(path))  # type: ignore[arg-type]
            if preset is None or preset.section != section:
                continue
            holder: Any = made
            for step in section.split("."):
                holder = getattr(holder, step)
            for name, value in preset.values.items():
                if f"{section}.{name}" not in written:
                    in_force[f"{section}.{name}"] = holder.__dict__[name] = value
        return in_force


_Check = Callable[[Any], Any]
_SCALARS = frozenset({bool, int, float, str})


class _Fields(dict[str, tuple[str, _Check, bool, str]]):
    """The fields of a section by name: path, check, whether it has fields of its own, and what null is."""

    def __init__(self, registry: Registry, section: str) -> None:
        super().__init__()
        self._registry = registry
        self._paths = registry.fields[section]
        name = registry.sections[section].class_name if section else experiment_class(registry).__name__
        self.cls = classes(registry)[name]
        self.defaults = dict(self.cls.from_findings({}, Findings((), {})).__dict__)
        self.required = tuple(
            name
            for name, path in self._paths.items()
            if path in registry.parameters and registry.parameters[path].required
        )

    def __missing__(self, name: str) -> tuple[str, _Check, bool, str]:
        path = self._paths.get(name)
        if path is None:
            raise _NotQuickError
        parameter = self._registry.parameters.get(path)
        inside = path in self._registry.sections
        check = _look if parameter is None or parameter.deprecation else check_of(parameter)
        refused = inside or parameter is None or not is_nullable(parameter)
        null = "refused" if refused else "a value" if parameter and parameter.nullable else "left out"
        self[name] = found = (path, check, inside, null)
        return found


def _look(_: Any) -> NoReturn:
    raise _NotQuickError


def check_of(spec: TypeSpec) -> _Check:
    """Return a function from a value (not null) to its normal form, or to None where it is not of the type."""
    if spec.type == "boolean":
        return lambda value: value if value is True or value is False else None
    if spec.type == "enum" and spec.min_length is None and spec.pattern is None:
        return {name: name for name, choice in (spec.choices or {}).items() if not choice.deprecation}.get
    if spec.type in ("integer", "number") and spec.multiple_of is None:
        return _number_check(spec)
    if spec.type == "string" and spec.min_length is None and spec.pattern is None:
        return lambda value: value if value.__class__ is str else None
    return lambda value: None if any(problems(spec, value)) else normalise(spec, value)


def _number_check(spec: TypeSpec) -> _Check:
    """Return `lambda value: value if value.__class__ is int and 1 <= value <= 64 else None`, with the bounds."""
    value = ast.Name("value", ast.Load())
    whole = spec.type == "integer"
    bounds: list[tuple[float | None, type[ast.cmpop]]] = [
        (spec.minimum, ast.GtE),
        (spec.exclusive_minimum, ast.Gt),
        (spec.maximum, ast.LtE),
        (spec.exclusive_maximum, ast.Lt),
    ]
    if whole:
        bounds += [(-LARGEST_INTEGER, ast.GtE), (LARGEST_INTEGER, ast.LtE)]
    kind = ast.Name("int" if whole else "float", ast.Load())
    tests = [
        ast.Compare(ast.Attribute(value, "__class__", ast.Load()), [ast.Is()], [kind]),
        *(ast.Compare(value, [operator()], [ast.Constant(bound)]) for bound, operator in bounds if bound is not None),
    ]
    body = ast.IfExp(ast.BoolOp(ast.And(), [*tests, ast.Constant(value=True)]), value, ast.Constant(None))
    exact = function(["value"], body, {"int": int, "float": float})
    if whole:
        return exact
    return lambda value: exact(float(value) if value.__class__ is int and abs(value) <= LARGEST_INTEGER else value)


class _Wakes(dict[Any, "_BackendWakes"]):
    """By backend, what each path wakes."""

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry

    def __missing__(self, backend: Any) -> "_BackendWakes":
        if backend not in self._registry.backends:
            raise _NotQuickError
        self[backend] = found = _BackendWakes(self._registry, backend)
        return found


class _BackendWakes(dict[str, Truth | None]):
    """By path, whether a rule that its value wakes is violated, or advice holds; None where it wakes nothing.

    A condition that does not hold while nothing is written can hold only if some part of it does that did not: it is
    woken by the paths of that part. What may hold whatever is written is `always` tried.
    """

    def __init__(self, registry: Registry, backend: str) -> None:
        super().__init__()
        self._registry = registry
        self._backend = backend
        self._generator = Generator(
            {path: found.default for path, found in registry.parameters.items()},
            {path: found.library_default for path, found in registry.parameters.items()},
        )
        conditions = [check.violation for check in registry.checks_for(backend)]
        conditions += [skip.when for skip in registry.skips_for(backend) if not skip.needs.checkable]
        self._woken: dict[str, list[Condition]] = {}
        always: list[Condition] = []
        alone = ConfigurationFacts(registry, {registry.selector: backend})
        for condition in conditions:
            paths = waking_paths(condition, alone, registry.selector)
            for path in paths or ():
                self._woken.setdefault(path, []).append(condition)
            if paths is None:
                always.append(condition)
        self.always = self._generator.any_of(always)

    def __missing__(self, path: str) -> Truth | None:
        parameter = self._registry.parameters.get(path)
        stray = parameter is not None and not self._registry.section_of(path)
        if stray and not self._registry.reads(self._backend, path):
            self[path] = found = _is_written(path)
            return found
        conditions = self._woken.get(path)
        self[path] = made = self._generator.any_of(conditions) if conditions else None
        return made


def _is_written(path: str) -> Truth:
    return lambda written, in_force: written.get(path) is not None and not isinstance(written[path], Mapping)  # noqa: ARG005


def waking_paths(
    condition: Condition, alone: ConfigurationFacts, selector: str, *, wanted: bool = True
) -> frozenset[str] | None:
    """Return paths of which one must be written before a condition is as wanted; None where it may be without.

    `alone` are the facts while nothing but the backend is written.
    """
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
