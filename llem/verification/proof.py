"""What holds of a registry's rules over all configurations, shown by an SMT solver, or a smallest case against it."""

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import z3

from llem.conditions import Condition, syntax
from llem.conditions.solver import Formula, both, either, formula_of
from llem.conditions.words import value_words
from llem.config.introspection import test_values
from llem.diagnostics import Diagnostic, Related, Severity
from llem.registry.facts import is_within
from llem.registry.model import Check, Registry
from llem.registry.records import Rule
from llem.verification.space import Space


@attrs.frozen
class Proof:
    """What was shown, in numbers, and the cases against it."""

    values: int
    rules: int
    pairs: int
    effects: int
    faults: tuple[Diagnostic, ...]


def prove(registry: Registry, backends: Sequence[str] = ()) -> Proof:
    """Show that a registry's rules leave room for all values, and that none is idle, needless or at odds with others.

    Every value of a parameter stands in some valid configuration of a backend; every rule can fire; no error rule
    follows from the others; no two rules ask for opposite things of configurations that both concern; and the effects
    of dormant rules come to an end. With `backends`, only what belongs to these is looked at.
    """
    rooms = [_Room.of(registry, backend) for backend in backends or registry.backends]
    homes = {*backends} if backends else {"", *registry.backends}
    values = list(_values(registry, homes))
    names = [name for name, check in registry.check_records().items() if check.backend in homes]
    pairs = [(room, one, other) for room in rooms for one, other in room.pairs()]
    faults = [
        *(fault for path, value in values for fault in _missing_value(registry, rooms, path, value)),
        *(fault for name in names for fault in _idle_or_needless(registry, rooms, name)),
        *(fault for room, one, other in pairs for fault in _contradiction(registry, room, one, other)),
        *(fault for room in rooms for fault in _cycles(registry, room)),
    ]
    effects = sum(registry.check_records()[name].effect is not None for name in names)
    return Proof(len(values), len(names), len(pairs), effects, tuple(faults))


@attrs.frozen(eq=False)
class _Room:
    """The configurations of a backend, and when each rule finds something in them."""

    space: Space
    fires: Mapping[str, Formula]
    """By the id of a rule, when it fires."""
    errors: frozenset[str]
    _solver: z3.Solver
    _kept: Mapping[str, Formula]
    """By the id of an error rule, a formula of its own: while it is assumed the rule does not fire."""

    @classmethod
    def of(cls, registry: Registry, backend: str) -> "_Room":
        """Return the room of a backend."""
        space = Space(registry, backend)
        checks: dict[str, list[Check]] = {}
        for check in registry.checks_for(backend):
            checks.setdefault(check.id, []).append(check)
        fires = {name: either(space.formula(check.violation) for check in found) for name, found in checks.items()}
        errors = frozenset(name for name, found in checks.items() if found[0].severity == "error")
        kept = {name: z3.Bool(f"kept {name}") for name in errors}
        solver = z3.Solver()
        solver.add(space.typed)
        solver.add([z3.Implies(kept[name], z3.Not(fires[name])) for name in errors])
        return cls(space, fires, errors, solver, kept)

    def find(self, *formulas: Formula, keeping: Iterable[str] = ()) -> dict[str, Any] | None:
        """Return a configuration of which formulas hold, and that breaks none of some error rules; None: there is none.

        Raises:
            RuntimeError: when the solver cannot tell.
        """
        assumed = [*formulas, *(self._kept[name] for name in keeping)]
        found = self._solver.check(assumed)
        if found == z3.unknown:
            raise RuntimeError(f"the solver gives up: {self._solver.reason_unknown()}")
        return self.space.data(self._solver.model()) if found == z3.sat else None

    def culprits(self, *formulas: Formula, keeping: Iterable[str] = ()) -> list[str]:
        """Return a smallest set of error rules because of which there is no such configuration."""
        left = sorted(keeping)
        for name in list(left):
            fewer = [other for other in left if other != name]
            if self.find(*formulas, keeping=fewer) is None:
                left = fewer
        return left

    def pairs(self) -> Iterator[tuple[Check, Check]]:
        """Yield the pairs of error rules that require something, and look at a common parameter."""
        checks = [
            check
            for check in self.space.registry.checks_for(self.space.backend)
            if check.severity == "error" and isinstance(check.record, Rule) and check.record.require is not None
        ]
        for one, other in itertools.combinations(checks, 2):
            if not set(one.paths).isdisjoint(other.paths):
                yield one, other


