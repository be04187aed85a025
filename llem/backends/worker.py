"""Makes calls in an interpreter that has the library; llem itself need not be installed there.

Run as a script, with the number of an inherited socket. Through it come pairs of a method of `Worker` and its keyword
arguments; back go pairs of whether that succeeded and what came of it, all of plain data. This file imports nothing
but the standard library, and the libraries that calls name.
"""

import enum
import importlib
import importlib.util
import inspect
import operator
import os
import sys
import threading
import time
from importlib import metadata
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any


class Worker:
    """Holds the results of calls by their ids.

    A call is a mapping of its id, target, receiver (the id of the call whose result has the method, or None) and
    arguments; an argument is a pair: ("value", it), ("result", (id, attribute)) or ("input", name).
    """

    def __init__(self, recipes: str, embedded_folder: str) -> None:
        specification = importlib.util.spec_from_file_location("recipes", recipes)
        assert specification is not None
        assert specification.loader is not None
        self._recipes = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(self._recipes)
        self._embedded_folder = embedded_folder
        self._results: dict[str, Any] = {}

    def about(self, packages: list[str]) -> dict[str, Any]:
        """Return which packages are missing, and the versions of all distributions and of the named packages."""
        distributions = metadata.packages_distributions()
        versions = {found.metadata["Name"]: found.version for found in metadata.distributions()}
        named = {name: metadata.version(distributions[name][0]) for name in packages if name in distributions}
        missing = [name for name in packages if importlib.util.find_spec(name) is None]
        return {"missing": missing, "versions": {**versions, **named}}

    def parameters(self, symbol: str) -> dict[str, Any]:
        """Return the arguments of a class or function by name, each with its default where that is plain."""
        found = inspect.signature(_found(symbol)).parameters
        return {name: _plain_default(parameter.default) for name, parameter in found.items()}

    def make(self, calls: list[dict[str, Any]]) -> None:
        """Make calls in order, and keep their results."""
        for call in calls:
            self._results[call["id"]] = self._call(call, {})

    def forget(self) -> None:
        """Drop the results."""
        self._results.clear()

    def tokenize(self, prompts: list[str]) -> list[list[int]]:
        """Return the token ids of texts."""
        return [list(ids) for ids in self._results["tokenizer"](prompts)["input_ids"]]

    def synthesize(self, count: int, length: int, seed: int) -> list[list[int]]:
        """Return synthetic prompts."""
        tokenizer = self._results["tokenizer"]
        special = [token for token in tokenizer.all_special_ids if token is not None]
        found: list[list[int]] = self._recipes.synthetic_prompts(count, length, seed, len(tokenizer), special)
        return found

    def decode(self, ids: list[int]) -> str:
        """Return the text of tokens."""
        return str(self._results["tokenizer"].decode(ids, skip_special_tokens=True))

    def generate(
        self, call: dict[str, Any], prompts: list[list[int]], places: dict[str, list[Any]]
    ) -> tuple[float, list[dict[str, Any]]]:
        """Generate for all prompts in one call; return its seconds and what is found at `places` of each result."""
        inputs = {"token_prompts": [{"prompt_token_ids": ids} for ids in prompts]}
        begin = time.perf_counter()
        results = self._call(call, inputs)
        seconds = time.perf_counter() - begin
        return seconds, [_outcome(result, places) for result in results]

    def describe(self, calls: list[str]) -> dict[str, str]:
        """Return every field of what calls have made, by its path, as text."""
        return {path: text for call in calls for path, text in _fields(self._results[call], call)}

    def forget_peak(self) -> None:
        """Let the peak of this process and those below it begin anew, where the system can."""
        for process in _family(os.getpid()):
            try:
                Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")
            except OSError:  # it has ended, or there is no such file
                continue

    def peak_bytes(self) -> int:
        """Return the most main memory that this process and those below it have held, summed."""
        return sum(map(_peak_bytes, _family(os.getpid())))

    def _call(self, call: dict[str, Any], inputs: dict[str, Any]) -> Any:
        arguments = {name: self._argument(kind, value, inputs) for name, (kind, value) in call["arguments"].items()}
        if call["receiver"] is not None:
            return getattr(self._results[call["receiver"]], call["target"])(**arguments)
        return _found(call["target"])(**arguments)

    def _argument(self, kind: str, value: Any, inputs: dict[str, Any]) -> Any:
        if kind == "result":
            call, attribute = value
            return operator.attrgetter(attribute)(self._results[call]) if attribute else self._results[call]
        if kind == "input" and value == "embedded_model":
            return self._recipes.build_embedded_model(self._embedded_folder)
        return inputs[value] if kind == "input" else value


