"""Generates the code of `llem.config.quick` from the records, and keeps it."""

import ast
import marshal
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from llem.conditions import Condition
from llem.conditions.generate import Expressions, call, constant, function, load
from llem.config.ordinary import NAMES, checked
from llem.config.quick import KIND
from llem.config.waking import Waking, alone
from llem.registry.cache import keep, kept
from llem.registry.facts import ConfigurationFacts
from llem.registry.folders import registry_folders, state_of
from llem.registry.model import Registry
from llem.registry.records import Parameter


def keep_code(registry: Registry) -> None:
    """Generate the code for the registry that counts, and keep it, unless that was done before."""
    state = state_of(registry_folders())
    if kept(KIND, state) is None:
        keep(KIND, state, marshal.dumps(make(registry)))


def make(registry: Registry) -> dict[str, Any]:
    """Return the parts of `llem.config.quick.Quick`: plain data that can be marshalled."""
    return {
        "selector": registry.selector,
        "backend": registry.parameters[registry.selector].default,
        "model": registry.model_path,
        "fields": {section: dict(fields) for section, fields in registry.fields.items()},
        "required": {section: frozenset(name for name, _ in names) for section, names in registry.required.items()},
        "checks": {
            path: _check(parameter) for path, parameter in registry.parameters.items() if parameter.deprecation is None
        },
        "presets": {path: _presets(registry, section) for section, path in registry.preset_parameters.items()},
        "backends": {backend: _backend(registry, backend) for backend in registry.backends},
    }


def _presets(registry: Registry, section: str) -> dict[str, dict[str, Any]]:
    return {
        name: {f"{section}.{field}": value for field, value in preset.values.items()}
        for name, preset in registry.presets.items()
        if preset.section == section
    }


def _check(parameter: Parameter) -> bytes | None:
    names: dict[str, Any] = {}
    return _code(["value"], checked(parameter, names)) if not names else None


def _backend(registry: Registry, backend: str) -> dict[str, Any]:
    items = list(registry.judged_for(backend))
    facts = alone(registry, backend)
    waking = Waking([item.condition for item in items], facts, registry.selector)
    return {
        "unread": frozenset(
            path for path in registry.parameters if not registry.section_of(path) and not registry.reads(backend, path)
        ),
        "always": tuple(waking.always),
        "woken": {path: tuple(numbers) for path, numbers in waking.woken_by.items()},
        "rules": [_rule(item.condition, facts, registry.selector) for item in items],
    }


def _rule(condition: Condition, facts: ConfigurationFacts, selector: str) -> bytes | None:
    expressions = _Open({}, facts, selector=selector)
    try:
        return _code(["written", "given"], expressions.of(condition))
    except _UnfitError:
        return None


def _code(parameters: Sequence[str], value: ast.expr) -> bytes:
    return marshal.dumps(function(parameters, value, NAMES).__code__)


class _UnfitError(Exception):
    """A constant cannot be marshalled."""


@attrs.define
class _Open(Expressions):
    """Expressions over what is `written` and what is `given`, which are by path; only the backend is known."""

    selector: str = attrs.field(kw_only=True)

    def is_open(self, path: str) -> bool:
        """Return whether a path is not that of the backend."""
        return path != self.selector

    def is_set(self, path: str) -> ast.expr:
        """Return whether a path is written."""
        return _is_in(path, "written") if self.is_open(path) else super().is_set(path)

    def is_unset(self, path: str) -> ast.expr:
        """Return whether nothing but the library gives a path a value."""
        if not self.is_open(path) or self.facts.given(path) is not None:
            return ast.Constant(self.facts.given(path) is None)
        return ast.UnaryOp(ast.Not(), _is_in(path, "given"))

    def value(self, path: str) -> ast.expr:
        """Return what is given for a path, else the default."""
        default = self.constant(self.facts.effective(path))
        if not self.is_open(path):
            return default
        return call(ast.Attribute(load("given"), "get", ast.Load()), ast.Constant(path), default)

    def constant(self, value: Any) -> ast.expr:
        """Return an expression for a value.

        Raises:
            _UnfitError: for a mapping, or what has one in it.
        """
        if isinstance(value, list | tuple):
            return ast.Tuple([self.constant(item) for item in value], ast.Load())
        if isinstance(value, Mapping):
            raise _UnfitError
        return constant(value)


def _is_in(path: str, variable: str) -> ast.expr:
    return ast.Compare(ast.Constant(path), [ast.In()], [load(variable)])
