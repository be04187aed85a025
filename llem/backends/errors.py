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


OUT_OF_MEMORY = ("OutOfMemoryError", "MemoryError")
"""The errors of libraries, and of Python, that say that there is not enough memory."""


ENDED = "WorkerEnded"
"""Stands for the class of an error where a process has ended without one."""


class LibraryError(Exception):
    """What a library has raised in another process: the names of the error's classes, and its text."""

    def __init__(self, names: list[str], text: str) -> None:
        super().__init__(text)
        self.names = tuple(names)


def is_a(error: BaseException, *names: str) -> bool:
    """Return whether an error, here or in another process, is of one of the classes with these names."""
    known = error.names if isinstance(error, LibraryError) else [kind.__name__ for kind in type(error).__mro__]
    return any(name in known for name in names)


def kind_of(error: BaseException) -> str:
    """Return the name of an error's class."""
    return error.names[0] if isinstance(error, LibraryError) else type(error).__name__


class SkippedError(LlemError):
    """A configuration that this machine cannot run; the report says what it lacks."""
