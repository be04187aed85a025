"""`llem doctor`: what this machine has."""

import os
import platform
from importlib.util import find_spec

from llem.backends.energy import find_meter
from llem.environment.probe import here
from llem.registry import load_registry
from llem.registry.loading import packaged_registry


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
        version = packages.get(backend.library.replace("_", "-"))
        missing = [name for name in backend.packages if find_spec(name) is None]
        state = f"{backend.library} {version or 'not installed'} (records hold for {backend.supported})"
        if missing:
            state += f"; missing: {', '.join(missing)}; {backend.install}"
        elif backend.runs_with is None:
            state += "; planned, not run, by llem"
        table.add_row(backend.name, state)
    meter, reason = find_meter("auto")
    table.add_row("energy meter", meter.name if meter else f"none: {reason}")
    table.add_row("registry", f"{packaged_registry()}, fingerprint {registry.fingerprint[:12]}")
    Console(soft_wrap=True).print(table)
