"""What a model's own files say of decoding, which llem does not take over unseen."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llem.config.classes import Configuration
from llem.diagnostics import Diagnostic, Severity
from llem.registry.model import Registry


GENERATION_FILE = "generation_config.json"


def own_decoding(registry: Registry, backend: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return, of a model's decoding values, those that a call of the backend takes and that llem does not pass on."""
    kept = {
        value["attribute"].rpartition(".")[2]
        for call in registry.calls[backend]
        for value in call.record.arguments.values()
        if isinstance(value, Mapping) and "attribute" in value
    }
    taken = {target.argument for target in registry.targets_for(backend)}
    taken |= {name for record in registry.left_out for name in record.arguments}
    bookkeeping = {"transformers_version"}
    return {name: value for name, value in found.items() if name in taken - kept - bookkeeping and value is not None}


def notes_of_model(registry: Registry, config: Configuration) -> list[Diagnostic]:
    """Return a note for each decoding value that a local model's files would set, and that llem does not take."""
    backend = getattr(config, registry.selector)
    file = Path(getattr(config, registry.model_path)) / GENERATION_FILE
    try:
        found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except (OSError, ValueError):
        return []
    if not isinstance(found, dict):
        return []
    return [
        Diagnostic(
            code="model-brings-values",
            severity=Severity.NOTE,
            path=registry.model_path,
            message=f"the model's own {GENERATION_FILE} sets {name} to {json.dumps(value)}",
            reason="llem does not take it: the configuration alone decides.",
            resolution="Write it into the configuration if it is meant.",
        )
        for name, value in own_decoding(registry, backend, found).items()
    ]
