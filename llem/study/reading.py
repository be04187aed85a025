"""Study files: read, checked with positions, and linked to a registry."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from llem.conditions import Condition, ConditionError, parse_condition, syntax
from llem.conditions.syntax import Equals, Not, Test
from llem.config.classes import ValidationError
from llem.config.evaluation import evaluate, evaluate_fragment
from llem.config.judge import Findings
from llem.diagnostics import Diagnostic, Location, Report, Severity, did_you_mean
from llem.registry.composing import Pointer
from llem.registry.facts import flatten, nest, overlap, overruled
from llem.registry.model import Registry
from llem.registry.reading import Document, ReadingError, read_file, read_text
from llem.registry.structuring import make_converter, structure
from llem.registry.values import key_of
from llem.study.records import ALL, LARGEST_RANGE, Alternative, Axis, Range, Study, StudyRecord


def read_study(source: Mapping[str, Any] | Path | str, registry: Registry) -> Study:
    """Return the study that a mapping or a file describes.

    Raises:
        ValidationError: with everything that is wrong with it.
    """
    if isinstance(source, Mapping):
        return _Reader(registry, None, dict(source)).study()
    try:
        document = read_file(source)
    except ReadingError as error:
        raise ValidationError(error.report) from None
    return _Reader(registry, document, document.data).study()


def read_condition(text: str, source: str, registry: Registry) -> Condition:
    """Return the condition that a line of YAML states, as one of a study's exclusions.

    Raises:
        ValidationError: when it states none; `source` names it in the report.
    """
    try:
        document = read_text(text, source)
    except ReadingError as error:
        raise ValidationError(error.report) from None
    return _Reader(registry, document, document.data).condition()


class _Reader:
    """Reads one study; what is wrong is collected, and raised in the end."""

    def __init__(self, registry: Registry, document: Document | None, data: Any) -> None:
        self.registry = registry
        self.document = document
        self.data = data
        self.found: list[Diagnostic] = []
        self.sources = {document.file: document.text} if document else {}

    def study(self) -> Study:
        record = self._record()
        base = self._base(record.base)
        axes = (*self._sweep(record.sweep), *self._groups(record.groups))
        self._overlaps(axes)
        experiments = tuple(self._experiments(record.experiments, base))
        exclude = tuple(self._condition(data, ("exclude", index)) for index, data in enumerate(record.exclude))
        if (axes or not experiments) and isinstance(record.base, str | Mapping | None):
            self._required(base, axes)
        self._raise()
        return Study(record=record, base=base, axes=axes, experiments=experiments, exclude=exclude)

    def _raise(self) -> None:
        if self.found:
            self.found.sort(
                key=lambda found: (found.location.line, found.location.column) if found.location else (0, 0)
            )
            raise ValidationError(Report(tuple(self.found), self.sources, self.document.file if self.document else ""))

    def add(self, code: str, pointer: Pointer, message: str, resolution: str = "", *, at_key: bool = False) -> None:
        location = (self.document.key if at_key else self.document.value)(pointer) if self.document else None
        self._found(code, message, resolution, location, ".".join(map(str, pointer)))

    def _found(self, code: str, message: str, resolution: str, location: Location | None, path: str) -> None:
        self.found.append(
            Diagnostic(
                code=code,
                severity=Severity.ERROR,
                path=path,
                message=message,
                resolution=resolution,
                location=location,
            )
        )

    def _record(self) -> StudyRecord:
        if self.data is None:
            self.add("empty-file", (), "the study is empty", "Write at least a `base` and a `sweep`.")
        elif not isinstance(self.data, Mapping):
            self.add("not-a-mapping", (), "a study is a mapping", "Write `key: value` lines.")
        self._raise()
        record, failures = structure(self.data, StudyRecord, make_converter())
        for failure in failures:
            self.add(failure.code, failure.pointer, failure.message, failure.resolution, at_key=failure.at_key)
        if failures:  # what is wrong with the rest is worth saying too
            wrong = {failure.pointer[0] for failure in failures}
            rest = {name: value for name, value in self.data.items() if name not in wrong}
            record, _ = structure(rest, StudyRecord, make_converter())
        assert isinstance(record, StudyRecord)
        if record.repetitions < 1:
            self.add("out-of-range", ("repetitions",), "repetitions are at least 1")
        if record.retries < 0:
            self.add("out-of-range", ("retries",), "retries are at least 0")
        if record.time_limit is not None and record.time_limit <= 0:
            self.add("out-of-range", ("time_limit",), "a time limit is above 0 seconds")
        return record

    def _base(self, base: Any) -> Mapping[str, Any]:
        if isinstance(base, str):
            folder = Path(self.document.file).parent if self.document and self.document.file != "<stdin>" else Path()
            try:
                other = read_file(folder / base)
            except ReadingError as error:
                if (error.report.errors or [None])[0] and error.report.errors[0].code == "unreadable-file":
                    reason = error.report.errors[0].reason
                    self.add("unreadable-file", ("base",), f'the base "{base}" cannot be read', reason)
                else:
                    self.found += error.report.diagnostics
                    self.sources |= error.report.sources
                return {}
            self.sources[other.file] = other.text
            return self._fragment(other.data, lambda: other).values
        return self._fragment({} if base is None else base, self._part(("base",), ())).values

    def _part(self, source: Pointer, target: Pointer) -> Callable[[], Document | None]:
        """Return what gives the document with one place of it as the place of an experiment's field, or as its root."""

        def part() -> Document | None:
            if self.document is None:
                return None
            size = len(source)
            spans = {
                self._undotted(target, pointer[size:]): span
                for pointer, span in self.document.spans.items()
                if pointer[:size] == source
            }
            spans.setdefault((), spans.get(target) or self.document.spans[()])
            return attrs.evolve(self.document, spans=spans)

        return part

    def _undotted(self, start: Pointer, rest: Pointer) -> Pointer:
        """Return a pointer into an experiment, in which the dots of written paths are steps."""
        steps = list(start)
        for step in rest:
            section = ".".join(map(str, steps))
            splits = isinstance(step, str) and (not steps or section in self.registry.sections)
            steps += str(step).split(".") if splits else [step]
        return tuple(steps)

    def _fragment(self, data: Any, document: Callable[[], Document | None]) -> Findings:
        """Judge a part of an experiment on its own; what is wrong is noted."""
        if isinstance(data, Mapping):
            data = nest(self.registry, flatten(self.registry, data))
        findings = evaluate_fragment(self.registry, data)
        if findings.diagnostics:
            findings = evaluate_fragment(self.registry, data, document())
            self.found += findings.diagnostics
        return findings

    def _sweep(self, sweep: Mapping[str, Any]) -> Iterator[Axis]:
        for path, written in sweep.items():
            pointer = ("sweep", path)
            if path not in self.registry.parameters:
                advice = did_you_mean(path, self.registry.parameters)
                self.add("unknown-key", pointer, f'there is no parameter "{path}"', advice, at_key=True)
                continue
            values = self._values(path, written, pointer)
            places = isinstance(written, list)
            alternatives = []
            for index, value in enumerate(values):
                part = self._part((*pointer, index) if places else pointer, tuple(path.split(".")))
                data = nest(self.registry, {path: value})
                found = {path: None} if value is None else self._fragment(data, part).values
                if path in found:
                    alternatives.append(Alternative(_label(value), {path: found[path]}))
            self._distinct(alternatives, pointer)
            yield Axis(path, tuple(alternatives))

    def _values(self, path: str, written: Any, pointer: Pointer) -> list[Any]:
        parameter = self.registry.parameters[path]
        if isinstance(written, list):
            if not written:
                self.add("out-of-range", pointer, f'the axis "{path}" has no values', "Write at least one.")
            return written
        if written == ALL:
            choices = [False, True] if parameter.type == "boolean" else list(parameter.choices or {})
            if not choices:
                message = f'"{path}" is no enumeration, so that `all` says nothing'
                self.add("wrong-type", pointer, message, "List its values.")
            return choices
        if isinstance(written, Mapping):
            return self._range(written, pointer)
        advice = "Write a list of values, `all`, or {minimum, maximum, step}."
        self.add("wrong-type", pointer, f'the axis "{path}" is neither a list of values nor a range', advice)
        return []

    def _range(self, written: Mapping[str, Any], pointer: Pointer) -> list[Any]:
        record, failures = structure(written, Range, make_converter())
        for failure in failures:
            at = (*pointer, *failure.pointer)
            self.add(failure.code, at, failure.message, failure.resolution, at_key=failure.at_key)
        if record is None:
            return []
        grows = record.factor is not None and record.factor > 1 and record.minimum > 0
        if (record.step is None) == (record.factor is None) or not (grows or (record.step or 0) > 0):
            advice = "Write a `step` above 0, or a `factor` above 1 and a minimum above 0."
            self.add("out-of-range", pointer, "this range has no end, or no way to it", advice)
            return []
        found: list[int | float] = []
        number = Decimal(str(record.minimum))
        while number <= Decimal(str(record.maximum)):
            if len(found) == LARGEST_RANGE:
                self.add("too-large", pointer, f"a range has at most {LARGEST_RANGE} values", "Take a larger step.")
                return []
            found.append(int(number) if number == int(number) else float(number))
            number = number + Decimal(str(record.step)) if record.step else number * Decimal(str(record.factor))
        if not found:
            self.add("out-of-range", pointer, "this range is empty", "The maximum is below the minimum.")
        return found

    def _groups(self, groups: Mapping[str, Mapping[str, Any]]) -> Iterator[Axis]:
        for name, written in groups.items():
            pointer = ("groups", name)
            if not written:
                self.add("out-of-range", pointer, f'the group "{name}" has no alternatives', "Write at least one.")
            alternatives = []
            for label, data in written.items():
                findings = self._fragment({} if data is None else data, self._part((*pointer, label), ()))
                alternatives.append(Alternative(str(label), self._settings(findings.values)))
            self._distinct(alternatives, pointer)
            yield Axis(name, tuple(alternatives))

    def _settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values without the sections that they stand in."""
        sections = self.registry.sections
        return {path: value for path, value in values.items() if not (path in sections and isinstance(value, Mapping))}

    def _distinct(self, alternatives: list[Alternative], pointer: Pointer) -> None:
        seen: dict[Any, str] = {}
        for alternative in alternatives:
            first = seen.setdefault(key_of(alternative.values), alternative.label)
            if first is not alternative.label:
                same = first == alternative.label
                message = f'"{first}" stands twice' if same else f'"{alternative.label}" says what "{first}" says'
                self.add("duplicate-value", pointer, message, "Remove one of them.", at_key=True)

    def _overlaps(self, axes: tuple[Axis, ...]) -> None:
        owners: dict[str, str] = {}
        for axis in axes:
            for path in sorted(axis.paths):
                clash = next((other for other in owners if overlap(path, other)), None)
                if clash is not None:
                    kind = "sweep" if axis.name in self.registry.parameters else "groups"
                    message = f'two axes set "{path}": "{owners[clash]}" and "{axis.name}"'
                    advice = "Leave it to one of them, or list combinations under `experiments`."
                    self.add("two-axes", (kind, axis.name), message, advice, at_key=True)
            owners |= dict.fromkeys(axis.paths, axis.name)

    def _experiments(self, experiments: tuple[Any, ...], base: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        for index, data in enumerate(experiments):
            findings = self._fragment({} if data is None else data, self._part(("experiments", index), ()))
            whole = nest(self.registry, overruled(self.registry, base, [findings.values]))
            if findings.ok:
                document = self._part(("experiments", index), ())()
                judged = evaluate(self.registry, whole, document=document)
                self.found += Report(judged.diagnostics).errors
            yield whole

    def _required(self, base: Mapping[str, Any], axes: tuple[Axis, ...]) -> None:
        always = {
            path for axis in axes for path in axis.paths if all(path in each.values for each in axis.alternatives)
        }
        for path in self._missing({**base, **dict.fromkeys(always)}):
            summary = self.registry.parameters[path].summary
            self.add("missing-key", ("base",), f'"{path}" is missing', f"Write it in the base. {summary}")

    def _missing(self, values: Mapping[str, Any]) -> Iterator[str]:
        for path, parameter in self.registry.parameters.items():
            section = path.rpartition(".")[0]
            if parameter.required and path not in values and (not section or section in values):
                yield path

    def condition(self) -> Condition:
        """Return the data as one condition."""
        found = self._condition(self.data, ())
        self._raise()
        return found

    def _condition(self, data: Any, pointer: Pointer) -> Condition:
        try:
            parsed = parse_condition(data)
        except ConditionError as error:
            self.add("not-a-condition", (*pointer, *error.pointer), error.message)
            return syntax.All()
        for test in syntax.tests_of(parsed):
            for path in (test.path, *(found.path for found in syntax.references_of(test.matcher))):
                self._known_path(path, (*pointer, *test.pointer))
        return syntax.transform(parsed, self._with_definition)

    def _known_path(self, path: str, pointer: Pointer) -> None:
        known = [*self.registry.parameters, *self.registry.sections, *self.registry.definitions]
        if path not in known:
            advice = did_you_mean(path, known)
            self.add("unknown-path", pointer, f'there is no parameter "{path}"', advice, at_key=True)

    def _with_definition(self, test: Test) -> Condition:
        holds = self.registry.definitions.get(test.path)
        if holds is None:
            return test
        return holds if test.matcher == Equals(True) else Not(holds)


def _label(value: Any) -> str:
    from llem.conditions.words import value_words

    return value_words(value)
