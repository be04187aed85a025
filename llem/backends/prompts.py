"""Where prompts come from: the set in the package, a JSONL file, or synthetic tokens."""

import json
from importlib import resources
from pathlib import Path

from llem.backends.errors import InputError
from llem.backends.executor import Executor
from llem.backends.recipes import EMBEDDED
from llem.backends.settings import RunnerSettings


_FIELDS = ("prompt", "text")


def load_prompts(settings: RunnerSettings) -> list[str]:
    """Return the prompts of a set or file, at most as many as are asked for.

    Raises:
        InputError: when the file cannot be read, or a line of it holds no prompt.
    """
    name = settings.prompts or EMBEDDED
    if name == EMBEDDED:
        text = resources.files("llem.examples").joinpath("prompts.jsonl").read_text(encoding="utf-8")
    else:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "It is not UTF-8 text."
            raise InputError("dataset-not-readable", f"{name} cannot be read", str(reason), path="dataset") from None
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    prompts = [_prompt(name, number, line) for number, line in lines[: settings.prompt_count]]
    if not prompts:
        raise InputError("dataset-empty", f"{name} holds no prompt", path="dataset")
    return prompts


def _prompt(name: str, number: int, line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise InputError("dataset-not-readable", f"{name}:{number} is not JSON", str(error), path="dataset") from None
    if isinstance(found, dict):
        found = next((found[field] for field in _FIELDS if field in found), None)
    if not isinstance(found, str) or not found:
        advice = f'Write {{"{_FIELDS[0]}": "..."}} or a string on each line.'
        raise InputError("dataset-not-readable", f"{name}:{number} holds no prompt", "", advice, path="dataset")
    return found


def token_prompts(settings: RunnerSettings, executor: Executor) -> list[list[int]]:
    """Return the token ids of every prompt; those beyond the longest input lose their beginning.

    Raises:
        InputError: as `load_prompts`.
    """
    if settings.synthetic_count is not None:
        found = executor.synthesize(settings.synthetic_count, settings.synthetic_length, settings.synthetic_seed)
    else:
        found = executor.tokenize(load_prompts(settings))
    return [ids[-settings.max_input_tokens :] for ids in found]
