"""The linked registry: records with absolute paths and parsed conditions, ready to be interpreted. Immutable."""

import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from llem.conditions import Condition
from llem.conditions.syntax import paths_of
from llem.diagnostics import Location
from llem.environment import Needs, is_in
from llem.registry import backend_records, records


if TYPE_CHECKING:
    from packaging.version import Version


def sections_of(path: str) -> tuple[str, ...]:
    """Return the paths of the sections that a path stands in."""
    return tuple(path[:end] for end, sign in enumerate(path) if sign == ".")


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Check:
    """A rule in its evaluated form: the configuration is at fault while `violation` holds.

    An exclusion of several parameters gives several checks with the same id.
    """

    id: str
    backend: str
    severity: str
    violation: Condition
    culprits: tuple[str, ...]
    title: str
    reason: str
    resolution: str
    policy: bool = False
    fix: Mapping[str, Any] | None = None
    effect: records.Effect | None = None
    record: records.Rule | records.Exclusion | None = None
    versions: str = ""
    is_current: bool = True
    """Whether it holds for the newest version of the library."""

    @property
    def condition(self) -> Condition:
        """What holds of the configurations that it concerns."""
        return self.violation

    @functools.cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path that decides whether it fires."""
        return paths_of(self.violation)

    @functools.cached_property
    def within(self) -> frozenset[str]:
        """These paths, and the sections that they stand in."""
        return frozenset(self.paths).union(*map(sections_of, self.paths))


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Skip:
    """A need of the machine, linked. `keys` name it in the introspection API."""

    id: str
    backend: str
    keys: tuple[str, ...]
    when: Condition
    needs: Needs
    reason: str
    depends_on_model: bool = False

    @property
    def condition(self) -> Condition:
        """What holds of the configurations that it concerns."""
        return self.when

    @functools.cached_property
    def paths(self) -> tuple[str, ...]:
        """Every path that decides whether it applies."""
        return paths_of(self.when)

    @functools.cached_property
    def within(self) -> frozenset[str]:
        """These paths, and the sections that they stand in."""
        return frozenset(self.paths).union(*map(sections_of, self.paths))


@attrs.frozen(kw_only=True, eq=False, slots=False)
class LinkedTarget:
    """Where the value of a parameter goes; `backend` is empty for a mapping that every backend shares."""

    path: str
    backend: str
    call: str
    argument: str
    values: Mapping[Any, Any] | None
    translate: str | None
    when: Condition | None


@attrs.frozen(kw_only=True, eq=False, slots=False)
class LinkedCall:
    """A call of a backend's adapter with its condition parsed."""

    record: backend_records.Call
    when: Condition | None
    conditions: Mapping[str, Condition]
    """Argument to the condition under which it is passed, where it has one."""


@attrs.frozen(kw_only=True, eq=False, slots=False)
class LinkedMemory:
    """What a backend keeps in memory, with its conditions parsed. A size without a condition holds always."""

    number: tuple[tuple[Condition, float], ...]
    linear_weight: tuple[tuple[Condition, float], ...]
    cached: tuple[tuple[Condition, float], ...]
    sequences: tuple[tuple[str, ...], ...]
    tokens: tuple[str, ...]
    every_gpu: Condition | None


