"""Support tables, read from the registry when asked for."""

from typing import Any

from llem.registry import Registry, load_registry


def _decoder_params(registry: Registry) -> dict[str, list[str]]:
    fields = {path: name for name, path in registry.fields["decoder"].items()}
    return {
        backend: list(
            dict.fromkeys(fields[target.path] for target in registry.targets_for(backend) if target.path in fields)
        )
        for backend in registry.backends
    }


def _precisions(registry: Registry) -> dict[str, list[str]]:
    path = "precision"
    choices = registry.parameters[path].choices or {}
    return {
        backend: [choice for choice in choices if registry.takes(backend, path, choice)]
        for backend in registry.backends
    }


def _decoding(registry: Registry) -> dict[str, list[str]]:
    return {
        backend: [
            found.decoding for found in registry.capabilities.values() if found.decoding and backend in found.support
        ]
        for backend in registry.backends
    }


_TABLES = {
    "DECODER_PARAM_SUPPORT": _decoder_params,
    "PRECISION_SUPPORT": _precisions,
    "DECODING_SUPPORT": _decoding,
}
__all__ = ["DECODER_PARAM_SUPPORT", "DECODING_SUPPORT", "PRECISION_SUPPORT"]  # made by __getattr__

DECODER_PARAM_SUPPORT: dict[str, list[str]]
DECODING_SUPPORT: dict[str, list[str]]
PRECISION_SUPPORT: dict[str, list[str]]


def __getattr__(name: str) -> Any:
    if name not in _TABLES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _TABLES[name](load_registry())