def _found(symbol: str) -> Any:
    """Return what a dotted name stands for; modules on the way are imported where their package does not do it."""
    package, *attributes = symbol.split(".")
    found: Any = importlib.import_module(package)
    for depth, attribute in enumerate(attributes, 1):
        if not hasattr(found, attribute):
            importlib.import_module(".".join([package, *attributes[:depth]]))
        found = getattr(found, attribute)
    return found


def _plain_default(value: Any) -> Any:
    return value if value is None or type(value) in (bool, int, float, str) else None


def _outcome(result: Any, places: dict[str, list[Any]]) -> dict[str, Any]:
    sequences = _at(result, places["sequences"]) if places["sequences"] else [result]
    return {
        "tokens": [list(_at(sequence, places["tokens"])) for sequence in sequences],
        "texts": [str(_at(sequence, places["text"])) for sequence in sequences],
        "first_token": _at(result, places["first_token"]) if places["first_token"] else None,
    }


def _at(value: Any, steps: list[Any]) -> Any:
    """Return what lies at the end of attributes (str) and indices or keys (in a list of one); None after a None."""
    for step in steps:
        if value is None:
            return None
        value = value[step[0]] if isinstance(step, list) else getattr(value, step)
    return value


_DEEPEST = 6


def _fields(value: Any, path: str) -> list[tuple[str, str]]:
    """Return the fields of dataclasses and structs with their paths; what has no fields is text."""
    names = getattr(value, "__dataclass_fields__", None) or getattr(value, "__struct_fields__", None)
    if names is None or isinstance(value, type) or path.count(".") > _DEEPEST:
        return [(path, _text(value))]
    return [found for name in names for found in _fields(getattr(value, name, None), f"{path}.{name}")]


def _text(value: Any) -> str:
    """Return a value as text that is the same in every process."""
    if isinstance(value, enum.Enum):
        return str(value.value) if isinstance(value, int) else value.name
    if isinstance(value, (set, frozenset)):
        return str(sorted(map(_text, value)))
    if value is None or isinstance(value, (bool, int, float, str, list, tuple, dict)):
        return str(value)
    text = str(value)
    return type(value).__name__ if " at 0x" in text or "object at" in text else text


def _family(process: int) -> list[int]:
    """Return a process and all below it, where /proc tells."""
    found = [process]
    for child in found:
        for children in Path(f"/proc/{child}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:  # it has ended
                continue
    return found


def _peak_bytes(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _end_with(parent: int) -> None:
    """End this process when the one that started it has ended, whatever it is doing."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main() -> None:
    """Answer requests until the other side closes."""
    descriptor, recipes, embedded_folder = sys.argv[1:]
    sys.path.pop(0)  # this file's folder, whose modules are not meant to be found by their bare names
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    connection = Connection(int(descriptor))
    worker = Worker(recipes, embedded_folder)
    while True:
        try:
            method, arguments = connection.recv()
        except EOFError:
            return
        try:
            answer: tuple[bool, Any] = (True, getattr(worker, method)(**arguments))
        except Exception as error:  # noqa: BLE001  # whatever it is, the other side tells it
            answer = (False, ([kind.__name__ for kind in type(error).__mro__], str(error)))
        connection.send(answer)


if __name__ == "__main__":
    main()
