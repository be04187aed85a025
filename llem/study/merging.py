"""Which of a study's combinations are the same experiment: equal once what is ignored, or is so anyway, is left out.

Alternatives that nothing tells apart are judged together, so that the work follows the rules and not the
combinations.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from llem.conditions import syntax
from llem.conditions.evaluate import matches
from llem.config.effective import effective_values, is_default
from llem.environment import Environment
from llem.registry.facts import overlap
from llem.registry.values import key_of
from llem.study.constraints import Space
from llem.study.diagram import Factor, Table, factors, kinds_of


_ABSENT = object()


class Merging:
    """One choice for each effective form, out of the choices of a space that some tables allow."""

    def __init__(self, space: Space, tables: Sequence[Table], environment: Environment | None) -> None:
        self._space = space
        self._environment = environment
        self._never = any(not table.kinds and table.forbidden for table in tables)
        self._tests = list(self._tests_that_matter())
        sizes = [space.size(axis) for axis in range(len(space.axes))]
        telling = [self._telling(axes) for axes in self._tied_axes()]
        found = factors(sizes, [*(table for table in tables if table.kinds), *telling])
        self._factors = [_Forms(self, factor) for factor in found]

    @property
    def count(self) -> int:
        """The number of different effective forms."""
        return 0 if self._never else math.prod(factor.count for factor in self._factors)

    def choices(self) -> Iterator[tuple[int, ...]]:
        """Yield one choice for each effective form."""
        if not self._never:
            yield from self._combined(0, {})

    def _combined(self, place: int, chosen: dict[int, int]) -> Iterator[tuple[int, ...]]:
        if place == len(self._factors):
            yield tuple(chosen[axis] for axis in range(len(self._space.axes)))
            return
        for row in self._factors[place].choices():
            yield from self._combined(place + 1, chosen | row)

    def has(self, form: Mapping[str, Any]) -> bool:
        """Return whether a combination has this effective form, given by path."""
        wanted = {path: key_of(value) for path, value in form.items()}
        paths = self.paths_tied_to(range(len(self._space.axes)))
        fixed = {path: key for path, key in self.form({}).items() if path not in paths}
        if self._never or {path: key for path, key in wanted.items() if path not in paths} != fixed:
            return False
        return all(factor.has(wanted) for factor in self._factors)

    def form(self, chosen: Mapping[int, int]) -> dict[str, Any]:
        """Return the effective form of the base with some choices: path to a key that equal values share."""
        written = self._space.written(chosen)
        found = effective_values(self._space.registry, written, self._environment)
        return {path: key_of(value) for path, value in found.items()}

    def _version(self) -> Any:
        library = self._space.registry.backends[self._space.backend].library
        return self._environment.version_of(library) if self._environment else None

    def _effects(self) -> Iterator[tuple[syntax.Condition, frozenset[str]]]:
        """Yield the conditions under which values change, and the paths whose values they change."""
        registry = self._space.registry
        for path, record in registry.definition_records.items():
            if record.effective:
                yield registry.definitions[path], frozenset(record.effective)
        for check in registry.checks_for(self._space.backend, self._version()):
            if check.effect is not None:
                yield check.violation, frozenset((*check.effect.ignored, *(check.effect.becomes or {})))

    def _tests_that_matter(self) -> Iterator[syntax.Test]:
        for condition, _ in self._effects():
            yield from syntax.tests_of(condition)

    def paths_tied_to(self, axes: Iterable[int]) -> frozenset[str]:
        """Return the paths whose effective value some axes may decide."""
        mine = set().union(*(self._space.axes[axis].paths for axis in axes))
        return frozenset().union(*(group for group in self._tied_paths() if group & mine))

    def _tied_paths(self) -> list[set[str]]:
        """Return the paths that change, in groups whose effective values depend on one another."""
        registry = self._space.registry
        ties = [axis.paths for axis in self._space.axes]
        changing = set().union(*ties, *(paths for _, paths in self._effects()))
        for preset in registry.presets.values():
            chosen_at = registry.preset_parameters.get(preset.section)
            if chosen_at in changing:
                ties.append(frozenset((chosen_at, *(f"{preset.section}.{name}" for name in preset.values))))
        changing = changing.union(*ties)
        for condition, paths in self._effects():
            ties.append(frozenset(path for path in (*syntax.paths_of(condition), *paths)))
        for section, record in registry.sections.items():
            if record.nullable and section not in registry.backends:
                ties.append(frozenset((section, *(path for path in changing if path.startswith(f"{section}.")))))
        groups: list[set[str]] = []
        for tie in ties:
            group = {path for path in changing if any(overlap(path, other) for other in tie)}
            near = [other for other in groups if other & group]
            groups = [other for other in groups if not other & group] + ([group.union(*near)] if group else [])
        return groups

    def _tied_axes(self) -> Iterator[list[int]]:
        for group in self._tied_paths():
            axes = [index for index, axis in enumerate(self._space.axes) if axis.paths & group]
            if axes:
                yield axes

    def _telling(self, axes: list[int]) -> Table:
        """Return a table that forbids nothing, whose classes hold what nothing tells apart."""
        return Table({axis: kinds_of(self._signatures(axis)) for axis in axes}, frozenset())

    def _signatures(self, axis: int) -> list[Any]:
        alternatives = self._space.axes[axis].alternatives
        deciding = [(test, self._space.deciding_test(test)) for test in self._tests]
        tested = [test for test, deciders in deciding if deciders == [axis]]
        is_whole = self.path_of(axis) is None or any(len(found) > 1 and axis in found for _, found in deciding)
        if is_whole:
            return list(range(len(alternatives)))
        return [self._signature(axis, choice, tested) for choice in range(len(alternatives))]

    def _signature(self, axis: int, choice: int, tested: list[syntax.Test]) -> Any:
        path = self.path_of(axis)
        assert path is not None
        value = self._space.axes[axis].alternatives[choice].values[path]
        facts = self._space.facts({axis: choice})
        truths = tuple(matches(test.matcher, test.path, facts) for test in tested)
        return value is None, value is not None and is_default(self._space.registry, path, value), truths

    def path_of(self, axis: int) -> str | None:
        """Return the path that an axis sets; None for a group, and where the value chooses a preset."""
        chosen_at = self._space.registry.preset_parameters.values()
        set_by = [tuple(each.values) for each in self._space.axes[axis].alternatives]
        is_single = len(set(set_by)) == 1 and len(set_by[0]) == 1 and set_by[0][0] not in chosen_at
        return set_by[0][0] if is_single else None

    def value(self, axis: int, choice: int) -> Any:
        """Return the key of an alternative's value."""
        path = self.path_of(axis)
        assert path is not None
        return key_of(self._space.axes[axis].alternatives[choice].values[path])


