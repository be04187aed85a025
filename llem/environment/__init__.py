"""Facts of a machine that decide whether a configuration can run on it."""

from llem.environment.facts import Environment, Gpu, Needs, PackageNeed
from llem.environment.probe import here


__all__ = ["Environment", "Gpu", "Needs", "PackageNeed", "here"]
