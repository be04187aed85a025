"""Will this LLM-inference configuration run, and will it do what it says?"""

import importlib
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from llem.api import effective, estimate_memory, expand, load, plan, run, validate, validate_many
    from llem.backends.errors import InputError, RunError, SkippedError
    from llem.config.classes import ValidationError
    from llem.diagnostics import Diagnostic, LlemError, Report
    from llem.registry import Registry, RegistryError, load_registry
    from llem.validation import ValidationReport

__version__ = "0.1.0"
__all__ = [
    "Diagnostic",
    "InputError",
    "LlemError",
    "Registry",
    "RegistryError",
    "Report",
    "RunError",
    "SkippedError",
    "ValidationError",
    "ValidationReport",
    "effective",
    "estimate_memory",
    "expand",
    "load",
    "load_registry",
    "plan",
    "run",
    "validate",
    "validate_many",
]

_HOMES = {
    "llem.api": (
        "effective",
        "estimate_memory",
        "expand",
        "load",
        "plan",
        "run",
        "validate",
        "validate_many",
    ),
    "llem.backends.errors": ("InputError", "RunError", "SkippedError"),
    "llem.config.classes": ("ValidationError",),
    "llem.diagnostics": ("Diagnostic", "LlemError", "Report"),
    "llem.registry": ("Registry", "RegistryError", "load_registry"),
    "llem.validation": ("ValidationReport",),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import llem` costs nothing."""
    for home, names in _HOMES.items():
        if name in names:
            found = globals()[name] = getattr(importlib.import_module(home), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
