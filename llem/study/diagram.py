"""Decision diagrams: which choices on several axes go together, counted without listing them.

Constraints over few axes are conjoined axis by axis. A node stands for all choices so far that leave the same
questions open, so that their number follows the constraints, not the combinations (multi-valued decision diagrams,
Kam, Villa, Brayton and Sangiovanni-Vincentelli, "Multi-valued decision diagrams: theory and applications", 1998).
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs


@attrs.frozen
class Table:
    """What a constraint forbids: for each of its axes, the class of each alternative; and the forbidden classes.

    `kinds[axis][alternative]` is a class; `forbidden` holds tuples of classes in the order of `kinds`.
    """

    kinds: Mapping[int, tuple[int, ...]]
    forbidden: frozenset[tuple[int, ...]]

    def weight(self, sizes: Sequence[int]) -> int:
        """Return how many combinations of all axes it forbids."""
        others = math.prod(size for axis, size in enumerate(sizes) if axis not in self.kinds)
        counts = [[kinds.count(kind) for kind in range(max(kinds) + 1)] for kinds in self.kinds.values()]
        return others * sum(
            math.prod(count[kind] for count, kind in zip(counts, row, strict=True)) for row in self.forbidden
        )


class Node:
    """Choices so far. `edges[kind]` leads on from a class of the next axis, None where nothing valid follows."""

    __slots__ = ("count", "edges")

    def __init__(self, edges: tuple["Node | None", ...], count: int) -> None:
        self.edges = edges
        self.count = count


_END = Node((), 1)


@attrs.frozen
class Factor:
    """Axes that constraints tie together, in order, and the diagram of their valid choices; no root: there is none."""

    axes: tuple[int, ...]
    kinds: Mapping[int, tuple[int, ...]]
    root: Node | None

    @property
    def count(self) -> int:
        """The number of valid choices."""
        return self.root.count if self.root else 0


def factors(sizes: Sequence[int], tables: Sequence[Table]) -> tuple[Factor, ...]:
    """Return independent factors whose product is what no table forbids, out of axes of the given sizes."""
    return tuple(
        _factor(axes, sizes, [table for table in tables if set(table.kinds) <= set(axes) and table.kinds])
        for axes in _components(len(sizes), tables)
    )


def _components(count: int, tables: Sequence[Table]) -> list[tuple[int, ...]]:
    """Return the axes in groups that no table ties together."""
    group = {axis: {axis} for axis in range(count)}
    for table in tables:
        joined = set().union(*(group[axis] for axis in table.kinds))
        group |= dict.fromkeys(joined, joined)
    return sorted({tuple(sorted(found)) for found in group.values()})


def _factor(axes: tuple[int, ...], sizes: Sequence[int], tables: list[Table]) -> Factor:
    kinds: dict[int, tuple[int, ...]] = {}
    members: dict[int, list[tuple[int, ...]]] = {}
    sharing = {axis: [index for index, table in enumerate(tables) if axis in table.kinds] for axis in axes}
    for axis in axes:
        rows = [tuple(tables[index].kinds[axis][choice] for index in sharing[axis]) for choice in range(sizes[axis])]
        kinds[axis] = kinds_of(rows)
        members[axis] = list(dict.fromkeys(rows))
    tries = [_trie(table) for table in tables]
    start = tuple((index, root) for index, root in enumerate(tries) if root is not True)
    known: dict[tuple[int, Any], Node | None] = {}

    def node(level: int, open_: tuple[tuple[int, Any], ...]) -> Node | None:
        if level == len(axes):
            return _END
        key = (level, tuple((index, id(trie)) for index, trie in open_))
        if key not in known:
            axis = axes[level]
            counts = [kinds[axis].count(kind) for kind in range(len(members[axis]))]
            edges = tuple(follow(level, open_, row) for row in members[axis])
            total = sum(count * edge.count for count, edge in zip(counts, edges, strict=True) if edge)
            known[key] = Node(edges, total) if total else None
        return known[key]

    def follow(level: int, open_: tuple[tuple[int, Any], ...], row: tuple[int, ...]) -> Node | None:
        steps = dict(zip(sharing[axes[level]], row, strict=True))
        left = []
        for index, trie in open_:
            below = trie[steps[index]] if index in steps else trie
            if below is False:
                return None
            if below is not True:
                left.append((index, below))
        return node(level + 1, tuple(left))

    root = None if any(trie is False for trie in tries) else node(0, start)
    return Factor(axes, kinds, root)


def _trie(table: Table) -> Any:
    """Return a table as nested tuples by class, equal parts shared; True is allowed, False forbidden."""
    if not table.forbidden:
        return True
    depths = [max(kinds) + 1 for kinds in table.kinds.values()]
    shared: dict[Any, Any] = {}

    def below(row: tuple[int, ...]) -> Any:
        if len(row) == len(depths):
            return row not in table.forbidden
        parts = tuple(below((*row, kind)) for kind in range(depths[len(row)]))
        if all(part is parts[0] for part in parts) and isinstance(parts[0], bool):
            return parts[0]
        return shared.setdefault(tuple(part if isinstance(part, bool) else id(part) for part in parts), parts)

    return below(())


def kinds_of(signatures: Sequence[Any]) -> tuple[int, ...]:
    """Return a number for each signature, equal for equal ones, in the order of their first appearance."""
    places = {signature: kind for kind, signature in enumerate(dict.fromkeys(signatures))}
    return tuple(places[signature] for signature in signatures)


def make_table(
    axes: Sequence[int], signatures: Mapping[int, Sequence[Any]], violated: Callable[[tuple[int, ...]], bool]
) -> Table:
    """Return the table of a constraint.

    Args:
        axes: The axes that decide it, in order.
        signatures: For each of them and each alternative, what the constraint sees of it.
        violated: Whether alternatives, one for each axis, break the constraint.
    """
    kinds = {axis: kinds_of(signatures[axis]) for axis in axes}
    firsts = [[kinds[axis].index(kind) for kind in range(max(kinds[axis]) + 1)] for axis in axes]
    forbidden = frozenset(
        row
        for row in itertools.product(*(range(len(first)) for first in firsts))
        if violated(tuple(first[kind] for first, kind in zip(firsts, row, strict=True)))
    )
    return Table(kinds, forbidden)
