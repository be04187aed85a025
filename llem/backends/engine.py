"""Executes a plan whose library batches by itself, through a worker in an interpreter that has the library."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import resources
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from llem.backends.errors import ENDED, InputError, LibraryError
from llem.backends.executor import Batch
from llem.backends.plan import Input, Plan, PlannedCall, ResultOf, loading_calls
from llem.backends.settings import RunnerSettings
from llem.registry.backend_records import Key
from llem.registry.values import thaw


_PATIENCE_SECONDS = 20.0
_LOGGED_ERROR = re.compile(r"\b(\w+(?:Error|Exception): .+)")


class Worker:
    """A process of `llem/backends/worker.py`, and the connection to it."""

    def __init__(self, python: str, embedded_folder: Path) -> None:
        ours, theirs = socket.socketpair()
        package = resources.files("llem.backends")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the worker
        command = [python, str(package / "worker.py"), str(theirs.fileno()), str(package / "recipes.py")]
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603  # the interpreter that the user named
                    [*command, str(embedded_folder)],
                    stdin=subprocess.DEVNULL,
                    stdout=self._log,
                    stderr=self._log,
                    pass_fds=(theirs.fileno(),),
                )
            except OSError as error:
                ours.close()
                self._log.close()
                raise InputError(
                    "no-interpreter", f"{python} cannot be started", error.strerror or "", "Name a Python interpreter."
                ) from None
        self._connection = Connection(ours.detach())

    def ask(self, method: str, **arguments: Any) -> Any:
        """Return what a method of the worker returns.

        Raises:
            LibraryError: when it raises, or when the process ends.
        """
        try:
            self._connection.send((method, arguments))
            succeeded, answer = self._connection.recv()
        except (EOFError, OSError):
            code = self._process.wait()
            reason = self._logged() or f"Its process ended with exit code {code}."
            raise LibraryError([ENDED], reason) from None
        if succeeded:
            return answer
        names, text = answer
        cause = self._logged()
        raise LibraryError(names, text if not cause or cause.partition(": ")[2] in text else f"{text} ({cause})")

    def close(self) -> None:
        """End the process; what it has started ends with it."""
        self._connection.close()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _logged(self) -> str:
        """Return the last error that the process, or one below it, has logged."""
        self._log.seek(0)
        found = _LOGGED_ERROR.findall(self._log.read().decode("utf-8", "replace"))
        return str(found[-1]).strip() if found else ""


def interpreter(backend: str, settings: RunnerSettings) -> str:
    """Return the interpreter that runs a backend: the configuration's, the environment's, or this one."""
    return settings.python or os.environ.get(variable(backend)) or sys.executable


def variable(backend: str) -> str:
    """Return the environment variable that names the interpreter of a backend."""
    return f"LLEM_{backend.upper()}_PYTHON"


def installed(python: str, packages: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return which packages an interpreter lacks, and the versions of its distributions and of those packages."""
    with contextlib.closing(Worker(python, Path())) as worker:
        found: dict[str, Any] = worker.ask("about", packages=packages)
    return found["missing"], found["versions"]


class EngineExecutor:
    """Holds a worker that has made a plan's calls."""

    device_peak_bytes = None
    model_decoding: Mapping[str, Any] = {}

    def __init__(self, plan: Plan, settings: RunnerSettings, embedded_folder: Path) -> None:
        self.plan = plan
        self.settings = settings
        self.notes: list[str] = []
        self._worker = Worker(interpreter(plan.backend, settings), embedded_folder)

    def take_over(self, plan: Plan, settings: RunnerSettings) -> None:
        """Go on with another plan that loads the same; forget the peak of main memory."""
        self.plan, self.settings = plan, settings
        loading = loading_calls(plan)
        prepare = [call for call in plan.calls if call.phase == "prepare" and call not in loading]
        self._worker.ask("make", calls=[as_data(call) for call in prepare])
        self._worker.ask("forget_peak")

    @property
    def batch_size(self) -> int | None:
        """None: all prompts in one call, which the library batches."""
        return None

    def prepare(self) -> None:
        """Make the calls before the warm-up."""
        self._worker.ask("make", calls=[as_data(call) for call in self.plan.calls if call.phase == "prepare"])

    def begin_measurement(self) -> None:
        """Make the calls between warm-up and measurement."""
        calls = [call for call in self.plan.calls if call.phase == "measure" and not call.takes_inputs]
        self._worker.ask("make", calls=[as_data(call) for call in calls])

    def tokenize(self, prompts: list[str]) -> list[list[int]]:
        """Return the token ids of texts."""
        return self._worker.ask("tokenize", prompts=prompts)  # type: ignore[no-any-return]

    def synthesize(self, count: int, length: int, seed: int) -> list[list[int]]:
        """Return synthetic prompts."""
        return self._worker.ask("synthesize", count=count, length=length, seed=seed)  # type: ignore[no-any-return]

    def decode(self, ids: list[int]) -> str:
        """Return the text of tokens."""
        return str(self._worker.ask("decode", ids=ids))

    def generate(self, token_ids: list[list[int]], *, decode: bool) -> Batch:
        """Generate for all prompts in one call.

        The time to the first token is the mean over prompts, each from the arrival of the request, waiting included.
        """
        seconds, results = self._ask_to_generate(token_ids)
        first = [result["first_token"] for result in results if result["first_token"] is not None]
        return Batch(
            prompts=len(token_ids),
            input_tokens=sum(map(len, token_ids)),
            output_tokens=sum(len(tokens) for result in results for tokens in result["tokens"]),
            latency_seconds=seconds,
            time_to_first_token_seconds=sum(first) / len(first) if first else None,
            texts=tuple(text for result in results for text in result["texts"]) if decode else (),
        )

    def generate_rows(self, token_ids: list[list[int]]) -> list[list[int]]:
        """Return the new tokens of each sequence."""
        _, results = self._ask_to_generate(token_ids)
        return [tokens for result in results for tokens in result["tokens"]]

    def _ask_to_generate(self, token_ids: list[list[int]]) -> tuple[float, list[dict[str, Any]]]:
        call = next(call for call in self.plan.calls if call.takes_inputs)
        places = {name: _places(getattr(call, name)) for name in ("sequences", "tokens", "text", "first_token")}
        return self._worker.ask(  # type: ignore[no-any-return]
            "generate", call=as_data(call), prompts=token_ids, places=places
        )

    def fall_back_to_uncompiled(self, reason: str) -> bool:  # noqa: ARG002  # the protocol's
        """Return False: what the library compiles is its own."""
        return False

    def peak_bytes(self) -> int:
        """Return the most main memory that the worker and the processes below it have held."""
        return int(self._worker.ask("peak_bytes"))

    def close(self) -> None:
        """End the worker."""
        self._worker.close()


def as_data(call: PlannedCall) -> dict[str, Any]:
    """Return a call as the worker takes it."""
    return {
        "id": call.id,
        "target": call.target,
        "receiver": call.receiver.call if call.receiver else None,
        "arguments": {name: _argument(value) for name, value in call.arguments.items()},
    }


def _argument(value: Any) -> tuple[str, Any]:
    if isinstance(value, ResultOf):
        return "result", (value.call, value.attribute)
    return ("input", value.name) if isinstance(value, Input) else ("value", thaw(value))


def _places(steps: tuple[str | int | Key, ...]) -> list[Any]:
    return [step if isinstance(step, str) else [step.key if isinstance(step, Key) else step] for step in steps]
