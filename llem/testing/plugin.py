"""The pytest plugin: fixtures that give a registry and its rules to tests, those of `llem.testing.checks` among them.

The registry is the packaged one with what a folder adds to it: `llem_registry` in pytest's configuration names it, or
`--llem-registry` on its command line.
"""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest


if TYPE_CHECKING:
    from llem.registry import Registry


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    words = "Folder of a registry that adds to the packaged one, for the fixtures of llem."
    parser.addini("llem_registry", words, type="paths", default=[])
    parser.addoption("--llem-registry", metavar="DIR", type=Path, help=words)


@functools.cache
def _load(folder: Path | None) -> "Registry":
    from llem.registry import load_registry

    return load_registry(folder)


def _registry(config: pytest.Config) -> "Registry":
    folder: Path | None = config.getoption("--llem-registry")
    configured: list[Path] = config.getini("llem_registry")
    return _load(folder or next(iter(configured), None))


@pytest.fixture(scope="session")
def llem_registry(pytestconfig: pytest.Config) -> "Registry":
    """The registry under test."""
    return _registry(pytestconfig)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for `llem_rule` each rule in turn, and for `llem_backend` each backend."""
    if "llem_rule" in metafunc.fixturenames:
        registry = _registry(metafunc.config)
        rules = [name for name, check in registry.check_records().items() if registry.in_force(check)]
        metafunc.parametrize("llem_rule", rules)
    if "llem_backend" in metafunc.fixturenames:
        metafunc.parametrize("llem_backend", list(_registry(metafunc.config).backends))
