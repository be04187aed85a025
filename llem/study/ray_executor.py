"""Trials on a Ray cluster: each a task, with the GPUs that its configuration needs.

A trial has a process of its own there too, so that its crash is its own affair. Where a node is lost, Ray runs the
task again on another.
"""

import os
import socket
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import ray

from llem.conditions import syntax
from llem.conditions.evaluate import holds
from llem.registry.facts import ConfigurationFacts, flatten
from llem.registry.model import Registry
from llem.study.store import Outcome
from llem.study.trial import run_trial


NODES_LOST = 3
"""How many nodes may be lost under one trial before it counts as failed."""


class RayExecutor:
    """Executes trials on a cluster: the one at an address, or one of this machine that ends with the executor."""

    def __init__(self, registry: Registry, address: str | None = None, cpus: int | None = None) -> None:
        """Join or start a cluster.

        Args:
            registry: Says how many GPUs a configuration needs.
            address: An existing cluster; None starts one.
            cpus: CPUs of a trial; None is all of a node for one that needs no GPU, so that none disturbs another.

        Raises:
            ConnectionError: when there is no cluster at the address.
        """
        if address is not None:
            _knock(address)
        environment = {name: value for name, value in os.environ.items() if name.startswith("LLEM_")}
        ray.init(
            address=address or "local",
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            runtime_env={"env_vars": environment},
        )
        self._registry = registry
        self._cpus = cpus
        self._running: dict[Future[Outcome], Any] = {}

    @property
    def capacity(self) -> int:
        """As many trials as there are GPUs, or nodes if these are more."""
        nodes = self._nodes()
        return max(1, len(nodes), int(sum(node.get("GPU", 0) for node in nodes)))

    def _nodes(self) -> list[Mapping[str, float]]:
        return [node["Resources"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]

    def start(self, config: Mapping[str, Any], time_limit: float | None) -> "Future[Outcome]":
        """Begin a trial on some node."""
        nodes = self._nodes()
        gpus = self._gpus(config, nodes)
        cpus = self._cpus or (1 if gpus else int(min((node["CPU"] for node in nodes), default=1)))
        task = ray.remote(run_trial).options(num_cpus=cpus, num_gpus=gpus, max_retries=NODES_LOST)
        reference = task.remote(config, time_limit, folder=str(Path.cwd()))
        future: Future[Outcome] = reference.future()
        self._running[future] = reference
        return future

    def _gpus(self, config: Mapping[str, Any], nodes: list[Mapping[str, float]]) -> int:
        """Return how many GPUs to ask for: what the needs say, or one; none where no node has so many."""
        most = int(max((node.get("GPU", 0) for node in nodes), default=0))
        needed = max(1, gpus_needed(self._registry, config))
        return needed if needed <= most else 0  # the trial itself says what the machine lacks

    def stop(self) -> None:
        """End what is running, and leave the cluster."""
        for future, reference in self._running.items():
            if not future.done():
                ray.cancel(reference, force=True)
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise ConnectionError where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.rpartition("/")[2].rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise ConnectionError(str(error)) from None


def gpus_needed(registry: Registry, config: Mapping[str, Any]) -> int:
    """Return the least number of GPUs that the records' needs ask for; 0 where they ask for none."""
    facts = ConfigurationFacts(registry, flatten(registry, config))
    backend = facts.given(registry.selector)
    found = 0
    for skip in registry.skips_for(backend):
        if skip.needs.gpus is not None and holds(skip.when, facts):
            wanted = skip.needs.gpus
            found = max(found, facts.effective(wanted.path) if isinstance(wanted, syntax.Reference) else wanted)
    return found
