"""Studies that really run: the smallest base, the command in the background, and what its store says meanwhile."""

import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil


QUICK = "{model: embedded, n: 2, max_output_tokens: 2, baseline: {enabled: false}, warmup: {enabled: false}}"


def start(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "llem", *arguments], cwd=folder, stderr=subprocess.PIPE)


def trial_of(runner: "subprocess.Popen[bytes]") -> psutil.Process:
    """Return the process of the trial that a runner has begun."""
    found: list[psutil.Process] = []

    def look() -> bool:
        found[:] = psutil.Process(runner.pid).children()
        return bool(found)

    wait_for(look)
    return found[0]


def wait_for(condition: Any, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def states(store: Path) -> list[tuple[int, str, int]]:
    connection = sqlite3.connect(store)
    try:
        return connection.execute("SELECT id, state, attempts FROM trials ORDER BY id").fetchall()
    finally:
        connection.close()
