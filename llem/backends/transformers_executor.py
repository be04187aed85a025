"""Executes a plan through transformers, in this process: prepare once, then generate batch by batch."""

import contextlib
import importlib
import operator
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from llem.backends.executor import Batch
from llem.backends.plan import EMBEDDED_MODEL, Input, Plan, PlannedCall, ResultOf, loading_calls
from llem.backends.recipes import build_embedded_model, synthetic_prompts
from llem.backends.settings import RunnerSettings
from llem.registry.values import thaw


class TransformersExecutor:
    """Holds the results of a plan's calls. Targets come from the registry, never from a configuration."""

    def __init__(self, plan: Plan, settings: RunnerSettings, embedded_folder: Path) -> None:
        self.plan = plan
        self.settings = settings
        self.notes: list[str] = []
        self._embedded_folder = embedded_folder
        self._results: dict[str, Any] = {}
        self._set_aside: list[Any] = []
        self._replaced: tuple[Any, str, Any] | None = None

    def prepare(self) -> None:
        """Make the calls before the warm-up: tokenizer, model, adapter, compilation."""
        self._prepare(self.plan.calls)

    def _prepare(self, calls: Iterable[PlannedCall]) -> None:
        for call in calls:
            if call.phase == "prepare":
                self._make(call, {})
        tokenizer = self._tokenizer
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token

    def take_over(self, plan: Plan, settings: RunnerSettings) -> None:
        """Go on with another plan that loads the same; forget the peak of main memory."""
        self.plan, self.settings = plan, settings
        loading = loading_calls(plan)
        self._prepare(call for call in plan.calls if call not in loading)
        with contextlib.suppress(OSError):  # only Linux forgets
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    @property
    def batch_size(self) -> int | None:
        """The number of prompts in one call."""
        return self.settings.batch_size

    @property
    def model_decoding(self) -> dict[str, Any]:
        """What the model's own files say of decoding, and calls have replaced."""
        return {name: value for found in self._set_aside for name, value in found.to_diff_dict().items()}

    @property
    def _tokenizer(self) -> Any:
        return self._results["tokenizer"]

    def tokenize(self, prompts: list[str]) -> list[list[int]]:
        """Return the token ids of texts."""
        return self._tokenizer(prompts)["input_ids"]  # type: ignore[no-any-return]

    def synthesize(self, count: int, length: int, seed: int) -> list[list[int]]:
        """Return synthetic prompts."""
        special = [token for token in self._tokenizer.all_special_ids if token is not None]
        return synthetic_prompts(count, length, seed, len(self._tokenizer), special)

    def decode(self, ids: list[int]) -> str:
        """Return the text of tokens."""
        return str(self._tokenizer.decode(ids, skip_special_tokens=True))

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
        """Make the calls between warm-up and measurement, such as seeding; forget the peak of GPU memory."""
        for call in self.plan.calls:
            if call.phase == "measure" and not call.takes_inputs:
                self._make(call, {})
        for device in _devices():
            _cuda().reset_peak_memory_stats(device)

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
            texts=tuple(self._tokenizer.batch_decode(rows, skip_special_tokens=True)) if decode else (),
        )

    def generate_rows(self, token_ids: list[list[int]]) -> list[list[int]]:
        """Return the new tokens of each sequence, untimed."""
        inputs = self._inputs(token_ids)
        return self._new_tokens(self._make(self._generate_call, inputs), inputs)

    def _inputs(self, token_ids: list[list[int]]) -> dict[str, Any]:
        padded = self._tokenizer.pad({"input_ids": token_ids}, return_tensors="pt")
        inputs = {name: padded[name].to(self._device) for name in ("input_ids", "attention_mask")}
        return {**inputs, "pad_token_id": self._tokenizer.pad_token_id}

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
                self._set_aside.append(getattr(owner, call.assigns.attribute))
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

    def peak_bytes(self) -> int:
        """Return the most main memory that this process has held so far."""
        return _process_peak()

    @property
    def device_peak_bytes(self) -> int | None:
        """The most memory that tensors took on all GPUs since the measurement began."""
        return sum(int(_cuda().max_memory_allocated(device)) for device in _devices()) if _devices() else None

    def close(self) -> None:
        """Let go of the model."""
        self._results.clear()

    @staticmethod
    def _synchronise() -> None:
        if _devices():
            _cuda().synchronize()


def _cuda() -> Any:
    import torch

    return torch.cuda


def _devices() -> range:
    return range(_cuda().device_count() if _cuda().is_available() else 0)


def _process_peak() -> int:
    status = Path("/proc/self/status")
    if status.exists():  # on Linux ru_maxrss begins with what the parent held
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


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
