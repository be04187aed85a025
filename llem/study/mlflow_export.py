"""Studies in MLflow: a run for each trial that has ended, in an experiment named after the study."""

from typing import Any

from llem.backends.errors import InputError
from llem.backends.result import redact
from llem.registry.model import Registry
from llem.study.export import cell
from llem.study.results import measurements, written_values
from llem.study.store import Store, StudyInfo, Trial


_STATUS = {"done": "FINISHED", "failed": "FAILED", "skipped": "KILLED"}
_AT_ONCE = 100
"""As many parameters as MLflow takes at once: MAX_PARAMS_TAGS_PER_BATCH of mlflow/utils/validation.py."""
_LONGEST_TAG = 5000
"""Characters of a tag that older servers keep: MAX_TAG_VAL_LENGTH of the same file, before 2.21."""


def export_to_mlflow(store: Store, registry: Registry, uri: str) -> tuple[int, int]:
    """Log the trials of a store that have ended; return how many were logged, and how many were there already.

    Parameters are the values that the trial writes, metrics the names in MEASUREMENTS, and the result is kept as
    result.json. A trial is logged once, however often a store is exported.

    Raises:
        InputError: when MLflow is not installed, or does not take the runs.
    """
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ModuleNotFoundError:
        raise InputError("missing-package", "MLflow is not installed", "", "Run: pip install 'llem[mlflow]'.") from None
    info = store.info()
    try:
        client = MlflowClient(uri)
        found = client.get_experiment_by_name(info.name)
        experiment = found.experiment_id if found else client.create_experiment(info.name)
        logged = there = 0
        for trial in store.trials(*_STATUS):  # type: ignore[arg-type]  # its keys are states
            key = f"{info.fingerprint}/{trial.id}/{trial.attempts}/{trial.seconds}"  # seconds: a store made anew
            if client.search_runs([experiment], f"tags.`llem.trial` = '{key}'", max_results=1):
                there += 1
                continue
            _log(client, experiment, trial, info, registry, {"llem.trial": key})
            logged += 1
    except MlflowException as error:
        reason = str(error).splitlines()[0]
        raise InputError("unwritable-output", f"MLflow at {uri} does not take the runs", reason) from None
    return logged, there


def _log(client: Any, experiment: str, trial: Trial, info: StudyInfo, registry: Registry, tags: dict[str, str]) -> None:
    from mlflow.entities import Metric, Param

    told = {"study": info.name, "state": trial.state, "code": trial.code, "reason": trial.reason}
    tags = (
        {f"llem.{name}": text[:_LONGEST_TAG] for name, text in told.items() if text}
        | {"llem.repetition": str(trial.repetition)}
        | tags
    )
    run = client.create_run(experiment, run_name=f"trial {trial.id}").info
    values = [Param(path, str(cell(value))) for path, value in redact(written_values(trial, registry)).items()]
    for start in range(0, len(values), _AT_ONCE):
        client.log_batch(run.run_id, params=values[start : start + _AT_ONCE])
    if trial.result:
        figures = measurements(trial.result)
        client.log_batch(run.run_id, [Metric(name, value, run.start_time, 0) for name, value in figures.items()])
        client.log_dict(run.run_id, dict(trial.result), "result.json")
    if trial.log:
        client.log_text(run.run_id, trial.log, "log.txt")
    for name, text in tags.items():  # the key comes last: a run that broke off is logged again
        client.set_tag(run.run_id, name, text)
    client.set_terminated(run.run_id, _STATUS[trial.state], run.start_time + round((trial.seconds or 0) * 1000))