@attrs.frozen
class _Box:
    """Choices that nothing tells apart, and their forms: what they share, and for each free axis its values."""

    members: Mapping[int, tuple[int, ...]]
    shared: Mapping[str, Any]
    sides: Mapping[int, tuple[Any, ...]]


class _Forms:
    """The effective forms of axes that depend on one another."""

    def __init__(self, merging: Merging, factor: Factor) -> None:
        self._merging = merging
        self._factor = factor
        self._free = [axis for axis in factor.axes if merging.path_of(axis) is not None]
        self._others = merging.paths_tied_to(factor.axes).difference(str(merging.path_of(axis)) for axis in self._free)
        self._cells = list(self._distinct([self._box(row) for row in self._rows(factor.root, 0)]))
        self.count = sum(math.prod(map(len, cell.values())) for _, cell in self._cells)

    def _rows(self, node: Any, level: int) -> Iterator[tuple[int, ...]]:
        if node is None:
            return
        if level == len(self._factor.axes):
            yield ()
            return
        for kind, below in enumerate(node.edges):
            for row in self._rows(below, level + 1):
                yield (kind, *row)

    def _box(self, row: tuple[int, ...]) -> _Box:
        members = {
            axis: tuple(choice for choice, other in enumerate(self._factor.kinds[axis]) if other == kind)
            for axis, kind in zip(self._factor.axes, row, strict=True)
        }
        first = {axis: found[0] for axis, found in members.items()}
        last = {axis: found[-1] for axis, found in members.items()}
        form = self._merging.form(first)
        other = self._merging.form(last) if last != first else form
        paths = {axis: str(self._merging.path_of(axis)) for axis in self._free}
        sides = {}
        for axis, path in paths.items():
            values = tuple(self._merging.value(axis, choice) for choice in members[axis])
            is_kept = form.get(path, _ABSENT) == values[0] and other.get(path, _ABSENT) == values[-1]
            sides[axis] = values if is_kept else (form.get(path, _ABSENT),)
        shared = {path: key for path, key in form.items() if path not in paths.values()}
        return _Box(members, shared, sides)

    def _distinct(self, boxes: list[_Box]) -> Iterator[tuple[_Box, dict[int, tuple[Any, ...]]]]:
        """Yield parts of boxes that hold each form once."""
        alike: dict[Any, list[_Box]] = {}
        for box in boxes:
            alike.setdefault(frozenset(box.shared.items()), []).append(box)
        for group in alike.values():
            atoms = {axis: _atoms([box.sides[axis] for box in group]) for axis in self._free}
            seen = set()
            for box in group:
                parts = [[atom for atom in atoms[axis] if atom[0] in box.sides[axis]] for axis in self._free]
                for cell in itertools.product(*parts):
                    if cell not in seen:
                        seen.add(cell)
                        yield box, dict(zip(self._free, cell, strict=True))

    def choices(self) -> Iterator[dict[int, int]]:
        """Yield one choice on each axis for each form."""
        for box, cell in self._cells:
            base = {axis: members[0] for axis, members in box.members.items()}
            for values in itertools.product(*cell.values()):
                yield base | {
                    axis: box.members[axis][box.sides[axis].index(value)]
                    for axis, value in zip(cell, values, strict=True)
                }

    def has(self, wanted: Mapping[str, Any]) -> bool:
        """Return whether some choice gives these keys, as far as this factor decides them."""
        others = {path: key for path, key in wanted.items() if path in self._others}
        return any(
            others == {path: key for path, key in box.shared.items() if path in self._others}
            and all(wanted.get(str(self._merging.path_of(axis)), _ABSENT) in values for axis, values in cell.items())
            for box, cell in self._cells
        )


def _atoms(sides: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the smallest parts out of which all sides can be put together."""
    found: dict[Any, list[Any]] = {}
    for value in dict.fromkeys(itertools.chain(*sides)):
        found.setdefault(tuple(value in side for side in sides), []).append(value)
    return [tuple(values) for values in found.values()]
