"""The registry: YAML records, read with positions, linked and checked."""

from typing import TYPE_CHECKING

from llem.lazy import lazily


if TYPE_CHECKING:
    from llem.registry.loading import RegistryError, check_registry, load_registry
    from llem.registry.model import Registry


__all__ = ["Registry", "RegistryError", "check_registry", "load_registry"]

__getattr__ = lazily(
    __name__,
    {
        "llem.registry.loading": ("RegistryError", "check_registry", "load_registry"),
        "llem.registry.model": ("Registry",),
    },
)
