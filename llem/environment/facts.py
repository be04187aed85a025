"""What a machine has, and what a configuration needs of one."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs


if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version


@attrs.frozen(slots=False)
class Gpu:
    """One GPU. Memory in GiB; compute capability as a number such as 9.0."""

    name: str
    compute_capability: float
    memory_gib: float


@attrs.frozen(slots=False)
class Environment:
    """The facts of one machine, as far as they are known.

    `memory_gib` is the main memory. `gpus` is None where nothing is known of them, `packages` where nothing is known
    of installed software. Where `all_packages` is false, others than those in `packages` may be installed too.
    """

    name: str
    gpus: tuple[Gpu, ...] | None = ()
    packages: Mapping[str, str] | None = None
    driver: str | None = None
    memory_gib: float | None = None
    all_packages: bool = True

    @property
    def compute_capability(self) -> float | None:
        """The lowest compute capability among the GPUs, or None without a GPU."""
        return min((gpu.compute_capability for gpu in self.gpus or ()), default=None)

    def version_of(self, distribution: str) -> "Version | None":
        """Return the version of an installed distribution, None where it is unknown or not installed."""
        from packaging.utils import canonicalize_name
        from packaging.version import Version

        found = (self.packages or {}).get(canonicalize_name(distribution))
        return Version(found) if found else None

    def with_packages(self, packages: Mapping[str, str]) -> "Environment":
        """Return these facts with other versions of some distributions."""
        from packaging.utils import canonicalize_name

        known: dict[str, str] = dict(self.packages or {})
        known.update((str(canonicalize_name(name)), found) for name, found in packages.items())
        return attrs.evolve(self, packages=known, all_packages=self.all_packages and self.packages is not None)


@attrs.frozen(slots=False)
class PackageNeed:
    """An installed Python distribution, in a range of versions if one is given."""

    name: str
    versions: str = ""

    def __str__(self) -> str:
        return f"{self.name}{self.versions}"


@attrs.frozen(slots=False)
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
        if environment.gpus is None:
            return [lack for lack in lacks if lack]
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
        version = environment.version_of(need.name)
        if version is None:
            return f"the package {need.name} is not installed" if environment.all_packages else ""
        if not is_in(version, need.versions):
            return f"{need.name} {version} is installed, {need} is needed"
        return ""


def is_in(version: "Version", versions: str) -> bool:
    """Return whether a version, a pre-release too, is in one of the ranges; every version is in the empty one."""
    return any(specifier.contains(version, prereleases=True) for specifier in specifiers(versions))


def specifiers(versions: str) -> "tuple[SpecifierSet, ...]":
    """Return the ranges that a text gives: PEP 440 specifiers, with `||` between ranges.

    Raises:
        InvalidSpecifier: when one of them is none.
    """
    from packaging.specifiers import SpecifierSet

    return tuple(map(SpecifierSet, versions.split("||")))


def _gpus(count: int) -> str:
    return {0: "no GPU", 1: "1 GPU"}.get(count, f"{count} GPUs")
