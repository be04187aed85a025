"""The registry: YAML records, read with positions, linked and checked."""

from llem.registry.loading import RegistryError, check_registry, load_registry
from llem.registry.model import Registry


__all__ = ["Registry", "RegistryError", "check_registry", "load_registry"]
