"""Why a run ends without a result."""

from llem.diagnostics import Diagnostic, LlemError, Report, Severity


class RunError(LlemError):
    """A run that failed: what happened, why, and what to do."""

    def __init__(self, code: str, message: str, reason: str = "", resolution: str = "", path: str = "") -> None:
        found = Diagnostic(
            code=code, severity=Severity.ERROR, message=message, reason=reason, resolution=resolution, path=path
        )
        super().__init__(Report((found,)))


class InputError(RunError):
    """A run that could not start, because something that the configuration names is wrong or missing."""


class SkippedError(LlemError):
    """A configuration that this machine cannot run; the report says what it lacks."""
