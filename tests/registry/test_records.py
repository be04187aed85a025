"""The packaged records as a whole."""

from typing import Any

import pytest
from packaging.version import Version

import llem
from llem.backends.settings import RunnerSettings
from llem.config.explain import explain
from llem.environment import Environment
from llem.registry import Registry, load_registry
from llem.registry.facts import nest
from llem.registry.folders import packaged_registry
from llem.registry.integrity import example_values
from llem.registry.kinds import KINDS
from llem.registry.model import Check
from llem.registry.records import RUNNER


OLDER = ("5.23.0", "5.17.0", "5.14.1", "5.2.0", "4.56.2")
REQUIRED = {"model": "embedded"}
CHECKS = {check.id: check for check in load_registry().checks if check.record is not None}


def experiment(registry: Registry, example: Any, backend: str) -> dict[str, Any]:
    """Return an example of a record as the data of an experiment file."""
    return REQUIRED | nest(registry, example_values(registry, example, backend))


def replayed() -> list[Any]:
    return [
        pytest.param(check, example, kind == "violate", id=f"{check.id}-{kind}-{index}")
        for check in CHECKS.values()
        for kind in ("violate", "satisfy")
        for index, example in enumerate(getattr(check.record.examples, kind))  # type: ignore[union-attr]
    ]


def in_force(registry: Registry, check: Check) -> Environment | None:
    """Return where the library has a version that the rule holds for; None: the newest, which needs no place."""
    if registry.in_force(check):
        return None
    library = registry.backends[check.backend].library
    version = next(found for found in OLDER if registry.in_force(check, Version(found)))
    return Environment(f"{library} {version}", gpus=None, packages={library: version}, all_packages=False)


@pytest.mark.parametrize(("check", "example", "fires"), replayed())
def test_examples(registry: Registry, check: Check, example: Any, fires: bool) -> None:
    """Every rule and exclusion finds what its examples violate, with its own severity, and nothing in the others."""
    environment = in_force(registry, check)
    report = llem.validate(experiment(registry, example, check.backend), environment)
    severities = {found.severity.value for found in report.diagnostics if found.code == check.id}
    assert severities == ({check.severity} if fires else set())


@pytest.mark.parametrize(
    "name", [*load_registry().parameters, *load_registry().check_records(), *load_registry().sections]
)
def test_everything_is_explained(registry: Registry, name: str) -> None:
    """`llem explain` has words for every parameter, section, rule and exclusion."""
    assert explain(registry, name).startswith((name, *(f"{word} {name}" for word in ("error", "warning", "dormant"))))


def test_runner_arguments_are_those_of_the_runner(registry: Registry) -> None:
    """The manifest lists what the runner takes, no more and no less; mappings go nowhere else."""
    fields = set(RunnerSettings.__annotations__)
    assert fields == set(registry.manifest.runner)
    assert {target.argument for target in registry.targets if target.call == RUNNER} <= fields


def test_every_file_opens_with_its_modeline() -> None:
    """An editor finds the schema of every record file, which exists and is that of the file's kind."""
    for path in packaged_registry().rglob("*.yaml"):
        first, second = path.read_text(encoding="utf-8").splitlines()[:2]
        prefix = "# yaml-language-server: $schema="
        assert first.startswith(prefix), path
        schema = (path.parent / first.removeprefix(prefix)).resolve()
        assert schema.is_file(), path
        assert schema.stem in KINDS
    assert second
