"""What carries out a plan: transformers in this process, or an engine that batches by itself in a worker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import attrs

from llem.backends.plan import Plan, loading_key
from llem.backends.settings import RunnerSettings


@attrs.frozen
class Batch:
    """One measured call of generate. Times in seconds; the first token's is None where it cannot be seen."""

    prompts: int
    input_tokens: int
    output_tokens: int
    latency_seconds: float
    time_to_first_token_seconds: float | None
    texts: tuple[str, ...] = attrs.field(default=(), repr=False)


class Executor(Protocol):
    """Carries out a plan: it prepares once, then generates for batches of prompts, which are lists of token ids."""

    notes: list[str]

    @property
    def batch_size(self) -> int | None:
        """The number of prompts in one call; None: all."""

    @property
    def model_decoding(self) -> Mapping[str, Any]:
        """What the model's own files say of decoding, and the run does not follow."""

    @property
    def device_peak_bytes(self) -> int | None:
        """The most memory on all GPUs since the measurement began; None where it cannot be seen."""

    def prepare(self) -> None:
        """Make the calls before the warm-up."""

    def take_over(self, plan: Plan, settings: RunnerSettings) -> None:
        """Go on with another plan that loads the same (see `loading_key`); forget the peak of main memory."""

    def begin_measurement(self) -> None:
        """Make the calls between warm-up and measurement."""

    def tokenize(self, prompts: list[str]) -> list[list[int]]:
        """Return the token ids of texts."""

    def synthesize(self, count: int, length: int, seed: int) -> list[list[int]]:
        """Return synthetic prompts."""

    def decode(self, ids: list[int]) -> str:
        """Return the text of tokens."""

    def generate(self, token_ids: list[list[int]], *, decode: bool) -> Batch:
        """Generate for one batch of prompts, timed."""

    def generate_rows(self, token_ids: list[list[int]]) -> list[list[int]]:
        """Return the new tokens of each sequence, untimed."""

    def fall_back_to_uncompiled(self, reason: str) -> bool:
        """Undo a compilation that fails; return whether there was one."""

    def peak_bytes(self) -> int:
        """Return the most main memory that the run has held so far."""

    def close(self) -> None:
        """Let go of everything."""


class Keeper:
    """Keeps an executor that has loaded a model for the next plan that loads the same."""

    def __init__(self) -> None:
        self._kept: tuple[str, Executor] | None = None

    def take(self, plan: Plan, settings: RunnerSettings) -> Executor | None:
        """Return the kept executor, gone over to a plan; None where it has loaded something else, and is let go."""
        if self._kept is None:
            return None
        (key, executor), self._kept = self._kept, None
        if key != loading_key(plan):
            executor.close()
            return None
        executor.take_over(plan, settings)
        return executor

    def keep(self, plan: Plan, executor: Executor) -> None:
        """Keep an executor; one that has notes may have changed what it loaded, and is let go."""
        if executor.notes:
            executor.close()
        else:
            self._kept = (loading_key(plan), executor)


def make_executor(plan: Plan, settings: RunnerSettings, embedded_folder: Path) -> Executor:
    """Return what carries out a plan; the embedded model is built in the given folder, unless it is there."""
    if plan.runs_with == "engine":
        from llem.backends.engine import EngineExecutor

        return EngineExecutor(plan, settings, embedded_folder)
    from llem.backends.transformers_executor import TransformersExecutor

    return TransformersExecutor(plan, settings, embedded_folder)
