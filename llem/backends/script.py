"""A plan as a Python script that makes the same calls without llem."""

import inspect
from collections.abc import Iterator
from itertools import takewhile
from pprint import pformat
from textwrap import indent
from typing import Any

from llem.backends import recipes
from llem.backends.plan import EMBEDDED_MODEL, Input, Plan, PlannedCall, ResultOf
from llem.backends.prompts import load_prompts
from llem.backends.settings import RunnerSettings
from llem.registry.backend_records import Key
from llem.registry.values import thaw


_WIDTH = 110


def to_python(plan: Plan) -> str:
    """Return the script: imports, prompts, the calls in order, the generated text on standard output.

    Raises:
        InputError: when the prompts cannot be read.
    """
    settings = RunnerSettings(**plan.runner)
    tokenized = not any("prompt" in _inputs(call) for call in plan.calls)
    definitions, prepared = _recipes(plan, settings)
    head = ['"""Made by `llem plan --as python`; runs without llem."""', "\n".join(_imports(plan)), *definitions]
    body = [
        *prepared,
        *(_block(call) for call in plan.calls if call.phase == "prepare"),
        "\n".join(_prompts(settings, tokenized=tokenized)),
        *(_block(call) for call in plan.calls if call.phase == "measure" and not call.takes_inputs),
        *("\n".join(_generating(call, settings)) for call in plan.calls if call.takes_inputs),
    ]
    if plan.runs_with == "engine":  # its processes import this script, and must not run it
        body = ['\nif __name__ == "__main__":\n' + "\n\n".join(indent(block, "    ") for block in body if block)]
    return "\n\n".join(block for block in [*head, *body] if block) + "\n"


def _inputs(call: PlannedCall) -> set[str]:
    return {value.name for value in call.arguments.values() if isinstance(value, Input)}


def _imports(plan: Plan) -> list[str]:
    return [f"import {module}" for module in sorted({_module(call.target) for call in plan.calls if not call.receiver})]


def _module(target: str) -> str:
    """Return the module of a class or function; what begins with a capital is a class."""
    return ".".join(takewhile(lambda step: step.islower(), target.split(".")[:-1]))


def _recipes(plan: Plan, settings: RunnerSettings) -> tuple[list[str], list[str]]:
    """Return the functions that a script carries along, and what it does with them first."""
    definitions, prepared = [], []
    if settings.synthetic_count is not None:
        definitions.append("\n" + inspect.getsource(recipes.synthetic_prompts))
    if any(EMBEDDED_MODEL in call.arguments.values() for call in plan.calls):
        definitions.append("\n" + inspect.getsource(recipes.build_embedded_model))
        prepared.append(
            "import os\nimport tempfile\n\n"
            'folder = os.path.join(tempfile.gettempdir(), f"llem-embedded-model-{transformers.__version__}")\n'
            f"{EMBEDDED_MODEL.name} = build_embedded_model(folder)"
        )
    return definitions, prepared


def _block(call: PlannedCall) -> str:
    result = f"{_code(call.assigns)}" if call.assigns else call.id
    assignment = "" if call.phase == "measure" and not call.takes_inputs else f"{result} = "
    return f"# {call.summary}\n{assignment}{_call(call, '')}"


def _call(call: PlannedCall, indent: str) -> str:
    name = f"{call.receiver.call}.{call.target}" if call.receiver else call.target
    arguments = [f"{key}={_code(value)}" for key, value in call.arguments.items() if key.isidentifier()]
    others = {key: value for key, value in call.arguments.items() if not key.isidentifier()}
    if others:
        arguments.append(f"**{_code(others)}")
    line = f"{name}({', '.join(arguments)})"
    if len(line) + len(indent) <= _WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"{indent}    {argument}," for argument in arguments), f"{indent})"])


def _code(value: Any) -> str:
    if isinstance(value, ResultOf):
        return f"{value.call}.{value.attribute}" if value.attribute else value.call
    if isinstance(value, Input):
        return value.name
    return repr(thaw(value))


def _prompts(settings: RunnerSettings, *, tokenized: bool) -> Iterator[str]:
    if settings.synthetic_count is not None:
        arguments = f"{settings.synthetic_count}, {settings.synthetic_length}, {settings.synthetic_seed}"
        yield f"tokens = synthetic_prompts({arguments}, len(tokenizer), tokenizer.all_special_ids)"
    else:
        yield f"prompts = {pformat(load_prompts(settings), width=_WIDTH)}"
        if not tokenized:
            return
        yield 'tokens = tokenizer(prompts)["input_ids"]'
    yield f"tokens = [ids[-{settings.max_input_tokens}:] for ids in tokens]"


def _generating(call: PlannedCall, settings: RunnerSettings) -> Iterator[str]:
    inputs = _inputs(call)
    if "input_ids" in inputs:
        yield from _batches(call, settings)
    elif "token_prompts" in inputs:
        yield 'token_prompts = [{"prompt_token_ids": ids} for ids in tokens]'
        yield f"# {call.summary}"
        yield f"for result in {_call(call, '')}:"
        yield from _printing(call, "    ")
    else:
        yield f"# {call.summary}"
        yield "for prompt in prompts:"
        yield f"    result = {_call(call, '    ')}"
        yield from _printing(call, "    ")


def _printing(call: PlannedCall, margin: str) -> Iterator[str]:
    """Yield what prints the text of each sequence of a result."""
    if call.sequences:
        yield f"{margin}for sequence in result{_steps(call.sequences)}:"
        yield f"{margin}    print(sequence{_steps(call.text)})"
    else:
        yield f"{margin}print(result{_steps(call.text)})"


def _steps(steps: tuple[str | int | Key, ...]) -> str:
    """Return how one goes along steps."""
    return "".join(
        f"[{step.key!r}]" if isinstance(step, Key) else f"[{step}]" if isinstance(step, int) else f".{step}"
        for step in steps
    )


def _batches(call: PlannedCall, settings: RunnerSettings) -> Iterator[str]:
    yield "if tokenizer.pad_token is None:"
    yield "    tokenizer.pad_token = tokenizer.eos_token"
    yield "pad_token_id = tokenizer.pad_token_id"
    assert call.receiver is not None
    yield "# Weights that wait on disk are on no device; inputs on the CPU find their way."
    yield f'device = "cpu" if {call.receiver.call}.device.type == "meta" else {call.receiver.call}.device'
    yield f"# {call.summary}"
    yield f"for start in range(0, len(tokens), {settings.batch_size}):"
    group = f"tokens[start : start + {settings.batch_size}]"
    yield f'    batch = tokenizer.pad({{"input_ids": {group}}}, return_tensors="pt")'
    yield '    input_ids = batch["input_ids"].to(device)'
    yield '    attention_mask = batch["attention_mask"].to(device)'
    yield f"    generated = {_call(call, '    ')}"
    yield "    for row in generated[:, input_ids.shape[1] :]:"
    yield "        print(tokenizer.decode(row, skip_special_tokens=True))"
