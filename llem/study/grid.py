"""The valid experiments of a study: counted, sampled and listed without building one that is not."""

import functools
import math
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from llem.config.assembly import Assembly
from llem.config.classes import Configuration, experiment_class
from llem.config.effective import effective_values
from llem.config.evaluation import evaluate
from llem.diagnostics import Report
from llem.environment import Environment
from llem.registry.facts import flatten
from llem.registry.model import Registry
from llem.registry.values import key_of
from llem.study.choices import Choices
from llem.study.constraints import Constraint, Space, excluding, skipping, spaces
from llem.study.diagram import Table
from llem.study.merging import Merging
from llem.study.records import Study


if TYPE_CHECKING:
    import numpy as np


@attrs.frozen
class LeftOut:
    """Why some combinations are not run, and how many; a combination may count under several reasons."""

    reason: str
    count: int


class Grid:
    """The experiments of a study that are valid, and that its environment can run, in the order of the file.

    `combinations` counts what the study names, `valid` what no rule forbids, `count` what the environment can run of
    it. `excluded` and `skipped` say why, by the id of the rule or need.
    """

    def __init__(self, registry: Registry, study: Study, environment: Environment | None = None) -> None:
        self.registry = registry
        self.study = study
        self.environment = environment
        has_grid = bool(study.axes) or not study.experiments
        self._parts = [_Part(space, study, environment) for space in spaces(registry, study)] if has_grid else []
        self._listed, listed_skips = self._listed_experiments()
        listed = len(study.experiments)
        self.combinations = sum(part.combinations for part in self._parts) + listed
        self.valid = sum(part.valid.count for part in self._parts) + listed
        self.count = sum(part.runnable.count for part in self._parts) + len(self._listed)
        self.excluded = _together(part.excluded for part in self._parts)
        self.skipped = _together([*(part.skipped for part in self._parts), listed_skips])

    def _listed_experiments(self) -> tuple[list[Configuration], dict[str, LeftOut]]:
        kept, skips = [], []
        for data in self.study.experiments:
            findings = evaluate(self.registry, data, environment=self.environment)
            skipped = Report(findings.diagnostics).skipped
            skips += [{found.code: LeftOut(found.message, 1)} for found in skipped]
            if not skipped:
                kept.append(experiment_class(self.registry).from_findings(data, findings))
        return kept, _together(skips)

    def __len__(self) -> int:
        """Return `count`; Python's lengths end at 2**63."""
        return self.count

    def __iter__(self) -> Iterator[Configuration]:
        """Yield the experiments one by one, in constant memory."""
        for part in self._parts:
            yield from map(part.assembly.make, part.runnable.choices())
        yield from self._listed

    def __getitem__(self, index: int) -> Configuration:
        """Return the experiment at a place of the order."""
        if index < 0:
            index += self.count
        if not 0 <= index < self.count:
            raise IndexError(f"the grid has {self.count} experiments")
        for part in self._parts:
            if index < part.runnable.count:
                return part.assembly.make(part.runnable.choices_at(index))
            index -= part.runnable.count
        return self._listed[index]

    def unique(self) -> Iterator[Configuration]:
        """Yield one experiment for each effective form: what others would only repeat is left out."""
        for part in self._parts:
            yield from map(part.assembly.make, part.merging.choices())
        yield from self._unique_listed

    @functools.cached_property
    def unique_count(self) -> int:
        """The number of different effective forms."""
        return sum(part.merging.count for part in self._parts) + len(self._unique_listed)

    @property
    def merged(self) -> int:
        """How many experiments only repeat another one, once what is ignored is left out."""
        return self.count - self.unique_count

    @functools.cached_property
    def _unique_listed(self) -> list[Configuration]:
        found: dict[Any, Configuration] = {}
        for config in self._listed:
            form = effective_values(self.registry, flatten(self.registry, config.to_dict()), self.environment)
            if not any(part.merging.has(form) for part in self._parts):
                found.setdefault(key_of(form), config)
        return list(found.values())

    def sample(self, size: int, seed: int = 0) -> list[Configuration]:
        """Return different experiments drawn uniformly at random, in their order; all where there are no more."""
        source = random.Random(seed)  # noqa: S311  # not for secrets
        size = min(size, self.count)
        chosen: set[int] = set()
        while len(chosen) < size:
            chosen.add(source.randrange(self.count))
        return [self[index] for index in sorted(chosen)]

    def columns(self) -> "dict[str, np.ndarray[Any, Any]]":
        """Return a table of what varies: each path's values in the order of iteration, None where nothing is written.

        pandas and polars make a frame of it.
        """
        import numpy as np

        listed = [self._values(config) for config in self._listed]
        tables = [part.columns() for part in self._parts]
        found = {}
        for path in self.paths:
            pieces = [
                table[path] if path in table else _filled(part.space.base.get(path), part.runnable.count)
                for part, table in zip(self._parts, tables, strict=True)
            ]
            if listed:
                pieces.append(_column([values.get(path) for values in listed]))
            found[path] = pieces[0] if len(pieces) == 1 else np.concatenate(_alike(pieces))
        return found

    @property
    def paths(self) -> list[str]:
        """The paths that vary: those of the axes, then others that listed experiments write differently."""
        found = dict.fromkeys(path for part in self._parts for path in part.paths)
        for values in map(self._values, self._listed):
            differing = (path for path, value in values.items() if self.study.base.get(path) != value)
            found |= dict.fromkeys(differing)
        return list(found)

    def _values(self, config: Configuration) -> dict[str, Any]:
        sections = self.registry.sections
        written = flatten(self.registry, config.to_dict())
        return {path: value for path, value in written.items() if not (path in sections and isinstance(value, Mapping))}


