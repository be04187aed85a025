"""Running studies: whatever happens to a trial or to the runner, each trial ends once, and nothing done is lost."""

import contextlib
import signal
import sqlite3
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import psutil
import pytest
from command import Llem
from hypothesis import given
from hypothesis import strategies as st
from studies import QUICK, start, states, trial_of, wait_for

import llem as library
from llem.study.runner import LocalExecutor, Progress, planned_trials, run_trials
from llem.study.store import Outcome, Store, StudyInfo
from llem.study.trial import TrialProcess, run_trial


CONFIG = {
    "model": "embedded",
    "n": 2,
    "max_output_tokens": 2,
    "baseline": {"enabled": False},
    "warmup": {"enabled": False},
}


class Scripted:
    """An executor whose trials end as a script says, and that is killed at a point of it."""

    def __init__(self, outcomes: Mapping[int, list[str]], capacity: int, dies_after: int | None) -> None:
        self.capacity = capacity
        self._outcomes = {number: list(states) for number, states in outcomes.items()}
        self._left = dies_after
        self.started: list[int] = []

    def start(self, config: Mapping[str, Any], time_limit: float | None) -> "Future[Outcome]":
        number = config["n"]
        if self._left is not None:
            if not self._left:
                raise KeyboardInterrupt
            self._left -= 1
        self.started.append(number)
        future: Future[Outcome] = Future()
        state: Any = self._outcomes[number].pop(0) if self._outcomes.get(number) else "done"
        future.set_result(Outcome(state=state, seconds=1.0, result={} if state == "done" else None))
        return future

    def stop(self) -> None:
        pass


@given(
    st.lists(st.lists(st.sampled_from(["failed", "skipped"]), max_size=3), min_size=1, max_size=8),
    st.integers(0, 2),
    st.integers(1, 3),
    st.integers(0, 10),
)
def test_every_trial_ends_once(
    tmp_path_factory: pytest.TempPathFactory, script: list[list[str]], retries: int, capacity: int, dies_after: int
) -> None:
    """A runner that is interrupted anywhere, and another that goes on: done once, failures tried as often as asked."""
    path = tmp_path_factory.mktemp("study") / "study.sqlite"
    info = StudyInfo("study", "", {"time_limit": None, "retries": retries}, "")
    outcomes = dict(enumerate(script))
    store = Store.create(path, info, [({"n": number}, 1) for number in outcomes])
    first = Scripted(outcomes, capacity, dies_after)
    with contextlib.suppress(KeyboardInterrupt), store.runner():
        run_trials(store, first)
    done = {trial.config["n"] for trial in store.trials("done")}
    left = {number: states[first.started.count(number) :] for number, states in outcomes.items()}
    second = Scripted(left, capacity, None)
    with store.runner():
        run_trials(store, second)
    assert not done & set(second.started)
    assert store.counts()["waiting"] == store.counts()["running"] == 0
    for trial in store.trials("failed"):
        assert trial.attempts == retries + 1
    store.close()


def test_the_order_of_trials() -> None:
    def planned(**options: Any) -> list[tuple[int, int]]:
        grid = library.expand({"base": {"model": "m"}, "sweep": {"n": [1, 2, 3]}, "repetitions": 2, **options})
        return [(config["n"], repetition) for config, repetition in planned_trials(grid)]

    assert planned() == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert planned(order="interleaved") == [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2)]
    shuffled = planned(order="shuffled", seed=1)
    assert sorted(shuffled) == sorted(planned())
    assert shuffled == planned(order="shuffled", seed=1) != planned(order="shuffled", seed=2)


def test_progress_and_limit(tmp_path: Path) -> None:
    info = StudyInfo("study", "", {"time_limit": None, "retries": 0}, "")
    store = Store.create(tmp_path / "s.sqlite", info, [({"n": number}, 1) for number in range(5)])
    seen: list[Progress] = []
    with store.runner():
        run_trials(store, Scripted({1: ["failed"]}, 1, None), limit=3, report=seen.append)
    assert store.counts() == {"waiting": 2, "running": 0, "done": 2, "failed": 1, "skipped": 0}
    assert (seen[-1].done, seen[-1].total, seen[-1].failed, seen[-1].seconds_left) == (3, 5, 1, (2.0, 2.0))
    with store.runner():
        run_trials(store, Scripted({}, 1, None), chosen=lambda trial: trial.config["n"] == 4)
    assert [trial.config["n"] for trial in store.trials("waiting")] == [3]


