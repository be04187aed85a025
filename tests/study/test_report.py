"""What a study measured, as a table, as a page, and as files that other tools read."""

import csv
import io
import random
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from command import Llem
from hypothesis import given
from hypothesis import strategies as st

import llem as library
from llem.registry import load_registry
from llem.study.report import pareto_front
from llem.study.results import Spread, summaries
from llem.study.runner import planned_trials
from llem.study.store import Outcome, Store, StudyInfo


STUDY = {
    "base": {"model": "embedded"},
    "sweep": {
        "pytorch.batch_size": [1, 2, 4],
        "pytorch.attn_implementation": ["sdpa", "eager"],
        "pytorch.revision": [None, "<b>bold</b>"],
    },
    "repetitions": 3,
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store in which all but three trials are done, with figures drawn around what their values suggest."""
    path = tmp_path / "study.sqlite"
    info = StudyInfo("a <study>", "", {"time_limit": None, "retries": 0}, "")
    found = Store.create(path, info, planned_trials(library.expand(STUDY)))
    source = random.Random(0)
    with found.runner():
        for trial in list(found.trials()):
            found.claim(trial.id)
            found.finish(trial.id, outcome(trial.id, trial.config, source))
    found.close()
    return path


def outcome(number: int, config: Any, source: random.Random) -> Outcome:
    if number in (5, 6):
        return Outcome(state="failed", seconds=1.0, code="crashed", reason="Its process was ended by <SIGKILL>.")
    if number == 7:
        return Outcome(state="skipped", seconds=1.0, code="some-need", reason="It needs a GPU.")
    throughput = 100.0 * config["pytorch"]["batch_size"] * source.uniform(0.9, 1.1)
    result = {
        "throughput_tokens_per_second": throughput,
        "latency_seconds": {"mean": 10 / throughput},
        "time_to_first_token_seconds": None,
        "output_tokens": 512,
        "energy": {"joules": 512 * (1 + 50 / throughput)},
        "gpu_peak_bytes": None,
        "process_peak_bytes": 2**30,
        "load_seconds": 2.0,
    }
    return Outcome(state="done", seconds=5.0, result=result)


def test_repetitions_are_put_together(store: Path) -> None:
    found = summaries(Store.open(store), load_registry())
    assert len(found) == 12
    assert [each.trials for each in found] == [3, 1, 2, *([3] * 9)]
    assert found[1].spreads["throughput"].half is None, "one trial has no spread"


def test_the_interval_of_a_mean() -> None:
    """The example of a textbook: five values, Student's t with four degrees of freedom."""
    spread = Spread.of([1.0, 2.0, 3.0, 4.0, 5.0])
    assert spread.mean == 3.0
    assert spread.half == pytest.approx(2.7764451 * (2.5**0.5) / 5**0.5)


def test_the_table(llem: Llem, store: Path) -> None:
    shown = llem("study", "report", store, COLUMNS="200").stdout
    assert shown.startswith("a <study>: 33 done, 2 failed, 1 skipped")
    assert "failed: crashed: Its process was ended by <SIGKILL>. (trials 5, 6)" in shown
    assert "skipped: some-need: It needs a GPU. (trial 7)" in shown


def test_files_for_other_tools(llem: Llem, store: Path, tmp_path: Path) -> None:
    """CSV and Parquet hold the same rows, one for each trial, however it ended."""
    rows = list(csv.DictReader(io.StringIO(llem("study", "export", store).stdout)))
    assert len(rows) == 36
    assert llem("study", "export", store, "-o", "trials.parquet").stdout == "written: trials.parquet\n"
    frame = pl.read_parquet(tmp_path / "trials.parquet")
    assert frame.columns == list(rows[0])
    assert [row["pytorch.batch_size"] for row in rows] == [str(size) for size in frame["pytorch.batch_size"]]
    assert frame.filter(pl.col("state") == "done")["throughput"].null_count() == 0
    assert llem("study", "export", store, "-o", "nowhere/trials.parquet").returncode == 2


def test_mlflow(llem: Llem, store: Path, tmp_path: Path) -> None:
    """Every trial that ended becomes one run, however often a store is exported."""
    import mlflow

    assert llem("study", "export", store, "--mlflow", "sqlite:///ml.db").stdout == "logged: 36 trials\n"
    again = llem("study", "export", store, "--mlflow", "sqlite:///ml.db").stdout
    assert again == "logged: 0 trials; 36 were there already\n"
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'ml.db'}", registry_uri="http://none")
    (experiment,) = client.search_experiments(filter_string="name != 'Default'")
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(Counter(run.info.status for run in runs).items()) == [("FAILED", 2), ("FINISHED", 33), ("KILLED", 1)]
    done = [run.data for run in runs if run.info.status == "FINISHED"]
    assert all({"throughput", "latency"} <= set(data.metrics) for data in done)
    assert {"model", "pytorch.batch_size"} <= set(done[0].params)
    (skipped,) = [run.data for run in runs if run.info.status == "KILLED"]
    assert skipped.tags["llem.reason"] == "It needs a GPU."
    refused = llem("study", "export", store, "--mlflow", "nowhere://here")
    assert refused.returncode == 2
    assert "MLflow at nowhere://here does not take the runs" in refused.stderr
    assert llem("study", "export", store, "--mlflow", "sqlite:///ml.db", "-o", "x.csv").returncode == 2


def test_the_page(llem: Llem, store: Path, tmp_path: Path, browser: Any) -> None:
    """Opened without a network: every figure is drawn, nothing of a study is taken for markup, no script fails."""
    assert llem("study", "report", store, "--html", "study.html").stdout == "written: study.html\n"
    page = browser.new_context(offline=True, viewport={"width": 390, "height": 844}).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "study.html").as_uri())
    page.wait_for_selector(".js-plotly-plot .main-svg")
    first, *effects, heat_map = page.locator(".gtitle").all_text_contents()
    assert first == "Throughput against energy, J/token"
    varying = ("pytorch.attn_implementation", "pytorch.batch_size", "pytorch.revision")
    assert sorted(effects) == [f"Effect of {path}" for path in varying]
    assert heat_map.startswith("Throughput over pytorch.batch_size and ")
    assert page.locator("b").count() == 0
    assert "<SIGKILL>" in page.locator("table").last.inner_text()
    assert page.locator("h1").inner_text() == "a <study>"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert errors == []
    page.screenshot(path=tmp_path / "phone.png", full_page=True)


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), max_size=12))
def test_the_pareto_front(points: list[tuple[float, float]]) -> None:
    """What is on the front no point beats; what is not on it some point on it does, or equals."""

    def beats(left: tuple[float, float], right: tuple[float, float]) -> bool:
        return left != right and left[0] <= right[0] and left[1] >= right[1]

    front = pareto_front(points)
    assert {index for index in range(len(points)) if not any(beats(other, points[index]) for other in points)} == set(
        front
    )
