"""The configuration classes, generated from the registry: frozen, hashable, picklable, validated when constructed."""

import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import attrs
from immutabledict import immutabledict

from llem.conditions import Condition
from llem.conditions.evaluate import holds
from llem.config.evaluation import evaluate, evaluate_section
from llem.config.judge import Findings
from llem.diagnostics import LlemError
from llem.registry import Registry, load_registry
from llem.registry.facts import ConfigurationFacts, flatten
from llem.registry.values import thaw


if TYPE_CHECKING:
    import cattrs

MODELS = "llem.config.models"
BACKEND_CONFIGS = "llem.config.backend_configs"
EXPERIMENT = "ExperimentConfig"
SAID = "_said"
"""Where an object keeps the names of its written fields, when it has others."""


class ValidationError(LlemError, ValueError):
    """A configuration with errors; `.report` has all of them."""


class Configuration:
    """Base of the generated classes. Its fields hold the given values: written, else the preset's, else the default."""

    __slots__ = ()
    _registry: ClassVar[Registry]
    _section: ClassVar[str]
    # An object has those fields itself that are written, or that a preset gives; the others its class has.

    def __init__(self, **values: Any) -> None:
        """Take fields by name; sections as instances or mappings.

        Raises:
            ValidationError: with everything that is wrong, unknown fields included.
        """
        from llem.config.shapes import shapes_of

        data = {name: _plain(value) for name, value in values.items()}
        if not self._section:
            made, _ = shapes_of(self._registry).judge(data) or (None, ())
            if made is not None:
                self.__dict__.update(made.__dict__)
                return
        findings = (
            evaluate_section(self._registry, self._section, data) if self._section else evaluate(self._registry, data)
        )
        if not findings.ok:
            raise ValidationError(findings.report(None, type(self).__name__))
        self._fill(data, findings.values)

    @classmethod
    def from_findings(cls, data: Mapping[str, Any], findings: Findings) -> Self:
        """Return the configuration of data that an evaluation found valid."""
        made = cls.__new__(cls)
        made._fill(data, findings.values)  # noqa: SLF001  # its own class
        return made

    def _fill(self, data: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        facts = ConfigurationFacts(self._registry, values)
        for name, path in self._registry.fields[self._section].items():
            if name in data or facts.lookup(path)[1] == "preset":
                self.__dict__[name] = self._field(path, data.get(name), values, facts)
        if len(self.__dict__) != len(data):
            self.__dict__[SAID] = tuple(data)

    @property
    def _said(self) -> tuple[str, ...]:
        """The names of the fields that were written."""
        found: tuple[str, ...] | None = self.__dict__.get(SAID)
        return tuple(self.__dict__) if found is None else found

    def _field(self, path: str, data: Any, values: Mapping[str, Any], facts: ConfigurationFacts) -> Any:
        section = self._registry.sections.get(path)
        if section is None or (path in self._registry.parameters and not isinstance(data, Mapping)):
            return facts.given(path)
        if data is None and section.nullable:
            return None
        cls = classes(self._registry)[section.class_name]
        return cls.from_findings(data or {}, Findings((), values))

    def to_dict(self) -> dict[str, Any]:
        """Return what was written, as plain data; constructing from it gives an equal configuration."""
        return {name: _plain(getattr(self, name)) for name in self._said}

    def to_json(self) -> str:
        """Return what was written as JSON."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the configuration that plain data describes.

        Raises:
            ValidationError: with everything that is wrong.
        """
        return cls(**data)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the configuration that JSON describes.

        Raises:
            ValidationError: with everything that is wrong.
        """
        return cls.from_dict(json.loads(text))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._said)
        return f"{type(self).__name__}({shown})"


def _plain(value: Any) -> Any:
    if isinstance(value, Configuration):
        return value.to_dict()
    return thaw(value) if isinstance(value, Mapping | list | tuple) else value


@functools.cache
def classes(registry: Registry) -> Mapping[str, type[Configuration]]:
    """Return the classes of a registry by name: one for the experiment and one for each section."""
    named = {"": EXPERIMENT, **{path: section.class_name for path, section in registry.sections.items()}}
    made = {path: _make_class(registry, path, name) for path, name in named.items()}
    nothing = ConfigurationFacts(registry, {})
    for path, cls in made.items():
        for name, field in registry.fields[path].items():
            section = registry.sections.get(field)
            given = nothing.given(field)
            has_own = section is not None and not section.nullable and given is None
            setattr(cls, name, made[field].__new__(made[field]) if has_own else given)
    return immutabledict((cls.__name__, cls) for cls in made.values())


def _make_class(registry: Registry, section: str, name: str) -> type[Configuration]:
    fields: dict[str, Any] = {field: attrs.field(default=None, kw_only=True) for field in registry.fields[section]}
    body: dict[str, Any] = {
        "__module__": BACKEND_CONFIGS if registry.section_of(section) else MODELS,
        "__doc__": registry.sections[section].summary if section else "One measured run of one model.",
        "_registry": registry,
        "_section": section,
    }
    for path, condition in registry.definitions.items():
        if path.rpartition(".")[0] == section:
            body[path.rpartition(".")[2]] = _definition(registry, path, condition)
    made = attrs.make_class(
        name, fields, bases=(Configuration,), class_body=body, frozen=True, slots=False, init=False, repr=False
    )
    made.__module__ = body["__module__"]
    return made


def _definition(registry: Registry, path: str, condition: Condition) -> property:
    def holds_here(self: Configuration) -> bool:
        written = {self._section: self.to_dict()} if self._section else self.to_dict()
        return holds(condition, ConfigurationFacts(registry, flatten(registry, written)))

    return property(holds_here, doc=registry.definition_records[path].summary)


def experiment_class(registry: Registry) -> type[Configuration]:
    """Return the class of whole experiments."""
    return classes(registry)[EXPERIMENT]


def packaged_class(module: str, name: str) -> type[Configuration]:
    """Return a class of the packaged registry that belongs to a module.

    Raises:
        AttributeError: when the module has none of this name.
    """
    found = classes(load_registry()).get(name)
    if found is None or found.__module__ != module:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return found


def packaged_names(module: str) -> list[str]:
    """Return the names of the classes of the packaged registry that belong to a module."""
    return sorted(name for name, cls in classes(load_registry()).items() if cls.__module__ == module)


def make_converter() -> "cattrs.Converter":
    """Return a cattrs converter that structures and unstructures configurations, validating them."""
    import cattrs

    converter = cattrs.Converter()

    def is_configuration(cls: Any) -> bool:
        return isinstance(cls, type) and issubclass(cls, Configuration)

    converter.register_structure_hook_func(is_configuration, lambda data, cls: cls.from_dict(data))
    converter.register_unstructure_hook_func(is_configuration, lambda config: config.to_dict())
    return converter