@pytest.mark.slow
def test_how_a_trial_ends() -> None:
    """A result, a reason in the library's or llem's words, a time limit: each is an outcome, none an exception."""
    done = run_trial(CONFIG)
    assert done.state == "done"
    assert done.result is not None
    assert done.result["output_tokens"] == 4
    failed = run_trial({**CONFIG, "model": "./nothing"})
    assert (failed.state, failed.code) == ("failed", "model-not-found")
    assert "is not there" in failed.reason
    skipped = run_trial({**CONFIG, "pytorch": {"attn_implementation": "flash_attention_3"}})
    assert skipped.state == "skipped"
    late = run_trial(CONFIG, time_limit=0.2)
    assert (late.state, late.code) == ("failed", "time-limit")


def test_trials_that_load_the_same_follow_one_another() -> None:
    """With share_model; a shuffled order stays as it is."""
    sweep = {"max_output_tokens": [2, 4], "precision": ["fp32", "bf16"]}

    def order(**more: Any) -> list[tuple[str, int]]:
        grid = library.expand({"base": CONFIG, "sweep": sweep, "repetitions": 2, **more})
        return [(config["precision"], repetition) for config, repetition in planned_trials(grid)]

    each = [("fp32", 1), ("bf16", 1)] * 2
    in_a_row = [("fp32", 1), ("fp32", 1), ("bf16", 1), ("bf16", 1)]
    second = [(precision, 2) for precision, _ in in_a_row]
    assert [found for found in order() if found[1] == 1] == each
    assert order(share_model=True, order="interleaved") == in_a_row + second
    assert order(share_model=True, order="shuffled") == order(order="shuffled")


@pytest.mark.slow
def test_a_process_keeps_what_it_has_loaded() -> None:
    """The next trial that loads the same does not load, and measures what it would by itself; another one loads."""
    config = {**CONFIG, "decoder": {"preset": "deterministic"}}
    longer = {**config, "max_output_tokens": 3, "pytorch": {"batch_size": 2}}
    process = TrialProcess()
    try:
        outcomes = [process.run(each) for each in (config, longer, {**longer, "precision": "fp32"}, longer)]
    finally:
        process.end()
    results = [outcome.result or {} for outcome in outcomes]
    shared = ["An earlier trial of this process had loaded the model." in result["notes"] for result in results]
    assert shared == [False, True, False, False]
    alone = run_trial(longer).result or {}
    assert results[1]["output_tokens"] == alone["output_tokens"] == 6
    assert results[1]["samples"] == results[3]["samples"] == alone["samples"]
    assert results[1]["load_seconds"] < alone["load_seconds"]


@pytest.mark.slow
def test_a_shared_process_that_ends_costs_one_trial() -> None:
    """The next one has a process anew."""
    executor = LocalExecutor(share_model=True)
    try:
        states = [
            executor.start(config, limit).result().state
            for config, limit in ((CONFIG, None), (CONFIG, 0.01), (CONFIG, None), ({**CONFIG, "model": "./no"}, None))
        ]
        assert states == ["done", "failed", "done", "failed"]
        assert executor.start(CONFIG, None).result().state == "done"
    finally:
        executor.stop()


@pytest.mark.slow
def test_a_killed_trial_costs_one_trial(tmp_path: Path) -> None:
    """SIGKILL, as the system sends it when memory runs out."""
    (tmp_path / "study.yaml").write_text(f"base: {QUICK}\nsweep: {{n: [2, 3]}}\nretries: 0\n", encoding="utf-8")
    runner = start(tmp_path, "study", "run", "study.yaml")
    trial_of(runner).kill()
    assert runner.wait(timeout=120) == 1
    rows = states(tmp_path / "study.sqlite")
    assert [state for _, state, _ in rows] == ["failed", "done"]
    assert "SIGKILL" in sqlite3.connect(tmp_path / "study.sqlite").execute("SELECT reason FROM trials").fetchone()[0]


