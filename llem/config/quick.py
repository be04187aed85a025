"""Whether a configuration is in order, by code that was generated from the records and kept.

It is for a start of the command: nothing is imported that a configuration of which nothing is to be said does not need.
What is not certain is left to `llem.config.evaluation`, to which a property test holds this.
"""

import marshal
from collections.abc import Mapping
from types import FunctionType
from typing import Any

from llem.conditions.values import VOCABULARY
from llem.registry.cache import kept
from llem.registry.folders import registry_folders, state_of


KIND = "quick"
"""Under what the code is kept; the key is the state of the registry folders."""
_NAMES = {**VOCABULARY, "frozen": dict, "freeze": lambda value: value}


def kept_code() -> "Quick | None":
    """Return what was generated from the registry that counts, if it was kept."""
    content = kept(KIND, state_of(registry_folders()))
    return Quick(marshal.loads(content)) if content is not None else None  # noqa: S302  # the user's own folder


class Quick:
    """Tells configurations that are in order, given `parts` as `llem.config.quick_maker` makes them."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._parts = parts

    def model_of(self, data: Any) -> str | None:
        """Return the model that a configuration names; None unless certainly nothing is to be said of its values."""
        parts = self._parts
        written: dict[str, Any] = {}
        if not self._reads("", data, written):
            return None
        given = self._presets(written) | written
        backend = parts["backends"].get(given.get(parts["selector"], parts["backend"]))
        if backend is None or not backend["unread"].isdisjoint(written):
            return None
        woken = set(backend["always"])
        for path in given:
            woken.update(backend["woken"].get(path, ()))
        for number in woken:
            code = backend["rules"][number]
            if code is None or _function(code)(written, given):
                return None
        model = written[parts["model"]]
        return model if isinstance(model, str) else None

    def _reads(self, section: str, data: Any, written: dict[str, Any]) -> bool:
        """Note the values of a section by absolute path; return whether each is ordinary, and none is missing."""
        if data.__class__ is not dict or not data.keys() >= self._parts["required"][section]:
            return False
        fields = self._parts["fields"][section]
        for name, value in data.items():
            path = fields.get(name)
            if path in self._parts["fields"] and value.__class__ is dict:
                written[path] = value
                if not self._reads(path, value, written):
                    return False
                continue
            code = self._parts["checks"].get(path)
            written[path] = None if code is None else _function(code)(value)
            if written[path] is None:
                return False
        return True

    def _presets(self, written: Mapping[str, Any]) -> dict[str, Any]:
        """Return what presets give."""
        found: dict[str, Any] = {}
        for path, values in self._parts["presets"].items():
            found |= values.get(written.get(path), {})
        return found


def _function(code: bytes) -> FunctionType:
    return FunctionType(marshal.loads(code), _NAMES)  # noqa: S302  # of the user's own folder
