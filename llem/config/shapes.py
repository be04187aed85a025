"""Verdicts on configurations of a shape that was met before, by functions generated for that shape.

The shape of a configuration is which keys it writes, in whatever order, and the values that decide which rules and
defaults are in force: the backend, and the presets. What follows from it is decided when the functions are made, so
that they look at nothing but what is written, and at the few rules that these values can still break. What is unusual
is left to `evaluate`, to which a property test holds all of this.
"""

import ast
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from llem.conditions.generate import call, function, load
from llem.config.shape import Judged, Shape, Steps, at
from llem.config.shape_maker import Maker, UnfitError
from llem.registry.model import Registry


_MOST = 1000
"""So many shapes are kept; then all are forgotten."""


@functools.cache
def shapes_of(registry: Registry) -> "Shapes":
    """Return the shapes of a registry's configurations that were met so far."""
    return Shapes(registry)


class Shapes:
    """Finds the shape of a configuration level by level: the keys of the experiment, those of its sections, and so on.

    `patience` is how often a shape is met before functions are made for it.
    """

    def __init__(self, registry: Registry, patience: int = 1) -> None:
        self._registry = registry
        self._patience = patience
        self._top = _Level(frozenset)
        self._count = 0
        self._last: Shape | None = None

    def judge(self, data: dict[Any, Any]) -> Judged | None:
        """Return the configuration that data describes and what is to be said of it; None where `evaluate` must look.

        There is no configuration where something is wrong.
        """
        last = self._last  # many in a row often have one shape
        if last is not None:
            try:
                made = last.accept(data)
                if made:
                    return made, ()
                if made is None:
                    return last.look(data)
            except KeyError:
                pass
        return self._find(data)

    def _find(self, data: dict[Any, Any]) -> Judged | None:
        level = self._top
        try:
            below = level.below.get(level.key(data))
            while below.__class__ is _Level:
                level = below
                below = level.below.get(level.key(data))
            if below.__class__ is not Shape:
                self._meet(level, below, data)
                return None
        except TypeError:  # a value that decides is no text
            return None
        self._last = below
        return self._judged(below, data)

    @staticmethod
    def _judged(shape: "Shape", data: dict[Any, Any]) -> Judged | None:
        made = shape.accept(data)
        return (made, ()) if made else shape.look(data)

    def _meet(self, level: "_Level", met: Any, data: dict[Any, Any]) -> None:
        if met is _UNFIT:
            return
        times = met or 0
        if self._count == _MOST:
            self._top, self._count = _Level(frozenset), 0
        elif times < self._patience:
            level.below[level.key(data)] = times + 1
        else:
            self._count += 1
            level.below[level.key(data)] = self._below(level, data)

    def _below(self, level: "_Level", data: dict[Any, Any]) -> Any:
        levels = list(_levels(self._registry, data))
        if level.depth < len(levels):
            return _Level(_key_function(levels[level.depth]), level.depth + 1)
        try:
            return Maker(self._registry, data).shape()
        except UnfitError:
            return _UNFIT


class _Level:
    """Configurations that are alike as far as they were looked at; `key` gives in what they may differ next."""

    __slots__ = ("below", "depth", "key")

    def __init__(self, key: Callable[[Any], Any], depth: int = 0) -> None:
        self.key = key
        self.depth = depth
        self.below: dict[Any, Any] = {}


_UNFIT = object()
"""Stands for the shape of such configurations."""


def _levels(registry: Registry, data: Mapping[str, Any]) -> Iterator[list[tuple[Steps, bool]]]:
    """Yield what to ask of data below its own keys: the keys of sections (true), and values that decide (false)."""
    parts: list[tuple[Steps, str]] = [((), "")]
    while parts:
        asked: list[tuple[Steps, bool]] = []
        further = []
        for steps, section in parts:
            for name, value in at(data, steps).items():
                path = registry.fields[section].get(name, "")
                if path in registry.sections:
                    asked.append(((*steps, name), True))
                    if value.__class__ is dict:
                        further.append(((*steps, name), path))
                elif path in registry.deciding:
                    asked.append(((*steps, name), False))
        if asked:
            yield asked
        parts = further


def _key_function(asked: list[tuple[Steps, bool]]) -> Callable[[Any], Any]:
    """Return a function from data to the tuple of what is asked; of what is no mapping, its class stands for keys."""
    parts: list[ast.expr] = []
    for steps, is_section in asked:
        place = load("data")
        for step in steps:
            place = ast.Subscript(place, ast.Constant(step), ast.Load())
        if is_section:
            kept = ast.NamedExpr(ast.Name("part", ast.Store()), place)
            kind = ast.Attribute(kept, "__class__", ast.Load())
            is_mapping = ast.Compare(kind, [ast.Is()], [load("dict")])
            place = ast.IfExp(is_mapping, call("frozenset", load("part")), kind)
        parts.append(place)
    return function(["data"], ast.Tuple(parts, ast.Load()), {})
