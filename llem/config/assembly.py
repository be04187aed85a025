"""Many valid configurations that differ in few values, built from shared parts and not judged again."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llem.config.classes import EXPERIMENT, SAID, Configuration, classes
from llem.config.judge import Findings
from llem.registry.facts import ConfigurationFacts, is_within, nest, overruled
from llem.registry.model import Registry


_SHARED = 4096
"""So many forms of a section are kept, to be shared by the configurations that have them."""

_new = object.__new__
_set = object.__setattr__
"""Past the frozen classes' own, which refuse; bound once, since they are called for every configuration."""

Values = Mapping[str, Any]


class Assembly:
    """Builds configurations out of written values by path: a base, and for each axis one of its alternatives."""

    def __init__(self, registry: Registry, base: Values, axes: Sequence[Sequence[Values]]) -> None:
        self.registry = registry
        self._base = base
        self._axes = axes
        self._root = _Section(self, "", range(len(axes)))
        paths = {path for axis in axes for values in axis for path in values}
        ambiguous = [path for path in registry.sections if path in registry.parameters]
        self._is_plain = not any(path == found or path.startswith(f"{found}.") for path in paths for found in ambiguous)

    def values(self, choices: Mapping[int, int]) -> dict[str, Any]:
        """Return the written values by path, sections included, of the base with some axes' alternatives."""
        return overruled(self.registry, self._base, [self._axes[axis][choice] for axis, choice in choices.items()])

    def make(self, choices: Sequence[int]) -> Configuration:
        """Return the configuration with an alternative for each axis."""
        if self._is_plain:
            made: Configuration = self._root.build(choices)[0]
            return made
        values = self.values(dict(enumerate(choices)))
        return classes(self.registry)[EXPERIMENT].from_findings(nest(self.registry, values), Findings((), values))

    def touches(self, axis: int, path: str) -> bool:
        """Return whether an alternative sets a path or something below it."""
        return any(is_within(found, path) for values in self._axes[axis] for found in values)

    def saying(self, axis: int, section: str) -> tuple[bool, ...]:
        """Return for each alternative whether it sets anything in a section."""
        return tuple(any(is_within(path, section) for path in values) for values in self._axes[axis])


class _Section:
    """The forms of one section ("" is the experiment) of an assembly."""

    def __init__(self, assembly: Assembly, section: str, axes: Sequence[int]) -> None:
        registry = assembly.registry
        self._assembly = assembly
        self._section = section
        self._axes = [axis for axis in axes if not section or assembly.touches(axis, section)]
        record = registry.sections.get(section)
        self._class = classes(registry)[record.class_name if record else EXPERIMENT]
        base = assembly.values({})
        saying = [(axis, assembly.saying(axis, section)) for axis in self._axes] if section else []
        is_said = any(all(said) for _, said in saying)
        self._is_written = not section or is_said or isinstance(base.get(section), Mapping)
        self._may_be_absent = record is not None and record.nullable and not self._is_written
        self._saying = [] if self._is_written else saying
        plain = nest(registry, base)
        for step in section.split(".") if section else ():
            plain = plain.get(step) or {}
        self._template = dict(vars(self._class.from_findings(plain, Findings((), base))))
        fields = registry.fields[section]
        self._parts = {
            name: _Section(assembly, path, self._axes)
            for name, path in fields.items()
            if path in registry.sections and any(assembly.touches(axis, path) for axis in self._axes)
        }
        direct = {name: path for name, path in fields.items() if name not in self._parts}
        self._groups = [_Group(assembly, axes, names) for axes, names in self._grouped(direct)]
        changing = {*self._parts, *(name for group in self._groups for name in group.names)}
        self._said = tuple(name for name in plain if name not in changing)
        self._forms: dict[Any, tuple[Any, bool]] = {}
        self._key = _picking(self._axes)

    def _grouped(self, direct: Mapping[str, str]) -> list[tuple[tuple[int, ...], dict[str, str]]]:
        """Return the fields that change, together with the axes that decide them."""
        preset = self._assembly.registry.preset_parameters.get(self._section)
        choosing = [axis for axis in self._axes if preset is not None and self._assembly.touches(axis, preset)]
        found: dict[tuple[int, ...], dict[str, str]] = {}
        for name, path in direct.items():
            axes = [axis for axis in self._axes if axis in choosing or self._assembly.touches(axis, path)]
            if axes:
                found.setdefault(tuple(axes), {})[name] = path
        return list(found.items())

    def make(self, choices: Sequence[int]) -> tuple[Any, bool]:
        """Return the configuration, None where the section is not there, and whether it is written."""
        key = self._key(choices)
        found = self._forms.get(key)
        if found is None:
            if len(self._forms) == _SHARED:
                self._forms.clear()
            found = self._forms[key] = self.build(choices)
        return found

    def build(self, choices: Sequence[int]) -> tuple[Any, bool]:
        """Return the same, made anew."""
        is_written = self._is_written or any(said[choices[axis]] for axis, said in self._saying)
        if not is_written and self._may_be_absent:
            return None, False
        fields = self._template.copy()
        said = self._said
        for group in self._groups:
            given, names = group.values(choices)
            fields |= given
            said += names
        for name, part in self._parts.items():
            fields[name], is_part_written = part.make(choices)
            if is_part_written:
                said += (name,)
        fields[SAID] = said
        made: Any = _new(self._class)
        _set(made, "__dict__", fields)
        return made, is_written


class _Group:
    """Fields of a section that the same axes decide."""

    def __init__(self, assembly: Assembly, axes: tuple[int, ...], names: Mapping[str, str]) -> None:
        self._assembly = assembly
        self._axes = axes
        self._key = _picking(axes)
        self.names = names
        self._known: dict[Any, tuple[dict[str, Any], tuple[str, ...]]] = {}

    def values(self, choices: Sequence[int]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the given values by name, and the names of those that are written."""
        key = self._key(choices)
        found = self._known.get(key)
        if found is None:
            written = self._assembly.values({axis: choices[axis] for axis in self._axes})
            facts = ConfigurationFacts(self._assembly.registry, written)
            given = {name: facts.given(path) for name, path in self.names.items()}
            said = tuple(name for name, path in self.names.items() if path in written)
            found = self._known[key] = given, said
        return found


def _picking(places: Sequence[int]) -> Callable[[Sequence[int]], Any]:
    """Return what takes the items at some places out of a sequence, as a key."""
    return operator.itemgetter(*places) if places else lambda _: ()
