"""What a model's own files say, without loading it: its shape, and decoding values that llem does not take over."""

import json
import math
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from llem.backends.local_models import CONFIG_FILE, GENERATION_FILE, model_files
from llem.diagnostics import Diagnostic, Severity
from llem.registry.model import Registry


@attrs.frozen
class ModelShape:
    """How many numbers a model holds: weights in linear layers, other weights, and the cache for each token."""

    linear_weights: int
    other_weights: int
    cached_per_token: int


def read_shape(registry: Registry, model: Path) -> ModelShape | None:
    """Return the shape of a model in a folder or file, or None where it does not say it.

    Weights are counted in the headers of its files, or reckoned for a decoder with gated layers where there are none.
    """
    stated, tensors = _read_gguf(model) if model.is_file() else (_read_config(model), list(_read_safetensors(model)))
    found = {
        name: next((stated[key] for key in keys if isinstance(stated.get(key), int)), 0)
        for name, keys in registry.manifest.model_shape.items()
    }
    if not all(found[name] for name in ("layers", "hidden", "heads", "kv_heads", "vocabulary")):
        return None
    head_size = found["head_size"] or found["hidden"] // found["heads"]
    cached = 2 * found["layers"] * found["kv_heads"] * head_size
    if tensors:
        linear = sum(math.prod(size) for size in tensors if len(size) > 1 and found["vocabulary"] not in size)
        return ModelShape(linear, sum(map(math.prod, tensors)) - linear, cached)
    attention = 2 * found["hidden"] * head_size * (found["heads"] + found["kv_heads"])
    feed_forward = 3 * found["hidden"] * (found["intermediate"] or 4 * found["hidden"]) * max(1, found["experts"])
    embeddings = found["vocabulary"] * found["hidden"] * (1 if stated.get("tie_word_embeddings") else 2)
    return ModelShape(found["layers"] * (attention + feed_forward), embeddings, cached)


def _read_config(folder: Path) -> dict[str, Any]:
    config = _read_json(folder / CONFIG_FILE)
    text = config.get("text_config")
    return {**config, **text} if isinstance(text, dict) else config


def _read_safetensors(folder: Path) -> Iterator[list[int]]:
    """Yield the shape of each tensor in the safetensors files of a folder, from their headers."""
    for path in sorted(folder.glob("*.safetensors")):
        try:
            with path.open("rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                tensors = json.loads(file.read(min(length, path.stat().st_size)))
        except (OSError, ValueError, struct.error):
            continue
        yield from (found["shape"] for name, found in tensors.items() if name != "__metadata__")


def _read_gguf(file: Path) -> tuple[dict[str, Any], list[list[int]]]:
    """Return what the header of a GGUF file states, without the architecture before each name, and tensors' shapes."""
    try:
        from gguf import GGUFReader

        reader = GGUFReader(file)
    except (ImportError, OSError, ValueError):
        return {}, []
    stated = {
        name.partition(".")[2]: field.contents() for name, field in reader.fields.items() if len(field.types) == 1
    }
    return stated, [[int(size) for size in tensor.shape] for tensor in reader.tensors]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def own_decoding(registry: Registry, backend: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return, of a model's decoding values, those that a call takes, that llem does not pass on, and that change it."""
    kept = {
        value["attribute"].rpartition(".")[2]
        for call in registry.calls[backend]
        for value in call.record.arguments.values()
        if isinstance(value, Mapping) and "attribute" in value
    }
    usual = {
        target.argument: registry.parameters[target.path].library_default
        for target in registry.targets_for(backend)
        if target.path in registry.parameters
    }
    taken = {*usual, *(name for record in registry.left_out for name in record.arguments)} - kept
    taken.discard("transformers_version")
    return {
        name: value
        for name, value in found.items()
        if name in taken and value is not None and value != (usual.get(name) or False)
    }


def notes_of_model(registry: Registry, backend: str, name: str) -> list[Diagnostic]:
    """Return a note for each decoding value that a local model's files would set, and that llem does not take."""
    model = model_files(name)
    if model is None:
        return []
    return [
        Diagnostic(
            code="model-brings-values",
            severity=Severity.NOTE,
            path=registry.model_path,
            message=f"the model's own {GENERATION_FILE} sets {field} to {json.dumps(value)}",
            reason="llem does not take it: the configuration alone decides.",
            resolution="Write it into the configuration if it is meant.",
        )
        for field, value in own_decoding(registry, backend, _read_json(model / GENERATION_FILE)).items()
    ]
