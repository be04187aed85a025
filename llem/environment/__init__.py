"""Facts of a machine that decide whether a configuration can run on it."""

from llem.environment.facts import Environment, Gpu, Needs, PackageNeed, is_in, specifiers
from llem.environment.probe import here


__all__ = ["Environment", "Gpu", "Needs", "PackageNeed", "here", "is_in", "specifiers"]
