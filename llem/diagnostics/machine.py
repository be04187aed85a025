"""Reports for machines: llem's own JSON, SARIF 2.1.0 and GitHub workflow commands."""

import json
from collections.abc import Sequence
from typing import Any

from llem.diagnostics.model import Diagnostic, Location, Report, Severity


_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.DORMANT: "warning"}
_GITHUB_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.DORMANT: "warning"}


def render_json(reports: Sequence[Report]) -> str:
    """Return one JSON object for one report, a list of such objects for several."""
    objects = [
        {"file": report.subject, "ok": report.ok, "diagnostics": [found.to_dict() for found in report.diagnostics]}
        for report in reports
    ]
    return json.dumps(objects[0] if len(objects) == 1 else objects, indent=2, ensure_ascii=False)


def render_sarif(reports: Sequence[Report]) -> str:
    """Return a SARIF 2.1.0 log. Its rule metadata lists the codes that were found, no others."""
    found = [diagnostic for report in reports for diagnostic in report.diagnostics]
    codes = sorted({diagnostic.code for diagnostic in found})
    run = {
        "tool": {"driver": {"name": "llem", "rules": [{"id": code} for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(diagnostic, codes) for diagnostic in found],
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _sarif_result(found: Diagnostic, codes: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": codes.index(found.code),
        "level": _SARIF_LEVELS.get(found.severity, "note"),
        "message": {"text": _sentence(found)},
    }
    if found.location:
        result["locations"] = [_sarif_location(found.location)]
    related = [
        {**_sarif_location(other.location), "message": {"text": other.message}}
        for other in found.related
        if other.location
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _sarif_location(location: Location) -> dict[str, Any]:
    region = {
        "startLine": location.line,
        "startColumn": location.column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": location.file}, "region": region}}


def render_github(reports: Sequence[Report]) -> str:
    """Return GitHub workflow commands, one line for each finding."""
    return "\n".join(_github_line(found) for report in reports for found in report.diagnostics)


def _github_line(found: Diagnostic) -> str:
    properties = {"title": f"llem {found.code}"}
    if found.location:
        properties |= {
            "file": found.location.file,
            "line": str(found.location.line),
            "col": str(found.location.column),
            "endLine": str(found.location.end_line),
        }
    joined = ",".join(f"{key}={_escape(value, ':,')}" for key, value in properties.items())
    return f"::{_GITHUB_COMMANDS.get(found.severity, 'notice')} {joined}::{_escape(_sentence(found))}"


def _escape(text: str, extra: str = "") -> str:
    for char in "%\r\n" + extra:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def _sentence(found: Diagnostic) -> str:
    texts = (found.message, found.reason, found.resolution)
    return " ".join(text if text.endswith((".", "?", "!")) else f"{text}." for text in texts if text)
