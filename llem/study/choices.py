"""The valid choices of one alternative on each axis: in order, by place, and as columns."""

import bisect
import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from llem.study.diagram import Node, Table, factors


if TYPE_CHECKING:
    import numpy as np


_SHARED = 1024
"""Where no more choices are left than this, they are listed once and kept."""


class Choices:
    """Tuples with the number of an alternative for each axis: those that no table forbids, in order."""

    def __init__(self, sizes: list[int], tables: list[Table]) -> None:
        never = any(not table.kinds and table.forbidden for table in tables)
        self._factors = factors(sizes, [table for table in tables if table.kinds])
        self._place = {axis: index for index, factor in enumerate(self._factors) for axis in factor.axes}
        self._kinds = [self._factors[self._place[axis]].kinds[axis] for axis in range(len(sizes))]
        self._known_endings: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        self.count = 0 if never else math.prod(factor.count for factor in self._factors)

    def choices(self) -> Iterator[tuple[int, ...]]:
        """Yield the tuples."""
        if self.count:
            yield from self._walk((), self._roots())

    def _roots(self) -> tuple[Node, ...]:
        return tuple(factor.root for factor in self._factors if factor.root is not None)

    def _walk(self, chosen: tuple[int, ...], nodes: tuple[Node, ...]) -> Iterator[tuple[int, ...]]:
        if math.prod(node.count for node in nodes) <= _SHARED:
            for ending in self._endings(len(chosen), nodes):
                yield chosen + ending
            return
        for choice, below in self._following(len(chosen), nodes):
            yield from self._walk((*chosen, choice), below)

    def _following(self, axis: int, nodes: tuple[Node, ...]) -> Iterator[tuple[int, tuple[Node, ...]]]:
        """Yield the choices on an axis, each with the nodes that it leads to."""
        place = self._place[axis]
        for choice, kind in enumerate(self._kinds[axis]):
            below = nodes[place].edges[kind]
            if below is not None:
                yield choice, (*nodes[:place], below, *nodes[place + 1 :])

    def _endings(self, axis: int, nodes: tuple[Node, ...]) -> list[tuple[int, ...]]:
        """Return every choice on the axes from one on; what was asked is kept, since many beginnings share it."""
        if axis == len(self._kinds):
            return [()]
        key = (axis, *map(id, nodes))
        if key not in self._known_endings:
            self._known_endings[key] = [
                (choice, *ending)
                for choice, below in self._following(axis, nodes)
                for ending in self._endings(axis + 1, below)
            ]
        return self._known_endings[key]

    def choices_at(self, index: int) -> tuple[int, ...]:
        """Return the tuple at a place of the order."""
        nodes = list(self._roots())
        chosen = []
        for axis, kinds in enumerate(self._kinds):
            place = self._place[axis]
            others = math.prod(node.count for other, node in enumerate(nodes) if other != place)
            sizes = [below.count * others if (below := nodes[place].edges[kind]) else 0 for kind in kinds]
            ends = list(itertools.accumulate(sizes))
            choice = bisect.bisect_right(ends, index)
            index -= ends[choice] - sizes[choice]
            below = nodes[place].edges[kinds[choice]]
            assert below is not None
            nodes[place] = below
            chosen.append(choice)
        return tuple(chosen)

    def columns(self) -> "list[np.ndarray[Any, Any]]":
        """Return for each axis the number of the alternative in every tuple."""
        import numpy as np

        steps: list[tuple[Any, Any]] = []
        states = [([root], np.zeros(1, dtype=np.int64)) for root in self._roots()] if self.count else []
        for axis, kinds in enumerate(self._kinds if self.count else []):
            place = self._place[axis]
            nodes, at = states[place]
            below, starts, chosen, leads = _steps(nodes, kinds)
            counts = np.diff(starts)[at]
            parents = np.repeat(np.arange(len(at)), counts)
            firsts = np.cumsum(counts) - counts
            places = np.arange(len(parents)) - firsts[parents] + starts[at[parents]]
            states = [(each, rows[parents]) for each, rows in states]
            states[place] = (below, leads[places])
            steps.append((parents, chosen[places]))
        found: list[Any] = []
        rows: Any = slice(None)
        for parents, chosen in reversed(steps):
            found.append(chosen[rows])
            rows = parents[rows]
        return found[::-1] or [np.zeros(0, dtype=np.int64) for _ in self._kinds]


def _steps(nodes: list[Node], kinds: tuple[int, ...]) -> tuple[list[Node], Any, Any, Any]:
    """Return the nodes below some, and for each node where its steps begin; each step's choice and where it leads."""
    import numpy as np

    below: dict[int, tuple[int, Node]] = {}
    starts, chosen, leads = [0], [], []
    for node in nodes:
        for choice, kind in enumerate(kinds):
            following = node.edges[kind]
            if following is not None:
                chosen.append(choice)
                leads.append(below.setdefault(id(following), (len(below), following))[0])
        starts.append(len(chosen))
    return [node for _, node in below.values()], np.array(starts), np.array(chosen, dtype=np.int64), np.array(leads)
