"""`llem validate` for files that are in order, the usual case: without all that is needed to say what is wrong."""

import sys
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml.error import YAMLError

from llem.backends.local_models import model_files
from llem.config.quick import Quick, kept_code
from llem.registry.composing import MAX_BYTES, Composer, Fault


def say_in_order(files: Sequence[str]) -> bool:
    """Say of files that they are valid, where certainly nothing else is to be said; else return False, saying nothing.

    An option, or standard input, among the files is for the command itself.
    """
    if not files or any(file.startswith("-") or not file.isascii() for file in files):
        return False
    code = kept_code()
    if code is None or not all(_is_in_order(file, code) for file in files):
        return False
    sys.stdout.write("".join(f"{file}: valid\n" for file in files))
    sys.stdout.flush()
    return True


def _is_in_order(file: str, code: Quick) -> bool:
    path = Path(file)
    if not path.is_file():  # what comes out of a pipe can be read only once
        return False
    try:
        with path.open("rb") as source:
            raw = source.read(MAX_BYTES + 1)
        composer = Composer(raw.decode("utf-8-sig"))
        data = composer.compose(is_json=file.endswith(".json"))
    except (OSError, UnicodeDecodeError, YAMLError, Fault):
        return False
    if len(raw) > MAX_BYTES or composer.faults:
        return False
    model = code.model_of(data)
    return model is not None and model_files(model) is None  # a local model's files may bring values of their own
