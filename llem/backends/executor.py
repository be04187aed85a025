"""Executes a plan through transformers: prepare once, then generate batch by batch."""

import importlib
import operator
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from llem.backends.plan import EMBEDDED_MODEL, Input, Plan, PlannedCall, ResultOf
from llem.backends.recipes import build_embedded_model
from llem.backends.settings import RunnerSettings
from llem.registry.values import thaw


@attrs.frozen
class Batch:
    """One measured call of generate. Times in seconds; the first token's is None where it cannot be seen."""

    prompts: int
    input_tokens: int
    output_tokens: int
    latency_seconds: float
    time_to_first_token_seconds: float | None
    texts: tuple[str, ...] = attrs.field(default=(), repr=False)


class Executor:
    """Holds the results of a plan's calls. Targets come from the registry, never from a configuration."""

    def __init__(self, plan: Plan, settings: RunnerSettings, embedded_folder: Path) -> None:
        self.plan = plan
        self.settings = settings
        self.notes: list[str] = []
        self._embedded_folder = embedded_folder
        self._results: dict[str, Any] = {}
        self.set_aside: dict[str, Any] = {}
        """What calls have replaced for good, by the id of the call."""
        self._replaced: tuple[Any, str, Any] | None = None

    def prepare(self) -> None:
        """Make the calls before the warm-up: tokenizer, model, adapter, compilation."""
        for call in self.plan.calls:
            if call.phase == "prepare":
                self._make(call, {})
        tokenizer = self._results["tokenizer"]
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token

    @property
    def tokenizer(self) -> Any:
        """The tokenizer that the plan loaded."""
        return self._results["tokenizer"]

    @property
    def model(self) -> Any:
        """The object whose method generates."""
        receiver = self._generate_call.receiver
        assert receiver is not None
        return self._results[receiver.call]

    @property
    def _generate_call(self) -> PlannedCall:
        return next(call for call in self.plan.calls if call.takes_inputs)

    def begin_measurement(self) -> None:
        """Make the calls between warm-up and measurement, such as seeding."""
        for call in self.plan.calls:
            if call.phase == "measure" and not call.takes_inputs:
                self._make(call, {})

    def generate(self, token_ids: list[list[int]], *, decode: bool) -> Batch:
        """Generate for one batch of prompts, timed between two synchronisations with the device."""
        inputs = self._inputs(token_ids)
        first = _FirstToken(self._synchronise)
        self._synchronise()
        begin = time.perf_counter()
        generated = self._make(self._generate_call, inputs, {"stopping_criteria": first.criteria()})
        self._synchronise()
        latency = time.perf_counter() - begin
        rows = self._new_tokens(generated, inputs)
        return Batch(
            prompts=len(token_ids),
            input_tokens=sum(map(len, token_ids)),
            output_tokens=sum(self._length(row) for row in rows),
            latency_seconds=latency,
            time_to_first_token_seconds=first.at and first.at - begin,
            texts=tuple(self.tokenizer.batch_decode(rows, skip_special_tokens=True)) if decode else (),
        )

    def generate_rows(self, token_ids: list[list[int]]) -> list[list[int]]:
        """Return the new tokens of each sequence, untimed."""
        inputs = self._inputs(token_ids)
        return self._new_tokens(self._make(self._generate_call, inputs), inputs)

    def _inputs(self, token_ids: list[list[int]]) -> dict[str, Any]:
        padded = self.tokenizer.pad({"input_ids": token_ids}, return_tensors="pt")
        inputs = {name: padded[name].to(self._device) for name in ("input_ids", "attention_mask")}
        return {**inputs, "pad_token_id": self.tokenizer.pad_token_id}

    @property
    def _device(self) -> Any:
        """The device of the inputs. Weights that wait on disk are on no device; inputs on the CPU find their way."""
        device = self.model.device
        return "cpu" if device.type == "meta" else device

    @staticmethod
    def _new_tokens(generated: Any, inputs: Mapping[str, Any]) -> list[list[int]]:
        return generated[:, inputs["input_ids"].shape[1] :].tolist()  # type: ignore[no-any-return]

    def _length(self, row: list[int]) -> int:
        """Return the number of generated tokens, the end token included and the padding after it not."""
        ends = self.model.generation_config.eos_token_id
        ends = set(ends) if isinstance(ends, list) else {ends}
        return next((index + 1 for index, token in enumerate(row) if token in ends), len(row))

    def fall_back_to_uncompiled(self, reason: str) -> bool:
        """Undo an assignment of a compiled function that fails; return whether there was one."""
        if self._replaced is None:
            return False
        owner, attribute, original = self._replaced
        setattr(owner, attribute, original)
        self._replaced = None
        self.notes.append(f"Compilation failed, and the run went on uncompiled: {reason}")
        return True

    def _make(self, call: PlannedCall, inputs: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Any:
        arguments = {name: self._resolve(value, inputs) for name, value in call.arguments.items()}
        result = self._function(call)(**arguments, **(more or {}))
        if call.assigns is not None:
            owner = self._results[call.assigns.call]
            if not call.optional:
                self.set_aside[call.id] = getattr(owner, call.assigns.attribute)
            else:
                self._replaced = (owner, call.assigns.attribute, getattr(owner, call.assigns.attribute))
            setattr(owner, call.assigns.attribute, result)
        elif not call.takes_inputs:
            self._results[call.id] = result
        return result

    def _function(self, call: PlannedCall) -> Callable[..., Any]:
        if call.receiver is not None:
            return getattr(self._results[call.receiver.call], call.target)  # type: ignore[no-any-return]
        package, *attributes = call.target.split(".")
        found: Any = importlib.import_module(package)
        for attribute in attributes:
            found = getattr(found, attribute)
        return found  # type: ignore[no-any-return]

    def _resolve(self, value: Any, inputs: Mapping[str, Any]) -> Any:
        if isinstance(value, ResultOf):
            result = self._results[value.call]
            return operator.attrgetter(value.attribute)(result) if value.attribute else result
        if value == EMBEDDED_MODEL:
            return build_embedded_model(str(self._embedded_folder))
        if isinstance(value, Input):
            return inputs[value.name]
        return thaw(value)

    def _synchronise(self) -> None:
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()


class _FirstToken:
    """Notes when generate has its first token. A stopping criterion sees every decoding mode, streamers do not."""

    def __init__(self, synchronise: Callable[[], None]) -> None:
        self.at: float | None = None
        self._synchronise = synchronise

    def criteria(self) -> Any:
        from transformers import StoppingCriteriaList

        return StoppingCriteriaList([self])

    def __call__(self, input_ids: Any, *_: Any, **__: Any) -> Any:
        import torch

        if self.at is None:
            self._synchronise()
            self.at = time.perf_counter()
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
