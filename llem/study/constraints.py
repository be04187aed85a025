"""What keeps a combination of a study's alternatives from being run: rules, needs and exclusions over its axes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from llem.conditions import Condition, syntax
from llem.conditions.evaluate import decided, matches
from llem.conditions.words import words
from llem.config.evaluation import machine_findings
from llem.environment import Environment
from llem.registry.facts import ConfigurationFacts, overlap, overruled
from llem.registry.model import Check, Registry, Skip
from llem.registry.values import key_of
from llem.study.diagram import Table, make_table
from llem.study.records import Alternative, Axis, Study


ALWAYS = syntax.All()
NEVER = syntax.AnyOf()


@attrs.frozen
class Constraint:
    """One reason to leave combinations out. Its id is that of a rule or need, `exclude[...]`, or `code(path)`."""

    id: str
    reason: str
    condition: Condition
    """What must hold of a combination that is left out."""
    also: Callable[[ConfigurationFacts], bool] | None = None
    """What else must be true of it, depending on the values of `values` alone."""
    values: tuple[str, ...] = ()


@attrs.frozen
class Space:
    """The combinations of one backend: what they have in common, and the axes that matter to it."""

    registry: Registry
    backend: str
    base: Mapping[str, Any]
    axes: tuple[Axis, ...]
    _facts: dict[Any, ConfigurationFacts] = attrs.field(factory=dict, init=False)

    def facts(self, chosen: Mapping[int, int]) -> ConfigurationFacts:
        """Return the facts of the base with some axes' alternatives."""
        key = tuple(sorted(chosen.items()))
        found = self._facts.get(key)
        if found is None:
            found = ConfigurationFacts(self.registry, self.written(chosen))
            if len(key) < 2:
                self._facts[key] = found
        return found

    def written(self, chosen: Mapping[int, int]) -> dict[str, Any]:
        """Return the written values by path, sections included, of the base with some axes' alternatives."""
        changes = [self.axes[axis].alternatives[choice].values for axis, choice in sorted(chosen.items())]
        return overruled(self.registry, self.base, changes)

    def deciding(self, path: str) -> list[int]:
        """Return the axes that may change what a path stands for."""
        preset = self.registry.preset_parameters.get(path.rpartition(".")[0])
        return [
            index
            for index, axis in enumerate(self.axes)
            if any(overlap(found, path) or found == preset for found in axis.paths)
        ]

    def table(self, constraint: Constraint) -> Table:
        """Return what a constraint forbids."""
        condition = self._settled(constraint.condition)
        tests = {id(test): test for test in syntax.tests_of(condition)}
        deciders = {name: self.deciding_test(test) for name, test in tests.items()}
        whole = {axis for path in constraint.values for axis in self.deciding(path)}
        whole |= {axis for axes in deciders.values() if len(axes) > 1 for axis in axes}
        axes = sorted(whole.union(*deciders.values()))
        known: dict[tuple[int, ...], bool] = {}

        def truth(test: syntax.Test, choices: Mapping[int, int]) -> bool:
            key = (id(test), *(choices[axis] for axis in deciders[id(test)]))
            if key not in known:
                facts = self.facts({axis: choices[axis] for axis in deciders[id(test)]})
                known[key] = matches(test.matcher, test.path, facts)
            return known[key]

        def signature(axis: int, choice: int) -> Any:
            if axis in whole:
                return choice
            return tuple(truth(test, {axis: choice}) for name, test in tests.items() if deciders[name] == [axis])

        def violated(row: tuple[int, ...]) -> bool:
            choices = dict(zip(axes, row, strict=True))
            if not decided(condition, lambda test: truth(test, choices)):
                return False
            return constraint.also is None or constraint.also(self.facts(choices))

        if condition == NEVER:
            return Table({}, frozenset())
        signatures = {axis: [signature(axis, choice) for choice in range(self.size(axis))] for axis in axes}
        return make_table(axes, signatures, violated)

    def _settled(self, condition: Condition) -> Condition:
        """Return a condition without the tests that no axis decides."""
        match condition:
            case syntax.Test(path, matcher):
                if self.deciding_test(condition):
                    return condition
                return ALWAYS if matches(matcher, path, self.facts({})) else NEVER
            case syntax.Not(inner):
                settled = self._settled(inner)
                return NEVER if settled == ALWAYS else ALWAYS if settled == NEVER else syntax.Not(settled)
            case syntax.All(parts):
                left = [part for part in map(self._settled, parts) if part != ALWAYS]
                return NEVER if NEVER in left else syntax.All(tuple(left))
            case syntax.AnyOf(parts):
                left = [part for part in map(self._settled, parts) if part != NEVER]
                return ALWAYS if ALWAYS in left else syntax.AnyOf(tuple(left))

    def size(self, axis: int) -> int:
        """Return the number of alternatives on an axis."""
        return len(self.axes[axis].alternatives)

    def deciding_test(self, test: syntax.Test) -> list[int]:
        """Return the axes that may change whether a test holds."""
        paths = [test.path, *(found.path for found in syntax.references_of(test.matcher))]
        return sorted({axis for path in paths for axis in self.deciding(path)})


