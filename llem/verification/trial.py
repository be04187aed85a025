"""One configuration against the real library: it fails, it warns, or it gives these tokens."""

import gc
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from llem.backends.measure import first_line
from llem.backends.plan import Plan, loading_key, make_plan
from llem.backends.settings import RunnerSettings
from llem.backends.transformers_executor import TransformersExecutor
from llem.config.classes import Configuration, experiment_class
from llem.config.evaluation import evaluate
from llem.config.judge import Findings
from llem.registry.model import Registry
from llem.verification.judged import PROMPTS, JudgedTrials
from llem.verification.outcome import Outcome


_LIBRARIES = ("transformers", "bitsandbytes", "accelerate", "torch", "peft")


@attrs.define
class Trials:
    """Tries configurations on a small model. Loaded models are kept while the calls that load them stay the same.

    Where the backend's record names calls that judge, a configuration is tried by them.
    """

    registry: Registry
    folder: Path
    kept: int = 8
    judged: JudgedTrials = attrs.field(
        default=attrs.Factory(lambda self: JudgedTrials(self.registry, self.folder), takes_self=True), init=False
    )
    _loaded: dict[str, TransformersExecutor] = attrs.field(factory=dict, init=False)

    def configuration(self, data: Mapping[str, Any]) -> Configuration | None:
        """Return a configuration whatever the rules say of it; None when a value is not of its type."""
        findings = evaluate(self.registry, data)
        rules = {check.id for check in self.registry.checks}
        if any(found.code not in rules for found in findings.diagnostics if found.severity == "error"):
            return None
        return experiment_class(self.registry).from_findings(data, Findings((), findings.values))

    def try_data(self, data: Mapping[str, Any]) -> Outcome:
        """Return what the library does with a configuration that may break rules, or what its checks say of it.

        Raises:
            ValueError: when a value is not even of its type, so that no plan can be made.
        """
        plan = self._plan(data)
        trial = self.registry.backends[plan.backend].trial
        return self.judged.judge_plan(plan) if trial is not None and trial.judged_by else self.run_plan(plan)

    def run_data(self, data: Mapping[str, Any]) -> Outcome:
        """Return what the library does with a configuration that may break rules.

        Raises:
            ValueError: as `try_data`.
        """
        return self.run_plan(self._plan(data))

    def _plan(self, data: Mapping[str, Any]) -> Plan:
        config = self.configuration(data)
        if config is None:
            raise ValueError("the data breaks more than rules")
        return make_plan(self.registry, config)

    def run_plan(self, plan: Plan) -> Outcome:
        """Return what the library does with a plan, for one batch of prompts."""
        if plan.runs_with == "engine":
            return self.judged.run_plan(plan)
        heard: list[str] = []
        try:
            with _listening(heard):
                executor = self._executor(plan)
                size = min(RunnerSettings(**plan.runner).batch_size, len(PROMPTS))
                executor.begin_measurement()
                rows = executor.generate_rows(executor.tokenize(list(PROMPTS[:size])))
        except Exception as error:  # noqa: BLE001  # whatever the library raises is the outcome
            self._loaded.clear()
            return Outcome(f"{type(error).__name__}: {first_line(error)}", tuple(heard))
        return Outcome("", tuple(heard), tuple(map(tuple, rows)))

    def _executor(self, plan: Plan) -> TransformersExecutor:
        key = loading_key(plan)
        settings = RunnerSettings(**plan.runner)
        kept = self._loaded.get(key)
        if kept is not None:
            kept.take_over(plan, settings)
            return kept
        executor = TransformersExecutor(plan, settings, self.folder)
        executor.prepare()
        if len(self._loaded) >= self.kept:
            self._loaded.pop(next(iter(self._loaded)))
            gc.collect()
        self._loaded[key] = executor
        return executor


class _Ear(logging.Handler):
    """Keeps the first line of each message."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self._heard.append(record.getMessage().splitlines()[0])


@contextmanager
def _listening(heard: list[str]) -> Iterator[None]:
    """Collect what the libraries warn of, through Python's warnings and through their loggers, each time they do."""
    from transformers.utils import logging as library_logging

    getattr(getattr(logging.Logger, "warning_once", None), "cache_clear", lambda: None)()
    library_logging.set_verbosity_warning()
    library_logging.disable_progress_bar()
    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    before = [(logger.handlers[:], logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers[:], logger.propagate = [_Ear(heard)], False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        for logger, (handlers, propagate) in zip(loggers, before, strict=True):
            logger.handlers[:], logger.propagate = handlers, propagate
        heard.extend(str(warning.message).splitlines()[0] for warning in caught)
        heard[:] = dict.fromkeys(heard)
