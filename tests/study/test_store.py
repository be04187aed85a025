"""A store keeps what was reported done, gives each trial to one runner, and frees what a dead runner held."""

import itertools
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llem.backends.errors import InputError
from llem.study.runner import time_left
from llem.study.store import Outcome, Store, StudyInfo


INFO = StudyInfo("study", "fingerprint", {"time_limit": None, "retries": 0}, "registry")


def store_of(folder: Path, count: int = 3) -> Store:
    return Store.create(folder / "study.sqlite", INFO, [({"model": "m", "n": number}, 1) for number in range(count)])


def test_trials_in_their_order(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    assert store.info() == INFO
    assert [(trial.id, trial.config["n"], trial.state) for trial in store.trials()] == [
        (1, 0, "waiting"),
        (2, 1, "waiting"),
        (3, 2, "waiting"),
    ]
    with store.runner():
        assert store.claim(2)
        assert not store.claim(2)
        store.finish(2, Outcome(state="done", seconds=1.5, result={"x": 1}))
        assert not store.claim(2), "what is done is not run again"
        assert store.claim(3)
    assert store.counts() == {"waiting": 2, "running": 0, "done": 1, "failed": 0, "skipped": 0}
    [done] = store.trials("done")
    assert (done.result, done.seconds, done.attempts) == ({"x": 1}, 1.5, 1)
    assert not list(tmp_path.glob("*.runner-*"))


def test_a_store_is_not_overwritten(tmp_path: Path) -> None:
    store_of(tmp_path)
    with pytest.raises(InputError, match="is there already"):
        store_of(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to look at" * 50])
def test_files_that_are_no_store(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "study.sqlite"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no store of a study"):
        Store.open(path)
    with pytest.raises(InputError, match="there is no store"):
        Store.open(tmp_path / "nothing.sqlite")


def test_a_store_of_another_format(tmp_path: Path) -> None:
    path = store_of(tmp_path).path
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="cannot be read by this llem"):
        Store.open(path)


def test_a_dead_runner_s_trial_is_free_and_a_living_one_s_is_not(tmp_path: Path) -> None:
    path = store_of(tmp_path).path
    code = (
        "import pathlib, sys, time; from llem.study.store import Store\n"
        f"store = Store.open(pathlib.Path({str(path)!r}))\n"
        "with store.runner(): store.claim(1); print('claimed', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"claimed\n"
    store = Store.open(path)
    assert store.free_abandoned() == 0, "it is alive"
    other.kill()
    other.wait()
    other.stdout.close()
    assert store.free_abandoned() == 1
    assert store.counts()["waiting"] == 3


def test_two_runners_never_have_the_same_trial(tmp_path: Path) -> None:
    path = store_of(tmp_path, 200).path
    claimed: dict[str, list[int]] = {}

    def run(name: str) -> None:
        store = Store.open(path)
        with store.runner():
            for trial in range(1, 201):
                if store.claim(trial):
                    claimed.setdefault(name, []).append(trial)
                    store.finish(trial, Outcome(state="done", result={}))
        store.close()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(itertools.chain(*claimed.values())) == list(range(1, 201))


def test_a_runner_cannot_finish_what_it_does_not_hold(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    with store.runner():
        store.finish(1, Outcome(state="done", result={}))
        assert store.claim(1)
        store.finish(1, Outcome(state="failed", code="crashed", reason="It ended."))
        store.again(1)
        assert store.claim(1)
        store.finish(1, Outcome(state="done", result={}))
        store.again(1)
    [done] = store.trials("done")
    assert done.attempts == 2


@given(st.lists(st.floats(0.01, 1000), max_size=20), st.integers(0, 1000), st.integers(1, 8))
def test_the_time_left_is_an_honest_range(took: list[float], left: int, capacity: int) -> None:
    found: Any = time_left(took, left, capacity)
    if len(took) < 2:
        assert found is None
        return
    least, most = found
    mean = sum(took) / len(took)
    assert 0 <= least <= left * mean / capacity * (1 + 1e-9)
    assert most >= left * mean / capacity * (1 - 1e-9)
