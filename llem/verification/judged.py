"""Configurations before the library's own checks, in a worker: most are judged without loading a model."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from llem.backends.engine import EngineExecutor, Worker, as_data, interpreter
from llem.backends.errors import ENDED, LibraryError, is_a
from llem.backends.measure import first_line
from llem.backends.plan import Plan, PlannedCall, ResultOf, constant_argument
from llem.backends.settings import RunnerSettings
from llem.registry.backend_records import JudgingCall, Trial
from llem.registry.model import Registry
from llem.verification.outcome import Outcome


PROMPTS = ("Hello", "A longer prompt, and more", "What is it?")


@attrs.define
class JudgedTrials:
    """Tries plans of a backend whose trial names the calls that judge; the worker stays between them."""

    registry: Registry
    folder: Path
    _worker: Worker | None = attrs.field(default=None, init=False)

    def judge_plan(self, plan: Plan) -> Outcome:
        """Return what the library's checks say of a plan, and what they make of its values."""
        trial = self.registry.backends[plan.backend].trial
        assert trial is not None
        calls = list(_judging_calls(plan, trial))
        worker = self._started(plan)
        try:
            worker.ask("make", calls=[as_data(call) for call in calls])
            fields: dict[str, str] = worker.ask("describe", calls=list(trial.compared))
            worker.ask("forget")
        except LibraryError as error:
            if is_a(error, ENDED):
                self.close()
            return Outcome(_in_words(error))
        fields = {path: text for path, text in fields.items() if path.rpartition(".")[2] not in trial.unread}
        given = {name: str(value) for call in calls for name, value in _leaves(call.arguments)}
        return Outcome(fields=fields, given=given, changed=tuple(_changes(calls, fields)))

    def run_plan(self, plan: Plan) -> Outcome:
        """Return what the library does with a plan, for a few prompts."""
        try:
            with contextlib.closing(EngineExecutor(plan, RunnerSettings(**plan.runner), self.folder)) as executor:
                executor.prepare()
                executor.begin_measurement()
                rows = executor.generate_rows(executor.tokenize(list(PROMPTS)))
        except LibraryError as error:
            return Outcome(_in_words(error))
        return Outcome(tokens=tuple(map(tuple, rows)))

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _started(self, plan: Plan) -> Worker:
        if self._worker is None:
            self._worker = Worker(interpreter(plan.backend, RunnerSettings(**plan.runner)), self.folder)
        return self._worker


def _in_words(error: LibraryError) -> str:
    """Return the error in one line; validators say what is wrong behind a line that counts the faults."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = " ".join(lines[:3]) if lines and lines[0].endswith("Config") else first_line(error)
    return f"{error.names[0]}: {told.partition(' [type=')[0]}"


def _judging_calls(plan: Plan, trial: Trial) -> Iterator[PlannedCall]:
    """Yield the plan's calls without those that generate, some replaced, and those that judge behind them."""
    replacing: dict[str, JudgingCall] = {call.arguments_of: call for call in trial.judged_by if call.arguments_of}
    for call in plan.calls:
        if call.id in replacing:
            yield attrs.evolve(call, id=replacing[call.id].id, target=replacing[call.id].target)
        elif not call.takes_inputs:
            yield call
    known = [*(call.id for call in plan.calls), *(call.id for call in trial.judged_by)]
    for judging in trial.judged_by:
        if judging.arguments_of is None:
            yield PlannedCall(
                id=judging.id,
                summary=judging.summary,
                phase="prepare",
                target=judging.target or judging.name,
                receiver=ResultOf(judging.method_of) if judging.method_of else None,
                arguments={name: constant_argument(value, known) for name, value in judging.arguments.items()},
            )


def _changes(calls: list[PlannedCall], fields: Mapping[str, str]) -> Iterator[str]:
    """Yield the values that what was made of them does not hold: no field of the argument's name has it."""
    for call in calls:
        for name, value in _leaves(call.arguments):
            held = {text for path, text in fields.items() if path.endswith(f".{name}")}
            if held and not any(_agrees(value, text) for text in held):
                yield f"{name} = {value!r} became {' or '.join(sorted(held))}"


def _leaves(arguments: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in arguments.items():
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            yield from _leaves(value, f"{prefix}{name}.")
        elif value is None or isinstance(value, bool | int | float | str | list | tuple):
            yield prefix + name, value


def _agrees(value: Any, text: str) -> bool:
    texts = {str(value), str(list(value)) if isinstance(value, tuple) else str(value)}
    if isinstance(value, list | tuple):
        texts.add(str(sorted(map(str, value))))
    if isinstance(value, int | float) and not isinstance(value, bool):
        texts |= {str(float(value)), str(int(value))} if value == int(value) else set()
    return text.removeprefix("torch.").casefold() in {found.casefold() for found in texts}
