"""Diagnostics as values: what is wrong, where, why, and what to write instead."""

import difflib
import enum
import functools
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from immutabledict import immutabledict


class Severity(enum.StrEnum):
    """How bad a finding is. Only errors make a report not ok."""

    ERROR = "error"
    WARNING = "warning"
    DORMANT = "dormant"
    SKIPPED = "skipped"
    NOTE = "note"


@attrs.frozen
class Location:
    """A span in a source; lines and columns count from 1, the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def to_dict(self) -> dict[str, Any]:
        """Return the span as plain data."""
        return attrs.asdict(self)


@attrs.frozen
class Related:
    """Another place that belongs to a finding, such as the second of two values that clash."""

    message: str
    path: str = ""
    location: Location | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the place as plain data."""
        return {
            "message": self.message,
            "path": self.path,
            "location": self.location and self.location.to_dict(),
        }


@attrs.frozen(kw_only=True)
class Diagnostic:
    """One finding. `code` is stable: the id of a rule, or the name of a built-in check."""

    code: str
    severity: Severity
    message: str
    path: str = ""
    reason: str = ""
    resolution: str = ""
    location: Location | None = None
    related: tuple[Related, ...] = ()
    fix: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `--format json` prints."""
        found: dict[str, Any] = {
            "code": self.code,
            "severity": str(self.severity),
            "path": self.path,
            "message": self.message,
            "reason": self.reason,
            "resolution": self.resolution,
            "location": self.location and self.location.to_dict(),
        }
        if self.related:
            found["related"] = [other.to_dict() for other in self.related]
        if self.fix is not None:
            found["fix"] = dict(self.fix)
        return found


@attrs.define(hash=False)  # to freeze it takes as long as to judge a configuration
class Report:
    """Every finding about one subject, with the text of the sources that the findings point into."""

    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = attrs.field(default=immutabledict(), repr=False, eq=False)
    subject: str = ""

    def of(self, severity: Severity) -> tuple[Diagnostic, ...]:
        """Return the findings of one severity."""
        return tuple(found for found in self.diagnostics if found.severity is severity)

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings, dormant values and skips do not count."""
        return not self.errors

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What makes the subject invalid."""
        return self.of(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is allowed and probably not meant."""
        return self.of(Severity.WARNING)

    @property
    def dormant(self) -> tuple[Diagnostic, ...]:
        """What the library accepts and ignores or changes."""
        return self.of(Severity.DORMANT)

    @property
    def skipped(self) -> tuple[Diagnostic, ...]:
        """What the checked environment cannot run."""
        return self.of(Severity.SKIPPED)

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """Advice that no machine can check."""
        return self.of(Severity.NOTE)


class LlemError(Exception):
    """Base of llem's errors. Carries the report that explains it; its text is the report as a terminal shows it."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        from llem.diagnostics.text import render_text

        return render_text([self.report])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the sentence that proposes the nearest known word, or the empty string."""
    return _nearest(word, tuple(known))


@functools.lru_cache(1024)  # the same mistake often comes again, and to look for the nearest word is slow
def _nearest(word: str, known: tuple[str, ...]) -> str:
    nearest = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f'Did you mean "{nearest[0]}"?' if nearest else ""
