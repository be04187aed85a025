"""Records to a registry: rules and exclusions to checks, needs to skips, mappings to targets of calls."""

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from packaging.specifiers import InvalidSpecifier
from packaging.version import InvalidVersion, Version

from llem.conditions import Condition, syntax
from llem.conditions.syntax import All, Equals, IsSet, Not, Pointer, Reference, Test
from llem.diagnostics import did_you_mean
from llem.environment import Needs, PackageNeed, is_in
from llem.registry import backend_records, records
from llem.registry.kinds import INPUTS
from llem.registry.model import Check, LinkedCall, LinkedMemory, LinkedTarget, Registry, Skip
from llem.registry.names import Names, declared
from llem.registry.sources import Faults, Source


def link(sources: list[Source], fingerprint: str, faults: Faults) -> tuple[Registry | None, list[Source]]:
    """Return the registry that the records make up, and the records that count.

    There is no registry where records are missing without which none can be.
    """
    manifests = [source for source in sources if source.kind == "registry"]
    if len(manifests) != 1:
        at = manifests[1].location(key=True) if manifests else None
        faults.add("no-registry", f"a registry has one registry.yaml, this one has {len(manifests)}", at)
        return None, sources
    manifest: records.Manifest = manifests[0].record
    names = Names(sources, manifest.backend_order, faults)
    linker = _Linker(names, manifest)
    registry = Registry(
        manifest=manifest,
        backends={name: linker.backend(name) for name in names.backends},
        sections=names.sections,
        parameters=names.parameters,
        definitions=names.definitions,
        definition_records=names.definition_records,
        checks=(*linker.section_checks(), *linker.exclusion_checks(), *linker.rule_checks()),
        skips=(*linker.choice_skips(), *linker.record_skips()),
        calls={backend: tuple(linker.calls(backend)) for backend in names.backends},
        memory={
            name: linker.memory(name, found.memory)
            for name, found in names.backends.items()
            if found.memory is not None
        },
        targets=tuple(linker.targets()),
        capabilities=names.capabilities,
        presets=names.presets,
        environments=names.environments,
        left_out=tuple(source.record for source in names.of("left_out")),
        locations={key: at for key, source in names.seen.items() if (at := source.location())},
        redirects={
            old: source.record.id
            for kind in ("rules", "exclusions")
            for source in names.of(kind)
            for old in source.record.formerly
        },
        fingerprint=fingerprint,
    )
    return registry, names.sources