def _values(registry: Registry, homes: Container[str]) -> Iterator[tuple[str, Any]]:
    for path, parameter in registry.parameters.items():
        if registry.section_of(path) in homes and parameter.choices_from != "backends":
            yield from ((path, value) for value in test_values(parameter))


def _missing_value(registry: Registry, rooms: Sequence[_Room], path: str, value: Any) -> Iterator[Diagnostic]:
    """Yield a fault when a value is in no valid configuration of any backend that takes it.

    A rule that looks at nothing else may refuse just this value.
    """
    excluding: list[str] = []
    for room in rooms:
        if path not in room.space.written:
            continue
        taken = room.space.takes(path, value)
        if room.find(taken, keeping=room.errors) is not None:
            return
        excluding = excluding or room.culprits(taken, keeping=room.errors)
    refused = registry.check_records().get(excluding[0]) if len(excluding) == 1 else None
    if refused is not None and set(refused.paths) <= {path, registry.selector}:
        return
    message = f"{value_words(value)} for {path} is in no valid configuration"
    yield _fault(registry, "value-never-valid", path, message, f"Excluded by {_listed(excluding)}.", excluding)


def _idle_or_needless(registry: Registry, rooms: Sequence[_Room], name: str) -> Iterator[Diagnostic]:
    check = registry.check_records()[name]
    concerned = [room for room in rooms if name in room.fires]
    if not concerned:  # it holds for older versions
        return
    is_error = check.severity == "error"
    keeping = [frozenset() if is_error else room.errors for room in concerned]
    firing = [room for room, kept in zip(concerned, keeping, strict=True) if room.find(room.fires[name], keeping=kept)]
    if not firing:
        room = concerned[0]
        excluding = room.culprits(room.fires[name], keeping=() if is_error else room.errors)
        because = (
            f"Excluded by {_listed(excluding)}." if excluding else "No values of these types fulfil its condition."
        )
        yield _fault(registry, "rule-never-fires", name, f"{name} can never fire", because, excluding)
        return
    if not is_error:
        return
    said = frozenset(check.record.implied_by if check.record is not None else ())
    others = [room.errors - {name} for room in firing]
    if said:
        if any(room.find(room.fires[name], keeping=said & room.errors) is not None for room in firing):
            message = f"{name} does not follow from {_listed(sorted(said))}, as its record says"
            yield _fault(
                registry, "rule-implied", name, message, "Something breaks it, and none of them.", sorted(said)
            )
    elif all(room.find(room.fires[name], keeping=kept) is None for room, kept in zip(firing, others, strict=True)):
        implying = firing[0].culprits(firing[0].fires[name], keeping=others[0])
        message = f"{name} finds nothing that other rules do not find"
        yield _fault(registry, "rule-implied", name, message, f"It follows from {_listed(implying)}.", implying)


def _contradiction(registry: Registry, room: _Room, one: Check, other: Check) -> Iterator[Diagnostic]:
    (when, required), (other_when, other_required) = (_parts(room.space, check) for check in (one, other))
    concerned = both([when, other_when])
    case = room.find(concerned)
    if case is None or room.find(concerned, required, other_required) is not None:
        return
    if room.find(concerned, required) is not None and room.find(concerned, other_required) is not None:
        message = f"{one.id} and {other.id} cannot both be satisfied"
        reason = f"Both concern {value_words(case)}, and what one requires breaks the other."
        yield _fault(registry, "rules-contradict", one.id, message, reason, [other.id])


