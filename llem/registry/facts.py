"""A configuration as conditions see it: written values over presets over defaults over what the library does."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llem.registry.model import Registry
from llem.registry.values import is_nullable


class ConfigurationFacts:
    """Answers what a configuration gives for a path, and where the value comes from."""

    def __init__(self, registry: Registry, written: Mapping[str, Any]) -> None:
        """Take the written values by absolute path; sections stand among them with their mapping."""
        self._registry = registry
        self._written = written
        self._preset: dict[str, Any] = {}
        for section, path in registry.preset_parameters.items():
            if path not in written:
                continue
            preset = registry.presets.get(written[path])
            if preset is not None and preset.section == section:
                self._preset |= {f"{section}.{name}": value for name, value in preset.values.items()}

    @property
    def paths(self) -> Iterator[str]:
        """The paths that are written, or that a preset gives a value."""
        yield from self._written
        yield from self._preset

    def lookup(self, path: str) -> tuple[Any, str]:
        """Return the effective value and its origin: written, preset, default, library or, for none, nothing."""
        parameter = self._registry.parameters.get(path)
        value = self._written.get(path)
        if value is not None or (parameter is not None and parameter.nullable and path in self._written):
            return value, "written"
        if path in self._preset:
            return self._preset[path], "preset"
        if parameter is None:
            return None, ""
        if parameter.default is not None:
            return parameter.default, "default"
        return parameter.library_default, "" if parameter.library_default is None else "library"

    def given(self, path: str) -> Any:
        """Return what is written, else what the preset or the default gives, else None."""
        value, origin = self.lookup(path)
        return None if origin == "library" else value

    def effective(self, path: str) -> Any:
        """Return the given value, else the library's default, else None."""
        return self.lookup(path)[0]

    def is_set(self, path: str) -> bool:
        """Return whether a value other than null was written."""
        return self._written.get(path) is not None


def flatten(registry: Registry, data: Mapping[str, Any], section: str = "") -> dict[str, Any]:
    """Return a configuration by absolute path. Dotted keys count as nesting; sections keep their mapping."""
    return dict(_flat(registry, data, section))


def _flat(registry: Registry, data: Mapping[str, Any], section: str) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        path = f"{section}.{name}" if section else str(name)
        for end in (index for index, char in enumerate(path) if char == "." and index > len(section)):
            if path[:end] in registry.sections:
                yield path[:end], {}
        yield path, value
        if path in registry.sections and isinstance(value, Mapping):
            yield from _flat(registry, value, path)


def nest(registry: Registry, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration given by absolute path as a file has it, section in section."""
    data: dict[str, Any] = {}
    for path, value in values.items():
        *sections, name = path.split(".")
        inner = data
        for section in sections:
            inner = inner.setdefault(section, {})
        if path in registry.sections and isinstance(value, Mapping):
            inner.setdefault(name, {})
        else:
            inner[name] = value
    return data


def overruled(registry: Registry, base: Mapping[str, Any], changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return written values by path, sections included as in `flatten`, with changes that overrule them.

    A change to null leaves out what cannot be null.
    """
    values = dict(base)
    for change in changes:
        for path, value in change.items():
            if path in registry.sections:
                if isinstance(value, Mapping):
                    values[path] = value if not isinstance(values.get(path), Mapping) else values[path]
                    continue  # its fields follow
                values = {found: kept for found, kept in values.items() if not found.startswith(f"{path}.")}
            for end in (index for index, char in enumerate(path) if char == "."):
                if not isinstance(values.get(path[:end]), Mapping):
                    values[path[:end]] = {}
            values[path] = value
            if value is None and path in registry.parameters and not is_nullable(registry.parameters[path]):
                del values[path]
    return flatten(registry, nest(registry, values))


def is_within(path: str, section: str) -> bool:
    """Return whether a path is a section, or leads into it."""
    return path == section or path.startswith(f"{section}.")


def overlap(left: str, right: str) -> bool:
    """Return whether two paths are one, or one leads into the other."""
    if left == right:
        return True
    return right.startswith(f"{left}.") if len(left) < len(right) else left.startswith(f"{right}.")