@attrs.frozen(kw_only=True, eq=False, repr=False, slots=False)
class Registry:
    """Everything that the records state. Paths are absolute in all of it."""

    manifest: records.Manifest
    backends: Mapping[str, backend_records.Backend]
    sections: Mapping[str, records.Section]
    parameters: Mapping[str, records.Parameter]
    definitions: Mapping[str, Condition]
    definition_records: Mapping[str, records.Definition]
    checks: tuple[Check, ...]
    skips: tuple[Skip, ...]
    calls: Mapping[str, tuple[LinkedCall, ...]]
    memory: Mapping[str, LinkedMemory]
    targets: tuple[LinkedTarget, ...]
    capabilities: Mapping[str, records.Capability]
    presets: Mapping[str, records.Preset]
    environments: Mapping[str, records.EnvironmentRecord]
    left_out: tuple[backend_records.LeftOut, ...]
    locations: Mapping[tuple[str, str], Location]
    redirects: Mapping[str, str]
    fingerprint: str
    _checks_for: "dict[tuple[str, Version | None], tuple[Check, ...]]" = attrs.field(factory=dict, init=False)

    def __repr__(self) -> str:
        return f"<Registry of {', '.join(self.backends)}: {len(self.parameters)} parameters, {self.fingerprint[:12]}>"

    @functools.cached_property
    def selector(self) -> str:
        """The path of the parameter that chooses the backend."""
        return next(path for path, found in self.parameters.items() if found.choices_from == "backends")

    @functools.cached_property
    def model_path(self) -> str:
        """The path of the parameter that names the model: the one that every experiment must have."""
        return next(
            path
            for path in self.fields[""].values()
            if (parameter := self.parameters.get(path)) is not None and parameter.required
        )

    @functools.cached_property
    def preset_parameters(self) -> Mapping[str, str]:
        """Section to the path of the parameter that names its preset."""
        return {
            path.rpartition(".")[0]: path for path, found in self.parameters.items() if found.choices_from == "presets"
        }

    @functools.cached_property
    def deciding(self) -> frozenset[str]:
        """The parameters whose values decide which records are in force: the backend, and presets."""
        return frozenset({self.selector, *self.preset_parameters.values()})

    @functools.cached_property
    def fields(self) -> Mapping[str, Mapping[str, str]]:
        """Section ("" is the experiment) to its fields: name to path, subsections included."""
        found: dict[str, dict[str, str]] = {"": {}, **{section: {} for section in self.sections}}
        for path in [*self.parameters, *self.sections]:
            section, _, name = path.rpartition(".")
            found[section].setdefault(name, path)
        return found

    @functools.cached_property
    def required(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Section to the names and paths of the parameters that it must have."""
        return {
            section: tuple(
                (name, path)
                for name, path in fields.items()
                if path in self.parameters and self.parameters[path].required
            )
            for section, fields in self.fields.items()
        }

    def section_of(self, path: str) -> str:
        """Return the backend whose section a path stands in, or the empty string."""
        head = path.partition(".")[0]
        return head if head in self.backends else ""

    def checks_for(self, backend: str, version: "Version | None" = None) -> tuple[Check, ...]:
        """Return the checks that apply while a backend is chosen, in a version of its library (None: the newest)."""
        key = (backend, version)
        if key not in self._checks_for:
            self._checks_for[key] = tuple(
                check
                for check in self.checks
                if check.backend in ("", backend) and backend in self.backends and self.in_force(check, version)
            )
        return self._checks_for[key]

    def in_force(self, check: Check, version: "Version | None" = None) -> bool:
        """Return whether a check holds for a version of its backend's library (None: the newest)."""
        return check.is_current if version is None else not check.versions or is_in(version, check.versions)

    @functools.cached_property
    def _skips_by_backend(self) -> Mapping[str, tuple[Skip, ...]]:
        return {
            backend: tuple(skip for skip in self.skips if skip.backend in ("", backend)) for backend in self.backends
        }

    def skips_for(self, backend: str) -> tuple[Skip, ...]:
        """Return the needs that apply while a backend is chosen."""
        return self._skips_by_backend[backend]

    def judged_for(self, backend: str) -> Iterator[Check | Skip]:
        """Yield what may be said of a backend's configurations where nothing is known of the machine."""
        yield from self.checks_for(backend)
        yield from (skip for skip in self.skips_for(backend) if not skip.needs.checkable)

    @functools.cached_property
    def _targets_by_backend(self) -> Mapping[str, tuple[LinkedTarget, ...]]:
        return {
            backend: tuple(target for target in self.targets if target.backend in ("", backend))
            for backend in self.backends
        }

    def targets_for(self, backend: str) -> tuple[LinkedTarget, ...]:
        """Return where values go while a backend is chosen."""
        return self._targets_by_backend[backend]

    @functools.cached_property
    def _read_by_backend(self) -> Mapping[str, frozenset[str]]:
        return {backend: frozenset(self._paths_read(backend)) for backend in self.backends}

    def _paths_read(self, backend: str) -> Iterator[str]:
        for target in self.targets_for(backend):
            definition = self.definitions.get(target.path)
            yield from paths_of(definition) if definition is not None else (target.path,)
        for call in self.calls[backend]:
            for condition in (call.when, *call.conditions.values()):
                yield from paths_of(condition) if condition is not None else ()
            yield from (call.record.spreads,) if call.record.spreads else ()

    def reads(self, backend: str, path: str) -> bool:
        """Return whether a parameter decides anything in a backend's plan or in llem's runner."""
        return path in self._read_by_backend[backend] or self.parameters[path].choices_from is not None

    def takes(self, backend: str, path: str, value: Any = None) -> bool:
        """Return whether a backend takes a parameter (and a value of it) anywhere."""
        targets = [target for target in self.targets_for(backend) if target.path == path]
        if value is None:
            return bool(targets) or path in self._read_by_backend[backend]
        parameter = self.parameters[path]
        known = parameter.choices is None or value in parameter.choices
        return known and any(target.values is None or value in target.values for target in targets)

    def check_records(self) -> dict[str, Check]:
        """Return one check for each id, in the order of the records."""
        found: dict[str, Check] = {}
        for check in self.checks:
            found.setdefault(check.id, check)
        return found