class _Linker:
    def __init__(self, names: Names, manifest: records.Manifest) -> None:
        self.names = names
        self.manifest = manifest
        self.faults = names.faults

    def backend(self, name: str) -> backend_records.Backend:
        """Return the record of a backend with the paths of its trials absolute."""
        record = self.names.backends[name]
        if record.trial is None:
            return record
        source = attrs.evolve(self.names.seen["backend", name], scope=name)
        undrawn = tuple(
            records.PathText(self.names.path(path, source, ("trial", "undrawn", index)))
            for index, path in enumerate(record.trial.undrawn)
        )
        return attrs.evolve(record, trial=attrs.evolve(record.trial, undrawn=undrawn))

    def section_checks(self) -> Iterator[Check]:
        words = self.manifest.section_mismatch
        selector = next((path for path, found in self.names.parameters.items() if found.choices_from == "backends"), "")
        for backend in self.names.backends.values():
            texts = {
                name: text.format(section=backend.id, backend=backend.name)
                for name, text in attrs.asdict(words).items()
            }
            yield Check(
                id=f"{backend.id}.{texts.pop('id')}",
                backend="",
                severity="error",
                violation=All((Test(backend.id, IsSet(True)), Not(Test(selector, Equals(backend.id))))),
                culprits=(backend.id, selector),
                policy=True,
                **texts,
            )

    def exclusion_checks(self) -> Iterator[Check]:
        for source in self.names.of("exclusions"):
            for violation, culprits in self.exclusion_violations(source):
                yield self.check(source, "error", violation, culprits)

    def exclusion_violations(self, source: Source) -> Iterator[tuple[Condition, tuple[str, ...]]]:
        record: records.Exclusion = source.record
        stated = [bool(record.mutually), bool(record.parameters and record.excluded_while)]
        if stated not in ([True, False], [False, True]):
            message = "an exclusion has either `mutually`, or `parameters` and `excluded_while`"
            self.faults.add("wrong-type", message, source.location(key=True))
            return
        mutually = [self.names.path(path, source, ("mutually", index)) for index, path in enumerate(record.mutually)]
        for first, second in itertools.combinations(mutually, 2):
            yield All((self.stands(first), self.stands(second))), (second, first)
        if record.parameters:
            while_ = self.names.condition(record.excluded_while, source, ("excluded_while",))
            for index, name in enumerate(record.parameters):
                path = self.names.path(name, source, ("parameters", index))
                yield All((Test(path, IsSet(True)), while_)), (path, *syntax.paths_of(while_))

    def stands(self, path: str) -> Condition:
        parameter = self.names.parameters.get(path)
        return Test(path, Equals(True) if parameter and parameter.type == "boolean" else IsSet(True))

    def rule_checks(self) -> Iterator[Check]:
        for source in self.names.of("rules"):
            record: records.Rule = source.record
            if record.forbid == (record.require is not None):
                message = "a rule has either `require` or `forbid: true`"
                self.faults.add("wrong-type", message, source.location(key=True))
                continue
            if (record.severity == "dormant") != (record.effect is not None):
                message = "a dormant rule has an `effect`, and no other rule has one"
                self.faults.add("wrong-type", message, source.location(key=True))
            when = self.names.condition(record.when, source, ("when",))
            violation, named = when, syntax.paths_of(when)
            if record.require is not None:
                require = self.names.condition(record.require, source, ("require",))
                violation, named = All((when, Not(require))), (*named, *syntax.paths_of(require))
            first = (self.names.path(record.culprit, source, ("culprit",)),) if record.culprit else ()
            yield self.check(
                source, record.severity, violation, tuple(dict.fromkeys((*first, *named))), self.effect(source)
            )

    def effect(self, source: Source) -> records.Effect | None:
        effect = source.record.effect
        if effect is None:
            return None
        ignored = tuple(
            self.names.path(path, source, ("effect", "ignored", i)) for i, path in enumerate(effect.ignored)
        )
        becomes = {
            self.names.path(path, source, ("effect", "becomes", path)): value
            for path, value in (effect.becomes or {}).items()
        }
        return records.Effect(ignored=ignored, becomes=becomes or None)  # type: ignore[arg-type]

    def check(
        self,
        source: Source,
        severity: str,
        violation: Condition,
        culprits: tuple[str, ...],
        effect: records.Effect | None = None,
    ) -> Check:
        record = source.record
        fix = {self.names.path(path, source, ("fix", path)): value for path, value in (record.fix or {}).items()}
        return Check(
            id=record.id,
            backend=source.scope,
            severity=severity,
            violation=violation,
            culprits=culprits,
            title=record.title,
            reason=record.reason,
            resolution=record.resolution,
            policy=record.policy,
            fix=fix or None,
            effect=effect,
            record=record,
            versions=record.versions,
            is_current=self.is_current(source),
        )

    def is_current(self, source: Source) -> bool:
        """Return whether a rule holds for the newest version of its backend's library."""
        if not source.record.versions or source.scope not in self.names.backends:
            return True
        with contextlib.suppress(InvalidVersion, InvalidSpecifier):  # which the integrity checks tell
            return is_in(Version(self.names.backends[source.scope].newest), source.record.versions)
        return True

    def choice_skips(self) -> Iterator[Skip]:
        """Yield the needs that choices of enumerations state themselves."""
        for source in self.names.of("parameters"):
            path = declared(source.record.path, source.scope)
            for value, choice in (source.record.choices or {}).items():
                if choice.needs is not None:
                    needs = self.needs(choice.needs, source, ("choices", value, "needs"))
                    test = Test(path, Equals(value))
                    yield Skip(
                        id=f"{path}={value}",
                        backend=source.scope,
                        keys=(f"{path}={value}",),
                        when=test,
                        needs=needs,
                        reason=choice.needs.reason or f"Needs {_needs_words(needs)}",
                    )

    def record_skips(self) -> Iterator[Skip]:
        for source in self.names.of("skip_conditions"):
            record: records.SkipCondition = source.record
            if record.advisory == (record.needs is not None):
                message = "a skip condition has either `needs` or `advisory: true`"
                self.faults.add("wrong-type", message, source.location(key=True))
                continue
            when = self.names.condition(record.when, source, ("when",))
            needs = self.needs(record.needs, source, ("needs",)) if record.needs else Needs()
            keys = tuple(test.path + ending for test in syntax.tests_of(when) for ending in _key_endings(test.matcher))
            yield Skip(
                id=record.id,
                backend=source.scope,
                keys=keys,
                when=when,
                needs=needs,
                reason=record.reason,
                depends_on_model=record.depends_on_model,
            )

    def needs(self, record: records.NeedsRecord, source: Source, pointer: Pointer) -> Needs:
        gpus: Any = record.gpus.minimum if record.gpus else None
        if isinstance(gpus, records.ParameterReference):
            gpus = Reference(self.names.path(gpus.parameter, source, (*pointer, "gpus", "minimum", "parameter")))
        package = record.package
        if isinstance(package, str):
            package = records.Package(name=package)
        return Needs(
            compute_capability=record.compute_capability.minimum if record.compute_capability else None,
            gpus=gpus,
            packages=(PackageNeed(package.name, package.versions),) if package else (),
        )

    def calls(self, backend: str) -> Iterator[LinkedCall]:
        source = self.names.seen["backend", backend]
        earlier: set[str] = set()
        for index, call in enumerate(self.names.backends[backend].calls):
            pointer = ("calls", index)
            scoped = attrs.evolve(source, scope=backend)
            when = self.names.condition(call.when, scoped, (*pointer, "when")) if call.when is not None else None
            for name, step in _results_used(call):
                if name not in earlier:
                    message = f'call "{call.id}" uses the result of "{name}", which is no earlier call'
                    self.faults.add("dangling-mapping", message, source.location((*pointer, *step)))
            package = call.target.partition(".")[0]
            if call.target and package not in self.names.backends[backend].packages:
                message = f'"{call.target}" lies in no package of this backend'
                known = f"The packages are {', '.join(self.names.backends[backend].packages)}."
                self.faults.add("dangling-mapping", message, source.location((*pointer, "target")), known)
            if call.spreads is not None:
                self.names.path(call.spreads, scoped, (*pointer, "spreads"))
            for place, part in enumerate(call.text):
                if isinstance(part, str) and not part.isidentifier():
                    at = source.location((*pointer, "text", place))
                    self.faults.add(
                        "wrong-type", f'"{part}" is no name of an attribute', at, "Write a key as {key: name}."
                    )
            for name, value in call.arguments.items():
                given = value.get("input") if isinstance(value, Mapping) else None
                if given is not None and given not in INPUTS:
                    advice = did_you_mean(str(given), INPUTS) or f"There are {', '.join(INPUTS)}."
                    at = source.location((*pointer, "arguments", name, "input"))
                    self.faults.add("dangling-mapping", f'llem has no input "{given}"', at, advice)
            conditions = {
                name: self.names.condition(value["when"], scoped, (*pointer, "arguments", name, "when"))
                for name, value in call.arguments.items()
                if isinstance(value, Mapping) and "when" in value
            }
            earlier.add(call.id)
            yield LinkedCall(record=call, when=when, conditions=conditions)

    def memory(self, backend: str, record: backend_records.Memory) -> LinkedMemory:
        source = attrs.evolve(self.names.seen["backend", backend], scope=backend)

        def sizes(name: str) -> tuple[tuple[Condition, float], ...]:
            return tuple(
                (self.names.condition(size.when or {}, source, ("memory", name, index, "when")), size.bytes)
                for index, size in enumerate(getattr(record, name))
            )

        def paths(listed: tuple[records.PathText, ...], *pointer: str | int) -> tuple[str, ...]:
            return tuple(
                self.names.path(path, source, ("memory", *pointer, index)) for index, path in enumerate(listed)
            )

        return LinkedMemory(
            number=sizes("number"),
            linear_weight=sizes("linear_weight"),
            cached=sizes("cached"),
            sequences=tuple(paths(listed, "sequences", index) for index, listed in enumerate(record.sequences)),
            tokens=paths(record.tokens, "tokens"),
            every_gpu=(
                self.names.condition(record.every_gpu, source, ("memory", "every_gpu"))
                if record.every_gpu is not None
                else None
            ),
        )

    def targets(self) -> Iterator[LinkedTarget]:
        for source in (*self.names.of("parameters"), *self.names.of("mappings")):
            own = source.kind == "parameters"
            name = source.record.path if own else source.record.parameter
            path = declared(name, source.scope) if own else self.names.path(name, source, ("parameter",))
            for index, target in enumerate(source.record.maps_to):
                pointer: Pointer = ("maps_to", index)
                self.check_target(target, source, pointer)
                when = (
                    self.names.condition(target.when, source, (*pointer, "when")) if target.when is not None else None
                )
                yield LinkedTarget(
                    path=path,
                    backend=source.scope,
                    call=target.call,
                    argument=target.argument,
                    values=target.values,
                    translate=target.translate,
                    when=when,
                )

    def check_target(self, target: records.Target, source: Source, pointer: Pointer) -> None:
        backend = self.names.backends.get(source.scope)
        known = [call.id for call in backend.calls] if backend else []
        if target.call == records.RUNNER:
            if target.argument not in self.manifest.runner:
                message = f'the runner has no argument "{target.argument}"'
                advice = did_you_mean(target.argument, self.manifest.runner)
                self.faults.add("dangling-mapping", message, source.location((*pointer, "argument")), advice)
        elif target.call not in known:
            message = f'the backend "{source.scope or "shared"}" has no call "{target.call}"'
            advice = did_you_mean(target.call, known) or f"It has {', '.join([*known, records.RUNNER])}."
            self.faults.add("dangling-mapping", message, source.location((*pointer, "call")), advice)