@pytest.mark.slow
def test_a_killed_runner_loses_nothing(llem: Llem, tmp_path: Path) -> None:
    """After kill -9 its trial is gone too; what was done stays, and resuming runs the rest, each once."""
    store = tmp_path / "study.sqlite"
    (tmp_path / "study.yaml").write_text(f"base: {QUICK}\nsweep: {{n: [2, 3, 4]}}\n", encoding="utf-8")
    runner = start(tmp_path, "study", "run", "study.yaml")
    wait_for(lambda: store.exists() and [state for _, state, _ in states(store)][:2] == ["done", "running"])
    trial = trial_of(runner)
    runner.kill()
    runner.wait()
    wait_for(lambda: not trial.is_running() or trial.status() == psutil.STATUS_ZOMBIE)
    before = states(store)
    assert [state for _, state, _ in before] == ["done", "running", "waiting"]
    resumed = llem("study", "resume", "study.sqlite")
    assert resumed.returncode == 0, resumed.stderr
    after = states(store)
    assert [state for _, state, _ in after] == ["done"] * 3
    assert after[0] == before[0], "what was done was not run again"
    assert [attempts for _, _, attempts in after] == [1, 1, 1]
    assert llem("study", "resume", "study.sqlite").stdout.startswith("3 done")


@pytest.mark.slow
def test_interrupting_gives_back_what_runs(llem: Llem, tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(f"base: {QUICK}\nsweep: {{n: [2, 3]}}\n", encoding="utf-8")
    runner = start(tmp_path, "study", "run", "study.yaml")
    trial = trial_of(runner)
    runner.send_signal(signal.SIGINT)
    assert runner.wait(timeout=30) == 130
    assert runner.stderr is not None
    assert b"interrupted; go on with: llem study resume study.sqlite" in runner.stderr.read()
    assert not trial.is_running() or trial.status() == psutil.STATUS_ZOMBIE
    assert [state for _, state, _ in states(tmp_path / "study.sqlite")] == ["waiting"] * 2


def test_commands_on_studies(llem: Llem, tmp_path: Path) -> None:
    """What can be said without running: a dry run, another study's store, a condition that is none."""
    (tmp_path / "study.yaml").write_text("base: {model: ./nothing}\nsweep: {n: [1, 2, 3]}\n", encoding="utf-8")
    dry = llem("study", "run", "study.yaml", "--dry-run", "--where", "{n: {minimum: 2}}")
    assert dry.stdout.splitlines()[-1] == "2 trials would be run; nothing was written."
    assert not (tmp_path / "study.sqlite").exists()
    failed = llem("study", "run", "study.yaml", "--limit", "1")
    assert failed.returncode == 1
    assert "Go on with: llem study resume study.sqlite" in failed.stdout
    assert [state for _, state, _ in states(tmp_path / "study.sqlite")] == ["failed", "waiting", "waiting"]
    again = llem("study", "resume", "study.sqlite", "--only-failed")
    assert again.returncode == 1
    assert [attempts for *_, attempts in states(tmp_path / "study.sqlite")] == [2, 0, 0]
    report = llem("study", "report", "study.sqlite").stdout
    assert 'failed: model-not-found: the model "./nothing" is not there.' in report
    assert "(trial 1)" in report
    (tmp_path / "study.yaml").write_text("base: {model: ./nothing}\nsweep: {n: [1, 2]}\n", encoding="utf-8")
    assert "is the store of another study" in llem("study", "run", "study.yaml").stderr
    assert "there is no parameter" in llem("study", "resume", "study.sqlite", "--where", "{m: 2}").stderr
    assert llem("study", "export", "study.sqlite").stdout.splitlines()[0].startswith("id,repetition,state,seconds,")
    content = (tmp_path / "study.sqlite").read_bytes()
    (tmp_path / "damaged.sqlite").write_bytes(content[:4096] + bytes([255]) * (len(content) - 4096))
    damaged = llem("study", "report", "damaged.sqlite")
    assert damaged.returncode == 2
    assert "damaged.sqlite cannot be used" in damaged.stderr
    assert "Traceback" not in damaged.stderr
    (tmp_path / "none.yaml").write_text("base: {model: m}\nexclude: [{model: m}]\n", encoding="utf-8")
    assert "the study has no trial" in llem("study", "run", "none.yaml").stderr
