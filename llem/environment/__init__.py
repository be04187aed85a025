"""Facts of a machine that decide whether a configuration can run on it."""

from llem.environment.facts import Environment, Gpu, Needs, PackageNeed, is_in, specifiers


__all__ = ["Environment", "Gpu", "Needs", "PackageNeed", "is_in", "specifiers"]
