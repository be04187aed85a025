"""What does llem's runner cost beside a bare loop over the same model, with the same inputs and arguments?

    python tests/benchmarks/overhead.py [MODEL ...] [--rounds N] [--tokens N]

A model is `embedded`, a folder, a GGUF file or a Hub id. Batches of llem's executor and of the bare loop take turns on
one loaded model, in both orders, so that neither has the warmer caches. The table shows the median of the ratios of
neighbours with its 95 % interval; and, nearly free of the machine's noise, what llem spends where it does something:
before and after `generate`, and in its stopping criterion, which notes when the first token is there.
"""

import argparse
import math
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from transformers import StoppingCriteriaList

import llem
from llem.backends.plan import Input, make_plan
from llem.backends.prompts import token_prompts
from llem.backends.run import embedded_model_folder
from llem.backends.settings import RunnerSettings
from llem.backends.transformers_executor import TransformersExecutor
from llem.environment.probe import here
from llem.registry import load_registry


BATCH = 4


def prepared(model: str, tokens: int) -> tuple[TransformersExecutor, list[list[int]]]:
    """Return an executor that has loaded a model, and one batch of prompts."""
    config = llem.load(
        {
            "model": model,
            "n": BATCH,
            "precision": "fp32",
            "max_output_tokens": tokens,
            "decoder": {"preset": "deterministic"},
            "pytorch": {"batch_size": BATCH},
        }
    )
    plan = make_plan(load_registry(), config)
    settings = RunnerSettings(**plan.runner)
    executor = TransformersExecutor(plan, settings, Path(embedded_model_folder(here())))
    executor.prepare()
    return executor, token_prompts(settings, executor)[:BATCH]


class Timed:
    """A model whose `generate` adds up its own seconds, without those of the stopping criteria that it is given."""

    def __init__(self, model: Any) -> None:
        self.seconds = 0.0
        self._generate = model.generate
        model.generate = self

    def __call__(self, *inputs: Any, stopping_criteria: Any = (), **arguments: Any) -> Any:
        criteria = StoppingCriteriaList(map(self._timed, stopping_criteria))
        begin = time.perf_counter()
        try:
            return self._generate(*inputs, stopping_criteria=criteria, **arguments)
        finally:
            self.seconds += time.perf_counter() - begin

    def _timed(self, criterion: Any) -> Any:
        def call(*arguments: Any, **more: Any) -> Any:
            begin = time.perf_counter()
            try:
                return criterion(*arguments, **more)
            finally:
                self.seconds -= time.perf_counter() - begin

        return call


def bare(executor: TransformersExecutor, prompts: list[list[int]]) -> None:
    """Run one batch as one would by hand: pad, generate, take the new tokens."""
    call = next(call for call in executor.plan.calls if call.takes_inputs)
    arguments: dict[str, Any] = {name: value for name, value in call.arguments.items() if not isinstance(value, Input)}
    tokenizer, model = executor._tokenizer, executor.model
    inputs = tokenizer.pad({"input_ids": prompts}, return_tensors="pt").to(model.device)
    generated = model.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        pad_token_id=tokenizer.pad_token_id,
        **arguments,
    )
    generated[:, inputs["input_ids"].shape[1] :].tolist()


def with_llem(executor: TransformersExecutor, prompts: list[list[int]]) -> None:
    """Run one batch as `llem run` does."""
    executor.generate(prompts, decode=False)


def interval(values: list[float]) -> str:
    """Return the median of values, and the 95 % interval of it that their order gives."""
    ordered = sorted(values)
    reach = 0.98 * math.sqrt(len(ordered))
    low, high = (ordered[round((len(ordered) - 1) / 2 + side * reach)] for side in (-1, 1))
    return f"{statistics.median(ordered):+.2%} ({low:+.2%} to {high:+.2%})"


def compare(model: str, rounds: int, tokens: int) -> tuple[str, ...]:
    """Return a row of the table for one model."""
    executor, prompts = prepared(model, tokens)
    timed = Timed(executor.model)
    for action in (bare, with_llem):
        action(executor, prompts)
    whole: dict[Any, list[float]] = {bare: [], with_llem: []}
    outside: dict[Any, list[float]] = {bare: [], with_llem: []}
    for number in range(rounds):
        for action in (bare, with_llem) if number % 2 else (with_llem, bare):
            timed.seconds = 0.0
            begin = time.perf_counter()
            action(executor, prompts)
            whole[action].append(time.perf_counter() - begin)
            outside[action].append(whole[action][-1] - timed.seconds)
    ratios = [ours / theirs - 1 for ours, theirs in zip(whole[with_llem], whole[bare], strict=True)]
    added = statistics.median(outside[with_llem]) - statistics.median(outside[bare])
    return (
        Path(model).name,
        f"{len(prompts)} x {tokens}",
        f"{statistics.median(whole[bare]):.4f}",
        interval(ratios),
        f"{added / statistics.median(whole[bare]):+.3%}",
    )


def main(given: Sequence[str] | None = None) -> None:
    """Compare each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=["embedded"])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--tokens", type=int, default=32, help="of each sequence")
    arguments = parser.parse_args(given)
    table = Table("model", "batch", "bare, s", "whole batch: llem beside bare", "spent by llem itself")
    for model in arguments.models:
        table.add_row(*compare(model, arguments.rounds, arguments.tokens))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
