"""Looks at one configuration, and notes what is wrong with it or worth saying of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from llem.conditions import syntax
from llem.conditions.evaluate import holds
from llem.conditions.words import value_words
from llem.config.waking import woken_checks, woken_skips
from llem.diagnostics import Diagnostic, Location, Related, Report, Severity, did_you_mean
from llem.environment import Environment, is_in
from llem.registry.composing import Pointer
from llem.registry.facts import ConfigurationFacts, is_within
from llem.registry.model import Check, Registry, Skip, sections_of
from llem.registry.reading import Document
from llem.registry.records import Choice, Deprecation, Parameter
from llem.registry.values import is_nullable, normalise, problems


if TYPE_CHECKING:
    from packaging.version import Version


@attrs.frozen
class Findings:
    """What an evaluation found, and the valid written values by absolute path."""

    diagnostics: tuple[Diagnostic, ...]
    values: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not has_errors(self.diagnostics)

    def report(self, document: Document | None, subject: str) -> Report:
        """Return the findings as a report with its source."""
        sources = {document.file: document.text} if document else {}
        return Report(self.diagnostics, sources, subject)


def has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    """Return whether one of the findings is an error."""
    return any(found.severity is Severity.ERROR for found in diagnostics)


_SEVERITIES = {str(severity): severity for severity in Severity}


class Judge:
    """One pass over one configuration."""

    def __init__(
        self,
        registry: Registry,
        document: Document | None,
        *,
        whole: bool = True,
        written: dict[str, Any] | None = None,
    ) -> None:
        self.registry = registry
        self.whole = whole
        self.document = document
        self.diagnostics: list[Diagnostic] = []
        self.written: dict[str, Any] = {} if written is None else written
        self.invalid: set[str] = set()
        self.holding: set[str] = set()
        """The sections that hold an invalid value."""
        self.facts = ConfigurationFacts(registry, self.written)

    def findings(self) -> Findings:
        """Return what was found, in the order of the file where there is one."""

        def place(found: Diagnostic) -> tuple[int, int]:
            return (found.location.line, found.location.column) if found.location else (0, 0)

        if self.document is not None:
            self.diagnostics.sort(key=place)
        return Findings(tuple(self.diagnostics), self.written)

    def add(
        self,
        code: str,
        path: str,
        message: str,
        resolution: str = "",
        *,
        severity: Severity = Severity.ERROR,
        **more: Any,
    ) -> None:
        """Note a finding."""
        self.diagnostics.append(
            Diagnostic(code=code, severity=severity, path=path, message=message, resolution=resolution, **more)
        )

    def key(self, path: str) -> Location | None:
        """Return the place of the key at a path."""
        return self.document.key(_pointer(path)) if self.document else None

    def value(self, path: str, *steps: Any) -> Location | None:
        """Return the place of the value at a path, or of a part of it."""
        return self.document.value((*_pointer(path), *steps)) if self.document else None

    def not_a_mapping(self, data: Any) -> None:
        """Note that the whole is none."""
        location = self.document.value(()) if self.document else None
        if data is None:
            advice = "Write at least `model: embedded`."
            self.add("empty-file", "", "the configuration is empty", advice, location=location)
            return
        kind = "a list" if isinstance(data, list) else value_words(data)
        self.add(
            "not-a-mapping",
            "",
            f"an experiment is a mapping, not {kind}",
            "Write `key: value` lines.",
            location=location,
        )

    def walk(self, section: str, data: Mapping[Any, Any]) -> None:
        """Look at each key of a section: known, of its type, in its range; and at those that must be there."""
        fields = self.registry.fields[section]
        for name, value in data.items():
            path = fields.get(name) if isinstance(name, str) else None
            if path is None:
                self.unknown_key(section, name)
            elif path in self.registry.sections:
                self.subsection(path, value)
            else:
                self.parameter(self.registry.parameters[path], path, value)
        if self.whole:
            self.missing(section, data)

    def missing(self, section: str, data: Mapping[Any, Any]) -> None:
        """Note what a section must have and has not."""
        for name, path in self.registry.required[section]:
            if name not in data:
                location = self.key(section) if section else (self.document.key(()) if self.document else None)
                advice = self.registry.parameters[path].summary
                self.fail(path, "missing-key", f'"{path}" is missing', advice, location)

    def fail(self, path: str, code: str, message: str, resolution: str, location: Location | None) -> None:
        """Note that the value of a path is invalid."""
        self.mark(path)
        self.add(code, path, message, resolution, location=location)

    def mark(self, *paths: str) -> None:
        """Keep in mind that the values of some paths are invalid."""
        self.invalid.update(paths)
        for path in paths:
            self.holding.update(sections_of(path))

    def unknown_key(self, section: str, name: Any) -> None:
        """Note a key that a section does not have."""
        path = f"{section}.{name}" if section else str(name)
        fields = self.registry.fields[section]
        elsewhere = [found for found in self.registry.parameters if found.rpartition(".")[2] == name]
        advice = did_you_mean(str(name), fields)
        if elsewhere and not advice:
            advice = f'"{name}" is a field elsewhere: {", ".join(elsewhere)}.'
        where = f'in "{section}"' if section else "in an experiment"
        location = self.document.key((*_pointer(section), name)) if self.document else None
        self.add("unknown-key", path, f'unknown key "{name}" {where}', advice, location=location)

    def subsection(self, path: str, value: Any) -> None:
        """Look at what should be a section."""
        scalar = self.registry.parameters.get(path)
        if isinstance(value, Mapping):
            self.written[path] = value
            self.walk(path, value)
        elif scalar is not None and value is not None:
            self.parameter(scalar, path, value, f'Or write the fields of "{path}" below it, indented.')
        elif value is not None or not self.registry.sections[path].nullable or scalar is not None:
            kind = "null" if value is None else "a list" if isinstance(value, list) else value_words(value)
            advice = f'Write the fields of "{path}" below it, indented.'
            self.fail(path, "wrong-type", f'"{path}" is a mapping, not {kind}', advice, self.value(path))

    def parameter(self, parameter: Parameter, path: str, value: Any, advice: str = "") -> None:
        """Look at the value of a parameter: null where it may be, of its type, in its range."""
        if value is None:
            if is_nullable(parameter):
                self.written[path] = None
            else:
                advice = "" if parameter.default is None else "Leave the key out for its default."
                self.fail(path, "wrong-type", f'"{path}" cannot be null', advice, self.value(path))
            return
        found = list(problems(parameter, value))
        for problem in found:
            location = self.value(path, *problem.pointer)
            self.fail(path, problem.code, f'"{path}": {problem.message}', problem.resolution or advice, location)
        if not found:
            self.written[path] = normalise(parameter, value)

    def conclude(self, environment: Environment | None) -> None:
        """Judge what the values say together."""
        self.facts = ConfigurationFacts(self.registry, self.written)
        backend = self.facts.given(self.registry.selector)
        version = self.version(backend, environment)
        self.check(version)
        if backend in self.registry.backends:
            self.unsupported(backend)
            if version is not None:
                self.versions(backend, version)
            self.needs(backend, environment)
        self.deprecations(version)

    def check(self, version: "Version | None" = None, section: str = "") -> None:
        """Evaluate the checks of a version that no invalid value touches, or those that one section decides."""
        self.facts = ConfigurationFacts(self.registry, self.written)
        backend = self.facts.given(self.registry.selector)
        for check in woken_checks(self.registry, backend, version, self.facts):
            decided = not section or all(is_within(path, section) for path in check.paths)
            if decided and not self.touched(check) and holds(check.violation, self.facts):
                self.say(check)

    def touched(self, item: Check | Skip) -> bool:
        """Return whether a value that decides a check or need is invalid, so that nothing can be said of it."""
        if not self.invalid:
            return False
        return not (self.invalid.isdisjoint(item.within) and self.holding.isdisjoint(item.paths))

    def say(self, item: Check | Skip) -> None:
        """Note a violated check, or advice that applies."""
        if isinstance(item, Check):
            self.violated(item)
        else:
            path = self.first_set(item.paths)
            self.add(item.id, path, item.reason, severity=Severity.NOTE, location=self.key(path))

    def first_set(self, paths: tuple[str, ...]) -> str:
        """Return the first of some paths that is written, or the first of all."""
        return next((path for path in paths if self.facts.is_set(path)), paths[0])

    def violated(self, check: Check) -> None:
        """Note a violated check."""
        culprit = self.first_set(check.culprits)
        self.diagnostics.append(
            Diagnostic(
                code=check.id,
                severity=_SEVERITIES[check.severity],
                message=check.title,
                path=culprit,
                reason=check.reason,
                resolution=check.resolution,
                location=self.document.key(self.place(check, culprit)) if self.document else None,
                related=tuple(self.related(check, culprit)) if len(check.paths) > 1 else (),
                fix=check.fix,
            )
        )

    def place(self, check: Check, culprit: str) -> Pointer:
        """Return where the culprit stands; of a mapping with a forbidden key, that key."""
        for test in syntax.tests_of(check.violation):
            if test.path == culprit and isinstance(test.matcher, syntax.HasAnyKey):
                for key in test.matcher.keys:
                    if key in self.facts.effective(culprit):
                        return (*_pointer(culprit), key)
        return _pointer(culprit)

    def related(self, check: Check, culprit: str) -> Iterator[Related]:
        """Yield where the other values of a violated check come from."""
        for path in check.paths:
            if path == culprit or is_within(culprit, path):
                continue
            value, origin = self.facts.lookup(path)
            if origin == "written":
                yield Related(f"{path} is {_brief(value)}", path, self.key(path))
            elif origin == "preset":
                preset = self.registry.preset_parameters[path.rpartition(".")[0]]
                yield Related(f"the preset makes {path} {_brief(value)}", preset, self.key(preset))

    def unsupported(self, backend: str) -> None:
        """Note values that the chosen backend would never see."""
        name = self.registry.backends[backend].name
        for path, value in self.written.items():
            known = path in self.registry.parameters and value is not None and not isinstance(value, Mapping)
            if known and not self.registry.section_of(path) and not self.registry.reads(backend, path):
                message = f'"{path}" is not supported by {name}'
                reason = f"No call that llem makes of {self.registry.backends[backend].library} takes it."
                self.add(
                    "unsupported-by-backend",
                    path,
                    message,
                    "Remove it, or choose another backend.",
                    reason=reason,
                    location=self.key(path),
                )

    def version(self, backend: str, environment: Environment | None) -> "Version | None":
        """Return the version of the backend's library, where the environment knows it."""
        found = self.registry.backends.get(backend)
        return environment.version_of(found.library) if environment is not None and found is not None else None

    def versions(self, backend: str, version: "Version") -> None:
        """Note what this version of the library does not have, and a version beyond the records."""
        record = self.registry.backends[backend]
        if not is_in(version, record.supported):
            message = f"the records do not hold for {record.library} {version}"
            advice = f"They hold for {record.library}{record.supported}."
            self.add("version-not-supported", self.registry.selector, message, advice, severity=Severity.WARNING)
        for path, value in self.written.items():
            parameter = self.registry.parameters.get(path)
            if parameter is None or value is None or self.registry.section_of(path) not in ("", backend):
                continue
            if not is_in(version, parameter.versions):
                self.other_version(path, f'"{path}"', record.library, version, parameter)
            choice = (parameter.choices or {}).get(value) if isinstance(value, str) else None
            if choice is not None and not is_in(version, choice.versions):
                self.other_version(path, f'"{value}" for "{path}"', record.library, version, choice)

    def other_version(self, path: str, what: str, library: str, version: "Version", record: Parameter | Choice) -> None:
        """Note what another version of the library has."""
        instead = record.deprecation.replaced_by if record.deprecation else ""
        advice = f"Write {instead} instead." if instead else f"Remove it, or use {library}{record.versions}."
        self.add(
            "not-in-this-version",
            path,
            f"{what} is not in {library} {version}",
            advice,
            reason=f"{library} has it in versions {record.versions}.",
            location=self.value(path),
        )

    def deprecations(self, version: "Version | None") -> None:
        """Note what is written and retired, in this version if it is known."""
        for path, value in self.written.items():
            parameter = self.registry.parameters.get(path)
            if parameter is None or value is None or isinstance(value, Mapping):
                continue
            choice = (parameter.choices or {}).get(value) if isinstance(value, str) else None
            if _is_retired(parameter, version):
                assert parameter.deprecation is not None
                self.deprecated(path, f'"{path}"', parameter.deprecation)
            if choice is not None and _is_retired(choice, version):
                assert choice.deprecation is not None
                self.deprecated(path, f'"{value}" for "{path}"', choice.deprecation)

    def deprecated(self, path: str, what: str, deprecation: Deprecation) -> None:
        """Note what is retired."""
        advice = f"Write {deprecation.replaced_by} instead." if deprecation.replaced_by else ""
        message = f"{what} is deprecated since {deprecation.since}"
        self.add(
            "deprecated",
            path,
            message,
            advice,
            severity=Severity.WARNING,
            reason=deprecation.reason,
            location=self.value(path),
        )

    def needs(self, backend: str, environment: Environment | None) -> None:
        """Note what the environment lacks, and advice that no machine can check."""
        for skip in woken_skips(self.registry, backend, self.facts):
            if self.touched(skip) or not holds(skip.when, self.facts):
                continue
            if not skip.needs.checkable:
                self.say(skip)
            elif environment is not None and (lacks := skip.needs.unmet(environment, self.resolve)):
                path = self.first_set(skip.paths)
                reason = f"On {environment.name}: {'; '.join(lacks)}."
                self.add(skip.id, path, skip.reason, severity=Severity.SKIPPED, reason=reason, location=self.key(path))

    def resolve(self, operand: Any) -> Any:
        """Return the value that an operand stands for."""
        return self.facts.effective(operand.path) if isinstance(operand, syntax.Reference) else operand


def _is_retired(record: Parameter | Choice, version: "Version | None") -> bool:
    if record.deprecation is None or version is None:
        return record.deprecation is not None
    return version >= type(version)(record.deprecation.since)


def _pointer(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _brief(value: Any) -> str:
    return "set" if isinstance(value, Mapping) else value_words(value)
