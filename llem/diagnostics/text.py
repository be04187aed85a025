"""Reports as a compiler prints them: the headline, the offending line with a caret, the reason, the help."""

from collections.abc import Callable, Mapping, Sequence

from llem.diagnostics.model import Diagnostic, Location, Related, Report, Severity


Paint = Callable[[str, str], str]

_COLOURS = {
    Severity.ERROR: "1;31",
    Severity.WARNING: "1;33",
    Severity.DORMANT: "1;35",
    Severity.SKIPPED: "1;36",
    Severity.NOTE: "1;34",
}
_FRAME, _BOLD = "34", "1"
_WIDEST_LINE = 160


def render_text(reports: Sequence[Report], *, colour: bool = False) -> str:
    """Return the findings of all reports as text for a terminal."""
    paint: Paint = _paint if colour else lambda text, _: text
    blocks = [_block(found, report.sources, paint) for report in reports for found in report.diagnostics]
    return "\n\n".join(blocks)


def _printable(text: str) -> str:
    """Return text without the control characters that a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text)


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _block(found: Diagnostic, sources: Mapping[str, str], paint: Paint) -> str:
    tint = _COLOURS[found.severity]
    head = paint(f"{found.severity}[{found.code}]", tint) + paint(f": {_printable(found.message)}", _BOLD)
    places = [place for place in found.related if place.location and _source_line(place.location, sources)]
    numbers = [place.location.line for place in places if place.location]
    numbers += [found.location.line] if found.location else []
    margin = len(str(max(numbers, default=1)))
    lines = [head]
    if found.location:
        lines.append(" " * margin + paint("--> ", _FRAME) + _printable(str(found.location)))
        lines += _excerpt(found.location, places, sources, margin, tint, paint)
    elif found.path:
        lines.append(" " * margin + paint("--> ", _FRAME) + _printable(found.path))
    lines += [
        " " * margin + paint(" = ", _FRAME) + f"{label}: {_printable(text)}"
        for label, text in (("reason", found.reason), ("help", found.resolution))
        if text
    ]
    return "\n".join(lines)


def _excerpt(
    location: Location,
    places: Sequence[Related],
    sources: Mapping[str, str],
    margin: int,
    tint: str,
    paint: Paint,
) -> list[str]:
    """Return the marked source lines of a finding and of its related places, in the order of the file."""
    marks = [(place.location, "-", place.message) for place in places if place.location] + [(location, "^", "")]
    lines: list[str] = []
    previous = 0
    for place, sign, label in sorted(marks, key=lambda mark: (mark[0].line, mark[0].column)):
        source = _source_line(place, sources)
        if not source or place.file != location.file:
            continue
        if not previous:
            lines.append(" " * margin + paint(" |", _FRAME))
        elif place.line > previous + 1:
            lines.append(paint("...", _FRAME))
        if place.line != previous:
            lines.append(paint(f"{place.line:>{margin}} | ", _FRAME) + source)
        underline = _underline(place, source, sign) + (f" {_printable(label)}" if label else "")
        lines.append(" " * margin + paint(" | ", _FRAME) + paint(underline, tint if sign == "^" else _FRAME))
        previous = place.line
    return lines


def _source_line(location: Location, sources: Mapping[str, str]) -> str:
    lines = sources.get(location.file, "").splitlines()
    if not 0 < location.line <= len(lines) or location.column > _WIDEST_LINE:
        return ""
    line = _printable(lines[location.line - 1])
    return line if len(line) <= _WIDEST_LINE else line[: _WIDEST_LINE - 1] + "…"


def _underline(location: Location, source: str, sign: str) -> str:
    end = location.end_column if location.end_line == location.line else len(source) + 1
    width = max(1, min(end, len(source) + 1) - location.column)
    return " " * (location.column - 1) + sign * width
