"""Looks at this machine without importing a deep-learning library."""

import os
import platform
from importlib import metadata

from packaging.utils import canonicalize_name

from llem.environment.facts import Environment, Gpu


def here() -> Environment:
    """Return the facts of this machine: its GPUs through NVML, its driver and its installed distributions."""
    gpus, driver = _nvidia()
    named = ((found.metadata["Name"], found.version) for found in metadata.distributions())
    packages = {str(canonicalize_name(name)): version for name, version in named if name}
    return Environment(platform.node() or "this machine", gpus, packages, driver, _main_memory())


def _main_memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError):  # not on this platform
        return None


def _nvidia() -> tuple[tuple[Gpu, ...], str | None]:
    try:
        import pynvml
    except ImportError:
        return (), None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return (), None
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return tuple(_gpu(handle) for handle in handles), str(pynvml.nvmlSystemGetDriverVersion())
    finally:
        pynvml.nvmlShutdown()


def _gpu(handle: object) -> Gpu:
    from pynvml import nvmlDeviceGetCudaComputeCapability, nvmlDeviceGetMemoryInfo, nvmlDeviceGetName

    major, minor = nvmlDeviceGetCudaComputeCapability(handle)
    memory = nvmlDeviceGetMemoryInfo(handle).total / 2**30
    return Gpu(str(nvmlDeviceGetName(handle)), float(f"{major}.{minor}"), round(memory, 1))
