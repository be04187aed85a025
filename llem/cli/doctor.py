"""`llem doctor`: what this machine has."""

import os
import platform
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from llem.backends.energy import find_meter
from llem.backends.engine import installed, interpreter
from llem.backends.errors import InputError
from llem.backends.settings import RunnerSettings
from llem.environment.probe import here
from llem.registry import load_registry
from llem.registry.backend_records import Backend
from llem.registry.folders import packaged_registry


def _looked_up(backend: Backend, packages: Mapping[str, str]) -> tuple[list[str], str | None, str]:
    """Return the packages that a backend lacks, the version of its library, and where it runs if not here."""
    python = interpreter(backend.id, RunnerSettings(max_input_tokens=1))
    if backend.runs_with != "engine" or python == sys.executable:
        missing = [name for name in backend.packages if find_spec(name) is None]
        return missing, packages.get(backend.library.replace("_", "-")), ""
    try:
        missing, versions = installed(python, list(backend.packages))
    except InputError as error:
        return list(backend.packages), None, f": {error.report.diagnostics[0].message}"
    return missing, versions.get(backend.library), f" in {python}"


def print_machine() -> None:
    """Print the facts of this machine as a table."""
    from rich.console import Console
    from rich.table import Table

    registry = load_registry()
    machine = here()
    packages = machine.packages or {}
    table = Table(show_header=False)
    table.add_row("Python", f"{platform.python_version()} on {platform.platform()}")
    table.add_row("CPUs", str(os.cpu_count()))
    if machine.memory_gib is not None:
        table.add_row("memory", f"{machine.memory_gib:.0f} GiB")
    for gpu in machine.gpus or ():
        capability = f"compute capability {gpu.compute_capability}"
        table.add_row("GPU", f"{gpu.name}, {capability}, {gpu.memory_gib:.0f} GiB, driver {machine.driver}")
    if not machine.gpus:
        table.add_row("GPU", "none found")
    for backend in registry.backends.values():
        missing, version, where = _looked_up(backend, packages)
        state = f"{backend.library} {version or 'not installed'}{where} (records hold for {backend.supported})"
        if missing:
            state += f"; missing: {', '.join(missing)}; {backend.install}"
        elif backend.runs_with is None:
            state += "; planned, not run, by llem"
        table.add_row(backend.name, state)
    meter, reason = find_meter("auto")
    table.add_row("energy meter", meter.name if meter else f"none: {reason}")
    table.add_row("registry", f"{packaged_registry()}, fingerprint {registry.fingerprint[:12]}")
    Console(soft_wrap=True).print(table)
