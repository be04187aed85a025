"""A library that batches by itself, as a worker meets one: it repeats the prompt's last token."""

import os
import sys
from typing import Any


class Engine:
    """Generates `length` tokens for each prompt, in one call."""

    def __init__(self, model: str, fault: str = "") -> None:
        self.model = model
        if fault == "raise":
            print("(Core pid=7) ValueError: no room for the cache", file=sys.stderr)
            raise RuntimeError("the core did not start, see above")
        if fault == "memory":
            raise MemoryError("not enough")
        if fault == "die":
            os._exit(9)

    def generate(self, prompts: list[dict[str, list[int]]], length: int) -> list[Any]:
        return [Result(prompt["prompt_token_ids"][-1:] * length) for prompt in prompts]


class Result:
    def __init__(self, tokens: list[int]) -> None:
        self.sequences = [{"tokens": tokens, "text": f"{len(tokens)} tokens"}] * 2
        self.seconds = 0.25
