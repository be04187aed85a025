"""What a machine has, and what a configuration needs of one."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version


@attrs.frozen
class Gpu:
    """One GPU. Memory in GiB; compute capability as a number such as 9.0."""

    name: str
    compute_capability: float
    memory_gib: float


@attrs.frozen
class Environment:
    """The facts of one machine. `packages` is None where nothing is known of installed software."""

    name: str
    gpus: tuple[Gpu, ...] = ()
    packages: Mapping[str, str] | None = None
    driver: str | None = None

    @property
    def compute_capability(self) -> float | None:
        """The lowest compute capability among the GPUs, or None without a GPU."""
        return min((gpu.compute_capability for gpu in self.gpus), default=None)


@attrs.frozen
class PackageNeed:
    """An installed Python distribution, in a range of versions if one is given."""

    name: str
    versions: str = ""

    def __str__(self) -> str:
        return f"{self.name}{self.versions}"


@attrs.frozen
class Needs:
    """What a machine must have. `gpus` may be a number, or anything that `resolve` turns into one."""

    compute_capability: float | None = None
    gpus: Any = None
    packages: tuple[PackageNeed, ...] = ()

    @property
    def checkable(self) -> bool:
        """Whether there is anything that a machine can be asked."""
        return self != Needs()

    def unmet(self, environment: Environment, resolve: Callable[[Any], Any]) -> list[str]:
        """Return what the environment lacks, in words; empty when it has everything or nothing is known."""
        lacks = [self._package_lack(need, environment) for need in self.packages]
        wanted = resolve(self.gpus)
        if wanted is not None and len(environment.gpus) < wanted:
            lacks.append(f"it has {_gpus(len(environment.gpus))}, {wanted} are needed")
        available = environment.compute_capability
        if self.compute_capability is not None and (available is None or available < self.compute_capability):
            has = "no GPU" if available is None else f"compute capability {available}"
            lacks.append(f"it has {has}, compute capability {self.compute_capability} is needed")
        return [lack for lack in lacks if lack]

    def _package_lack(self, need: PackageNeed, environment: Environment) -> str:
        if environment.packages is None:
            return ""
        version = environment.packages.get(canonicalize_name(need.name))
        if version is None:
            return f"the package {need.name} is not installed"
        if not SpecifierSet(need.versions).contains(Version(version), prereleases=True):
            return f"{need.name} {version} is installed, {need} is needed"
        return ""


def _gpus(count: int) -> str:
    return {0: "no GPU", 1: "1 GPU"}.get(count, f"{count} GPUs")