def spaces(registry: Registry, study: Study) -> Iterator[Space]:
    """Yield the study's combinations backend by backend.

    Where the backend varies, values for another backend than the chosen one say nothing, and are left out.
    """
    selector = registry.selector
    default = registry.parameters[selector].default
    chosen = study.base.get(selector) or default
    owner = next((axis for axis in study.axes if selector in axis.paths), None)
    if owner is None:
        yield Space(registry, chosen, study.base, study.axes)
        return

    def chooses(alternative: Alternative) -> str:
        return str(alternative.values.get(selector) or chosen)

    for backend in dict.fromkeys(map(chooses, owner.alternatives)):
        others = [name for name in registry.backends if name != backend]
        base = {path: value for path, value in study.base.items() if not _of_one(path, others)} | {selector: backend}
        axes = [
            _restricted(
                axis, [each for each in axis.alternatives if axis is not owner or chooses(each) == backend], others
            )
            for axis in study.axes
        ]
        yield Space(registry, backend, base, tuple(axis for axis in axes if axis.paths))


def _restricted(axis: Axis, wanted: list[Alternative], others: list[str]) -> Axis:
    """Return an axis with the wanted alternatives, without what is said for other backends, each once."""
    found: dict[Any, Alternative] = {}
    for alternative in wanted:
        values = {path: value for path, value in alternative.values.items() if not _of_one(path, others)}
        found.setdefault(key_of(values), attrs.evolve(alternative, values=values))
    return attrs.evolve(axis, alternatives=tuple(found.values()))


def _of_one(path: str, sections: list[str]) -> bool:
    return path.partition(".")[0] in sections


def excluding(space: Space, study: Study, environment: Environment | None) -> Iterator[Constraint]:
    """Yield what makes combinations invalid: errors of the registry, then the study's own exclusions."""
    registry, backend = space.registry, space.backend
    version = environment.version_of(registry.backends[backend].library) if environment else None
    errors: dict[str, list[Check]] = {}
    for check in registry.checks_for(backend, version):
        if check.severity == "error":
            errors.setdefault(check.id, []).append(check)
    for name, checks in errors.items():
        yield Constraint(name, checks[0].reason, syntax.AnyOf(tuple(check.violation for check in checks)))
    for path, parameter in registry.parameters.items():
        section = path.rpartition(".")[0]
        if parameter.required and section:
            is_there = syntax.Test(section, syntax.HasType("mapping"))
            lacking = syntax.All((is_there, syntax.Test(path, syntax.IsSet(False))))
            yield Constraint(f"missing-key({path})", f'"{path}" is missing.', lacking)
    yield from _of_single_values(space, environment)
    for index, condition in enumerate(study.exclude):
        yield Constraint(f"exclude[{index}]", f"The study excludes it: {words(condition)}.", condition)


def _of_single_values(space: Space, environment: Environment | None) -> Iterator[Constraint]:
    """Yield what each value alone breaks with this backend and version, such as a parameter that it does not take."""
    registry, backend = space.registry, space.backend
    alternatives = [space.base, *(each.values for axis in space.axes for each in axis.alternatives)]
    found: dict[tuple[str, str], str] = {}
    for values in alternatives:
        for finding in machine_findings(registry, backend, values, environment):
            found.setdefault((finding.code, finding.path), finding.message)
    for (code, path), message in found.items():

        def violated(facts: ConfigurationFacts, code: str = code, path: str = path) -> bool:
            written = {path: facts.effective(path)} if facts.is_set(path) else {}
            return any(each.code == code for each in machine_findings(registry, backend, written, environment))

        yield Constraint(f"{code}({path})", f"{message}.", syntax.All(), violated, (path,))


def skipping(space: Space, environment: Environment | None) -> Iterator[Constraint]:
    """Yield what an environment lacks for some combinations."""
    if environment is None:
        return
    for skip in space.registry.skips_for(space.backend):
        if skip.needs.checkable:
            yield _of_need(skip, environment)


def _of_need(skip: Skip, environment: Environment) -> Constraint:
    def lacks(facts: ConfigurationFacts) -> bool:
        def resolve(operand: Any) -> Any:
            return facts.effective(operand.path) if isinstance(operand, syntax.Reference) else operand

        return bool(skip.needs.unmet(environment, resolve))

    values = (skip.needs.gpus.path,) if isinstance(skip.needs.gpus, syntax.Reference) else ()
    return Constraint(skip.id, skip.reason, skip.when, lacks, values)