def _results_used(call: backend_records.Call) -> Iterator[tuple[str, Pointer]]:
    uses: list[tuple[Any, Pointer]] = [(call.method_of, ("method_of",))]
    if call.assigns:
        uses.append((call.assigns.result_of, ("assigns", "result_of")))
    for name, value in call.arguments.items():
        if isinstance(value, Mapping) and "result_of" in value:
            uses.append((value["result_of"], ("arguments", name, "result_of")))
    for used, pointer in uses:
        for name in (used,) if isinstance(used, str) else used or ():
            yield name, pointer


def _needs_words(needs: Needs) -> str:
    parts = [f"the package {need}" for need in needs.packages]
    if needs.compute_capability is not None:
        parts.append(f"compute capability {needs.compute_capability} or newer")
    if needs.gpus is not None:
        parts.append(f"{needs.gpus} GPUs")
    return " and ".join(parts)


def _key_endings(matcher: syntax.Matcher) -> Iterator[str]:
    """Yield the endings of a skip condition's keys: `=True`, `>1`, or nothing where any value will do."""
    match matcher:
        case Equals(value):
            yield f"={value}"
        case syntax.OneOf(parts):
            for part in parts:
                yield from _key_endings(part)
        case syntax.Ordering("exclusive_minimum", bound):
            yield f">{bound}"
        case syntax.Ordering("minimum", bound):
            yield f">={bound}"
        case _:
            yield ""
