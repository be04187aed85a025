"""Plans that a worker carries out, in an interpreter that has the library."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

import llem
from llem.backends.engine import Worker, interpreter, variable
from llem.backends.errors import LibraryError, RunError
from llem.backends.run import run_config
from llem.backends.settings import RunnerSettings
from llem.config.classes import experiment_class
from llem.registry import Registry, load_registry


pytestmark = pytest.mark.slow

RECORDS = {
    "backend.yaml": """
        backend:
          id: toy
          name: Toy
          class_name: ToyConfig
          summary: A toy engine.
          library: toyengine
          supported: ">=0"
          newest: "1"
          packages: [toyengine, transformers]
          install: pip install toyengine
          runs_with: engine
          advice: {out-of-memory: Lower toy.length.}
          calls:
            - {id: tokenizer, summary: Load., target: transformers.AutoTokenizer.from_pretrained}
            - {id: engine, summary: Load., target: toyengine.Engine}
            - id: generate
              summary: Generate.
              method_of: engine
              name: generate
              phase: measure
              arguments: {prompts: {input: token_prompts}}
              sequences: [sequences]
              text: [{key: text}]
              tokens: [{key: tokens}]
              first_token: [seconds]
        """,
    "parameters.yaml": """
        parameters:
          - {path: python, type: string, summary: P., maps_to: {call: runner, argument: python}}
          - {path: length, type: integer, default: 3, summary: L., maps_to: {call: generate, argument: length}}
          - {path: fault, type: string, summary: F., maps_to: {call: engine, argument: fault}}
        """,
    "mappings.yaml": """
        mappings:
          - parameter: model
            maps_to:
              - {call: tokenizer, argument: pretrained_model_name_or_path, translate: location}
              - {call: engine, argument: model, translate: location}
        """,
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("overlay")
    (folder / "toy").mkdir()
    for name, text in RECORDS.items():
        (folder / "toy" / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return load_registry(folder)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy lies beside this file."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def run(toy: Registry, **values: Any) -> Any:
    quick = {"warmup": {"n_warmup": 1}, "baseline": {"enabled": False}, "energy": {"backend": None}}
    data = {"model": "embedded", "backend": "toy", "n": 3, **quick, "toy": values}
    return run_config(toy, experiment_class(toy).from_dict(data))


def failure(toy: Registry, **values: Any) -> llem.Diagnostic:
    with pytest.raises(RunError) as caught:
        run(toy, **values)
    return caught.value.report.diagnostics[0]


def test_result(toy: Registry) -> None:
    """All prompts go to the library in one call; what its results hold is found where the records say."""
    found = run(toy, length=4)
    [batch] = found.batches
    assert (batch["prompts"], batch["output_tokens"], batch["time_to_first_token_seconds"]) == (3, 3 * 2 * 4, 0.25)
    assert [sample["output"] for sample in found.samples] == ["4 tokens"] * 3
    assert found.process_peak_bytes > 2**20
    assert found.versions["transformers"]


def test_synthetic_prompts(toy: Registry) -> None:
    data = {"model": "embedded", "backend": "toy", "dataset": {"n": 2, "input_len": 7}, "warmup": {"enabled": False}}
    data["baseline"], data["energy"] = {"enabled": False}, {"backend": None}
    found = run_config(toy, experiment_class(toy).from_dict(data))
    assert (found.prompts, found.input_tokens) == (2, 14)


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        ("raise", "failed", "RuntimeError: the core did not start, see above (ValueError: no room for the cache)"),
        ("memory", "out-of-memory", "not enough"),
        ("die", "failed", "WorkerEnded: Its process ended with exit code 9."),
    ],
)
def test_failures_are_told(toy: Registry, fault: str, code: str, reason: str) -> None:
    """What goes wrong in the worker, or below it, arrives with its cause."""
    found = failure(toy, fault=fault)
    assert (found.code, found.reason) == (code, reason)


def test_no_interpreter(toy: Registry, tmp_path: Path) -> None:
    found = failure(toy, python=str(tmp_path / "python"))
    assert (found.code, found.reason) == ("no-interpreter", "No such file or directory")


def test_no_library(toy: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH")
    found = failure(toy)
    assert found.code == "missing-package"
    assert found.reason == f"Not installed in {sys.executable}: toyengine."
    assert "LLEM_TOY_PYTHON" in found.resolution


def test_which_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration's comes first, then the environment's, then this one."""
    settings = RunnerSettings(max_input_tokens=1)
    assert interpreter("vllm", settings) == sys.executable
    monkeypatch.setenv(variable("vllm"), "/env/python")
    assert interpreter("vllm", settings) == "/env/python"
    assert interpreter("vllm", RunnerSettings(max_input_tokens=1, python="mine")) == "mine"


def command_line(process: int) -> str:
    """Return what a process runs; empty once it has ended, though nobody has asked for its exit code."""
    done = subprocess.run(["ps", "-o", "stat=,args=", "-p", str(process)], capture_output=True, text=True, check=False)
    return "" if done.stdout.startswith("Z") else done.stdout


def test_a_worker_ends_with_its_parent(tmp_path: Path) -> None:
    """Nothing is left behind when llem is killed."""
    script = (
        "import os, time; from pathlib import Path; from llem.backends.engine import Worker\n"
        f"worker = Worker({sys.executable!r}, Path('x')); print(worker._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not command_line(child):
            return
        time.sleep(0.1)
    pytest.fail("the worker is still there")


def test_fields_of_what_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker tells every field of what calls have made, nested ones by their path."""
    (tmp_path / "made.py").write_text(
        textwrap.dedent(
            """
            import dataclasses, enum

            class Mode(enum.Enum):
                FAST = 1

            @dataclasses.dataclass
            class Inner:
                mode: Mode = Mode.FAST
                sizes: set = dataclasses.field(default_factory=lambda: {"b", "a"})

            @dataclasses.dataclass
            class Outer:
                inner: Inner
                seed: int = 3
            """
        ),
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    worker = Worker(sys.executable, tmp_path)
    inner = {"id": "inner", "target": "made.Inner", "receiver": None, "arguments": {}}
    outer = {"id": "outer", "target": "made.Outer", "receiver": None, "arguments": {"inner": ("result", ("inner", ""))}}
    worker.ask("make", calls=[inner, outer])
    described = worker.ask("describe", calls=["outer"])
    assert described == {"outer.inner.mode": "FAST", "outer.inner.sizes": "['a', 'b']", "outer.seed": "3"}
    assert worker.ask("parameters", symbol="made.Outer") == {"inner": None, "seed": 3}
    with pytest.raises(LibraryError) as caught:
        worker.ask("make", calls=[{**outer, "arguments": {}}])
    assert caught.value.names[0] == "TypeError"
    worker.close()
