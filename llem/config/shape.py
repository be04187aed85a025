"""The configurations of one shape: which of them are accepted, and what is to be said of the others."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import attrs

from llem.config.classes import Configuration
from llem.config.judge import Judge, has_errors
from llem.diagnostics import Diagnostic
from llem.registry.model import Check, Registry, Skip
from llem.registry.records import Parameter


_MOST = 1000
"""So many findings are remembered; then all are forgotten."""

Steps = tuple[str, ...]
"""The keys that lead to a part of a configuration."""
Judged = tuple[Configuration | None, tuple[Diagnostic, ...]]
"""A configuration, None where something is wrong, and what is to be said."""


def at(data: Any, steps: Steps) -> Any:
    """Return the part of data at the end of steps."""
    for step in steps:
        data = data[step]
    return data


@attrs.frozen
class Field:
    """A parameter that the configurations of a shape write, and the variable that holds its value."""

    path: str
    parameter: Parameter
    variable: str
    steps: Steps


@attrs.frozen(eq=False)
class Shape:
    """Configurations of one shape."""

    accept: Callable[[dict[str, Any]], Configuration | Literal[False] | None]
    """Returns the configuration; None where there is anything to say, or anything unusual; False for another shape.

    Raises KeyError for another shape, too.
    """
    _make: Callable[[dict[str, Any]], Configuration]
    """Returns the configuration where all that is to be said is no error."""
    _read: Callable[[dict[str, Any]], tuple[Any, ...]]
    """Returns the normal forms of the fields, None for those that are not ordinary."""
    _registry: Registry
    _fields: tuple[Field, ...]
    _known: Mapping[str, Any]
    """What is written, and the same in all configurations of the shape."""
    _always: tuple[Diagnostic, ...]
    """What is to be said of each of them, but for what is said of a field with a wrong value."""
    _missing: tuple[str, ...]
    """The paths that must be written and are not."""
    _left: tuple[tuple[Check | Skip, Callable[..., bool]], ...]
    """What may be said, and whether it is, given the normal forms of the fields."""
    _all_holding: Callable[..., tuple[bool, ...]]
    """Whether each of it is."""
    _places: tuple[tuple[int, ...], ...]
    """The fields that decide each of it."""
    _untouched: dict[tuple[int, ...], list[int]] = attrs.field(factory=dict, init=False)
    """What none of some fields decides."""
    _memory: dict[Any, tuple[Diagnostic, ...]] = attrs.field(factory=dict, init=False)
    """What was said of values before."""

    def look(self, data: dict[str, Any]) -> Judged | None:
        """Return what is to be said of data of this shape, and the configuration; None where it is unusual."""
        normals = self._read(data)
        wrong = tuple(number for number, normal in enumerate(normals) if normal is None) if None in normals else ()
        found = list(self._always)
        if wrong and found:
            paths = {self._fields[number].path for number in wrong}
            found = [said for said in found if said.path not in paths]
        for number in wrong:
            faults = self._faults(number, at(data, self._fields[number].steps))
            if not faults:
                return None
            found += faults
        for number in self._holding(wrong, normals):
            found.append(self._finding(number, normals))
        return (None if has_errors(found) else self._make(data)), tuple(found)

    def _faults(self, number: int, value: Any) -> tuple[Diagnostic, ...]:
        """Return what is wrong with a field's value; nothing where it is null, or only unusual."""
        field = self._fields[number]

        def look() -> tuple[Diagnostic, ...]:
            judge = Judge(self._registry, None)
            if field.path in self._registry.sections:
                judge.subsection(field.path, value)
            else:
                judge.parameter(field.parameter, field.path, value)
            return tuple(judge.diagnostics)

        return () if value is None else self._remembered(("fault", number, value.__class__, value), look)

    def _holding(self, wrong: tuple[int, ...], normals: tuple[Any, ...]) -> list[int]:
        """Return which of what may be said is to be said, without what the wrong fields decide."""
        if not wrong and not self._missing:
            return [number for number, holds in enumerate(self._all_holding(*normals)) if holds]
        untouched = self._untouched.get(wrong)
        if untouched is None:
            judge = Judge(self._registry, None)
            judge.mark(*self._missing, *(self._fields[number].path for number in wrong))
            untouched = [number for number, (item, _) in enumerate(self._left) if not judge.touched(item)]
            self._untouched[wrong] = untouched
        return [number for number in untouched if self._left[number][1](*normals)]

    def _finding(self, number: int, normals: tuple[Any, ...]) -> Diagnostic:
        """Return what is to be said, which the values of some fields decide."""
        item, _ = self._left[number]

        def look() -> tuple[Diagnostic, ...]:
            written = dict(self._known)
            written.update((field.path, value) for field, value in zip(self._fields, normals, strict=True))
            judge = Judge(self._registry, None, written=written)
            judge.say(item)
            return tuple(judge.diagnostics)

        values = [normals[place] for place in self._places[number]]
        (found,) = self._remembered(("finding", number, *values, *map(type, values)), look)
        return found

    def _remembered(self, key: Any, look: Callable[[], tuple[Diagnostic, ...]]) -> tuple[Diagnostic, ...]:
        try:
            found = self._memory.get(key)
        except TypeError:  # a list or a mapping, where none should be
            return look()
        if found is None:
            if len(self._memory) == _MOST:
                self._memory.clear()
            found = self._memory[key] = look()
        return found
