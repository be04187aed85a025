"""A configuration to a measured result: preflight, execution, and failures in words."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from llem.backends.errors import InputError, RunError, SkippedError
from llem.backends.measure import Measurement, Progress, first_line, measure, measure_in_processes
from llem.backends.memory import estimate_memory
from llem.backends.model_files import CONFIG_FILE
from llem.backends.plan import EMBEDDED_MODEL, Plan, make_plan
from llem.backends.prompts import load_prompts
from llem.backends.result import Result, make_result
from llem.backends.settings import RunnerSettings
from llem.config.classes import Configuration, ValidationError
from llem.config.evaluation import evaluate
from llem.diagnostics import LlemError, Report
from llem.environment.probe import here
from llem.files import cache_folder
from llem.registry.model import Registry


def run_config(registry: Registry, config: Configuration, progress: Progress = lambda *_: None) -> Result:
    """Carry out a configuration on this machine and return what was measured.

    Raises:
        InputError: when the configuration names something that is not there.
        SkippedError: when this machine lacks what the configuration needs.
        RunError: when the run fails.
    """
    plan = make_plan(registry, config)
    settings = RunnerSettings(**plan.runner)
    machine = here()
    _preflight(registry, config, plan, settings)
    started = datetime.now(UTC)
    with _quiet_libraries(), _failures_in_words(registry, plan):
        folder = embedded_model_folder()
        parts: list[Measurement] = (
            [measure(plan, settings, folder, progress)]
            if settings.processes == 1
            else measure_in_processes(plan, settings, folder, progress)
        )
    embedded = folder if EMBEDDED_MODEL in plan.load_kwargs.values() else None
    return make_result(registry, config, plan, machine, started, parts, estimate_memory(registry, config, embedded))


def embedded_model_folder() -> Path:
    """Return where the embedded model is kept once it is built.

    The name changes with its recipe, and with the library, whose files another version may not read.
    """
    import hashlib
    import inspect
    from importlib import metadata

    from llem.backends.recipes import build_embedded_model

    recipe = hashlib.sha256(inspect.getsource(build_embedded_model).encode()).hexdigest()[:12]
    return cache_folder() / f"embedded-{recipe}-transformers-{metadata.version('transformers')}"


def _preflight(registry: Registry, config: Configuration, plan: Plan, settings: RunnerSettings) -> None:
    """Refuse, before anything is loaded, what cannot work here."""
    backend = registry.backends[plan.backend]
    if backend.runs_with is None:
        reason = "llem plans it, and does not run it yet."
        advice = "Print a script with `llem plan FILE --as python`, and run it where the library is installed."
        raise InputError("backend-does-not-run", f"llem does not run {backend.name}", reason, advice, registry.selector)
    missing = [name for name in _packages(plan) if find_spec(name) is None]
    if missing:
        reason = f"Not installed: {', '.join(missing)}."
        raise RunError("missing-package", f"{backend.name} cannot run here", reason, f"Run: {backend.install}.")
    findings = evaluate(registry, config.to_dict(), environment=here())
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
    if EMBEDDED_MODEL in plan.load_kwargs.values() or path.is_file() or (path / CONFIG_FILE).is_file():
        return
    if path.is_dir() or looks_local:
        advice = registry.backends[plan.backend].advice.get("model-not-found", "")
        reason = f"The folder has no {CONFIG_FILE}." if path.is_dir() else "There is no such file or folder."
        raise InputError("model-not-found", f'the model "{model}" is not there', reason, advice, "model")


@contextmanager
def _failures_in_words(registry: Registry, plan: Plan) -> Iterator[None]:
    """Turn what libraries raise into one clear error."""
    import torch

    advice = registry.backends[plan.backend].advice
    try:
        yield
    except LlemError:
        raise
    except (torch.OutOfMemoryError, MemoryError) as error:
        message = "the run needs more memory than there is"
        raise RunError("out-of-memory", message, first_line(error), advice.get("out-of-memory", "")) from error
    except ImportError as error:
        install = registry.backends[plan.backend].install
        raise RunError("missing-package", "a package is missing", first_line(error), f"Run: {install}.") from error
    except OSError as error:
        raise RunError(
            "model-not-found", "the model cannot be loaded", first_line(error), advice.get("model-not-found", "")
        ) from error
    except Exception as error:
        reason = f"{type(error).__name__}: {first_line(error)}"
        raise RunError("failed", "the library raised an error", reason, advice.get("failed", "")) from error


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