def _parts(space: Space, check: Check) -> tuple[Formula, Formula]:
    """Return when a rule applies, and what it then requires."""
    match check.violation:
        case syntax.All((when, syntax.Not(require))):
            return space.formula(when), space.formula(require)
    raise TypeError(f"{check.id} requires nothing")


@attrs.frozen
class _Change:
    """What a record makes of values in the effective form: by path, None for none."""

    name: str
    when: Condition
    changes: Mapping[str, Any]


def _changes(registry: Registry, backend: str) -> Iterator[_Change]:
    for path, record in registry.definition_records.items():
        if record.effective and registry.section_of(path) in ("", backend):
            yield _Change(path, registry.definitions[path], record.effective)
    for check in registry.checks_for(backend):
        if check.effect is not None:
            ignored = [path for path in registry.parameters for gone in check.effect.ignored if is_within(path, gone)]
            yield _Change(check.id, check.violation, dict.fromkeys(ignored) | dict(check.effect.becomes or {}))


def _cycles(registry: Registry, room: _Room) -> Iterator[Diagnostic]:
    """Yield a fault for each set of effects that may wake one another for ever: some path has to change and return."""
    changes = list(_changes(registry, room.space.backend))
    places = range(len(changes))
    wakes = {place: [other for other in places if _wakes(room, changes, place, other)] for place in places}
    for members in _rings(wakes):
        together = [changes[place] for place in members]
        written = [(path, value) for change in together for path, value in change.changes.items()]
        pairs = itertools.combinations(written, 2)
        if any(path == other and value != second for (path, value), (other, second) in pairs):
            names = [change.name for change in together]
            message = f"the effects of {_listed(names)} wake one another for ever"
            yield _fault(
                registry, "effects-cycle", names[0], message, "Each changes what the next one looks at.", names[1:]
            )


def _wakes(room: _Room, changes: Sequence[_Change], place: int, other: int) -> bool:
    """Return whether one effect can make another apply that did not."""
    one, second = changes[place], changes[other]
    if place == other or set(one.changes).isdisjoint(syntax.paths_of(second.when)):
        return False
    afterwards = formula_of(second.when, room.space.after(one.changes))
    now = [room.space.formula(one.when), z3.Not(room.space.formula(second.when))]
    return room.find(*now, afterwards, keeping=room.errors) is not None


def _rings(wakes: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, ...]]:
    """Yield the sets of nodes of a graph each of which leads to all others, with at least two."""

    def reached(start: int) -> set[int]:
        found: set[int] = set()
        waiting = list(wakes[start])
        while waiting:
            node = waiting.pop()
            if node not in found:
                found.add(node)
                waiting += wakes[node]
        return found

    all_reached = {node: reached(node) for node in wakes}
    seen: set[int] = set()
    for node, found in all_reached.items():
        ring = {other for other in found if node in all_reached[other]}
        if node in ring and node not in seen and len(ring) > 1:
            seen |= ring
            yield tuple(sorted(ring))


def _fault(registry: Registry, code: str, name: str, message: str, reason: str, others: Sequence[str]) -> Diagnostic:
    places = {found: location for (_, found), location in registry.locations.items()}
    return Diagnostic(
        code=code,
        severity=Severity.ERROR,
        message=message,
        path=name,
        reason=reason,
        resolution=_ADVICE[code],
        location=places.get(name),
        related=tuple(Related(f"{other} stands here", other, places.get(other)) for other in others),
    )


_ADVICE = {
    "value-never-valid": "Remove the value, or let a rule leave room for it.",
    "rule-never-fires": "Mend its condition, or remove it.",
    "rule-implied": "Remove it, or name the others in its `implied_by` if it says better what is wrong.",
    "rules-contradict": "Exclude what both concern by a rule of its own, or let one of them make an exception.",
    "effects-cycle": "Let one of the effects leave the value alone.",
}


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) if names else "nothing"
