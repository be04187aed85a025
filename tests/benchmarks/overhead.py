"""What does llem's runner cost beside a bare loop over the same model, with the same inputs and arguments?

    python tests/benchmarks/overhead.py [MODEL]

A model is `embedded`, a folder, a GGUF file or a Hub id. Batches of llem's executor and of the bare loop take turns on
one loaded model, in both orders, so that neither has the warmer caches; the table shows medians, and the median of the
ratios of neighbours.
"""

import statistics
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import llem
from llem.backends.plan import Input, make_plan
from llem.backends.prompts import token_prompts
from llem.backends.run import embedded_model_folder
from llem.backends.settings import RunnerSettings
from llem.backends.transformers_executor import TransformersExecutor
from llem.environment.probe import here
from llem.registry import load_registry


ROUNDS = 10
BATCH = 4
TOKENS = 32


def prepared(model: str) -> tuple[TransformersExecutor, list[list[int]]]:
    """Return an executor that has loaded a model, and one batch of prompts."""
    config = llem.load(
        {
            "model": model,
            "n": BATCH,
            "precision": "fp32",
            "max_output_tokens": TOKENS,
            "decoder": {"preset": "deterministic"},
            "pytorch": {"batch_size": BATCH},
        }
    )
    plan = make_plan(load_registry(), config)
    settings = RunnerSettings(**plan.runner)
    executor = TransformersExecutor(plan, settings, Path(embedded_model_folder(here())))
    executor.prepare()
    return executor, token_prompts(settings, executor)[:BATCH]


def bare(executor: TransformersExecutor, prompts: list[list[int]]) -> float:
    """Return the seconds of one batch of the loop that one would write: pad, generate, decode nothing."""
    call = next(call for call in executor.plan.calls if call.takes_inputs)
    arguments: dict[str, Any] = {name: value for name, value in call.arguments.items() if not isinstance(value, Input)}
    tokenizer, model = executor._tokenizer, executor.model
    begin = time.perf_counter()
    inputs = tokenizer.pad({"input_ids": prompts}, return_tensors="pt").to(model.device)
    generated = model.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        pad_token_id=tokenizer.pad_token_id,
        **arguments,
    )
    generated[:, inputs["input_ids"].shape[1] :].tolist()
    return time.perf_counter() - begin


def with_llem(executor: TransformersExecutor, prompts: list[list[int]]) -> float:
    begin = time.perf_counter()
    executor.generate(prompts, decode=False)
    return time.perf_counter() - begin


def main() -> None:
    table = Table("model", "batch", "new tokens", "bare, s", "llem, s", "llem beside bare")
    for model in sys.argv[1:] or ["embedded"]:
        executor, prompts = prepared(model)
        for action in (bare, with_llem):
            action(executor, prompts)
        times: dict[Any, list[float]] = {bare: [], with_llem: []}
        for number in range(ROUNDS):
            for action in (bare, with_llem) if number % 2 else (with_llem, bare):
                times[action].append(action(executor, prompts))
        ratios = [ours / theirs for ours, theirs in zip(times[with_llem], times[bare], strict=True)]
        table.add_row(
            Path(model).name,
            str(len(prompts)),
            str(TOKENS),
            f"{statistics.median(times[bare]):.4f}",
            f"{statistics.median(times[with_llem]):.4f}",
            f"{statistics.median(ratios) - 1:+.2%}",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
