"""Names that a package offers from its modules, imported when they are first used: a start takes only what it needs."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazily(package: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package whose `homes` tell which of its modules have which names.

    It raises AttributeError for any other name.
    """

    def find(name: str) -> Any:
        for home, names in homes.items():
            if name in names:
                found = getattr(importlib.import_module(home), name)
                setattr(sys.modules[package], name, found)
                return found
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find
