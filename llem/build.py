"""The generated files: schemas, stubs and nothing else; written by `llem registry build`, compared by its `--check`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from llem.backends.result_schema import result_schema
from llem.config.classes import BACKEND_CONFIGS, MODELS
from llem.config.schema import experiment_schema
from llem.config.stubs import stub
from llem.diagnostics import Diagnostic, LlemError, Report, Severity, did_you_mean
from llem.registry.kinds import KINDS
from llem.registry.model import Registry
from llem.registry.record_schema import record_schema
from llem.study.schema import study_schema


EXPERIMENT = "experiment"
STUDY = "study"
RESULT = "result"


def generated_files(registry: Registry, *, stubs: bool = True) -> dict[str, str]:
    """Return the content of every generated file by its path below the repository, with or without type stubs."""
    return dict(_files(registry, stubs=stubs))


def _files(registry: Registry, *, stubs: bool) -> Iterator[tuple[str, str]]:
    for kind in (EXPERIMENT, STUDY, RESULT):
        yield f"schemas/{kind}.json", schema_text(schema_for(registry, kind))
    for kind in KINDS:
        yield f"schemas/registry/{kind}.json", schema_text(schema_for(registry, kind))
    for module in (MODELS, BACKEND_CONFIGS) if stubs else ():
        yield f"{module.replace('.', '/')}.pyi", stub(registry, module)


def schema_for(registry: Registry, kind: str) -> dict[str, Any]:
    """Return the schema of experiment, study or result files, or of the registry files of a kind.

    Raises:
        LlemError: when there is no such kind.
    """
    if kind == EXPERIMENT:
        return experiment_schema(registry)
    if kind == STUDY:
        return study_schema(registry)
    if kind == RESULT:
        return result_schema()
    if kind in KINDS:
        return record_schema(kind, registry)
    known = [EXPERIMENT, STUDY, RESULT, *KINDS]
    found = Diagnostic(
        code="unknown-kind",
        severity=Severity.ERROR,
        message=f'there is no schema "{kind}"',
        resolution=did_you_mean(kind, known) or f"There are {', '.join(known)}.",
    )
    raise LlemError(Report((found,)))


def schema_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as it is checked in."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def stale_files(registry: Registry, root: Path, *, stubs: bool = True) -> list[str]:
    """Return the generated files that are missing below a folder or differ from what the registry gives."""
    return [
        name
        for name, content in generated_files(registry, stubs=stubs).items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != content
    ]


def write_files(registry: Registry, root: Path, *, stubs: bool = True) -> list[str]:
    """Write the generated files that are missing or stale below a folder; return their names."""
    stale = stale_files(registry, root, stubs=stubs)
    files = generated_files(registry, stubs=stubs)
    for name in stale:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
    return stale
