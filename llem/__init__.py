"""Will this LLM-inference configuration run, and will it do what it says?"""

from typing import TYPE_CHECKING

from llem.lazy import lazily


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

__getattr__ = lazily(
    __name__,
    {
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
    },
)