class _Part:
    """The combinations of one backend."""

    def __init__(self, space: Space, study: Study, environment: Environment | None) -> None:
        self.space = space
        sizes = [space.size(axis) for axis in range(len(space.axes))]
        self.combinations = math.prod(sizes)
        errors = [(found, space.table(found)) for found in excluding(space, study, environment)]
        needs = [(found, space.table(found)) for found in skipping(space, environment)]
        forbidding = [table for _, table in errors if table.forbidden]
        lacking = [table for _, table in needs if table.forbidden]
        self.valid = Choices(sizes, forbidding)
        self.runnable = Choices(sizes, [*forbidding, *lacking]) if lacking else self.valid
        self._tables = [*forbidding, *lacking]
        self._environment = environment
        self.excluded = _together({found.id: LeftOut(found.reason, table.weight(sizes))} for found, table in errors)
        self.skipped = _together(self._skips(found, table, sizes, forbidding) for found, table in needs)
        axes = [[each.values for each in axis.alternatives] for axis in space.axes]
        self.assembly = Assembly(space.registry, space.base, axes)

    @functools.cached_property
    def merging(self) -> Merging:
        """What is left once combinations with one effective form count once."""
        return Merging(self.space, self._tables, self._environment)

    def _skips(
        self, constraint: Constraint, table: Table, sizes: list[int], forbidding: list[Table]
    ) -> dict[str, LeftOut]:
        """Return how many of the valid combinations a need keeps from running."""
        if not table.forbidden:
            return {}
        without = Choices(sizes, [*forbidding, table]).count
        return {constraint.id: LeftOut(constraint.reason, self.valid.count - without)}

    @property
    def paths(self) -> list[str]:
        """The paths that vary, in the order of the axes."""
        return list(
            dict.fromkeys(path for axis in self.space.axes for each in axis.alternatives for path in each.values)
        )

    def columns(self) -> "dict[str, np.ndarray[Any, Any]]":
        """Return the values of what varies, in the order of iteration."""
        found = {}
        base = self.space.base
        for axis, chosen in zip(self.space.axes, self.runnable.columns(), strict=True):
            for path in dict.fromkeys(path for each in axis.alternatives for path in each.values):
                found[path] = _column([each.values.get(path, base.get(path)) for each in axis.alternatives])[chosen]
        return found


def _column(values: list[Any]) -> Any:
    """Return values as an array: of numbers or booleans where all are, else of objects."""
    import numpy as np

    types = {type(value) for value in values}
    if types in ({bool}, {int}, {float}):
        return np.array(values)
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


def _filled(value: Any, size: int) -> Any:
    return _column([value])[[0] * size]


def _alike(pieces: list[Any]) -> list[Any]:
    """Return arrays of one type, so that joining them changes no value."""
    return pieces if len({piece.dtype for piece in pieces}) == 1 else [piece.astype(object) for piece in pieces]


def _together(found: Iterable[Mapping[str, LeftOut]]) -> dict[str, LeftOut]:
    """Return one entry for each id, the counts added; without those that leave nothing out."""
    total: dict[str, LeftOut] = {}
    for each in found:
        for name, left_out in each.items():
            if left_out.count:
                before = total.get(name)
                total[name] = attrs.evolve(left_out, count=left_out.count + (before.count if before else 0))
    return total
