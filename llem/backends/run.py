"""A configuration to a measured result: preflight, execution, and failures in words."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import attrs

from llem.backends.engine import installed, interpreter, variable
from llem.backends.errors import OUT_OF_MEMORY, InputError, RunError, SkippedError, is_a, kind_of
from llem.backends.executor import Keeper
from llem.backends.local_models import CONFIG_FILE
from llem.backends.measure import Measurement, Progress, first_line, measure, measure_in_processes
from llem.backends.memory import estimate_memory
from llem.backends.plan import Plan, make_plan
from llem.backends.prompts import load_prompts
from llem.backends.recipes import EMBEDDED
from llem.backends.result import Result, make_result
from llem.backends.settings import RunnerSettings
from llem.config.classes import Configuration, ValidationError
from llem.config.evaluation import evaluate
from llem.diagnostics import LlemError, Report
from llem.environment import Environment
from llem.environment.probe import here
from llem.files import cache_folder
from llem.registry.model import Registry


def run_config(
    registry: Registry, config: Configuration, progress: Progress = lambda *_: None, keeper: Keeper | None = None
) -> Result:
    """Carry out a configuration on this machine and return what was measured. A keeper keeps what is loaded.

    Raises:
        InputError: when the configuration names something that is not there.
        SkippedError: when this machine lacks what the configuration needs.
        RunError: when the run fails.
    """
    plan = make_plan(registry, config)
    settings = RunnerSettings(**plan.runner)
    machine = machine_for(registry, plan.backend, _packages(plan), settings)
    _preflight(registry, config, plan, settings, machine)
    started = datetime.now(UTC)
    with _failures_in_words(registry, plan), _quiet_libraries() if plan.runs_with == "transformers" else nullcontext():
        folder = embedded_model_folder(machine)
        parts: list[Measurement] = (
            [measure(plan, settings, folder, progress, keeper=keeper)]
            if settings.processes == 1
            else measure_in_processes(plan, settings, folder, progress)
        )
    embedded = folder if getattr(config, registry.model_path) == EMBEDDED else None
    return make_result(registry, config, plan, machine, started, parts, estimate_memory(registry, config, embedded))


def embedded_model_folder(machine: Environment) -> Path:
    """Return where the embedded model is kept once it is built.

    The name changes with its recipe, and with the version of transformers, whose files another version may not read.

    Raises:
        InputError: where the user has no folder for it.
    """
    import hashlib
    import inspect

    from llem.backends.recipes import build_embedded_model

    recipe = hashlib.sha256(inspect.getsource(build_embedded_model).encode()).hexdigest()[:12]
    folder = cache_folder()
    if folder is None:
        reason = "The user has no home folder, in which llem keeps what it builds."
        raise InputError("no-cache-folder", "there is no place for the embedded model", reason, "Set LLEM_CACHE.")
    return folder / f"embedded-{recipe}-transformers-{machine.version_of('transformers')}"


def machine_for(registry: Registry, backend: str, packages: Sequence[str], settings: RunnerSettings) -> Environment:
    """Return the facts of this machine, with the packages of the interpreter that runs a backend.

    Raises:
        InputError: when llem does not run the backend, or there is no such interpreter.
        RunError: when it lacks one of the packages.
    """
    record = registry.backends[backend]
    if record.runs_with is None:
        reason = "llem plans it, and does not run it yet."
        advice = "Print a script with `llem plan FILE --as python`, and run it where the library is installed."
        raise InputError("backend-does-not-run", f"llem does not run {record.name}", reason, advice, registry.selector)
    machine = here()
    if record.runs_with == "engine":
        python = interpreter(backend, settings)
        missing, versions = installed(python, list(packages))
        machine = attrs.evolve(machine, packages={}).with_packages(versions)
        advice = f"Run: {record.install}, or name an interpreter that has it in {variable(backend)}."
    else:
        python, missing = sys.executable, [name for name in packages if find_spec(name) is None]
        advice = f"Run: {record.install}."
    if missing:
        reason = f"Not installed in {python}: {', '.join(missing)}."
        raise RunError("missing-package", f"{record.name} cannot run here", reason, advice)
    return machine


def _preflight(
    registry: Registry, config: Configuration, plan: Plan, settings: RunnerSettings, machine: Environment
) -> None:
    """Refuse, before anything is loaded, what cannot work here."""
    findings = evaluate(registry, config.to_dict(), environment=machine)
    if not findings.ok:  # what this version of the library does not have
        raise ValidationError(findings.report(None, ""))
    skipped = findings.report(None, "").skipped
    if skipped:
        raise SkippedError(Report(skipped))
    if settings.synthetic_count is None:
        load_prompts(settings)
    _check_local_model(registry, plan)


def _packages(plan: Plan) -> list[str]:
    return sorted({call.target.partition(".")[0] for call in plan.calls if call.receiver is None})


def _check_local_model(registry: Registry, plan: Plan) -> None:
    """Refuse a model reference that can only be a local path, and is none."""
    model, _ = plan.effective[registry.model_path]
    looks_local = model.endswith(".gguf") or model.startswith((".", "/", "~")) or model.count("/") > 1
    path = Path(model)
    if model == EMBEDDED or path.is_file() or (path / CONFIG_FILE).is_file():
        return
    if path.is_dir() or looks_local:
        advice = registry.backends[plan.backend].advice.get("model-not-found", "")
        reason = f"The folder has no {CONFIG_FILE}." if path.is_dir() else "There is no such file or folder."
        raise InputError("model-not-found", f'the model "{model}" is not there', reason, advice, "model")


@contextmanager
def _failures_in_words(registry: Registry, plan: Plan) -> Iterator[None]:
    """Turn what libraries raise into one clear error."""
    advice = registry.backends[plan.backend].advice
    try:
        yield
    except LlemError:
        raise
    except Exception as error:
        code, message = next(
            (found for *found, names in _FAILURES if is_a(error, *names)), ("failed", "the library raised an error")
        )
        reason = first_line(error) if code != "failed" else f"{kind_of(error)}: {first_line(error)}"
        resolution = f"Run: {registry.backends[plan.backend].install}." if code == "missing-package" else ""
        raise RunError(code, message, reason, resolution or advice.get(code, "")) from error


_FAILURES = (
    ("out-of-memory", "the run needs more memory than there is", OUT_OF_MEMORY),
    ("missing-package", "a package is missing", ("ImportError",)),
    ("model-not-found", "the model cannot be loaded", ("OSError",)),
)


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep progress bars and advice of libraries off the terminal; errors still arrive as exceptions."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    for name in ("huggingface_hub", "bitsandbytes", "accelerate", "torch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
